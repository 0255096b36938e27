"""Request bodies of queries and query tasks."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import structs
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from tertulia.core.errors import InvalidInput, InvalidQuery
from tertulia.core.query import Query
from tertulia.dialects.looker.bodies import Body, Name, Text
from tertulia.semantic.explore_url import explore_url, parse_explore_url

_MOST = 500
_NO_ENTRIES = frozenset({"", "null"})


def _as_lists(value: object) -> object:
    """A list, also where it is written with commas."""
    return [part for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _as_expressions(value: object) -> object:
    """Filter expressions are text; numbers, booleans and lists say the same."""
    if not isinstance(value, dict):
        return value
    return {name: _as_expression(each) for name, each in cast("Mapping[str, Any]", value).items()}


def _as_expression(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case list():
            return ",".join(str(_as_expression(each)) for each in cast("list[Any]", value))
        case _:
            return value


def _as_entries(value: object) -> object:
    """JSON text as its content."""
    if not isinstance(value, str):
        return value
    if value.strip() in _NO_ENTRIES:
        return None
    try:
        return msgspec.json.decode(value)
    except (ValueError, RecursionError):
        raise ValueError("It is the JSON text of a list of objects.") from None


def _is_number(text: str) -> str:
    if text.strip() and not text.strip().removeprefix("-").isdecimal():
        raise ValueError("It is a whole number, as text.")
    return text.strip()


FieldNames = Annotated[list[Name], BeforeValidator(_as_lists), Field(max_length=_MOST)]
Filters = Annotated[
    dict[Text, Text],
    BeforeValidator(_as_expressions),
    Field(max_length=_MOST),
    WithJsonSchema({"type": "object", "additionalProperties": True, "maxProperties": _MOST}),
]
Entries = Annotated[
    list[dict[str, Any]] | None,
    BeforeValidator(_as_entries),
    WithJsonSchema({"type": ["string", "array", "null"], "items": {"type": "object"}, "description": "JSON text."}),
]
Number = Annotated[Text, AfterValidator(_is_number), Field(max_length=12, description="A number as text.")]


class WriteQuery(Body):
    """`client_id`, `filter_config` and `visible_ui_sections` are taken and ignored."""

    model: Name = Field(min_length=1)
    view: Name = Field(min_length=1, description="The explore.")
    fields: FieldNames | None = None
    pivots: FieldNames | None = None
    fill_fields: FieldNames | None = None
    filters: Filters | None = None
    filter_expression: Text | None = None
    sorts: FieldNames | None = None
    limit: Number | None = Field(default=None, description="Rows; -1 for as many as the server allows.")
    column_limit: Number | None = None
    total: bool | None = None
    row_total: Text | None = None
    subtotals: FieldNames | None = None
    vis_config: dict[str, Any] | None = None
    dynamic_fields: Entries = None
    query_timezone: Text | None = None


class WriteCreateQueryTask(Body):
    """`source`, `look_id`, `dashboard_id` and `deferred` are taken and ignored: a task begins at once."""

    query_id: Text = Field(min_length=1)
    result_format: Literal["inline_json", "json", "json_detail", "json_bi", "csv", "html", "md", "txt", "xlsx", "sql"]
    source: Text | None = None


def query_of(given: WriteQuery) -> Query:
    """Reads as its address would, so that both give one query. Raises InvalidInput naming the part that is wrong."""
    raw = Query(
        model=given.model,
        explore=given.view,
        fields=_kept(given.fields),
        pivots=_kept(given.pivots),
        fill_fields=_kept(given.fill_fields),
        filters=given.filters or {},
        filter_expression=given.filter_expression or "",
        sorts=_kept(given.sorts),
        limit=_number(given.limit),
        column_limit=_number(given.column_limit),
        has_total=given.total is True,
        row_total=given.row_total or "",
        subtotals=_kept(given.subtotals),
        dynamic_fields=given.dynamic_fields or [],
        timezone=given.query_timezone or "",
    )
    try:
        read = parse_explore_url(explore_url(raw)).query
    except InvalidQuery as error:
        raise InvalidInput(fields={_part_at_fault(raw): [error.message]}) from error
    # a name that the path of an address cannot hold reads as no query
    return structs.replace(read or raw, vis_config=given.vis_config or {})


def _part_at_fault(raw: Query) -> str:
    """The field of the body that cannot be read by itself either, "" where none is."""
    for name in structs.fields(Query):
        alone = structs.replace(Query(model=raw.model, explore=raw.explore), **{name.name: getattr(raw, name.name)})
        try:
            parse_explore_url(explore_url(alone))
        except InvalidQuery:
            return name.name
    return ""


def _kept(names: list[str] | None) -> list[str]:
    return [name.strip() for name in names or [] if name.strip()]


def _number(text: str | None) -> int | None:
    return int(text) if text else None
