"""References to what is not there."""

from collections.abc import Iterator

from tertulia.semantic.lookml.findings import Findings
from tertulia.semantic.lookml.model import DerivedTable, Explore, ExploreSource, Field, Model, View
from tertulia.semantic.lookml.references import TABLE_NAME, asked_by, references, texts_of

_CODE = "unknown_reference"


def unknown_references(model: Model, findings: Findings) -> None:
    """In the fields and tables of the views of a model, and in the conditions of its joins."""
    _Search(model, findings).all()


class _Search:
    def __init__(self, model: Model, findings: Findings) -> None:
        self._model = model
        self._findings = findings
        # for each view, the views by alias of every explore that has it
        self._around: dict[str, list[dict[str, str]]] = {}
        for explore in model.explores.values():
            among = aliases(explore)
            for view in dict.fromkeys(among.values()):
                self._around.setdefault(view, []).append(among)

    def all(self) -> None:
        for view in self._model.views.values():
            for field in view.fields.values():
                for name in dict.fromkeys(_named_by(field)):
                    self._check(name, field, view)
            if view.derived_table is not None:
                self._check_table(view.derived_table, view)
        for explore in self._model.explores.values():
            self._check_joins(explore)

    def _check(self, name: str, field: Field, view: View) -> None:
        """A view no explore has may be there to be extended by one that has the field: then it is a warning."""
        wrong = self._wrong(name, view)
        if not wrong:
            return
        subject = f"{view.name}.{field.name}"
        report = self._findings.error if view.name in self._around else self._findings.warn
        report(field.place, _CODE, subject, f"{subject} refers to {name!r}{wrong}")

    def _wrong(self, name: str, view: View) -> str:
        """What is wrong with a name in a view, "" for nothing."""
        alias, _, wanted = name.rpartition(".")
        if not alias or alias == view.name:
            is_known = wanted in view.fields or wanted == TABLE_NAME
            return "" if is_known else f", which the view {view.name!r} does not have."
        around = self._around.get(view.name, [])
        joined = {among[alias] for among in around if alias in among}
        targets = joined or ({alias} & set(self._model.views))
        if not targets:
            return f": no view is called {alias!r}."
        if wanted != TABLE_NAME and not any(wanted in self._model.views[target].fields for target in targets):
            return f", which the view {alias!r} does not have."
        return ", but no explore joins both views." if around and not joined and wanted != TABLE_NAME else ""

    def _check_table(self, table: DerivedTable, view: View) -> None:
        def report(wrong: str) -> None:
            self._findings.error(view.place, _CODE, view.name, f"The table of {view.name!r} {wrong}")

        for name in references(table.sql):
            alias, _, wanted = name.rpartition(".")
            if alias and wanted == TABLE_NAME and alias not in self._model.views:
                report(f"reads the view {alias!r}, which is not here.")
        for name in asked_by(table.sql):
            alias, _, wanted = name.rpartition(".")
            if (not alias or alias == view.name) and wanted not in view.fields:
                report(f"asks for {name!r}, which the view does not have.")
        if table.source is None:
            return
        for wrong in self._wrong_in_source(table.source):
            report(wrong)

    def _wrong_in_source(self, source: ExploreSource) -> Iterator[str]:
        explore = self._model.explores.get(source.explore)
        if explore is None:
            yield f"asks the explore {source.explore!r}, which is not here."
            return
        for name in (*(column.field for column in source.columns), *(one.field for one in source.filters)):
            if not self._has(explore, name):
                yield f"asks for {name!r}, which the explore {source.explore!r} does not have."

    def _check_joins(self, explore: Explore) -> None:
        for join in explore.joins.values():
            for name in references(f"{join.sql_on} {join.sql_where}"):
                if not name.endswith(f".{TABLE_NAME}") and not self._has(explore, name):
                    message = f"The join {join.name!r} of {explore.name!r} refers to {name!r}, which is not there."
                    self._findings.error(join.place, _CODE, f"{explore.name}.{join.name}", message)

    def _has(self, explore: Explore, name: str) -> bool:
        alias, _, wanted = name.rpartition(".")
        view = self._model.views.get(aliases(explore).get(alias or explore.base, ""))
        return view is not None and wanted in view.fields


def aliases(explore: Explore) -> dict[str, str]:
    """The views of an explore by what it calls them."""
    return {explore.base: explore.view} | {name: join.view for name, join in explore.joins.items()}


def _named_by(field: Field) -> Iterator[str]:
    """Drill fields are not among them: those that do not exist are not shown, and the loader has said so."""
    for text in texts_of(field):
        yield from references(text)
        yield from asked_by(text)
    yield from (one.field for one in field.filters)
    yield from (name for name in (field.order_by_field, field.list_field, field.based_on, field.based_on_time) if name)
    yield from field.required_fields
