"""What differs between databases, one file each, as expressions that sqlglot prints in their dialect."""
