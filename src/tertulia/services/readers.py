"""What one reader may see of the data now: which rows of an explore they are shown, and which of its fields they may ask."""

from collections.abc import Mapping

import msgspec

from tertulia.core.query import Query, Source, UserAttribute
from tertulia.semantic.compile.row_scope import row_scope
from tertulia.semantic.compile.scope import every_field, may_see, queryable_fields
from tertulia.semantic.lookml.model import Model

_OWN_KINDS = ("table_calculation", "measure", "dimension")


class Reader:
    """Knows the models as they are and somebody's attributes, and nothing else: it serves all who have the same."""

    def __init__(self, models: Mapping[str, Model], attributes: Mapping[str, UserAttribute]) -> None:
        self._models = models
        self._attributes = attributes
        self._scopes: dict[Source, str | None] = {}
        self._fields: dict[Source, tuple[frozenset[str], frozenset[str]]] = {}

    def knows(self, source: Source) -> bool:
        """Whether there is such an explore here, open to the reader or not."""
        model = self._models.get(source.model)
        return model is not None and source.explore in model.explores

    def scope(self, source: Source) -> str | None:
        """The digest of the rows the reader is shown, None for an explore that is closed to them or gone."""
        if source not in self._scopes:
            self._scopes[source] = self._scope(source)
        return self._scopes[source]

    def may_ask(self, source: Source, field: str) -> bool:
        """Of an explore that is open to the reader."""
        return field in self._known(source)[0]

    def closed_fields(self, query: Query) -> set[str]:
        """The fields of a query that the reader may not ask for; what it makes by itself is closed with any of them."""
        open_ones, closed_ones = self._known(query.source)
        named = {*query.fields, *sorted_by(query), *deciding(query)}
        if not closed_ones and named <= open_ones and not query.dynamic_fields:
            return set()
        own = {str(each[kind]) for each in query.dynamic_fields for kind in _OWN_KINDS if kind in each}
        found = named - own - open_ones
        made_of = msgspec.json.encode([query.dynamic_fields, query.filter_expression]).decode()
        found |= {name for name in closed_ones if name in made_of}
        return found | own if found else found

    def _known(self, source: Source) -> tuple[frozenset[str], frozenset[str]]:
        """What the reader may ask of an open explore, by full name, and what else it has."""
        if source not in self._fields:
            model = self._models[source.model]
            explore = model.explores[source.explore]
            open_ones = frozenset(queryable_fields(model, explore, self._attributes))
            self._fields[source] = open_ones, frozenset(every_field(model, explore)) - open_ones
        return self._fields[source]

    def _scope(self, source: Source) -> str | None:
        model = self._models.get(source.model)
        explore = None if model is None else model.explores.get(source.explore)
        if model is None or explore is None or not may_see(model, explore, self._attributes):
            return None
        return row_scope(model, explore, self._attributes)


def deciding(query: Query) -> set[str]:
    """The fields that decide which rows and columns there are: these alone tell about them."""
    return {*query.filters, *query.pivots}


def sorted_by(query: Query) -> set[str]:
    return {text.split()[0] for text in query.sorts if text.strip()}
