"""The port to a database that answers queries."""

from typing import Any, Protocol

from msgspec import Struct

from tertulia.core.table import ColumnType


class Ceiling(Struct, frozen=True, kw_only=True):
    """What one query may use. `rows` beyond it are cut and flagged; so is a result of more than `bytes`."""

    rows: int = 5_000
    bytes: int = 32_000_000
    seconds: float = 30.0


class Fetched(Struct, frozen=True, kw_only=True):
    """Rows as plain JSON values (see core/table.py), with the database's own column names and what they are."""

    names: list[str]
    types: list[ColumnType]
    rows: list[list[Any]]
    is_truncated: bool = False
    seconds: float = 0.0


class Warehouse(Protocol):
    """One connection of a project. Raises InvalidQuery for SQL the database refuses, QueryTimeout, SourceUnavailable.

    `engine` is sqlglot's name of the dialect. Cancelling `run` interrupts the query at the database.
    """

    @property
    def engine(self) -> str: ...

    async def run(self, sql: str, ceiling: Ceiling) -> Fetched:
        """The rows of exactly one SELECT; anything else is refused before the database sees it."""
        ...

    async def version(self) -> str:
        """Changes when the data may have changed; "" where that cannot be told, and nothing is kept for long."""
        ...

    async def close(self) -> None: ...
