"""What a filter may be filled in with: the values of a field that hold a term."""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, structs

from tertulia.core.errors import NotFound
from tertulia.core.query import Query, Source
from tertulia.core.table import ColumnType
from tertulia.core.tool import Caller
from tertulia.semantic.analyst import Analyst
from tertulia.semantic.compile.kinds import column_type, filter_kind
from tertulia.semantic.compile.scope import FieldOfExplore, may_see, queryable_fields
from tertulia.semantic.filters.expression import print_filter
from tertulia.semantic.filters.string import Pattern, StringFilter
from tertulia.semantic.lookml.model import FieldKind, Model

_MOST_SHOWN = 1_000
_MOST_READ = 2_000


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


async def suggest(analyst: Analyst, caller: Caller, wish: Wish) -> FieldSuggestions:
    """Raises NotFound, and InvalidQuery for filters that are wrong."""
    holding = await analyst.holding(caller)
    model = holding.models.get(wish.model)
    if model is None:
        raise NotFound(f"There is no model {wish.model} here.")
    source, seen = _place(model, caller, wish)
    written = [each.value for each in seen.field.allowed_values] or seen.field.suggestions
    if written:
        return _holding(wish.term, written)
    if column_type(seen.field) is ColumnType.YESNO:
        return _holding(wish.term, ["Yes", "No"])
    source, seen = _origin(model, caller, source, seen)
    if not _has_values(seen):
        return FieldSuggestions(values=[])
    return await _read(analyst, caller, source, seen, wish)


async def _read(analyst: Analyst, caller: Caller, source: Source, seen: FieldOfExplore, wish: Wish) -> FieldSuggestions:
    open_to = structs.replace(caller, sources=[source])
    query = Query(
        model=source.model,
        explore=source.explore,
        fields=[seen.name],
        filters=wish.filters,
        sorts=[seen.name],
        limit=_MOST_READ,
    )
    table = (await analyst.answer(open_to, query)).table
    if table.is_truncated and wish.term and seen.name not in wish.filters:
        holds = print_filter(StringFilter(terms=(Pattern(f"%{_escaped(wish.term)}%"),)))
        table = (
            await analyst.answer(open_to, structs.replace(query, filters={**wish.filters, seen.name: holds}))
        ).table
    found = _holding(wish.term, [str(row[0]) for row in table.rows if row[0] is not None])
    return structs.replace(found, is_complete=found.is_complete and not table.is_truncated)


def _escaped(term: str) -> str:
    return re.sub(r"[%_^]", r"^\g<0>", term)


def _place(model: Model, caller: Caller, wish: Wish) -> tuple[Source, FieldOfExplore]:
    """The explore of that name, else those that have the view: first the one that begins with it."""
    names = [wish.field] if "." in wish.field else [f"{wish.view}.{wish.field}"]
    for source, fields in _explores(model, caller, wish.view):
        for name in names:
            if name in fields:
                return source, fields[name]
    raise NotFound(f"There is no field {wish.field} in {wish.view}.")


def _explores(model: Model, caller: Caller, view: str) -> Iterator[tuple[Source, Mapping[str, FieldOfExplore]]]:
    ranked = sorted(model.explores.values(), key=lambda each: (each.name != view, each.base != view, each.is_hidden))
    for explore in ranked:
        has_view = view in (explore.name, explore.base, explore.view) or view in explore.joins
        if has_view and may_see(model, explore, caller.attributes):
            yield Source(model.name, explore.name), queryable_fields(model, explore, caller.attributes)


def _origin(model: Model, caller: Caller, source: Source, seen: FieldOfExplore) -> tuple[Source, FieldOfExplore]:
    """Where the values are read: another explore or dimension where the field says so and the caller may ask it."""
    name = seen.field.suggest_dimension or seen.name
    name = name if "." in name else f"{seen.alias}.{name}"
    explore = model.explores.get(seen.field.suggest_explore or source.explore)
    if explore is None or not may_see(model, explore, caller.attributes):
        return source, seen
    found = queryable_fields(model, explore, caller.attributes).get(name)
    return (source, seen) if found is None else (Source(model.name, explore.name), found)


def _has_values(seen: FieldOfExplore) -> bool:
    field = seen.field
    is_text = column_type(field) is ColumnType.STRING and filter_kind(field) in ("string", "tier")
    return is_text and field.kind is FieldKind.DIMENSION and field.is_suggestable and seen.view.is_suggestable


def _holding(term: str, values: list[str]) -> FieldSuggestions:
    wanted = term.strip().strip("%").casefold()
    found = [value for value in values if wanted in value.casefold()]
    return FieldSuggestions(values=found[:_MOST_SHOWN], is_complete=len(found) <= _MOST_SHOWN)
