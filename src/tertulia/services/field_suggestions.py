"""What a filter may be filled in with: the values of a field that hold a term."""

import re
import string
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct, structs

from tertulia.core.errors import NotFound
from tertulia.core.query import Query, Source
from tertulia.core.table import ColumnType
from tertulia.core.tool import Caller
from tertulia.semantic.analyst import Analyst
from tertulia.semantic.compile.kinds import column_type, filter_kind
from tertulia.semantic.compile.scope import FieldOfExplore, may_see, queryable_fields
from tertulia.semantic.lookml.model import FieldKind, Model

_MOST_SHOWN = 1_000
_MOST_READ = 2_000
_LONGEST_TERM = 1_000
# clients write a term as a pattern, too
_AROUND = f"%{string.whitespace}"


class Wish(Struct, frozen=True, kw_only=True):
    """`field` is a full name, or one within `view`, which names an explore or a view that explores have."""

    model: str
    view: str
    field: str
    term: str = ""
    filters: dict[str, str] = {}


class FieldSuggestions(Struct, frozen=True, kw_only=True):
    """In the order of the model, else sorted; `is_complete` is False where there are more."""

    values: list[str]
    is_complete: bool = True


class _Place(NamedTuple):
    """A field in the explore that is asked for it."""

    source: Source
    seen: FieldOfExplore


async def suggest(analyst: Analyst, caller: Caller, wish: Wish) -> FieldSuggestions:
    """Raises NotFound, and InvalidQuery for filters that are wrong."""
    holding = await analyst.holding(caller)
    model = holding.models.get(wish.model)
    if model is None:
        raise NotFound(f"There is no model {wish.model} here.")
    term = wish.term.strip(_AROUND)
    named = _named(model, caller, wish)
    field = named.seen.field
    if written := [each.value for each in field.allowed_values] or field.suggestions:
        return _holding(term, written)
    if column_type(field) is ColumnType.YESNO:
        return _holding(term, ["Yes", "No"])
    origin = _origin(model, caller, named)
    if not _has_values(origin.seen):
        return FieldSuggestions(values=[])
    return await _read(analyst, caller, origin, term, wish.filters)


async def _read(
    analyst: Analyst, caller: Caller, place: _Place, term: str, filters: dict[str, str]
) -> FieldSuggestions:
    open_to = structs.replace(caller, sources=[place.source])
    query = Query(
        model=place.source.model,
        explore=place.source.explore,
        fields=[place.seen.name],
        filters=filters,
        sorts=[place.seen.name],
        limit=_MOST_READ,
    )
    table = (await analyst.answer(open_to, query)).table
    is_complete = not table.is_truncated
    if table.is_truncated and term:
        narrowed = structs.replace(query, filter_expression=_contains(place.seen.name, term))
        table = (await analyst.answer(open_to, narrowed)).table
        # what is a capital beyond ASCII differs between databases
        is_complete = not table.is_truncated and term.isascii()
    found = _holding(term, [str(row[0]) for row in table.rows if row[0] is not None])
    return structs.replace(found, is_complete=found.is_complete and is_complete)


def _contains(name: str, term: str) -> str:
    """The formula that lets through what holds the term, whatever its case and whatever the model says of case."""
    # the beginning of a long term lets through all that the whole of it would
    quoted = re.sub(r'["\\]', r"\\\g<0>", term[:_LONGEST_TERM])
    return f'contains(lower(to_string(${{{name}}})), lower("{quoted}"))'


def _named(model: Model, caller: Caller, wish: Wish) -> _Place:
    """In the explore of that name, else in one that has the view: first the one that begins with it."""
    name = wish.field if "." in wish.field else f"{wish.view}.{wish.field}"
    for source, fields in _explores(model, caller, wish.view):
        if name in fields:
            return _Place(source, fields[name])
    raise NotFound(f"There is no field {wish.field} in {wish.view}.")


def _explores(model: Model, caller: Caller, view: str) -> Iterator[tuple[Source, Mapping[str, FieldOfExplore]]]:
    ranked = sorted(model.explores.values(), key=lambda each: (each.name != view, each.base != view, each.is_hidden))
    for explore in ranked:
        has_view = view in (explore.name, explore.base, explore.view) or view in explore.joins
        if has_view and may_see(model, explore, caller.attributes):
            yield Source(model.name, explore.name), queryable_fields(model, explore, caller.attributes)


def _origin(model: Model, caller: Caller, named: _Place) -> _Place:
    """Where the values are read: another explore or dimension where the field says so and the caller may ask it."""
    name = named.seen.field.suggest_dimension or named.seen.name
    name = name if "." in name else f"{named.seen.alias}.{name}"
    explore = model.explores.get(named.seen.field.suggest_explore or named.source.explore)
    if explore is None or not may_see(model, explore, caller.attributes):
        return named
    found = queryable_fields(model, explore, caller.attributes).get(name)
    return named if found is None else _Place(Source(model.name, explore.name), found)


def _has_values(seen: FieldOfExplore) -> bool:
    field = seen.field
    is_text = column_type(field) is ColumnType.STRING and filter_kind(field) in ("string", "tier")
    return is_text and field.kind is FieldKind.DIMENSION and field.is_suggestable and seen.view.is_suggestable


def _holding(term: str, values: list[str]) -> FieldSuggestions:
    wanted = term.casefold()
    found = [value for value in values if wanted in value.casefold()]
    return FieldSuggestions(values=found[:_MOST_SHOWN], is_complete=len(found) <= _MOST_SHOWN)
