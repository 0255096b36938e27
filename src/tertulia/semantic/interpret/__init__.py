"""From a question to a query without a language model: every content word is explained, or nothing is answered."""
