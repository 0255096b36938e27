"""Pivots: one row for what is not pivoted, and beside it the measures of each combination of the pivots' values."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec import Struct, structs

from tertulia.core.errors import InvalidQuery
from tertulia.core.query import DEFAULT_LIMIT, UNLIMITED
from tertulia.core.table import ROW_TOTAL, Column, ColumnKind, PivotKey
from tertulia.semantic.compile.asking import Compiled
from tertulia.semantic.compile.ordering import Sort, parse_sort, sorts_of
from tertulia.semantic.grid import Grid, nulls_last

DEFAULT_COLUMNS = 50
MOST_COLUMNS = 200
_BETWEEN = "|FIELD|"

Key = tuple[Any, ...]


class _Line(Struct, frozen=True):
    """A row in the making: its dimensions' values, and the measures of each pivot."""

    values: Key
    cells: Mapping[Key, Sequence[Any]]


class _Plan(Struct, frozen=True, kw_only=True):
    """Where things stand in a row of SQL: `rows`, `pivots` and `measures` are places, `orders` places by field."""

    rows: Sequence[int]
    pivots: Sequence[int]
    measures: Sequence[int]
    orders: Mapping[str, int]


def pivoted(
    compiled: Compiled,
    rows: Sequence[Sequence[Any]],
    *,
    totals: Sequence[Sequence[Any]],
    row_totals: Sequence[Sequence[Any]],
    is_cut: bool,
) -> Grid:
    """`is_cut`: there were more rows than `rows`, which are then those of the first lines. Raises InvalidQuery where an
    order by a measure would need the others.
    """
    plan = _plan(compiled)
    sorts = _sorts(compiled, is_cut=is_cut)
    lines = _lines(plan, rows)
    if is_cut:
        # the last line may lack cells
        lines = lines[:-1]
    keys = _keys(compiled, plan, rows, sorts)
    most = min(compiled.query.column_limit or DEFAULT_COLUMNS, MOST_COLUMNS)
    shown = keys[:most]
    lines = _ordered(compiled, plan, lines, sorts, keys=keys, rows=rows)
    limit = _row_limit(compiled)
    grid = _grid(compiled, plan, lines[:limit], shown)
    grid = structs.replace(grid, is_truncated=is_cut or len(lines) > limit or len(keys) > most)
    if compiled.row_total_sql:
        grid = _with_row_totals(grid, compiled, plan, row_totals)
    return structs.replace(grid, totals=_totals(grid, compiled, plan, totals)) if totals else grid


def _plan(compiled: Compiled) -> _Plan:
    pivots = set(compiled.query.pivots)
    places = {column.name: place for place, column in enumerate(compiled.columns)}
    dimensions = [column for column in compiled.columns if column.kind is ColumnKind.DIMENSION]
    return _Plan(
        rows=[places[column.name] for column in dimensions if column.name not in pivots],
        pivots=[places[name] for name in dict.fromkeys(compiled.query.pivots)],
        measures=[places[column.name] for column in compiled.columns if column.kind is not ColumnKind.DIMENSION],
        orders={name: len(compiled.columns) + number for number, name in enumerate(compiled.orders)},
    )


def _row_limit(compiled: Compiled) -> int:
    asked = compiled.query.limit
    if asked == UNLIMITED:
        return compiled.limit
    return min(DEFAULT_LIMIT if asked is None else asked, compiled.limit)


def _sorts(compiled: Compiled, *, is_cut: bool) -> list[Sort]:
    known = {column.name for column in compiled.columns}
    given = [sort for sort in map(parse_sort, compiled.query.sorts) if sort.name in known]
    measures = {column.name for column in compiled.columns if column.kind is not ColumnKind.DIMENSION}
    if is_cut and any(sort.name in measures for sort in given):
        raise InvalidQuery(
            "There are too many rows to pivot and put in the order of a measure: filter more, or sort by a dimension."
        )
    sorts = sorts_of(structs.replace(compiled.query, sorts=[_text(sort) for sort in given]), compiled.columns)
    return [sort for sort in sorts if not (is_cut and sort.name in measures)]


def _text(sort: Sort) -> str:
    return f"{sort.name} {'desc' if sort.is_descending else 'asc'} {sort.pivot}"


def _lines(plan: _Plan, rows: Sequence[Sequence[Any]]) -> list[_Line]:
    lines: list[_Line] = []
    for values, same in groupby(rows, key=lambda row: _at(row, plan.rows)):
        lines.append(_Line(values, {_at(row, plan.pivots): _at(row, plan.measures) for row in same}))
    return lines


def _at(row: Sequence[Any], places: Sequence[int]) -> Key:
    return tuple(row[place] for place in places)


def _keys(compiled: Compiled, plan: _Plan, rows: Sequence[Sequence[Any]], sorts: Sequence[Sort]) -> list[Key]:
    """The pivots' values in their order."""
    keys = list(dict.fromkeys(_at(row, plan.pivots) for row in rows))
    for sort in reversed([sort for sort in sorts if sort.name in compiled.query.pivots]):
        number = list(dict.fromkeys(compiled.query.pivots)).index(sort.name)
        ranks = _ranks(plan, rows, sort.name, plan.pivots[number])
        keys.sort(key=lambda key: _comparable(key[number], ranks, sort))
    return keys


def _ranks(plan: _Plan, rows: Sequence[Sequence[Any]], name: str, place: int) -> Mapping[Any, Any] | None:
    """What the values of a dimension are ordered by, where not by themselves."""
    if name not in plan.orders:
        return None
    ranks: dict[Any, Any] = {}
    for row in rows:
        order = row[plan.orders[name]]
        if row[place] not in ranks or nulls_last(order) < nulls_last(ranks[row[place]]):
            ranks[row[place]] = order
    return ranks


def _comparable(value: Any, ranks: Mapping[Any, Any] | None, sort: Sort) -> tuple[Any, ...]:
    own = nulls_last(value, is_descending=sort.is_descending)
    if ranks is None:
        return own
    return (nulls_last(ranks.get(value), is_descending=sort.is_descending), own)


def _ordered(
    compiled: Compiled,
    plan: _Plan,
    lines: list[_Line],
    sorts: Sequence[Sort],
    *,
    keys: Sequence[Key],
    rows: Sequence[Sequence[Any]],
) -> list[_Line]:
    names = [column.name for column in compiled.columns]
    for sort in reversed(sorts):
        place = names.index(sort.name)
        if place in plan.rows:
            number = plan.rows.index(place)
            ranks = _ranks(plan, rows, sort.name, place)
            lines = sorted(lines, key=lambda line: _comparable(line.values[number], ranks, sort))
        elif place in plan.measures and keys:
            key = keys[min(sort.pivot, len(keys) - 1)]
            number = plan.measures.index(place)
            lines = sorted(lines, key=lambda line: _comparable(_cell(line, key, number), None, sort))
    return lines


def _cell(line: _Line, key: Key, number: int) -> Any:
    cells = line.cells.get(key)
    return None if cells is None else cells[number]


def _grid(compiled: Compiled, plan: _Plan, lines: Sequence[_Line], keys: Sequence[Key]) -> Grid:
    pivots = _named(keys)
    columns = [compiled.columns[place] for place in plan.rows]
    measures = [compiled.columns[place] for place in plan.measures]
    columns += [structs.replace(column, pivot=pivot.key) for pivot in pivots for column in measures]
    rows = [
        [*line.values, *(_cell(line, key, number) for key in keys for number in range(len(measures)))] for line in lines
    ]
    return Grid(columns=columns, rows=rows, pivots=pivots)


def _named(keys: Sequence[Key]) -> list[PivotKey]:
    """A name for each: the values' texts, told apart where a text reads like another value."""
    named: dict[str, Key] = {}
    for values in keys:
        name = text = _BETWEEN.join("null" if value is None else _shown(value) for value in values)
        count = 1
        while name in named:
            count += 1
            name = f"{text}{_BETWEEN}{count}"
        named[name] = values
    return [PivotKey(key=name, values=list(values)) for name, values in named.items()]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def _with_row_totals(grid: Grid, compiled: Compiled, plan: _Plan, row_totals: Sequence[Sequence[Any]]) -> Grid:
    count = len(plan.rows)
    by_values = {tuple(row[:count]): list(row[count:]) for row in row_totals}
    measures = [structs.replace(compiled.columns[place], pivot=ROW_TOTAL) for place in plan.measures]
    nothing: list[Any] = [None] * len(measures)
    rows = [[*row, *by_values.get(tuple(row[:count]), nothing)] for row in grid.rows]
    return structs.replace(grid, columns=[*grid.columns, *measures], rows=rows)


def _totals(grid: Grid, compiled: Compiled, plan: _Plan, totals: Sequence[Sequence[Any]]) -> list[Any]:
    """A row of totals begins with 1 for all pivots together, else 0, and the pivots' values."""
    count = len(plan.pivots)
    by_key: dict[Key | str, Sequence[Any]] = {}
    for row in totals:
        by_key[ROW_TOTAL if row[0] else tuple(row[1 : count + 1])] = row[count + 1 :]
    values = {pivot.key: by_key.get(tuple(pivot.values)) for pivot in grid.pivots}
    values[ROW_TOTAL] = by_key.get(ROW_TOTAL)
    names = [compiled.columns[place].name for place in plan.measures]
    return [_total(column, names, values) for column in grid.columns]


def _total(column: Column, names: Sequence[str], values: Mapping[str, Sequence[Any] | None]) -> Any:
    found = values.get(column.pivot) if column.pivot else None
    return None if found is None else found[names.index(column.name)]
