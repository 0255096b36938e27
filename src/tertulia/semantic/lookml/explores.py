"""Explores: from merged trees to what they mean.

What narrows an explore down (filters that always hold, access filters) is never dropped: an explore whose restriction
cannot be read is left out.
"""

from collections.abc import Collection, Iterable, Mapping

from msgspec import structs

from tertulia.semantic.lookml.field_filters import field_filters
from tertulia.semantic.lookml.fields import synonyms_of
from tertulia.semantic.lookml.findings import Findings, Unusable
from tertulia.semantic.lookml.joins import join_of, standing, warn_of_columns, warn_of_default
from tertulia.semantic.lookml.model import AccessFilter, Explore, FieldFilter, Join, Place, View
from tertulia.semantic.lookml.references import references
from tertulia.semantic.lookml.tree import Node
from tertulia.semantic.lookml.views import Views, check_grants


class Explores:
    """Builds the explores of one model."""

    def __init__(self, views: Views, *, model: str, grants: Collection[str], findings: Findings) -> None:
        self._views = views
        self._model = model
        self._grants = grants
        self._findings = findings

    def all(self, nodes: Mapping[str, Node]) -> dict[str, Explore]:
        """Those that are only there to be extended are left out."""
        usable = {name: node for name, node in nodes.items() if node.value("extension") != "required"}
        return {name: found for name, node in usable.items() if (found := self._explore(node)) is not None}

    def _explore(self, node: Node) -> Explore | None:
        try:
            return self._built(node)
        except Unusable as unusable:
            self._findings.refuse(node.text, unusable)
            return None

    def _built(self, node: Node) -> Explore:
        base = node.value("view_name") or node.text
        view = node.value("from") or base
        if view not in self._views.all:
            raise Unusable(node.place, "unknown_view", self._missing(node, view))
        if node.last("access_filter_fields") is not None:
            message = "access_filter_fields is not supported: write access_filter instead."
            raise Unusable(node.place, "unsupported", message)
        check_grants(node.values("required_access_grants"), self._grants, node)
        explore = Explore(
            name=node.text,
            model=self._model,
            base=base,
            view=view,
            place=node.place,
            label=node.value("label"),
            description=node.value("description"),
            group_label=node.value("group_label"),
            view_label=node.value("view_label"),
            is_hidden=node.yes("hidden"),
            joins=self._joins(node, base),
            always_join=node.values("always_join"),
            always_filters=_filters(node, "always_filter"),
            conditional_filters=_filters(node, "conditionally_filter"),
            unless_filtered=[name for given in node.all("conditionally_filter") for name in given.values("unless")],
            sql_always_where=node.value("sql_always_where"),
            sql_always_having=node.value("sql_always_having"),
            sql_table_name=node.value("sql_table_name"),
            access_filters=[_access_filter(given) for given in node.all("access_filter")],
            required_access_grants=node.values("required_access_grants"),
            is_case_sensitive=node.yes("case_sensitive") if node.last("case_sensitive") else None,
            tags=node.values("tags"),
            synonyms=synonyms_of(node),
        )
        explore = self._qualified(explore)
        self._check_restrictions(explore)
        return self._limited(explore, node)

    def _missing(self, node: Node, view: str) -> str:
        message = f"The explore {node.text!r} needs the view {view!r}, which is not here."
        if node.last("view_name") is None and node.last("from") is None:
            return f"{message} An explore takes the view of its own name unless view_name or from names another."
        return message

    def _joins(self, node: Node, base: str) -> dict[str, Join]:
        joins: dict[str, Join] = {}
        for written in node.all("join"):
            try:
                if written.text == base or not written.text:
                    message = f"A join needs a name of its own, not {written.text!r}."
                    raise Unusable(written.place, "duplicate", message)  # noqa: TRY301 - one way out for all joins
                join = join_of(written, self._views.all, self._grants)
            except Unusable as unusable:
                self._findings.refuse(f"{node.text}.{written.text}", unusable)
                continue
            warn_of_columns(join, self._views.all[join.view], self._findings)
            warn_of_default(written, join, self._views.all[join.view], self._findings)
            joins[join.name] = join
        return standing(joins, base, self._findings, explore=node.text)

    def _qualified(self, explore: Explore) -> Explore:
        """Filters and access filters by their full names; a bare name is a field of the base view."""

        def full(name: str) -> str:
            return name if "." in name else f"{explore.base}.{name}"

        def named(filters: Iterable[FieldFilter]) -> list[FieldFilter]:
            return [FieldFilter(field=full(one.field), expression=one.expression) for one in filters]

        return structs.replace(
            explore,
            always_filters=named(explore.always_filters),
            conditional_filters=named(explore.conditional_filters),
            unless_filtered=[full(name) for name in explore.unless_filtered],
            access_filters=[
                AccessFilter(field=full(one.field), user_attribute=one.user_attribute) for one in explore.access_filters
            ],
        )

    def _check_restrictions(self, explore: Explore) -> None:
        """Raises Unusable where a restriction names what is not there."""
        needed = [
            *(one.field for one in explore.always_filters),
            *(one.field for one in explore.conditional_filters),
            *(one.field for one in explore.access_filters),
            *references(explore.sql_always_where),
            *references(explore.sql_always_having),
        ]
        for name in needed:
            if not self._has(explore, name):
                message = f"{explore.name!r} is restricted by {name!r}, which is not there."
                raise Unusable(explore.place, "unknown_restriction", message)
        missing = next((name for name in explore.always_join if name not in explore.joins), None)
        if missing is not None:
            message = f"always_join of {explore.name!r} names {missing!r}, which is not joined."
            raise Unusable(explore.place, "unknown_restriction", message)

    def _has(self, explore: Explore, name: str) -> bool:
        alias, _, field = name.rpartition(".")
        view = self._view(explore, alias or explore.base)
        return view is not None and (field in view.fields or field == "SQL_TABLE_NAME")

    def _view(self, explore: Explore, alias: str) -> View | None:
        if alias == explore.base:
            return self._views.all[explore.view]
        join = explore.joins.get(alias)
        return None if join is None else self._views.all[join.view]

    def _limited(self, explore: Explore, node: Node) -> Explore:
        """The explore and its joins with the lists of the fields they show."""
        views = {explore.base: explore.view} | {name: join.view for name, join in explore.joins.items()}

        def shown(given: Node | None, home: str, place: Place, among: Mapping[str, str]) -> list[str] | None:
            if given is None:
                return None
            return self._views.sets.within(given.listed, home=home, views=among, place=place)

        joins = dict(explore.joins)
        for written in node.all("join"):
            join = joins.get(written.text)
            if join is not None:
                fields = shown(written.last("fields"), join.name, written.place, {join.name: join.view})
                joins[join.name] = structs.replace(join, fields=fields)
        return structs.replace(explore, joins=joins, fields=shown(node.last("fields"), explore.base, node.place, views))


def _filters(node: Node, key: str) -> list[FieldFilter]:
    """Of the block `key`, which cannot be without any. Raises Unusable."""
    found: list[FieldFilter] = []
    for given in node.all(key):
        filters = field_filters(given)
        if not filters:
            raise Unusable(given.place, "invalid_filter", f"{key} has no filters.")
        found += filters
    return found


def _access_filter(node: Node) -> AccessFilter:
    field, attribute = node.value("field"), node.value("user_attribute")
    if not field or not attribute:
        raise Unusable(node.place, "invalid_access_filter", "An access_filter needs a field and a user_attribute.")
    return AccessFilter(field=field, user_attribute=attribute)
