"""A table as a chart sees it: what runs along the axis, what tells the series apart, and the numbers."""

import math
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, structs

from tertulia.core.table import ROW_TOTAL, Column, ColumnKind, ColumnType, Table, titles
from tertulia.semantic.charts.formats import NumberFormat, number_format

NOTHING = "∅"
_TIMES = (ColumnType.DATE, ColumnType.TIME)
_INSTANT = re.compile(
    r"([0-9]{4})(?:-Q([1-4])|-([0-9]{2})(?:-([0-9]{2})(?:[ T]([0-9]{2})(?::([0-9]{2})(?::([0-9]{2}))?)?)?)?)?(?:\.[0-9]+)?Z?",
)
_FLOWING = re.compile(r"(raw|time|date|week|month|quarter|year|(hour|minute|second|millisecond)[0-9]*)")


class Dimension(Struct, frozen=True, kw_only=True):
    """A column of what the numbers are about. `index` is its place in the rows, None for the pivots."""

    label: str
    column: Column | None
    index: int | None
    distinct: list[str]
    is_time: bool = False
    is_number: bool = False


class Measure(Struct, frozen=True, kw_only=True):
    """Numbers of one field; `indexes` are the places of its columns in the rows, by pivot label ("" outside pivots)."""

    label: str
    format: NumberFormat
    indexes: dict[str, int]


class Plot(Struct, frozen=True, kw_only=True):
    """`value_count` counts all columns that are no dimensions, also those that hold no numbers."""

    dimensions: list[Dimension]
    measures: list[Measure]
    rows: list[list[Any]]
    value_count: int

    @property
    def is_one_unit(self) -> bool:
        """Whether all numbers may share an axis."""
        return len({(measure.format.pattern, measure.format.unit) for measure in self.measures}) == 1


def plot_of(table: Table) -> Plot:
    named = zip(table.columns, titles(table.columns), strict=True)
    table = structs.replace(table, columns=[structs.replace(column, label=title) for column, title in named])
    dimensions = [
        _dimension(column, index, table.rows)
        for index, column in enumerate(table.columns)
        if column.kind is ColumnKind.DIMENSION
    ]
    if labels := pivot_labels(table):
        dimensions.append(Dimension(label="", column=None, index=None, distinct=list(labels.values())))
    return Plot(
        dimensions=dimensions,
        measures=_measures(table),
        rows=table.rows,
        value_count=sum(column.kind is not ColumnKind.DIMENSION for column in table.columns),
    )


def pivot_labels(table: Table) -> dict[str, str]:
    """What a reader calls each pivot, by its key; the total of the rows is none."""
    labels: dict[str, str] = {}
    for pivot in table.pivots:
        label = " · ".join(shown(value) for value in pivot.values)
        if pivot.key != ROW_TOTAL:
            labels[pivot.key] = f"{label} ({pivot.key})" if label in labels.values() else label
    return labels


def shown(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def number_of(value: Any) -> float | int | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = value if isinstance(value, int | float) else float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def instant_of(value: Any) -> str | None:
    """The beginning of a period as ISO text in UTC, so that no reader's own zone moves it to another day."""
    found = _INSTANT.fullmatch(shown(value))
    if found is None:
        return None
    month = int(found[2]) * 3 - 2 if found[2] else int(found[3] or 1)
    hour, minute, second = (int(part or 0) for part in found.group(5, 6, 7))
    return f"{found[1]}-{month:02}-{int(found[4] or 1):02}T{hour:02}:{minute:02}:{second:02}Z"


def _dimension(column: Column, index: int, rows: Sequence[Sequence[Any]]) -> Dimension:
    values = [row[index] for row in rows]
    known = [value for value in values if value is not None]
    flows = _FLOWING.fullmatch(column.timeframe) if column.timeframe else column.type in _TIMES
    return Dimension(
        label=column.label,
        column=column,
        index=index,
        distinct=list(dict.fromkeys(shown(value) for value in values)),
        is_time=bool(flows) and bool(known) and all(instant_of(value) for value in known),
        is_number=column.type is ColumnType.NUMBER and bool(known) and all(number_of(one) is not None for one in known),
    )


def _measures(table: Table) -> list[Measure]:
    labels = pivot_labels(table)
    measures: dict[str, Measure] = {}
    for index, column in enumerate(table.columns):
        is_number = column.kind is not ColumnKind.DIMENSION and column.type is ColumnType.NUMBER
        if not is_number or column.pivot not in (labels or ("",)):
            continue
        if column.name not in measures:
            is_taken = any(column.label == measure.label for measure in measures.values())
            label = f"{column.label} ({column.name})" if is_taken else column.label
            measures[column.name] = Measure(label=label, format=number_format(column.value_format), indexes={})
        measure = measures[column.name]
        measure.indexes[labels.get(column.pivot, "")] = index
    return list(measures.values())
