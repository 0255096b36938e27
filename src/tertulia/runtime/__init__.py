"""One turn: claimed by lease, executed, logged, followed."""
