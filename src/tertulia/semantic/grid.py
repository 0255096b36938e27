"""A table in the making."""

from functools import total_ordering
from typing import Any

from msgspec import Struct

from tertulia.core.table import Column, ColumnKind, PivotKey


class Grid(Struct, frozen=True, kw_only=True):
    """Rows in the order of `columns`. Nothing changes one: each step makes another."""

    columns: list[Column]
    rows: list[list[Any]]
    pivots: list[PivotKey] = []
    totals: list[Any] | None = None
    is_truncated: bool = False

    @property
    def dimensions(self) -> int:
        """How many of the first columns are dimensions."""
        return sum(1 for column in self.columns if column.kind is ColumnKind.DIMENSION)

    def values(self, place: int) -> list[Any]:
        return [row[place] for row in self.rows]


@total_ordering
class _Reversed:
    """Compares the other way round."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __lt__(self, other: "_Reversed") -> bool:
        return other._value < self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def nulls_last(value: Any, *, is_descending: bool = False) -> tuple[Any, ...]:
    """A sort key. Numbers come before texts, so that nothing fails where a column holds both."""
    if value is None:
        return (2,)
    kind = 0 if isinstance(value, int | float) else 1
    comparable = value if kind == 0 else str(value)
    return (kind, _Reversed(comparable) if is_descending else comparable)
