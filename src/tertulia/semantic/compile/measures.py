"""Measures: each an expression over parts, and a part is one aggregate of one row-level value."""

import re
import secrets
from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct
from sqlglot import exp

from tertulia.core.errors import InvalidQuery, UnsafeAggregate
from tertulia.semantic.compile.conditions import Conditions
from tertulia.semantic.compile.context import Context
from tertulia.semantic.compile.dimensions import Dimensions, Subject, subject_of, title_of
from tertulia.semantic.compile.references import Reference
from tertulia.semantic.compile.scope import FieldOfExplore
from tertulia.semantic.compile.templates import filled
from tertulia.semantic.lookml.model import FieldKind

# A measure within another's SQL is a column with a name nobody can guess, until the SQL is a tree.
_NONCE = secrets.token_hex(8)
_INNER = re.compile(f"measure_{_NONCE}_([0-9]+)_")
_COMPOSED = frozenset({"number", "int", "string", "yesno", "date", "date_time", "time"})
OVER_ROWS = frozenset({"percent_of_total", "percent_of_previous", "running_total"})
"""Measures that are made of the rows around them, once those are there."""
_AGGREGATES = (exp.AggFunc, exp.WithinGroup, exp.Filter)


class Aggregate(StrEnum):
    COUNT = "count"
    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    COUNT_DISTINCT = "count_distinct"
    APPROXIMATE_DISTINCT = "approximate_distinct"
    PERCENTILE = "percentile"
    LIST = "list"
    WRITTEN = "written"
    """An aggregate as the modeller wrote it."""


_AGGREGATE_OF = {
    "count": Aggregate.COUNT,
    "sum": Aggregate.SUM,
    "sum_distinct": Aggregate.SUM,
    "average": Aggregate.AVERAGE,
    "average_distinct": Aggregate.AVERAGE,
    "min": Aggregate.MIN,
    "max": Aggregate.MAX,
    "count_distinct": Aggregate.COUNT_DISTINCT,
    "median": Aggregate.PERCENTILE,
    "median_distinct": Aggregate.PERCENTILE,
    "percentile": Aggregate.PERCENTILE,
    "percentile_distinct": Aggregate.PERCENTILE,
    "list": Aggregate.LIST,
}


class Part(Struct, frozen=True, kw_only=True):
    """`value` is None for the presence of a row of `owner`; `condition` says which rows count.

    `key` is the modeller's own key of the values: each counts once. `fraction` is a percentile's.
    """

    aggregate: Aggregate
    owner: str
    title: str
    value: exp.Expr | None = None
    condition: exp.Expr | None = None
    key: exp.Expr | None = None
    fraction: float = 0.5


class Measures:
    """Expressions in which a placeholder stands for each part, by its place in `parts`."""

    def __init__(self, context: Context, dimensions: Dimensions, conditions: Conditions) -> None:
        self._context = context
        self._dimensions = dimensions
        self._conditions = conditions
        self._keys: dict[tuple[object, ...], int] = {}
        self._open: list[str] = []
        self.parts: list[Part] = []
        self.customs: dict[str, Callable[[], exp.Expr]] = {}
        """Which rows a measure of the query's own counts, by its name, beside the filters of its field."""

    def shown(self, seen: FieldOfExplore) -> exp.Expr:
        """What a column shows: of a measure over rows, what those rows hold. Raises as `expression` does."""
        if seen.field.type not in OVER_ROWS:
            return self.expression(seen)
        if seen.field.filters or not seen.field.sql.strip():
            raise InvalidQuery(f"{title_of(seen)}: a measure of type {seen.field.type} needs sql, and has no filters.")
        return self.composed(seen.field.sql, subject_of(seen))

    def expression(self, seen: FieldOfExplore) -> exp.Expr:
        """Raises InvalidQuery for what is no measure, or none that this server knows."""
        if seen.field.type in OVER_ROWS:
            raise InvalidQuery(f"{title_of(seen)} is made of the rows of the result: nothing else can be made of it.")
        if seen.kind is not FieldKind.MEASURE:
            raise InvalidQuery(f"{title_of(seen)} is no measure.")
        if seen.name in self._open:
            raise InvalidQuery(f"{title_of(seen)}: these measures are made of each other: {' -> '.join(self._open)}.")
        self._open.append(seen.name)
        try:
            return self._expression(seen)
        finally:
            self._open.pop()

    def lowest(self, value: exp.Expr, seen: FieldOfExplore) -> exp.Expr:
        """The least of a row-level value: one value per group, whatever it is grouped by."""
        return self._part(Part(aggregate=Aggregate.MIN, owner=seen.alias, title=title_of(seen), value=value))

    def composed(self, sql: str, subject: Subject) -> exp.Expr:
        """SQL made of measures, and of aggregates that the modeller wrote out."""
        inner: list[exp.Expr] = []

        def resolve(reference: Reference) -> str:
            measure = self._measure(reference, subject)
            if measure is None:
                return self._dimensions.reference(reference, subject)
            inner.append(self.expression(measure))
            return f"measure_{_NONCE}_{len(inner) - 1}_"

        tree = self._dimensions.parsed(filled(sql, self._context, subject.alias, resolve), subject)
        made = _inlined(tree, inner)
        self._dimensions.note(made, subject)
        return self._settled(made, subject)

    def _settled(self, tree: exp.Expr, subject: Subject) -> exp.Expr:
        """The tree with a placeholder for every aggregate that is written out in it."""
        root = exp.Paren(this=tree)
        found: list[exp.Expr] = []
        for node in root.walk(prune=lambda node: isinstance(node, exp.Window) or self._is_aggregate(node)):
            if not self._is_aggregate(node):
                continue
            if node.find(exp.Placeholder):
                raise InvalidQuery(f"{subject.title}: an aggregate of an aggregate; a measure holds one already.")
            found.append(node)
        for node in found:
            part = Part(aggregate=Aggregate.WRITTEN, owner=subject.alias, title=subject.title, value=node.copy())
            node.replace(self._part(part))
        return root.this

    def _expression(self, seen: FieldOfExplore) -> exp.Expr:
        field = seen.field
        if field.type in _COMPOSED:
            if field.filters:
                raise InvalidQuery(f"{title_of(seen)}: a measure of type {field.type} has no filters of its own.")
            if not field.sql.strip():
                raise InvalidQuery(f"{title_of(seen)}: a measure of type {field.type} needs sql.")
            return self.composed(field.sql, subject_of(seen))
        aggregate = _AGGREGATE_OF.get(field.type)
        if aggregate is None:
            raise InvalidQuery(f"{title_of(seen)}: measures of type {field.type} cannot be queried here.")
        if field.is_approximate and aggregate is Aggregate.COUNT_DISTINCT:
            aggregate = Aggregate.APPROXIMATE_DISTINCT
        part = Part(
            aggregate=aggregate,
            owner=seen.alias,
            title=title_of(seen),
            value=self._value(seen, aggregate),
            condition=self._condition(seen),
            key=self._key(seen),
            fraction=self._fraction(seen),
        )
        return self._part(part)

    def _value(self, seen: FieldOfExplore, aggregate: Aggregate) -> exp.Expr | None:
        field = seen.field
        if aggregate is Aggregate.COUNT:
            return None
        if aggregate is Aggregate.LIST and field.list_field:
            return self._dimensions.value(self._context.known(field.list_field, seen.alias))
        if not field.sql.strip():
            raise InvalidQuery(f"{title_of(seen)}: a measure of type {field.type} needs sql.")
        return self._dimensions.read(field.sql, subject_of(seen))

    def _condition(self, seen: FieldOfExplore) -> exp.Expr | None:
        made = [
            self._conditions.of_row(self._context.known(each.field, seen.alias), each.expression)
            for each in seen.field.filters
        ]
        if seen.name in self.customs:
            made.append(self.customs[seen.name]())
        kept = [exp.paren(one, copy=False) for one in made if one is not None]
        return exp.and_(*kept, copy=False) if kept else None

    def _key(self, seen: FieldOfExplore) -> exp.Expr | None:
        """A `..._distinct` measure without sql_distinct_key counts each row of its view once."""
        field = seen.field
        if not field.type.endswith("_distinct") or field.type == "count_distinct":
            return None
        if field.sql_distinct_key:
            return self._dimensions.read(field.sql_distinct_key, subject_of(seen))
        key = seen.view.primary_key
        if key is None:
            raise UnsafeAggregate(f"{title_of(seen)}: a measure of type {field.type} needs sql_distinct_key.")
        return self._dimensions.value(self._context.known(key.name, seen.alias))

    def _fraction(self, seen: FieldOfExplore) -> float:
        field = seen.field
        if not field.type.startswith("percentile"):
            return 0.5
        if field.percentile is None or not 0 <= field.percentile <= 100:
            raise InvalidQuery(f"{title_of(seen)}: a percentile is a number from 0 to 100.")
        return field.percentile / 100

    def _part(self, part: Part) -> exp.Expr:
        known = (part.aggregate, part.owner, part.value, part.condition, part.key, part.fraction)
        place = self._keys.setdefault(known, len(self.parts))
        if place == len(self.parts):
            self.parts.append(part)
        return exp.Placeholder(this=str(place))

    def _measure(self, reference: Reference, subject: Subject) -> FieldOfExplore | None:
        name = f"{reference.view}.{reference.field}"
        if self._dimensions.is_table(reference):
            return None
        seen = self._context.known(name, subject.alias)
        return seen if seen.kind is FieldKind.MEASURE else None

    def _is_aggregate(self, node: exp.Expr) -> bool:
        if isinstance(node, _AGGREGATES):
            return True
        # a function that is not known may be an aggregate of the database's own
        return isinstance(node, exp.Anonymous) and bool(node.find(exp.Column)) and not node.find(exp.Placeholder)


def _inlined(tree: exp.Expr, inner: Sequence[exp.Expr]) -> exp.Expr:
    root = exp.Paren(this=tree)
    for column in list(root.find_all(exp.Column)):
        found = _INNER.fullmatch(column.name)
        if found and len(column.parts) == 1:
            made = inner[int(found[1])].copy()
            column.replace(made if isinstance(made, exp.Placeholder) else exp.Paren(this=made))
    return root.this
