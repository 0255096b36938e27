"""The schema's history (Alembic), and bringing a file up to date."""
