"""What only SQLite does this way: full-text indexes and vectors."""
