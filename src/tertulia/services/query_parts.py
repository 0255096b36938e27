"""Which parts of a query are wrong, told one by one: its model, its explore, its fields, its filters."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from tertulia.core.errors import InvalidFilter, PermissionDenied, UnknownField
from tertulia.core.query import Query, Source
from tertulia.core.tool import Caller
from tertulia.semantic.compile.kinds import filter_kind
from tertulia.semantic.compile.scope import every_field, find_field, may_see, queryable_fields
from tertulia.semantic.filters.expression import parse
from tertulia.semantic.lookml.model import Explore, FieldKind, Model

_NEAREST = 3


class Fault(NamedTuple):
    """What is wrong with a part of a query, which is called as `Query` calls it."""

    part: str
    problem: str


def source_fault(models: Mapping[str, Model], caller: Caller, source: Source) -> Fault | None:
    """Why there is no such explore for this caller."""
    visible = {
        name: [explore.name for explore in model.explores.values() if may_see(model, explore, caller.attributes)]
        for name, model in models.items()
    }
    if source.model not in visible:
        there = _known(source.model, list(visible), "model")
        return Fault("model", f"The model {source.model!r} does not exist here. {there}")
    explores = visible[source.model]
    if source.explore not in explores:
        there = _known(source.explore, explores, "explore")
        return Fault("explore", f"The explore {source.explore!r} does not exist in the model {source.model}. {there}")
    return None


def faults_of(query: Query, model: Model, explore: Explore, caller: Caller) -> Iterator[Fault]:
    """One for each field and filter that is wrong. What a query makes by itself is not judged here."""
    own = {name for entry in query.dynamic_fields for name in _own_names(entry)}
    every = every_field(model, explore)
    fields = queryable_fields(model, explore, caller.attributes)
    for part, name in _named(query):
        if name not in own:
            try:
                find_field(fields, name, every=every)
            except (UnknownField, PermissionDenied) as error:
                yield Fault(part, error.message)
    for name, text in query.filters.items():
        if name not in own:
            try:
                seen = find_field(fields, name, every=every)
                if seen.kind is not FieldKind.PARAMETER:
                    parse(text, filter_kind(seen.field))
            except (UnknownField, PermissionDenied) as error:
                yield Fault("filters", error.message)
            except InvalidFilter as error:
                yield Fault("filters", f"The filter on {name!r} is wrong: {error.message}")


def _named(query: Query) -> Iterator[tuple[str, str]]:
    """Each part that names fields, with each field that it names."""
    parts = {
        "fields": query.fields,
        "pivots": query.pivots,
        "fill_fields": query.fill_fields,
        "sorts": [text.split()[0] for text in query.sorts if text.strip()],
        "subtotals": query.subtotals,
    }
    return ((part, name) for part, names in parts.items() for name in dict.fromkeys(names))


def _own_names(entry: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("table_calculation", "measure", "dimension"):
        name = entry.get(kind)
        if isinstance(name, str):
            yield name


def _known(name: str, names: Sequence[str], kind: str) -> str:
    near = get_close_matches(name, names, _NEAREST, 0.5)
    if near:
        return f"Did you mean {', '.join(near)}?"
    return f"There is {', '.join(sorted(names))}." if names else f"There is no {kind} for you."
