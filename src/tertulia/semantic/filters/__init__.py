"""Looker's filter expressions: parsed, printed back, and given a meaning."""
