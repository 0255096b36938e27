"""A data file of this version's schema, made once in each process and copied: a test need not wait for migrations."""

import sqlite3
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tertulia.store.migration import migrate


def lay_schema(path: Path) -> Path:
    """As `migrate` leaves a new file. What is there already stays."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_template())
    return path


@cache
def _template() -> bytes:
    with TemporaryDirectory() as folder:
        made, whole = Path(folder) / "made.db", Path(folder) / "whole.db"
        migrate(made)
        connection = sqlite3.connect(made)
        connection.execute("VACUUM INTO ?", [str(whole)])
        connection.close()
        return whole.read_bytes()
