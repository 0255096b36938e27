"""Where a view's rows come from: a table, or a query of its own that stands before the rest (a derived table)."""

from collections.abc import Callable

from msgspec import structs
from sqlglot import exp

from tertulia.core.errors import InvalidQuery, UnknownField
from tertulia.core.query import UNLIMITED, Query
from tertulia.semantic.compile.asking import Asking
from tertulia.semantic.compile.context import Context, Trace
from tertulia.semantic.compile.references import TABLE_NAME, Reference
from tertulia.semantic.compile.scope import every_field
from tertulia.semantic.compile.templates import filled
from tertulia.semantic.lookml.model import ExploreSource, Model, View

Nested = Callable[[Model, Asking, Trace, "Tables"], tuple[exp.Select, dict[str, str]]]
"""Compiles a query of another explore; gives the name of each field's column with it."""


class Tables:
    """The tables of one statement. `derived` are its common table expressions, in the order they need each other."""

    def __init__(self, nested: Nested) -> None:
        self._nested = nested
        self._open: list[str] = []
        self._names: dict[tuple[str, str], str] = {}
        self._physical: set[str] = set()
        self.derived: list[tuple[str, exp.Query]] = []

    def item(self, alias: str, context: Context) -> exp.Expr:
        """What stands in FROM for the view called `alias`."""
        view = context.views[alias]
        join = context.explore.joins.get(alias)
        override = join.sql_table_name if join else context.explore.sql_table_name
        text = self._expanded(override, context, alias) if override else self._table_of(view, context, alias)
        select = context.engine.parse_select(_everything_from(context, text))
        if not isinstance(select, exp.Select) or set(filter(select.args.get, select.args)) - {"expressions", "from_"}:
            raise InvalidQuery(f"The view {view.name} ({view.place}): {text} is no table.")
        self.note(select)
        return exp.alias_(select.args["from_"].this, exp.to_identifier(alias), table=True, copy=False)

    def name_of(self, name: str, context: Context) -> str:
        """The table of a view, as it stands in SQL. Raises InvalidQuery for what cannot be run."""
        view = context.model.views.get(name) or context.views.get(name)
        if view is None:
            raise InvalidQuery(f"There is no view {name!r} in {context.model.name}.")
        alias = next((alias for alias, each in context.views.items() if each.name == view.name), view.name)
        return self._table_of(view, context, alias)

    def note(self, query: exp.Expr) -> None:
        """Told of SQL with tables in it, so that no derived table is called like one of them."""
        made = set(self._names.values())
        self._physical |= {table.name for table in query.find_all(exp.Table) if not table.args.get("db")} - made

    def _table_of(self, view: View, context: Context, alias: str) -> str:
        table = view.derived_table
        if table is None:
            return self._expanded(view.sql_table_name, context, alias) if view.sql_table_name else _named(view, context)
        if table.unsupported:
            raise InvalidQuery(f"The view {view.name} ({view.place}) cannot be queried here: {table.unsupported}")
        if view.name in self._open:
            raise InvalidQuery(f"The view {view.name} ({view.place}) is derived from itself.")
        self._open.append(view.name)
        try:
            query = (
                self._of_explore(view, table.source, context)
                if table.source
                else self._of_sql(view, self._expanded(table.sql, context, alias), context)
            )
        finally:
            self._open.pop()
        return self._added(view, query, context)

    def attach(self, select: exp.Query) -> exp.Query:
        """The statement with the derived tables before it. Raises InvalidQuery where a table is called like one of them."""
        for name, _ in self.derived:
            if name in self._physical:
                raise InvalidQuery(f"There is a table called {name}, as a derived table is; rename the view.")
        if not self.derived:
            return select
        commons = [_table_expression(name, query) for name, query in self.derived]
        own = select.args.get("with_")
        if isinstance(own, exp.With):
            commons += own.expressions
        select.set("with_", exp.With(expressions=commons))
        return select

    def _of_sql(self, view: View, sql: str, context: Context) -> exp.Query:
        try:
            query = context.engine.parse_select(sql)
        except InvalidQuery as error:
            raise InvalidQuery(f"The view {view.name} ({view.place}): {error.message}") from error
        self.note(query)
        return query

    def _of_explore(self, view: View, source: ExploreSource, context: Context) -> exp.Query:
        asking = structs.replace(context.asking, query=_inner_query(source, context))
        inner, names = self._nested(context.model, asking, context.trace, self)
        rows = exp.to_identifier(f"{view.name}_rows")
        shown = [
            exp.alias_(exp.column(names[field], rows.copy()), exp.to_identifier(column.name))
            for column, field in zip(source.columns, asking.query.fields, strict=True)
        ]
        outer = exp.select(*shown).from_(inner.subquery(rows))
        if not source.derived_columns:
            return outer
        named = exp.to_identifier(f"{view.name}_columns")
        made = [
            exp.alias_(
                context.engine.parse(self._expanded(column.sql, context, view.name)), exp.to_identifier(column.name)
            )
            for column in source.derived_columns
        ]
        return exp.select(exp.Star(), *made).from_(outer.subquery(named))

    def _expanded(self, text: str, context: Context, alias: str) -> str:
        return filled(text, context, alias, lambda reference: self._table(reference, context)).strip()

    def _table(self, reference: Reference, context: Context) -> str:
        if reference.field != TABLE_NAME:
            name = f"{reference.view}.{reference.field}".strip(".")
            raise UnknownField(f"A table's SQL cannot name the field {name}; it may name ${{view.{TABLE_NAME}}}.")
        return self.name_of(reference.view, context)

    def _added(self, view: View, query: exp.Query, context: Context) -> str:
        """The name of the query; the same query of the same view is there once."""
        key = (view.name, context.engine.print(query))
        if key not in self._names:
            count = sum(1 for known, _ in self._names if known == view.name)
            self._names[key] = f"{view.name}_derived" + (f"_{count + 1}" if count else "")
            self.derived.append((self._names[key], query))
        return self._names[key]


def _inner_query(source: ExploreSource, context: Context) -> Query:
    explore = context.model.explores.get(source.explore)
    if explore is None:
        raise InvalidQuery(f"There is no explore {source.explore!r} in {context.model.name}.")

    def full(name: str) -> str:
        return name if "." in name else f"{explore.base}.{name}"

    filters = {full(each.field): each.expression for each in source.filters}
    if source.binds_all_filters:
        known = every_field(context.model, explore)
        filters |= {name: text for name, text in context.filters.items() if name in known}
    for bound in source.bound_filters:
        if given := context.filters.get(context.full_name(bound.from_field)):
            filters[full(bound.to_field)] = given
    return Query(
        model=context.model.name,
        explore=source.explore,
        fields=[full(column.field) for column in source.columns],
        filters=filters,
        filter_expression=source.expression_custom_filter,
        sorts=[full(sort) for sort in source.sorts] if source.limit is not None else [],
        limit=UNLIMITED if source.limit is None else source.limit,
        timezone=source.timezone or context.query.timezone,
    )


def _named(view: View, context: Context) -> str:
    return context.engine.print(exp.to_identifier(view.name))


def _everything_from(context: Context, table: str) -> str:
    everything = context.engine.print(exp.select(exp.Star()))
    return f"{everything} FROM {table}"


def _table_expression(name: str, query: exp.Query) -> exp.Expr:
    return exp.CTE(this=query.copy(), alias=exp.TableAlias(this=exp.to_identifier(name)))
