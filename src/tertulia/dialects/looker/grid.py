"""A result as lines of cells under lines of headers: what tables on paper and in files have in common."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec import Struct

from tertulia.core.analysis import QueryAnswer
from tertulia.core.formats import shown
from tertulia.core.table import ROW_TOTAL, Column, ColumnKind, Table
from tertulia.services.queries import ExploreView

ROW_TOTAL_LABEL = "Row Total"


class Grid(Struct, frozen=True, kw_only=True):
    """`headers` has a line for each pivoted dimension, then the labels. `rows` hold plain values, texts where the model's
    formats are applied. `totals` is None where none were asked for.
    """

    columns: list[Column]
    headers: list[list[str]]
    rows: list[list[Any]]
    totals: list[Any] | None = None


def grid_of(answer: QueryAnswer, explore: ExploreView, *, is_formatted: bool, is_visual: bool) -> Grid:
    """With `is_visual` as the query's visualization has it: without its hidden fields, under its own labels."""
    table = answer.table
    vis = answer.query.vis_config if is_visual else {}
    hidden = _texts(vis.get("hidden_fields"))
    places = [place for place, column in enumerate(table.columns) if column.name not in hidden]
    columns = [table.columns[place] for place in places]

    def line(values: Sequence[Any]) -> list[Any]:
        if is_formatted:
            return ["" if values[place] is None else shown(values[place], table.columns[place]) for place in places]
        return [plain(values[place]) for place in places]

    labels = _mapping(vis.get("series_labels"))
    return Grid(
        columns=columns,
        headers=[*_pivot_lines(answer, explore, columns), [_label(column, labels) for column in columns]],
        rows=[line(row) for row in table.rows],
        totals=None if table.totals is None else line(table.totals),
    )


def plain(value: Any) -> Any:
    """The value as Looker's formats have it: yes and no in words, lists as one text."""
    match value:
        case bool():
            return "Yes" if value else "No"
        case list():
            return ", ".join(str(each) for each in cast("list[Any]", value))
        case _:
            return value


def _pivot_lines(answer: QueryAnswer, explore: ExploreView, columns: Sequence[Column]) -> list[list[str]]:
    """The pivots' values above their columns, each line named in the last column before them."""
    if not answer.table.pivots:
        return []
    values = {pivot.key: pivot.values for pivot in answer.table.pivots}
    names = list(dict.fromkeys(answer.query.pivots))
    known = {each.seen.name: each for each in explore.fields}
    named_at = max((place for place, column in enumerate(columns) if not column.pivot and _is_row(column)), default=-1)
    lines: list[list[str]] = []
    for number, name in enumerate(names):
        line = [_pivot_value(column, values, number) for column in columns]
        if named_at >= 0:
            line[named_at] = known[name].seen.label if name in known else name
        lines.append(line)
    return lines


def _is_row(column: Column) -> bool:
    return column.kind is ColumnKind.DIMENSION


def _pivot_value(column: Column, values: Mapping[str, Sequence[Any]], number: int) -> str:
    if column.pivot == ROW_TOTAL:
        return ROW_TOTAL_LABEL
    found = values.get(column.pivot)
    if found is None or number >= len(found):
        return ""
    return "" if found[number] is None else str(plain(found[number]))


def _label(column: Column, labels: Mapping[str, Any]) -> str:
    own = labels.get(f"{column.pivot} - {column.name}" if column.pivot else column.name, labels.get(column.name))
    return own if isinstance(own, str) and own else column.label


def _texts(value: Any) -> set[str]:
    return {each for each in cast("list[Any]", value) if isinstance(each, str)} if isinstance(value, list) else set()


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def cells(table: Table, values: Sequence[Any]) -> dict[str, Any]:
    """Values by field; those of a pivoted measure by the pivot's key once more."""
    found: dict[str, Any] = {}
    for column, value in zip(table.columns, values, strict=True):
        if column.pivot:
            found.setdefault(column.name, {})[column.pivot] = value
        else:
            found[column.name] = value
    return found
