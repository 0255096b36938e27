"""Nouns and rules. Knows no HTTP, no SQL and no provider."""
