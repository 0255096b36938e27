"""Persistence: the only place that writes SQL. Functions are synchronous and take a Connection."""
