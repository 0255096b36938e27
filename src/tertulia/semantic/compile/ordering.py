"""Sorts: as the query gives them, or as Looker would, and always so that equal rows keep one order."""

import re
from collections.abc import Sequence

from msgspec import Struct

from tertulia.core.errors import InvalidQuery
from tertulia.core.query import Query
from tertulia.core.table import Column, ColumnKind, ColumnType

_SORT = re.compile(r"(\S+)(?:\s+(asc|desc))?(?:\s+(\d+))?", re.IGNORECASE)
_PERIODS = frozenset(
    [
        "raw",
        "time",
        "date",
        "week",
        "month",
        "quarter",
        "year",
        "hour",
        "minute",
        "second",
        "millisecond",
        "fiscal_quarter",
        "fiscal_year",
    ]
)


class Sort(Struct, frozen=True):
    """By a field, and where measures are pivoted by the pivot at `pivot`, counted from 0."""

    name: str
    is_descending: bool = False
    pivot: int = 0


def parse_sort(text: str) -> Sort:
    """`view.field`, `view.field desc`, `view.field desc 0`. Raises InvalidQuery."""
    found = _SORT.fullmatch(text.strip())
    if found is None:
        raise InvalidQuery(f"{text[:120]!r} is no sort; write view.field or view.field desc.")
    return Sort(found[1], (found[2] or "").lower() == "desc", int(found[3] or 0))


def sorts_of(query: Query, columns: Sequence[Column]) -> list[Sort]:
    """The query's own, or the default; then every dimension that is left. Raises InvalidQuery for a field not shown."""
    known = {column.name for column in columns}
    given = [parse_sort(text) for text in query.sorts if text.strip()] or _default(query, columns)
    for sort in given:
        if sort.name not in known:
            raise InvalidQuery(f"The query sorts by {sort.name}, which is none of its fields: add it to them.")
    sorted_by = {sort.name for sort in given}
    dimensions = [column.name for column in columns if column.kind is ColumnKind.DIMENSION]
    return [*given, *(Sort(name) for name in dimensions if name not in sorted_by)]


def _default(query: Query, columns: Sequence[Column]) -> list[Sort]:
    """The first date, latest first; else the first measure, largest first; else the first dimension."""
    dimensions = [column for column in columns if column.kind is ColumnKind.DIMENSION]
    rows = [column for column in dimensions if column.name not in query.pivots]
    measures = [column for column in columns if column.kind is ColumnKind.MEASURE]
    date = next((column for column in rows if _is_date(column)), None)
    if date is not None:
        return [Sort(date.name, is_descending=True)]
    if measures:
        return [Sort(measures[0].name, is_descending=True)]
    return [Sort(dimensions[0].name)] if dimensions else []


def _is_date(column: Column) -> bool:
    return column.type in (ColumnType.DATE, ColumnType.TIME) or column.timeframe in _PERIODS
