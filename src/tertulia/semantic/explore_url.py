"""Addresses of Looker explores: read into a query, and written from one.

`f[view.field]` holds a filter, lists are separated by commas, JSON stands in `dynamic_fields` and `vis`. `filter_config`
repeats the filters for Looker's own page and is dropped, and so is what this page shows or hides.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec
from msgspec import Struct

from tertulia.core.errors import InvalidQuery
from tertulia.core.query import UNLIMITED, Query, Source

MOST_CHARACTERS = 200_000
_MOST_PARAMETERS = 1_000
_SLUG = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FILTER = re.compile(r"f\[([^\[\]]+)\]")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_Value = TypeVar("_Value")
_ON = ("on", "true", "yes", "1")
_OFF = ("", "off", "false", "no", "0")


class ExploreAddress(Struct, frozen=True, kw_only=True):
    """What an address names: a query, or the slug of one that is stored (`qid=...` and `/x/...`)."""

    query: Query | None = None
    slug: str = ""
    source: Source | None = None


def parse_explore_url(text: str) -> ExploreAddress:
    """Absolute, relative and embedded addresses. Raises InvalidQuery naming the part that is wrong."""
    address = text.strip()
    if len(address) > MOST_CHARACTERS:
        raise InvalidQuery(f"An explore's address has at most {MOST_CHARACTERS} characters.")
    try:
        parts = urlsplit(address)
        address.encode()
        segments = [unquote(segment, errors="strict") for segment in parts.path.split("/") if segment]
        pairs = parse_qsl(parts.query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise InvalidQuery("This is no address: it is malformed or has too many parameters.") from error
    if parts.scheme not in ("", "http", "https"):
        raise InvalidQuery("An explore's address begins with http://, https:// or /.")
    parameters = _Parameters(pairs)
    if segments[-3:-2] != ["explore"]:
        if segments[-2:-1] == ["x"]:
            return ExploreAddress(slug=_slug(segments[-1], "path"))
        if not segments and (slug := parameters.text("qid")):
            return ExploreAddress(slug=_slug(slug, "qid"))
        raise InvalidQuery("The path of an explore's address reads /explore/MODEL/EXPLORE or /x/SLUG.")
    source = Source(segments[-2], segments[-1])
    if (slug := parameters.text("qid")) and not parameters.items("fields"):
        return ExploreAddress(slug=_slug(slug, "qid"), source=source)
    return ExploreAddress(query=_query(source, parameters), source=source)


def explore_url(query: Query, base_url: str = "") -> str:
    """The address that reads back as the query; relative without a base."""
    pairs = {
        "fields": ",".join(query.fields),
        **{f"f[{field}]": expression for field, expression in query.filters.items()},
        "sorts": ",".join(query.sorts),
        "limit": "" if query.limit is None else str(query.limit),
        "column_limit": "" if query.column_limit is None else str(query.column_limit),
        "pivots": ",".join(query.pivots),
        "fill_fields": ",".join(query.fill_fields),
        "subtotals": ",".join(query.subtotals),
        "total": "on" if query.has_total else "",
        "row_total": query.row_total,
        "dynamic_fields": msgspec.json.encode(query.dynamic_fields).decode() if query.dynamic_fields else "",
        "filter_expression": query.filter_expression,
        "query_timezone": query.timezone,
        "vis": msgspec.json.encode(query.vis_config).decode() if query.vis_config else "",
    }
    # an empty filter is one all the same: a field somebody chose and left open
    given = {name: value for name, value in pairs.items() if value or name.startswith("f[")}
    path = f"/explore/{quote(query.model, safe='')}/{quote(query.explore, safe='')}"
    parameters = urlencode(given, quote_via=quote, safe=",")
    return f"{base_url.rstrip('/')}{path}" + (f"?{parameters}" if parameters else "")


class _Parameters:
    """Parameters by name. Where one that holds a single value is repeated, the last counts."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = pairs

    def text(self, name: str) -> str:
        return next((value.strip() for key, value in reversed(self._pairs) if key == name), "")

    def items(self, name: str) -> list[str]:
        """Lists, also where they are repeated or written as `fields[]`."""
        values = [value for key, value in self._pairs if key in (name, f"{name}[]")]
        return list(dict.fromkeys(filter(None, (item.strip() for value in values for item in value.split(",")))))

    def number(self, name: str, *, least: int) -> int | None:
        text = self.text(name)
        if not text:
            return None
        if not _NUMBER.fullmatch(text) or (int(text) < least or int(text) == 0):
            raise InvalidQuery(f"{name} is no number of rows or columns: {text[:40]!r}.")
        return int(text)

    def is_on(self, name: str) -> bool:
        text = self.text(name).lower()
        if text not in _ON + _OFF:
            raise InvalidQuery(f"{name} is neither on nor off: {text[:40]!r}.")
        return text in _ON

    def filters(self) -> dict[str, str]:
        """By field; the values of one that is repeated are joined by commas, as its expression joins alternatives."""
        filters: dict[str, list[str]] = {}
        for key, value in self._pairs:
            if not key.startswith("f["):
                continue
            found = _FILTER.fullmatch(key)
            if found is None:
                raise InvalidQuery(f"A filter is named f[view.field], not {key[:80]!r}.")
            filters.setdefault(found[1].strip(), []).append(value)
        return {field: _joined(values) for field, values in filters.items()}


def _joined(values: Sequence[str]) -> str:
    given = dict.fromkeys(value for value in values if value.strip())
    return ",".join(given) or values[0]


def _query(source: Source, parameters: _Parameters) -> Query:
    return Query(
        model=source.model,
        explore=source.explore,
        fields=parameters.items("fields"),
        pivots=parameters.items("pivots"),
        fill_fields=parameters.items("fill_fields"),
        filters=parameters.filters(),
        filter_expression=parameters.text("filter_expression"),
        sorts=[_sort(sort) for sort in parameters.items("sorts")],
        limit=parameters.number("limit", least=UNLIMITED),
        column_limit=parameters.number("column_limit", least=1),
        has_total=parameters.is_on("total"),
        row_total=_row_total(parameters.text("row_total")),
        subtotals=parameters.items("subtotals"),
        dynamic_fields=_dynamic_fields(parameters.text("dynamic_fields")),
        timezone=parameters.text("query_timezone"),
        vis_config=_vis_config(parameters),
    )


def _sort(text: str) -> str:
    """`view.field` or `view.field desc`. Looker also writes `asc`, and the pivot it sorts by where that is 0."""
    words = text.split()
    if words[-1] == "0" and len(words) > 1:
        words = words[:-1]
    if words[-1].lower() == "asc" and len(words) > 1:
        words = words[:-1]
    return " ".join(word.lower() if place and word.lower() == "desc" else word for place, word in enumerate(words))


def _row_total(text: str) -> str:
    if text.lower() in _OFF:
        return ""
    if text.lower() not in (*_ON, "right", "left"):
        raise InvalidQuery(f"row_total says where the totals of rows stand, right or left: {text[:40]!r}.")
    return "right" if text.lower() in _ON else text.lower()


def _dynamic_fields(text: str) -> list[dict[str, Any]]:
    return _json(text, "dynamic_fields", list[dict[str, Any]]) or []


def _vis_config(parameters: _Parameters) -> dict[str, Any]:
    named: Mapping[str, str] = {name: parameters.text(name) for name in ("vis", "vis_config")}
    name = "vis" if named["vis"] else "vis_config"
    return _json(named[name], name, dict[str, Any]) or {}


def _json(text: str, name: str, kind: type[_Value]) -> _Value | None:
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=kind | None)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidQuery(f"{name} is not the JSON that belongs there: {error}.") from error


def _slug(text: str, part: str) -> str:
    if not _SLUG.fullmatch(text):
        raise InvalidQuery(f"The {part} of this address names no stored query: {text[:80]!r}.")
    return text
