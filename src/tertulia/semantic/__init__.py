"""Governed data: LookML and a database in, right numbers out, or a refusal."""
