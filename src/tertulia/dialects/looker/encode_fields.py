"""From fields of an explore to what this API shows of them."""

import re
from typing import Literal

from tertulia.core.table import ColumnType
from tertulia.dialects.looker.wire_models import (
    AttributeType,
    Interval,
    LookmlModelExploreField,
    LookmlModelExploreFieldEnumeration,
    LookmlModelExploreFieldMeasureFilters,
    LookmlModelExploreFieldSqlCase,
    LookmlModelExploreFieldTimeInterval,
    WeekDay,
)
from tertulia.semantic.lookml.labels import group_label_of, label_of, pretty, view_label
from tertulia.semantic.lookml.model import Field, FieldKind, Model
from tertulia.services.queries import ExploreView, FieldView

_INTERVAL = re.compile("(millisecond|microsecond|second|minute|hour|day|week|month|quarter|year)([0-9]*)")
_INTERVALS: dict[str, Interval] = {
    "time": "second",
    "date": "day",
    "fiscal_quarter": "quarter",
    "fiscal_year": "year",
    "microsecond": "microsecond",
    "millisecond": "millisecond",
    "second": "second",
    "minute": "minute",
    "hour": "hour",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
}
_WEEK_DAYS: dict[str, WeekDay] = {
    "monday": "monday",
    "tuesday": "tuesday",
    "wednesday": "wednesday",
    "thursday": "thursday",
    "friday": "friday",
    "saturday": "saturday",
    "sunday": "sunday",
}
_PARTS = frozenset(
    [
        "day_of_week",
        "day_of_week_index",
        "day_of_month",
        "day_of_year",
        "month_name",
        "month_num",
        "hour_of_day",
        "time_of_day",
    ]
)
_TIMES = (ColumnType.DATE, ColumnType.TIME)
_ATTRIBUTE_TYPES: dict[ColumnType, list[AttributeType]] = {
    ColumnType.NUMBER: ["number", "advanced_filter_number"],
    ColumnType.YESNO: ["yesno"],
    ColumnType.DATE: ["datetime", "advanced_filter_datetime"],
    ColumnType.TIME: ["datetime", "advanced_filter_datetime"],
    ColumnType.STRING: ["string", "advanced_filter_string"],
}


def explore_field(view: ExploreView, found: FieldView, *, sees_lookml: bool) -> LookmlModelExploreField:
    seen, column = found.seen, found.column
    written, kind = seen.field, seen.kind
    is_shown = kind in (FieldKind.DIMENSION, FieldKind.MEASURE)
    is_period = _is_period(found)
    is_time = is_period or (column.type in _TIMES and kind is not FieldKind.MEASURE)
    return LookmlModelExploreField(
        align="right" if column.type is ColumnType.NUMBER and is_shown else "left",
        can_filter=written.can_filter,
        category=kind.value,
        default_filter_value=written.default_value or None,
        description=written.description or None,
        dimension_group=f"{seen.alias}.{written.group}" if written.group else None,
        drill_fields=[name if "." in name else f"{seen.alias}.{name}" for name in written.drill_fields],
        enumerations=_enumerations(written),
        field_group_label=group_label_of(written) or None,
        field_group_variant=written.group_item_label or _variant(written),
        fill_style=_fill_style(written, is_period=is_period) if kind is FieldKind.DIMENSION else None,
        fiscal_month_offset=view.model.fiscal_month_offset,
        has_allowed_values=bool(written.allowed_values),
        hidden=written.is_hidden,
        is_filter=kind is FieldKind.FILTER,
        is_fiscal=column.timeframe.startswith("fiscal"),
        is_numeric=column.type is ColumnType.NUMBER,
        is_timeframe=bool(written.timeframe),
        can_time_filter=is_time,
        time_interval=_time_interval(column.timeframe) if kind is FieldKind.DIMENSION else None,
        label=seen.label,
        label_short=written.label_short or label_of(written),
        measure=kind is FieldKind.MEASURE,
        name=seen.name,
        strict_value_format=_is_strict(view.model, written),
        parameter=kind is FieldKind.PARAMETER,
        primary_key=written.is_primary_key,
        project_name=view.project,
        requires_refresh_on_sort=bool(written.order_by_field or written.whens),
        scope=seen.alias,
        sortable=is_shown,
        source_file=written.place.file,
        source_file_path=f"{view.project}/{written.place.file}",
        sql=written.sql.strip() or None if sees_lookml else None,
        sql_case=_cases(written) if sees_lookml else None,
        filters=_filters(seen.alias, written),
        suggest_dimension=_full(seen.alias, written.suggest_dimension) or seen.name,
        suggest_explore=written.suggest_explore or view.explore.name,
        suggestable=_is_suggestable(found),
        suggestions=written.suggestions or None,
        synonyms=written.synonyms,
        tags=written.tags,
        type=_type(written),
        user_attribute_filter_types=_ATTRIBUTE_TYPES.get(ColumnType.TIME if is_period else column.type, []),
        value_format=_value_format(view.model, written),
        value_format_name=written.value_format_name or None,
        view=seen.alias,
        view_label=written.view_label.strip() or view_label(view.explore, seen.alias, seen.view),
        week_start_day=_WEEK_DAYS.get(view.model.week_start_day, "monday"),
        original_view=seen.view.name,
        datatype=written.datatype or None,
        convert_tz=written.has_timezone_conversion if is_time else None,
    )


def _is_period(found: FieldView) -> bool:
    """Whether the values stand for a stretch of time, and not for a part of one."""
    return bool(found.column.timeframe) and found.column.timeframe not in _PARTS


def _type(written: Field) -> str:
    """LookML's type; a timeframe is part of it: `date_month`."""
    if written.timeframe:
        return f"date_{written.timeframe}"
    if written.interval:
        return f"duration_{written.interval}"
    return "unquoted" if written.kind is FieldKind.PARAMETER and not written.type else written.type


def _variant(written: Field) -> str:
    """What a field is called within its group."""
    if written.timeframe:
        return pretty(written.timeframe)
    return f"{pretty(written.interval)}s" if written.interval else label_of(written)


def _enumerations(written: Field) -> list[LookmlModelExploreFieldEnumeration] | None:
    if written.type == "yesno":
        return [LookmlModelExploreFieldEnumeration(label=each, value=each) for each in ("Yes", "No")]
    if written.allowed_values:
        return [
            LookmlModelExploreFieldEnumeration(label=each.label or each.value, value=each.value)
            for each in written.allowed_values
        ]
    if written.whens:
        labels = [each.label for each in written.whens]
        labels += [written.else_label] if written.else_label is not None else []
        return [LookmlModelExploreFieldEnumeration(label=each, value=each) for each in labels]
    return None


def _fill_style(written: Field, *, is_period: bool) -> Literal["enumeration", "range"] | None:
    if not written.allow_fill:
        return None
    if is_period and written.timeframe != "raw":
        return "range"
    is_listed = written.type in ("yesno", "tier") or bool(written.whens) or written.timeframe in _PARTS
    return "enumeration" if is_listed else None


def _time_interval(timeframe: str) -> LookmlModelExploreFieldTimeInterval | None:
    found = _INTERVAL.fullmatch(timeframe)
    name = _INTERVALS.get(found[1] if found else timeframe)
    if name is None:
        return None
    return LookmlModelExploreFieldTimeInterval(name=name, count=int(found[2]) if found and found[2] else 1)


def _cases(written: Field) -> list[LookmlModelExploreFieldSqlCase] | None:
    if not written.whens:
        return None
    return [LookmlModelExploreFieldSqlCase(value=each.label, condition=each.sql.strip()) for each in written.whens]


def _filters(alias: str, written: Field) -> list[LookmlModelExploreFieldMeasureFilters] | None:
    if written.kind is not FieldKind.MEASURE or not written.filters:
        return None
    return [
        LookmlModelExploreFieldMeasureFilters(field=_full(alias, each.field), condition=each.expression)
        for each in written.filters
    ]


def _full(alias: str, name: str) -> str:
    return name if "." in name or not name else f"{alias}.{name}"


def _is_suggestable(found: FieldView) -> bool:
    written = found.seen.field
    if not written.is_suggestable or not found.seen.view.is_suggestable or found.seen.kind is FieldKind.MEASURE:
        return False
    is_text = found.column.type is ColumnType.STRING and not _is_period(found)
    return is_text or found.column.type is ColumnType.YESNO or bool(written.suggestions)


def _value_format(found: Model, written: Field) -> str | None:
    if written.value_format:
        return written.value_format
    named = found.formats.get(written.value_format_name)
    return named.value_format if named else None


def _is_strict(found: Model, written: Field) -> bool:
    named = found.formats.get(written.value_format_name)
    return named.is_strict if named else False
