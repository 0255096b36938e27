"""Rows for what a dimension could have shown and the data does not have: a month without orders, an empty tier."""

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from tertulia.core.table import ColumnKind
from tertulia.semantic.compile.asking import Compiled, Fill
from tertulia.semantic.compile.ordering import sorts_of
from tertulia.semantic.compile.periods import Period, period_after
from tertulia.semantic.grid import Grid


def filled(grid: Grid, compiled: Compiled) -> Grid:
    """Only a table by one dimension can be filled, and none that the limit cut: the gap may be one of its making."""
    fill = next(iter(compiled.fills), None)
    if fill is None or grid.is_truncated or grid.dimensions != 1 or grid.columns[0].name != fill.field:
        return grid
    shown = [row[0] for row in grid.rows if row[0] is not None]
    wanted = list(fill.values) if fill.values else _periods(fill, shown, compiled.limit)
    missing = [value for value in wanted if value not in shown]
    if not missing:
        return grid
    rest: list[Any] = [None] * (len(grid.columns) - 1)
    rows = [*grid.rows, *([value, *rest] for value in missing)]
    if len(rows) > compiled.limit:
        return grid
    return structs.replace(grid, rows=_ordered(rows, wanted, fill, compiled))


def _periods(fill: Fill, shown: Sequence[Any], most: int) -> list[Any]:
    """From the first to the last, of the data or of the filter, whichever reaches further."""
    known: list[Any] = [value for value in (*shown, fill.first, fill.last) if value is not None]
    if not known:
        return []
    try:
        period: Period = min(known)
        last: Any = max(known)
        periods: list[Any] = [period]
        while period < last and len(periods) <= most:
            period = period_after(period, fill.timeframe)
            periods.append(period)
    except (TypeError, ValueError):
        return []
    return periods


def _ordered(rows: list[list[Any]], wanted: Sequence[Any], fill: Fill, compiled: Compiled) -> list[list[Any]]:
    """In the order of the dimension where the query sorts by it first; otherwise the new rows come last."""
    columns = [column for column in compiled.columns if column.name not in compiled.query.pivots]
    sorts = sorts_of(structs.replace(compiled.query, sorts=_known(compiled)), compiled.columns)
    first = next((sort for sort in sorts if sort.name in {column.name for column in columns}), None)
    if first is None or first.name != fill.field or columns[0].kind is not ColumnKind.DIMENSION:
        return rows
    ranks = {value: rank for rank, value in enumerate(wanted)}
    last = len(ranks)
    known = sorted((row for row in rows if row[0] in ranks), key=lambda row: ranks[row[0]], reverse=first.is_descending)
    return known + [row for row in rows if row[0] not in ranks] if last else rows


def _known(compiled: Compiled) -> list[str]:
    names = {column.name for column in compiled.columns}
    return [sort for sort in compiled.query.sorts if sort.split()[0] in names]
