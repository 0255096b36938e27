"""Fields: from a parameter as it is written to what it means."""

import re

from msgspec import structs

from tertulia.semantic.lookml.field_filters import field_filters
from tertulia.semantic.lookml.findings import Findings, Unusable
from tertulia.semantic.lookml.model import AllowedValue, Field, FieldKind, When
from tertulia.semantic.lookml.numbers import number, numbers, whole
from tertulia.semantic.lookml.timeframes import duration_fields, is_timeframe, time_fields
from tertulia.semantic.lookml.tree import Node

INTERVAL_TYPES = frozenset(
    f"duration_{name}" for name in ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
)
DIMENSION_TYPES = frozenset(
    {"string", "number", "yesno", "tier", "location", "distance", "zipcode", "date_time", "date"}
)
MEASURE_TYPES = frozenset(
    {
        *("count", "count_distinct", "sum", "sum_distinct", "average", "average_distinct", "min", "max"),
        *("median", "median_distinct", "percentile", "percentile_distinct", "list", "number", "string", "date"),
        *("date_time", "yesno", "running_total", "percent_of_total", "percent_of_previous", "period_over_period"),
    }
)
_PARAMETER_TYPES = frozenset({"string", "number", "yesno", "date", "date_time", "unquoted"})
_FILTER_TYPES = DIMENSION_TYPES | {"unquoted"}
_OLD_TYPES = {"int": "number", "integer": "number", "decimal": "number"}
_KINDS = {
    "dimension": FieldKind.DIMENSION,
    "dimension_group": FieldKind.DIMENSION,
    "measure": FieldKind.MEASURE,
    "filter": FieldKind.FILTER,
    "parameter": FieldKind.PARAMETER,
}
_DATATYPES = frozenset({"", "epoch", "timestamp", "date", "datetime", "yyyymmdd"})
_NAME = re.compile(r"\w+")
_SYNONYM = re.compile(r"synonyms?\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)
_WITHOUT_COLUMN = frozenset({"location", "distance", "duration"})


def fields_of(node: Node, *, is_hidden: bool, findings: Findings) -> list[Field]:
    """One field, or all of a group. `is_hidden` unless it says `hidden: no`. Raises Unusable."""
    if node.is_broken:
        raise Unusable(
            node.place, "unreadable", f"The {node.key} {node.text!r} is left out: see what else stands here."
        )
    if not _NAME.fullmatch(node.text):
        raise Unusable(node.place, "invalid_name", f"{node.text!r} cannot be the name of a field.")
    field = _field(node, is_hidden=is_hidden)
    if node.key != "dimension_group":
        return [field]
    if field.type == "duration":
        return duration_fields(field, node, findings)
    return time_fields(field, node, findings)


def synonyms_of(node: Node) -> list[str]:
    """Other words for it, from `synonyms` and from tags that read `synonym:word`."""
    found = list(node.values("synonyms"))
    for tag in node.values("tags"):
        match = _SYNONYM.fullmatch(tag.strip())
        if match is not None:
            found += [word.strip() for word in match[1].split(",") if word.strip()]
    return list(dict.fromkeys(found))


def _field(node: Node, *, is_hidden: bool) -> Field:
    kind, kind_of_value = _KINDS[node.key], _type(node)
    common = Field(
        name=node.text,
        kind=kind,
        type=kind_of_value,
        place=node.place,
        sql=_sql(node, kind, kind_of_value),
        label=node.value("label"),
        label_short=node.value("label_short"),
        group_label=node.value("group_label"),
        group_item_label=node.value("group_item_label"),
        view_label=node.value("view_label"),
        description=node.value("description"),
        is_hidden=node.yes("hidden", default=is_hidden),
        tags=node.values("tags"),
        synonyms=synonyms_of(node),
        value_format=node.value("value_format"),
        value_format_name=node.value("value_format_name"),
        required_fields=node.values("required_fields"),
        drill_fields=node.values("drill_fields"),
        required_access_grants=node.values("required_access_grants"),
        html=node.value("html"),
        is_case_sensitive=node.yes("case_sensitive") if node.last("case_sensitive") else None,
        can_filter=node.yes("can_filter", default=True),
        direction=node.value("direction"),
        order_by_field=node.value("order_by_field"),
        datatype=_datatype(node),
        has_timezone_conversion=node.yes("convert_tz", default=True),
    )
    if kind is FieldKind.MEASURE:
        return _measure(common, node)
    if kind is FieldKind.DIMENSION:
        return _dimension(common, node)
    return _asked(common, node)


def _dimension(field: Field, node: Node) -> Field:
    whens, otherwise = _case(node)
    if field.type == "tier" and not numbers(node, "tiers"):
        raise Unusable(node.place, "incomplete_tier", "A tier needs its tiers.")
    if field.type == "location" and not (node.value("sql_latitude") and node.value("sql_longitude")):
        raise Unusable(node.place, "incomplete_location", "A location needs sql_latitude and sql_longitude.")
    return structs.replace(
        field,
        is_primary_key=node.yes("primary_key") or node.yes("primarykey"),
        sql_start=node.value("sql_start"),
        sql_end=node.value("sql_end"),
        tiers=sorted(numbers(node, "tiers")),
        style=node.value("style"),
        whens=whens,
        else_label=otherwise,
        sql_latitude=node.value("sql_latitude"),
        sql_longitude=node.value("sql_longitude"),
        suggestions=node.values("suggestions"),
        suggest_dimension=node.value("suggest_dimension"),
        suggest_explore=node.value("suggest_explore"),
        is_suggestable=node.yes("suggestable", default=True),
        allow_fill=node.yes("allow_fill", default=True),
    )


def _measure(field: Field, node: Node) -> Field:
    if node.yes("value_to_date"):
        raise Unusable(node.place, "unsupported", "value_to_date is not supported.")
    return structs.replace(
        field,
        filters=field_filters(node),
        sql_distinct_key=node.value("sql_distinct_key"),
        percentile=number(node, "percentile"),
        list_field=node.value("list_field"),
        precision=whole(node, "precision"),
        is_approximate=node.yes("approximate"),
        based_on=node.value("based_on"),
        based_on_time=node.value("based_on_time"),
        period=node.value("period"),
        comparison=node.value("kind"),
    )


def _asked(field: Field, node: Node) -> Field:
    """A filter or parameter: what a query may set."""
    allowed: list[AllowedValue] = []
    for given in node.all("allowed_value"):
        value = given.last("value")
        if value is None:
            raise Unusable(given.place, "incomplete_value", "An allowed_value needs a value.")
        allowed.append(AllowedValue(value=value.text, label=given.value("label")))
    return structs.replace(
        field,
        allowed_values=allowed,
        default_value=node.value("default_value"),
        suggestions=node.values("suggestions"),
        suggest_dimension=node.value("suggest_dimension"),
        suggest_explore=node.value("suggest_explore"),
        is_suggestable=node.yes("suggestable", default=True),
    )


def _type(node: Node) -> str:
    written = node.value("type")
    name = _OLD_TYPES.get(written, written)
    if node.key == "dimension_group":
        known, name = name in ("", "time", "duration"), name or "time"
    elif node.key == "measure":
        known, name = name in MEASURE_TYPES, name or "string"
    elif node.key == "dimension":
        known, name = not name or _is_dimension_type(name), name or "string"
    else:
        types = _FILTER_TYPES if node.key == "filter" else _PARAMETER_TYPES
        known, name = name in types or not name, name or "string"
    if not known and written:
        raise Unusable(node.place, "unknown_type", f"There is no type {written!r} for a {node.key}.")
    return name


def _is_dimension_type(name: str) -> bool:
    if name in DIMENSION_TYPES or name in INTERVAL_TYPES:
        return True
    return name.startswith("date_") and is_timeframe(name.removeprefix("date_"))


def _sql(node: Node, kind: FieldKind, kind_of_value: str) -> str:
    """As it is written; a dimension that says nothing is the column of its own name."""
    given = node.last("sql")
    has_column = kind is FieldKind.DIMENSION and kind_of_value not in _WITHOUT_COLUMN | INTERVAL_TYPES
    if (given is None or not given.text) and has_column and node.last("case") is None:
        return f"${{TABLE}}.{node.text}"
    return "" if given is None else given.text


def _case(node: Node) -> tuple[list[When], str | None]:
    case = node.last("case")
    if case is None:
        return [], None
    whens = [When(label=when.value("label"), sql=when.value("sql")) for when in case.all("when")]
    if not whens or not all(when.sql for when in whens):
        raise Unusable(case.place, "incomplete_case", "A case needs a when with sql and label for each branch.")
    otherwise = case.last("else")
    return whens, None if otherwise is None else otherwise.text


def _datatype(node: Node) -> str:
    name = node.value("datatype").lower()
    if name not in _DATATYPES:
        raise Unusable(node.place, "unknown_datatype", f"There is no datatype {name!r}.")
    return name
