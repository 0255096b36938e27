"""Measures that LookML makes of the rows around them: running totals, and shares of a total or of the row before."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import structs

from tertulia.core.errors import InvalidQuery
from tertulia.core.table import ROW_TOTAL
from tertulia.semantic.compile.asking import OverRows
from tertulia.semantic.grid import Grid

_TOTAL = "percent_of_total"


def over_rows(grid: Grid, measures: Sequence[OverRows]) -> Grid:
    """Raises InvalidQuery for a share of a total of which the limit hides a part."""
    for measure in measures:
        if measure.kind == _TOTAL and measure.along == "column" and grid.is_truncated:
            raise InvalidQuery(
                f"{measure.field} is a share of a total, and the limit hides a part of it: raise the limit."
            )
        grid = _along_rows(grid, measure) if measure.along == "row" else _along_columns(grid, measure)
    return grid


def _along_columns(grid: Grid, measure: OverRows) -> Grid:
    rows = [list(row) for row in grid.rows]
    for place, column in enumerate(grid.columns):
        if column.name != measure.field:
            continue
        for row, value in zip(rows, _WAYS[measure.kind]([row[place] for row in rows]), strict=True):
            row[place] = value
    return structs.replace(grid, rows=rows, totals=_without(grid, measure))


def _along_rows(grid: Grid, measure: OverRows) -> Grid:
    """From pivot to pivot; the total of the row has no part in it."""
    places = [
        place for place, column in enumerate(grid.columns) if column.name == measure.field and column.pivot != ROW_TOTAL
    ]
    rows: list[list[Any]] = []
    for row in grid.rows:
        changed = list(row)
        for place, value in zip(places, _WAYS[measure.kind]([row[place] for place in places]), strict=True):
            changed[place] = value
        rows.append(changed)
    return structs.replace(grid, rows=rows, totals=_without(grid, measure))


def _without(grid: Grid, measure: OverRows) -> list[Any] | None:
    """The totals without those of the measure, which mean nothing."""
    if grid.totals is None:
        return None
    return [
        None if column.name == measure.field else total for column, total in zip(grid.columns, grid.totals, strict=True)
    ]


def _running(values: Sequence[Any]) -> list[Any]:
    total: Any = None
    made: list[Any] = []
    for value in values:
        total = value if total is None else total + (value or 0)
        made.append(total)
    return made


def _of_total(values: Sequence[Any]) -> list[Any]:
    total = sum(value for value in values if value is not None)
    return [None if value is None or not total else value / total for value in values]


def _of_previous(values: Sequence[Any]) -> list[Any]:
    """How much more than the row before, as a share of it."""
    before: list[Any] = [None, *values[:-1]]
    return [
        None if value is None or not previous else (value - previous) / previous
        for value, previous in zip(values, before, strict=True)
    ]


_WAYS: dict[str, Callable[[Sequence[Any]], list[Any]]] = {
    "running_total": _running,
    _TOTAL: _of_total,
    "percent_of_previous": _of_previous,
}
