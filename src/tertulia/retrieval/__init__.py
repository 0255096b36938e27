"""From a file to passages that answer a question."""
