"""Rows as clients keep them: objects by field, with a schema or without."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from tertulia.core.query import Query
from tertulia.core.table import Column, ColumnKind, ColumnType, PivotKey, Table

_MOST_CELLS = 1_000_000
_NUMBERS = ("num", "int", "float", "double", "decimal", "count", "sum", "average", "percent")
_TYPES = (
    (("yesno", "bool"), ColumnType.YESNO),
    (("timestamp", "datetime"), ColumnType.TIME),
    (("date",), ColumnType.DATE),
    (("time",), ColumnType.TIME),
    (_NUMBERS, ColumnType.NUMBER),
    (("location",), ColumnType.LOCATION),
    (("list",), ColumnType.LIST),
)
Json = Mapping[str, Any]


def table_in(result: Json, query: Query) -> Table | None:
    """The rows of a `data.result` that answers this query; None where there are none to read, or too many cells.

    Numbers that were written as text become numbers again where the schema says that they are.
    """
    data = result.get("data")
    if not isinstance(data, list):
        return None
    rows = [_flat(cast("Json", row), query) for row in cast("list[Any]", data) if isinstance(row, dict)]
    given = _given_fields(result.get("schema"))
    places = _places(rows, [*query.fields, *given])
    if not places or len(places) * len(rows) > _MOST_CELLS:
        return None
    columns = [_column(place, [row.get(place) for row in rows], given, query) for place in places]
    keys = dict.fromkeys(pivot for _, pivot in places if pivot)
    return Table(
        columns=columns,
        rows=[[_value(row.get(place), column) for place, column in zip(places, columns, strict=True)] for row in rows],
        pivots=[PivotKey(key=key, values=[key]) for key in keys],
        is_truncated=result.get("isTruncated") is True,
    )


_Place = tuple[str, str]
"""A field and the key of a pivot, "" outside pivots."""


def _flat(row: Json, query: Query) -> dict[_Place, Any]:
    cells: dict[_Place, Any] = {}
    for name, value in row.items():
        if not isinstance(value, dict):
            cells[name, ""] = value
            continue
        inner = cast("dict[str, Any]", value)
        if "value" in inner and not query.pivots:
            cells[name, ""] = inner["value"]
        elif query.pivots:
            cells.update({(name, key): _plain(each) for key, each in inner.items() if key})
        else:
            cells[name, ""] = inner
    return cells


def _plain(value: Any) -> Any:
    return cast("Json", value).get("value") if isinstance(value, dict) else value


def _places(rows: Sequence[Mapping[_Place, Any]], names: Sequence[str]) -> list[_Place]:
    """In the order of the query's fields and the schema's, then as the rows bring them."""
    found = dict.fromkeys(place for row in rows for place in row)
    if not rows:
        return [(name, "") for name in dict.fromkeys(names)]
    ranks = {name: rank for rank, name in reversed(list(enumerate(names)))}
    return sorted(found, key=lambda place: ranks.get(place[0], len(names)))


def _given_fields(schema: Any) -> dict[str, Json]:
    given = cast("Json", schema).get("fields") if isinstance(schema, dict) else None
    listed = cast("list[Any]", given) if isinstance(given, list) else []
    fields = [cast("Json", each) for each in listed if isinstance(each, dict)]
    return {each["name"]: each for each in fields if isinstance(each.get("name"), str)}


def _column(place: _Place, values: Sequence[Any], given: Mapping[str, Json], query: Query) -> Column:
    name, pivot = place
    field = given.get(name, {})
    kind = _type_named(str(field.get("type", ""))) or _type_seen(values)
    label, value_format = field.get("displayName"), field.get("valueFormat")
    return Column(
        name=name,
        label=label if isinstance(label, str) and label else _label(name),
        kind=_kind(str(field.get("category", "")), kind, is_pivoted=bool(pivot), is_pivot=name in query.pivots),
        type=kind,
        value_format=value_format if isinstance(value_format, str) else "",
        pivot=pivot,
    )


def _kind(category: str, kind: ColumnType, *, is_pivoted: bool, is_pivot: bool) -> ColumnKind:
    word = category.lower()
    if "calculation" in word:
        return ColumnKind.CALCULATION
    if is_pivoted or "measure" in word:
        return ColumnKind.MEASURE
    if is_pivot or "dimension" in word or kind is not ColumnType.NUMBER:
        return ColumnKind.DIMENSION
    return ColumnKind.MEASURE


def _type_named(name: str) -> ColumnType | None:
    word = name.lower()
    if not word:
        return None
    return next((kind for signs, kind in _TYPES if any(sign in word for sign in signs)), ColumnType.STRING)


def _type_seen(values: Sequence[Any]) -> ColumnType:
    seen = [value for value in values if value is not None]
    if seen and all(isinstance(value, bool) for value in seen):
        return ColumnType.YESNO
    if seen and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in seen):
        return ColumnType.NUMBER
    return ColumnType.STRING


def _value(value: Any, column: Column) -> Any:
    if isinstance(value, str) and column.type is ColumnType.NUMBER:
        return _number(value)
    if isinstance(value, (dict, list)) and column.type is not ColumnType.LIST:
        return msgspec.json.encode(cast("Any", value)).decode()
    return cast("Any", value)


def _number(text: str) -> Any:
    try:
        found = msgspec.json.decode(text.strip())
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else text


def _label(name: str) -> str:
    words = name.rpartition(".")[2].replace("_", " ").strip()
    return words[:1].upper() + words[1:] or name
