"""From fetched rows to the table of a query: pivots, totals, missing periods, running and calculated columns."""

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from tertulia.core.errors import InvalidQuery
from tertulia.core.table import Column, ColumnKind, ColumnType, Table
from tertulia.semantic.calculations import with_calculations
from tertulia.semantic.compile.asking import Compiled
from tertulia.semantic.compile.ordering import Sort, parse_sort
from tertulia.semantic.execute.warehouse import Fetched
from tertulia.semantic.filling import filled
from tertulia.semantic.grid import Grid, nulls_last
from tertulia.semantic.over_rows import over_rows
from tertulia.semantic.pivoting import pivoted

_DAY = 10


def shape_table(
    compiled: Compiled,
    main: Fetched,
    total: Fetched | None = None,
    row_total: Fetched | None = None,
) -> Table:
    """`total` and `row_total` are the rows of `total_sql` and `row_total_sql`. Raises InvalidQuery where the limit hides
    rows without which a column or an order would be wrong.
    """
    is_cut = main.is_truncated or len(main.rows) > compiled.limit
    rows = _plain(compiled.columns, main.rows[: compiled.limit])
    totals = _plain(_total_columns(compiled), total.rows) if total else []
    if compiled.query.pivots:
        row_totals = _plain(compiled.row_total_columns, row_total.rows) if row_total else []
        grid = pivoted(compiled, rows, totals=totals, row_totals=row_totals, is_cut=is_cut)
    else:
        aligned = _aligned(compiled, totals[0]) if totals else None
        grid = Grid(columns=list(compiled.columns), rows=rows, totals=aligned, is_truncated=is_cut)
    grid = filled(grid, compiled)
    grid = with_calculations(over_rows(grid, compiled.over_rows), compiled.calculations, compiled.now)
    grid = _sorted_by_calculations(grid, compiled)
    return Table(
        columns=grid.columns,
        rows=grid.rows,
        pivots=grid.pivots,
        totals=grid.totals,
        is_truncated=grid.is_truncated,
    )


def _total_columns(compiled: Compiled) -> list[Column]:
    if not compiled.query.pivots:
        return compiled.total_columns
    marked = Column(name="", label="", kind=ColumnKind.DIMENSION, type=ColumnType.NUMBER)
    return [marked, *compiled.total_columns]


def _plain(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The values as the types of their columns say: databases have more than one way to say yes, or a day."""
    ways = [_WAYS.get(column.type) for column in columns]
    if not any(ways):
        return [list(row) for row in rows]
    return [
        [way(value) if way and value is not None else value for way, value in zip(ways, row, strict=False)]
        + list(row[len(ways) :])
        for row in rows
    ]


def _yesno(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip().lower() in ("true", "t", "yes", "1")
    return bool(value)


def _date(value: Any) -> Any:
    """A day, without the midnight that some databases put behind it."""
    if isinstance(value, str) and value[_DAY:].strip("T 0:.Z") == "":
        return value[:_DAY]
    return value


_WAYS = {ColumnType.YESNO: _yesno, ColumnType.DATE: _date}


def _aligned(compiled: Compiled, totals: Sequence[Any]) -> list[Any]:
    """A total under each column; none under dimensions."""
    found = {column.name: value for column, value in zip(compiled.total_columns, totals, strict=False)}
    return [found.get(column.name) for column in compiled.columns]


def _sorted_by_calculations(grid: Grid, compiled: Compiled) -> Grid:
    names = {calculation.name for calculation in compiled.calculations}
    sorts = [parse_sort(text) for text in compiled.query.sorts]
    if not any(sort.name in names for sort in sorts):
        return grid
    if grid.is_truncated:
        raise InvalidQuery(
            "The limit hides rows, so the rest cannot be put in the order of a calculation: raise the limit."
        )
    rows = grid.rows
    for sort in reversed(sorts):
        place = _place(grid, sort)
        rows = sorted(rows, key=lambda row: nulls_last(row[place], is_descending=sort.is_descending))
    return structs.replace(grid, rows=rows)


def _place(grid: Grid, sort: Sort) -> int:
    places = [place for place, column in enumerate(grid.columns) if column.name == sort.name]
    if not places:
        raise InvalidQuery(f"The query sorts by {sort.name}, which is none of its fields: add it to them.")
    return places[min(sort.pivot, len(places) - 1)]
