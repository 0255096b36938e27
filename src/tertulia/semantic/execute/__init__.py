"""Running SQL that the compiler wrote, read-only and within limits, wherever the data is."""
