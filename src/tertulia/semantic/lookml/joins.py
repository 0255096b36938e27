"""Joins: from a parameter as it is written to what it means, and which of them can stand."""

from collections.abc import Collection, Mapping

from tertulia.semantic.lookml.findings import Findings, Unusable
from tertulia.semantic.lookml.model import Join, View
from tertulia.semantic.lookml.references import references, texts_of, views_named
from tertulia.semantic.lookml.tree import Node
from tertulia.semantic.lookml.views import check_grants

_TYPES = frozenset({"left_outer", "full_outer", "inner", "cross"})
_RELATIONSHIPS = frozenset({"many_to_one", "one_to_many", "one_to_one", "many_to_many"})
# the sql of a join that has no condition: nothing is joined, its view has parameters or fields over other views
NOTHING = "/* nothing */"


def join_of(node: Node, views: Mapping[str, View], grants: Collection[str]) -> Join:
    """Without its `fields`. Raises Unusable."""
    name = node.text
    if node.is_broken:
        raise Unusable(node.place, "unreadable", f"The join {name!r} is left out: see what else stands here.")
    view = node.value("from") or node.value("view_name") or name
    if view not in views:
        raise Unusable(node.place, "unknown_view", f"The join {name!r} needs the view {view!r}, which is not here.")
    kind, relationship = node.value("type", "left_outer"), node.value("relationship", "many_to_one")
    if kind not in _TYPES:
        raise Unusable(node.place, "unknown_join_type", f"There is no join type {kind!r}.")
    if relationship not in _RELATIONSHIPS:
        raise Unusable(node.place, "unknown_relationship", f"There is no relationship {relationship!r}.")
    check_grants(node.values("required_access_grants"), grants, node)
    join = Join(
        name=name,
        view=view,
        place=node.place,
        type=kind,
        relationship=relationship,
        sql_on=node.value("sql_on") or _old_foreign_key(node, views[view]),
        foreign_key=node.value("foreign_key"),
        sql=_sql(node),
        sql_where=node.value("sql_where"),
        sql_table_name=node.value("sql_table_name"),
        required_joins=node.values("required_joins"),
        view_label=node.value("view_label"),
        required_access_grants=node.values("required_access_grants"),
        is_outer_only=node.yes("outer_only"),
    )
    if join.foreign_key and views[view].primary_key is None:
        message = f"The join {name!r} by foreign_key needs a primary key in the view {view!r}."
        raise Unusable(node.place, "incomplete_join", message)
    return join


def standing(joins: Mapping[str, Join], base: str, findings: Findings, *, explore: str) -> dict[str, Join]:
    """The joins that need no view that is not there. One that goes may take others with it."""
    found = dict(joins)
    while True:
        aliases = {base, *found}
        lost = {name: gone for name, join in found.items() if (gone := _needs(join) - aliases)}
        if not lost:
            return found
        for name, gone in lost.items():
            join = found.pop(name)
            message = f"The join {name!r} refers to {', '.join(sorted(gone))}, which this explore does not have."
            findings.error(join.place, "unknown_view", f"{explore}.{name}", message)


def warn_of_columns(join: Join, view: View, findings: Findings) -> None:
    """Where nothing is joined, a column of the view has no table to come from."""
    if join.sql != NOTHING or not any("${TABLE}" in text for field in view.fields.values() for text in texts_of(field)):
        return
    message = (
        f"The join {join.name!r} has no condition, so nothing is joined and the columns of its view are not there."
    )
    findings.warn(join.place, "bare_join", join.name, message)


def warn_of_default(node: Node, join: Join, view: View, findings: Findings) -> None:
    """No relationship means many_to_one: sums are wrong where the join finds more than one row."""
    if node.last("relationship") is not None or join.foreign_key or join.type == "cross" or join.sql:
        return
    key = view.primary_key
    if key is not None and f"{join.name}.{key.name}" in references(join.sql_on):
        return
    message = f"The join {join.name!r} says no relationship, so many_to_one holds; its condition does not show that."
    findings.warn(join.place, "default_relationship", join.name, message)


def _needs(join: Join) -> set[str]:
    named = {*views_named(join.sql_on), *views_named(join.sql_where), *join.required_joins}
    if "." in join.foreign_key:
        named.add(join.foreign_key.partition(".")[0])
    return named - {join.name}


def _sql(node: Node) -> str:
    given = node.value("sql")
    is_conditional = any(node.value(key) for key in ("sql_on", "foreign_key", "sql_foreign_key"))
    if is_conditional or node.value("type") == "cross":
        return ""
    return given or NOTHING


def _old_foreign_key(node: Node, view: View) -> str:
    written = node.value("sql_foreign_key")
    if not written:
        return ""
    key = view.primary_key
    if key is None:
        message = f"The join {node.text!r} by sql_foreign_key needs a primary key in the view {view.name!r}."
        raise Unusable(node.place, "incomplete_join", message)
    return f"{written} = ${{{node.text}.{key.name}}}"
