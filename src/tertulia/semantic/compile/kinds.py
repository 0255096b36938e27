"""What a field's values are: the type of its column, and the filter expressions that fit it."""

import re

from tertulia.core.table import Column, ColumnKind, ColumnType
from tertulia.semantic.compile.scope import FieldOfExplore
from tertulia.semantic.engines.timeframes import timeframe_type
from tertulia.semantic.filters.expression import FilterKind
from tertulia.semantic.lookml.labels import label_of
from tertulia.semantic.lookml.model import Field, FieldKind, Model

_NUMBERS = frozenset(
    [
        "number",
        "int",
        "duration",
        "sum",
        "sum_distinct",
        "count",
        "count_distinct",
        "average",
        "average_distinct",
        "min",
        "max",
        "median",
        "median_distinct",
        "percentile",
        "percentile_distinct",
        "percent_of_previous",
        "percent_of_total",
        "running_total",
        "period_over_period",
    ]
)
_PERIODS = re.compile(
    "raw|time|date|week|month|quarter|year|fiscal_quarter|fiscal_year|((hour|minute|second|millisecond)[0-9]*)|microsecond"
)
_BY_TYPE = {
    "yesno": ColumnType.YESNO,
    "location": ColumnType.LOCATION,
    "list": ColumnType.LIST,
    "date": ColumnType.DATE,
    "date_time": ColumnType.TIME,
}
_FILTERS = {
    ColumnType.STRING: FilterKind.STRING,
    ColumnType.LIST: FilterKind.STRING,
    ColumnType.NUMBER: FilterKind.NUMBER,
    ColumnType.YESNO: FilterKind.YESNO,
    ColumnType.DATE: FilterKind.DATE,
    ColumnType.TIME: FilterKind.DATE,
    ColumnType.LOCATION: FilterKind.LOCATION,
}


def timeframe_of(field: Field) -> str:
    """The timeframe of a dimension made from a point in time, "" for any other field."""
    if field.timeframe:
        return field.timeframe
    if field.kind is FieldKind.MEASURE:
        return ""
    if field.type in ("date", "time"):
        return field.type
    return field.type.removeprefix("date_") if field.type.startswith("date_") else ""


def is_period(field: Field) -> bool:
    """Whether the values stand for a stretch of time, and not for a part of one (an hour of the day, say)."""
    return _PERIODS.fullmatch(timeframe_of(field)) is not None


def column_type(field: Field) -> ColumnType:
    timeframe = timeframe_of(field)
    if timeframe:
        return timeframe_type(timeframe)
    if field.interval or field.type in _NUMBERS:
        return ColumnType.NUMBER
    return _BY_TYPE.get(field.type, ColumnType.STRING)


def filter_kind(field: Field) -> FilterKind:
    if is_period(field):
        return FilterKind.DATE
    if field.type == "tier":
        return FilterKind.TIER
    return _FILTERS[column_type(field)]


def column_of(model: Model, seen: FieldOfExplore) -> Column:
    is_measure = seen.kind is FieldKind.MEASURE
    return Column(
        name=seen.name,
        label=seen.label,
        label_short=label_of(seen.field),
        kind=ColumnKind.MEASURE if is_measure else ColumnKind.DIMENSION,
        type=column_type(seen.field),
        value_format=named_format(model, seen.field.value_format, seen.field.value_format_name),
        timeframe=timeframe_of(seen.field),
    )


def named_format(model: Model, value_format: str, name: str) -> str:
    """The spreadsheet format, or LookML's own name of one that the model does not define."""
    if value_format or not name:
        return value_format
    return model.formats[name].value_format if name in model.formats else name
