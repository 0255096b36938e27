"""Verbs: the only door for every dialect. Permission checks and transactions happen here, once."""
