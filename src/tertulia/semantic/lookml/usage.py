"""Which views and fields of a model something makes use of.

What a view inherits keeps the place it is written at, so a place tells whether a field is in use in any view.
"""

from collections.abc import Iterator

from tertulia.semantic.lookml.model import Explore, Field, Model, Place, View
from tertulia.semantic.lookml.references import TABLE_NAME, asked_by, liquid_words, references, texts_of
from tertulia.semantic.lookml.unknown import aliases


class Usage:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._aliases = {alias: view for explore in model.explores.values() for alias, view in aliases(explore).items()}
        self._views = self._used_views()
        self._fields = set(self._named())

    def places(self) -> set[Place]:
        """Of the views that explores use, those tables are made from, and those that views in use extend."""
        used = {self._model.views[name].place for name in self._views}
        written = {
            (field.place, field.name) for name in self._views for field in self._model.views[name].fields.values()
        }
        for view in self._model.views.values():
            if any((field.place, field.name) in written for field in view.fields.values()):
                used.add(view.place)
        return used

    def field_places(self) -> set[tuple[Place, str]]:
        """With the names of the fields, since several may stand on one line."""
        return {
            (field.place, field.name)
            for view in self._model.views.values()
            for field in view.fields.values()
            if (view.name, field.name) in self._fields or ("", field.name) in self._fields
        }

    def _used_views(self) -> set[str]:
        todo = [view for explore in self._model.explores.values() for view in aliases(explore).values()]
        found: set[str] = set()
        while todo:
            name = todo.pop()
            view = self._model.views.get(name)
            if name in found or view is None:
                continue
            found.add(name)
            todo += _tables(view)
        return found

    def _named(self) -> Iterator[tuple[str, str]]:
        """View and field; the view is "" where a word in liquid may mean that of any."""
        for view in self._model.views.values():
            for field in view.fields.values():
                yield from (self._full(name, view.name) for name in _named_by(field))
                for text in (*texts_of(field), field.html):
                    yield from (("", word.rpartition(".")[2].split("._")[0]) for word in liquid_words(text))
                    yield from (("", word) for full in liquid_words(text) for word in full.split("."))
            yield from self._of_table(view)
        for explore in self._model.explores.values():
            yield from (self._full(name, explore.view) for name in _named_by_explore(explore))

    def _of_table(self, view: View) -> Iterator[tuple[str, str]]:
        table = view.derived_table
        if table is None:
            return
        yield from (("", word) for full in liquid_words(table.sql) for word in full.split("."))
        yield from (self._full(name, view.name) for name in references(table.sql))
        if table.source is not None:
            explore = self._model.explores.get(table.source.explore)
            home = explore.view if explore is not None else ""
            named = [*(column.field for column in table.source.columns), *(one.field for one in table.source.filters)]
            yield from (self._full(name, home) for name in named)
            yield from (self._full(bound.to_field, home) for bound in table.source.bound_filters)
            yield from (self._full(bound.from_field, view.name) for bound in table.source.bound_filters)

    def _full(self, name: str, home: str) -> tuple[str, str]:
        alias, _, field = name.rpartition(".")
        return (self._aliases.get(alias, alias) if alias else home), field


def _tables(view: View) -> list[str]:
    """The views a table is made from. Those of an explore it asks are in use by that explore."""
    texts = [view.derived_table.sql] if view.derived_table is not None else []
    texts += [text for field in view.fields.values() for text in texts_of(field) if TABLE_NAME in text]
    named = [name for text in texts for name in references(text) if name.endswith(f".{TABLE_NAME}")]
    return [name.partition(".")[0] for name in named]


def _named_by(field: Field) -> Iterator[str]:
    for text in texts_of(field):
        yield from references(text)
        yield from asked_by(text)
    yield from (one.field for one in field.filters)
    yield from field.drill_fields
    yield from field.required_fields
    yield from (
        name
        for name in (
            *(field.order_by_field, field.list_field, field.based_on, field.based_on_time, field.suggest_dimension),
        )
        if name
    )


def _named_by_explore(explore: Explore) -> Iterator[str]:
    yield from references(explore.sql_always_where)
    yield from references(explore.sql_always_having)
    yield from (one.field for one in (*explore.always_filters, *explore.conditional_filters))
    yield from (one.field for one in explore.access_filters)
    for join in explore.joins.values():
        yield from references(f"{join.sql_on} {join.sql} {join.sql_where}")
        if join.foreign_key:
            yield join.foreign_key
