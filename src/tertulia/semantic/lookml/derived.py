"""Derived tables: their SQL, the query of another explore, or what this server cannot run."""

import re

from tertulia.semantic.lookml.field_filters import field_filters
from tertulia.semantic.lookml.findings import Unusable
from tertulia.semantic.lookml.model import BoundFilter, DerivedColumn, DerivedTable, ExploreSource, SourceColumn
from tertulia.semantic.lookml.numbers import whole
from tertulia.semantic.lookml.tree import Node

_BY_HAND = ("create_process", "sql_create")
_STATEMENT = re.compile(
    r"\s*create\s+(or\s+replace\s+)?(temp\s+|temporary\s+)?(model|table|view|function)\b", re.IGNORECASE
)


def derived_table(node: Node) -> DerivedTable:
    """Raises Unusable where it names no table at all, or one that cannot be read."""
    by_hand = next((key for key in _BY_HAND if node.last(key) is not None), None)
    if by_hand is not None:
        return DerivedTable(unsupported=f"{by_hand}: a table that is built by statements of its own")
    source = node.last("explore_source")
    if source is not None:
        return DerivedTable(source=_source(source))
    sql = node.value("sql")
    if not sql:
        raise Unusable(node.place, "empty_table", "This derived table has neither sql nor explore_source.")
    if _STATEMENT.match(sql):
        return DerivedTable(unsupported="sql that is a CREATE statement and no query")
    return DerivedTable(sql=sql)


def _source(node: Node) -> ExploreSource:
    if not node.text:
        raise Unusable(node.place, "empty_table", "explore_source names no explore.")
    return ExploreSource(
        explore=node.text,
        columns=[SourceColumn(name=column.text, field=_field(column)) for column in node.all("column")],
        derived_columns=[_derived_column(column) for column in node.all("derived_column")],
        filters=field_filters(node),
        bound_filters=[_bound(bound) for bound in node.all("bind_filters")],
        binds_all_filters=node.yes("bind_all_filters"),
        sorts=_sorts(node),
        limit=whole(node, "limit"),
        timezone=node.value("timezone"),
        expression_custom_filter=node.value("expression_custom_filter"),
    )


def _field(column: Node) -> str:
    if not column.text:
        raise Unusable(column.place, "nameless", "A column needs a name.")
    return column.value("field") or column.text


def _derived_column(node: Node) -> DerivedColumn:
    if not node.text or not node.value("sql"):
        raise Unusable(node.place, "incomplete_column", "A derived_column needs a name and sql.")
    return DerivedColumn(name=node.text, sql=node.value("sql"))


def _bound(node: Node) -> BoundFilter:
    outer, inner = node.value("from_field"), node.value("to_field")
    if not outer or not inner:
        raise Unusable(node.place, "incomplete_bind", "bind_filters needs from_field and to_field.")
    return BoundFilter(from_field=outer, to_field=inner)


def _sorts(node: Node) -> list[str]:
    """As a query writes them: `field` or `field desc`."""
    found: dict[str, str] = {}
    for given in node.all("sorts"):
        for item in given.items or []:
            if not item.key:
                found[item.text] = item.text
            else:
                found[item.key] = f"{item.key} desc" if item.text.lower() == "desc" else item.key
    for given in node.all("sort"):
        field = given.value("field")
        found[field] = f"{field} desc" if given.yes("desc") else field
    return list(found.values())
