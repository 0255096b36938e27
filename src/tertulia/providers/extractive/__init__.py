"""The parts of the built-in model: reading a question, splitting passages, weighing evidence, writing the answer."""
