"""One SELECT: grouped rows, or where joins repeat rows several groupings side by side."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct
from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.compile.context import Context
from tertulia.semantic.compile.derived import Tables
from tertulia.semantic.compile.dimensions import Dimensions, Subject
from tertulia.semantic.compile.fanout import FanOut, Placed, aggregated
from tertulia.semantic.compile.joins import Joined, Joins
from tertulia.semantic.compile.measures import Aggregate, Part

_ROWS = "query_rows"
_BLOCK = "query_block_"


class Shown(Struct, frozen=True):
    """A column of the result: its name there, its expression (of a row, or over parts), and what a message calls it."""

    name: str
    value: exp.Expr
    title: str = ""


class Sorted(Struct, frozen=True):
    """By the column at `place` (from 0), or by an expression over parts."""

    place: int = 0
    value: exp.Expr | None = None
    is_descending: bool = False


class Request(Struct, frozen=True, kw_only=True):
    """`rows` and `groups` are conditions of rows and over parts; `parts` are those the placeholders stand for."""

    dimensions: Sequence[Shown]
    measures: Sequence[Shown]
    parts: Sequence[Part]
    rows: Sequence[exp.Expr] = ()
    groups: Sequence[exp.Expr] = ()
    sorts: Sequence[Sorted] = ()
    limit: int | None = None


class Statements:
    """Makes the statements of one explore."""

    def __init__(self, context: Context, dimensions: Dimensions, joins: Joins, tables: Tables) -> None:
        self._context = context
        self._dimensions = dimensions
        self._joins = joins
        self._tables = tables
        self._fan_out = FanOut(context, dimensions, joins)

    def select(self, request: Request) -> exp.Select:
        """Raises UnsafeAggregate, and InvalidQuery for a measure that shows single rows."""
        joined, placed = self._joined(request)
        source = self._source(joined, request.rows)
        if all(part.key is None for part in placed.values()):
            made = _Plain(self._context, request, placed)
            select = made.over(source)
        else:
            select = _Blocks(self._context, request, placed).over(source)
        return select if request.limit is None else select.limit(request.limit, copy=False)

    def _joined(self, request: Request) -> tuple[Joined, dict[int, Placed]]:
        """The joins that the request needs, with what keys and presence of rows need beside it."""
        used = _used_parts(request)
        parts = {place: request.parts[place] for place in used}
        shown = [shown.value for shown in (*request.dimensions, *request.measures)]
        needed = self._joins.aliases_in([*shown, *request.rows, *_row_level(parts.values())])
        needed |= {part.owner for part in parts.values() if part.value is None}
        needed |= self._dimensions.unnamed & self._context.views.keys()
        while True:
            joined = self._joins.plan(needed)
            placed = {place: self._fan_out.place(part, joined) for place, part in parts.items()}
            values = [each for one in placed.values() for each in (one.value, one.key) if each is not None]
            more = self._joins.aliases_in([*values, *self._join_conditions(joined)]) - joined.aliases
            if not more:
                return joined, placed
            needed |= more

    def _join_conditions(self, joined: Joined) -> list[exp.Expr]:
        return [
            self._dimensions.read(link.join.sql_where, Subject(link.alias, f"sql_where of the join {link.alias}"))
            for link in joined.links
            if link.join.sql_where
        ]

    def _source(self, joined: Joined, rows: Sequence[exp.Expr]) -> exp.Select:
        """FROM, JOIN and WHERE, with nothing selected yet."""
        select = exp.Select().from_(self._tables.item(joined.first, self._context), copy=False)
        for link in joined.links:
            for node in link.nodes:
                select.append("joins", node.copy())
        conditions = [exp.paren(each, copy=True) for each in (*rows, *self._join_conditions(joined))]
        return select.where(*conditions, copy=False) if conditions else select


class _Plain:
    """Everything is aggregated over the joined rows."""

    def __init__(self, context: Context, request: Request, placed: dict[int, Placed]) -> None:
        self._request = request
        self._parts = {
            place: aggregated(part, None if part.value is None else part.value.copy(), context)
            for place, part in placed.items()
        }

    def over(self, source: exp.Select) -> exp.Select:
        request = self._request
        dimensions = [shown.value for shown in request.dimensions]
        for shown in (*request.measures, *(Shown("", each, "A filter") for each in request.groups)):
            _refuse_single_rows(shown, dimensions)
        columns = [*request.dimensions, *(Shown(each.name, self._final(each.value)) for each in request.measures)]
        select = source.select(*(_named(each.value.copy(), each.name) for each in columns), copy=False)
        _grouped(select, len(request.dimensions))
        if request.groups:
            select = select.having(*(exp.paren(self._final(each)) for each in request.groups), copy=False)
        return _ordered(select, request.sorts, self._final)

    def _final(self, expression: exp.Expr) -> exp.Expr:
        return _with_parts(expression, self._parts)


class _Blocks:
    """The joined rows once, then a grouping for each key that must count once, and one for all that need none."""

    def __init__(self, context: Context, request: Request, placed: dict[int, Placed]) -> None:
        self._context = context
        self._request = request
        self._placed = placed
        self._values: dict[exp.Expr, str] = {}
        self._dimensions = [f"d{place}" for place in range(len(request.dimensions))]

    def over(self, source: exp.Select) -> exp.Select:
        request = self._request
        keys = list(dict.fromkeys(part.key for part in self._placed.values()))
        blocks = {f"{_BLOCK}{number}": self._block(key) for number, key in enumerate(keys, 1)}
        parts = {
            place: exp.column(f"p{place}", f"{_BLOCK}{keys.index(part.key) + 1}")
            for place, part in self._placed.items()
        }
        first = f"{_BLOCK}1"
        own = {
            shown.value: exp.column(name, first)
            for name, shown in zip(self._dimensions, request.dimensions, strict=True)
        }

        def final(expression: exp.Expr) -> exp.Expr:
            return _with_parts(_with_dimensions(expression, own), parts)

        for shown in (*request.measures, *(Shown("", each, "A filter") for each in request.groups)):
            _refuse_single_rows(shown, list(own))
        columns = [_named(final(shown.value), shown.name) for shown in (*request.dimensions, *request.measures)]
        select = exp.select(*columns).from_(first)
        for block in list(blocks)[1:]:
            select = self._beside(select, first, block)
        if request.groups:
            select = select.where(*(exp.paren(final(each)) for each in request.groups), copy=False)
        select = _ordered(select, request.sorts, final)
        for name, query in {_ROWS: self._rows(source), **blocks}.items():
            select = select.with_(name, as_=query, copy=False)
        return select

    def _block(self, key: exp.Expr | None) -> exp.Select:
        parts = {place: part for place, part in self._placed.items() if part.key == key}
        rows: exp.Expr = exp.to_table(_ROWS)
        if key is not None:
            rows = self._once(key, [part.value for part in parts.values() if part.value is not None])
        columns = [_named(exp.column(name), name) for name in self._dimensions]
        for place, part in parts.items():
            value = None if part.value is None else self._column(part, part.value)
            columns.append(_named(aggregated(part, value, self._context), f"p{place}"))
        return _grouped(exp.select(*columns).from_(rows), len(self._dimensions))

    def _once(self, key: exp.Expr, values: Sequence[exp.Expr]) -> exp.Expr:
        """A row for each key within each group. A value is the same in all rows of a key, or null where it is filtered."""
        kept = [_named(exp.column(name), name) for name in (*self._dimensions, self._name(key))]
        kept[-1] = _named(exp.column(self._name(key)), "k")
        names = dict.fromkeys(self._name(value) for value in values)
        once = exp.select(*kept, *(_named(exp.Max(this=exp.column(name)), name) for name in names)).from_(_ROWS)
        return _grouped(once, len(kept)).subquery("once")

    def _column(self, part: Placed, value: exp.Expr) -> exp.Expr:
        if part.key is not None:
            is_there = exp.Not(this=exp.Is(this=exp.column("k"), expression=exp.Null()))
            return exp.Case().when(is_there, exp.column(self._name(value)))
        if part.aggregate is not Aggregate.WRITTEN:
            return exp.column(self._name(value))
        # an aggregate that the modeller wrote: its columns are handed on, not its values
        root = exp.Paren(this=value.copy())
        for column in list(root.find_all(exp.Column)):
            column.replace(exp.column(self._name(column.copy())))
        return root.this

    def _name(self, value: exp.Expr) -> str:
        return self._values.setdefault(value, f"v{len(self._values)}")

    def _rows(self, source: exp.Select) -> exp.Select:
        columns = [
            _named(shown.value.copy(), name)
            for name, shown in zip(self._dimensions, self._request.dimensions, strict=True)
        ]
        columns += [_named(value.copy(), name) for value, name in self._values.items()]
        return source.select(*columns, copy=False)

    def _beside(self, select: exp.Select, first: str, block: str) -> exp.Select:
        same = [
            self._context.engine.is_same(exp.column(name, first), exp.column(name, block)) for name in self._dimensions
        ]
        if not same:
            return select.join(exp.to_table(block), join_type="cross", copy=False)
        return select.join(exp.to_table(block), on=exp.and_(*same), copy=False)


def _used_parts(request: Request) -> list[int]:
    sorts = [sort.value for sort in request.sorts if sort.value is not None]
    measures = [shown.value for shown in request.measures]
    return sorted(
        {
            int(placeholder.name)
            for expression in (*measures, *request.groups, *sorts)
            for placeholder in expression.find_all(exp.Placeholder)
        }
    )


def _row_level(parts: Iterable[Part]) -> list[exp.Expr]:
    return [each for part in parts for each in (part.value, part.condition, part.key) if each is not None]


def _with_parts(expression: exp.Expr, parts: Mapping[int, exp.Expr]) -> exp.Expr:
    root = exp.Paren(this=expression.copy())
    for placeholder in list(root.find_all(exp.Placeholder)):
        placeholder.replace(parts[int(placeholder.name)].copy())
    return root.this


def _with_dimensions(expression: exp.Expr, instead: Mapping[exp.Expr, exp.Expr]) -> exp.Expr:
    """The expression with something else for each dimension that it shows."""
    root = exp.Paren(this=expression.copy())
    for node in list(root.walk(prune=lambda node: node in instead)):
        if node in instead:
            node.replace(instead[node].copy())
    return root.this


def _refuse_single_rows(shown: Shown, dimensions: Sequence[exp.Expr]) -> None:
    """Raises InvalidQuery for a measure that names a column which is neither aggregated nor grouped by."""
    left = _with_dimensions(shown.value, dict.fromkeys(dimensions, exp.Null()))
    column = left.find(exp.Column)
    if column is not None:
        raise InvalidQuery(f"{shown.title} names {column.sql()} outside of an aggregate, and the query is not by it.")


def _named(expression: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(expression, exp.to_identifier(name), copy=False)


def _grouped(select: exp.Select, count: int) -> exp.Select:
    return select.group_by(*(exp.Literal.number(place + 1) for place in range(count)), copy=False) if count else select


def _ordered(select: exp.Select, sorts: Sequence[Sorted], final: Callable[[exp.Expr], exp.Expr]) -> exp.Select:
    """Nulls come last either way, so that a cut at the limit means the same in every database."""
    if not sorts:
        return select
    ordered = [
        exp.Ordered(
            this=exp.Literal.number(sort.place + 1) if sort.value is None else final(sort.value),
            desc=sort.is_descending,
            nulls_first=False,
        )
        for sort in sorts
    ]
    return select.order_by(*ordered, copy=False)
