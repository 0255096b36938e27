"""A LookML project, from its files to typed models."""
