"""What is true of the demo's shop, by hand-written SQL over its raw tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.marking import Rows


class Truths:
    """The shop's database, opened beside the product and without it."""

    def __init__(self, database: Path, views: Mapping[str, str]) -> None:
        import duckdb  # noqa: PLC0415 - heavy, and not needed to show the help

        self._connection = duckdb.connect(str(database), read_only=True)
        for name, sql in views.items():
            self._connection.execute(f"CREATE TEMP VIEW {name} AS {sql}")

    def rows(self, sql: str, labels: int) -> Rows:
        found: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()
        return Rows(labels=[row[:labels] for row in found], numbers=[row[labels:] for row in found])

    def close(self) -> None:
        self._connection.close()
