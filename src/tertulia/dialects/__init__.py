"""The APIs this server speaks: one folder per dialect, none of which knows another."""
