"""Views: from merged trees to what they mean."""

from collections.abc import Collection, Mapping

from msgspec import structs

from tertulia.semantic.lookml.derived import derived_table
from tertulia.semantic.lookml.fields import fields_of
from tertulia.semantic.lookml.findings import Findings, Unusable
from tertulia.semantic.lookml.merge import FIELD_KEYS
from tertulia.semantic.lookml.model import Field, View
from tertulia.semantic.lookml.sets import Members, Sets
from tertulia.semantic.lookml.tree import Node


class Views:
    """The views of a model and their sets."""

    def __init__(self, nodes: Mapping[str, Node], *, grants: Collection[str], findings: Findings) -> None:
        self._findings = findings
        self._grants = grants
        built = {name: view for name, node in nodes.items() if (view := self._view(node)) is not None}
        members = {
            name: Members(fields=view.fields, sets={found.text: found for found in nodes[name].all("set")})
            for name, view in built.items()
        }
        self.sets = Sets(members, findings)
        self.all = {name: self._complete(view) for name, view in built.items()}

    def _view(self, node: Node) -> View | None:
        try:
            table = node.last("derived_table")
            view = View(
                name=node.text,
                place=node.place,
                sql_table_name=node.value("sql_table_name") or ("" if table else node.text),
                derived_table=None if table is None else derived_table(table),
                label=node.value("label"),
                description=node.value("description"),
                required_access_grants=node.values("required_access_grants"),
                is_suggestable=node.yes("suggestions", default=True),
                needs_extension=node.value("extension") == "required",
            )
            check_grants(view.required_access_grants, self._grants, node)
        except Unusable as unusable:
            self._findings.refuse(node.text, unusable)
            return None
        return structs.replace(view, fields=self._fields(node))

    def _fields(self, node: Node) -> dict[str, Field]:
        is_hidden = node.yes("fields_hidden_by_default")
        fields: dict[str, Field] = {}
        for written in node.children:
            if written.key not in FIELD_KEYS:
                continue
            try:
                found = fields_of(written, is_hidden=is_hidden, findings=self._findings)
                check_grants(written.values("required_access_grants"), self._grants, written)
            except Unusable as unusable:
                self._findings.refuse(f"{node.text}.{written.text}", unusable)
                continue
            for field in found:
                self._add(field, fields, node.text)
        return fields

    def _add(self, field: Field, fields: dict[str, Field], view: str) -> None:
        """A field that is written out goes before one of the same name that a group brings."""
        known = fields.get(field.name)
        if known is None:
            fields[field.name] = field
            return
        message = f"{field.name!r} is written at {known.place} and at {field.place}."
        self._findings.warn(field.place, "duplicate", f"{view}.{field.name}", message)
        if known.group and not field.group:
            fields[field.name] = field

    def _complete(self, view: View) -> View:
        """The view with its sets and its fields' drill fields resolved."""
        fields = {
            name: structs.replace(
                field, drill_fields=self.sets.listed(field.drill_fields, home=view.name, place=field.place)
            )
            if field.drill_fields
            else field
            for name, field in view.fields.items()
        }
        return structs.replace(view, fields=fields, sets=self.sets.of_view(view.name))


def check_grants(required: Collection[str], known: Collection[str], node: Node) -> None:
    """What asks for a grant that nobody can have is open to nobody. Raises Unusable."""
    missing = next((name for name in required if name not in known), None)
    if missing is not None:
        raise Unusable(node.place, "unknown_grant", f"There is no access_grant {missing!r}.")
