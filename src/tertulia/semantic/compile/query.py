"""A typed query in, SQL out."""

from collections.abc import Sequence

from msgspec import structs
from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.core.query import DEFAULT_LIMIT, UNLIMITED, Query
from tertulia.semantic.compile.asking import Asking, Compiled
from tertulia.semantic.compile.compiled_queries import remembered
from tertulia.semantic.compile.context import Trace
from tertulia.semantic.compile.derived import Tables
from tertulia.semantic.compile.fills import fills_of
from tertulia.semantic.compile.ordering import Sort, parse_sort, sorts_of
from tertulia.semantic.compile.scope import FieldOfExplore
from tertulia.semantic.compile.selection import Selection
from tertulia.semantic.lookml.model import Model


def compile_query(model: Model, asking: Asking) -> Compiled:
    """Raises UnknownField, InvalidFilter, UnsafeAggregate, InvalidQuery, and PermissionDenied where the asker's
    attributes do not let them ask. There are no totals where a filter leaves out groups by their measures.
    """
    try:
        return remembered(model, asking, _compile)
    except RecursionError as error:
        raise InvalidQuery("The fields of this query are made of each other too deeply.") from error


def _compile(model: Model, asking: Asking) -> tuple[Compiled, Trace]:
    trace = Trace()
    tables = Tables(_nested)
    selection = Selection(model, asking, trace, tables)
    made = _pivoted(selection, asking, tables) if asking.query.pivots else _flat(selection, asking, tables)
    compiled = structs.replace(
        made,
        connection=model.connection,
        applied=trace.applied,
        fills=[] if selection.filters_groups else fills_of(selection.context, selection.dimensions),
        over_rows=selection.over_rows,
        calculations=selection.dynamic.calculations,
        now=selection.dynamic.now,
    )
    return compiled, trace


def _flat(selection: Selection, asking: Asking, tables: Tables) -> Compiled:
    limit = _limit(asking)
    columns = selection.columns_of(selection.dimensions)
    sorts = sorts_of(_without_calculations(selection), columns)
    select = selection.select(selection.dimensions, sorts=sorts, limit=limit + 1)
    made = _compiled(selection, asking, tables.attach(select), limit)
    if not asking.query.has_total or not selection.measures or selection.filters_groups:
        return made
    total = tables.attach(selection.select([]))
    return structs.replace(made, total_sql=asking.engine.print(total), total_columns=selection.columns_of([]))


def _pivoted(selection: Selection, asking: Asking, tables: Tables) -> Compiled:
    """Rows come whole: in the order of what is not pivoted, so that those a cut leaves have all their cells."""
    _limit(asking)
    limit = asking.most_rows
    query = asking.query
    by_name = {seen.name: seen for seen in selection.dimensions}
    pivots = [by_name[name] for name in dict.fromkeys(query.pivots)]
    rows = [seen for seen in selection.dimensions if seen not in pivots]
    orders = selection.ordered_by_others()
    sorts = _sorts_by_rows(selection, rows, pivots)
    select = selection.select(selection.dimensions, sorts=sorts, limit=limit + 1, orders=orders)
    made = _compiled(selection, asking, tables.attach(select), limit)
    made = structs.replace(made, orders=[seen.name for seen in orders])
    if not selection.measures or selection.filters_groups:
        return made
    if query.row_total:
        row_sorts = [sort for sort in sorts if sort.name not in query.pivots]
        row_total = tables.attach(selection.select(rows, sorts=row_sorts, limit=limit + 1))
        made = structs.replace(
            made, row_total_sql=asking.engine.print(row_total), row_total_columns=selection.columns_of(rows)
        )
    if query.has_total:
        total = tables.attach(_pivot_totals(selection, pivots))
        made = structs.replace(made, total_sql=asking.engine.print(total), total_columns=selection.columns_of(pivots))
    return made


def _pivot_totals(selection: Selection, pivots: Sequence[FieldOfExplore]) -> exp.Query:
    """A row for each pivot, marked 0, and with row totals one for all of them, marked 1."""
    each = exp.select(exp.alias_(exp.Literal.number(0), "is_all"), exp.Star()).from_(
        selection.select(pivots).subquery("each_pivot")
    )
    if not selection.query.row_total:
        return each
    nothing = [exp.alias_(exp.Null(), selection.names[seen.name]) for seen in pivots]
    whole = exp.select(exp.alias_(exp.Literal.number(1), "is_all"), *nothing, exp.Star()).from_(
        selection.select([]).subquery("all_pivots")
    )
    return exp.union(each, whole, distinct=False, copy=False)


def _compiled(selection: Selection, asking: Asking, select: exp.Query, limit: int) -> Compiled:
    return Compiled(
        sql=asking.engine.print(select),
        columns=selection.columns_of(selection.dimensions),
        connection="",
        engine=asking.engine.name,
        limit=limit,
        query=asking.query,
    )


def _without_calculations(selection: Selection) -> Query:
    """The query with the sorts that SQL can make. Raises InvalidQuery for a sort that turns in a circle."""
    calculated = {calculation.name for calculation in selection.dynamic.calculations}
    kept: list[str] = []
    for text in filter(str.strip, selection.query.sorts):
        name = parse_sort(text).name
        if any(each.field == name for each in selection.over_rows):
            raise InvalidQuery(f"{name} depends on the order of the rows: sort by another field.")
        if name not in calculated:
            kept.append(text)
    return structs.replace(selection.query, sorts=kept)


def _sorts_by_rows(
    selection: Selection, rows: Sequence[FieldOfExplore], pivots: Sequence[FieldOfExplore]
) -> list[Sort]:
    given = sorts_of(_without_calculations(selection), selection.columns_of(selection.dimensions))
    by_name = {sort.name: sort for sort in given}
    names = [sort.name for sort in given]
    first = sorted((seen.name for seen in rows), key=names.index)
    return [by_name[name] for name in (*first, *(seen.name for seen in pivots))]


def _nested(model: Model, asking: Asking, trace: Trace, tables: Tables) -> tuple[exp.Select, dict[str, str]]:
    """A query within another: what it filters by is the model's, and not told to a reader."""
    inner = Trace()
    selection = Selection(model, asking, inner, tables)
    trace.clock_use = max(trace.clock_use, inner.clock_use)
    limit = asking.query.limit
    if limit in (None, UNLIMITED):
        return selection.select(selection.dimensions), selection.names
    sorts = sorts_of(asking.query, selection.columns_of(selection.dimensions))
    return selection.select(selection.dimensions, sorts=sorts, limit=limit), selection.names


def _limit(asking: Asking) -> int:
    asked = asking.query.limit
    if asked == UNLIMITED:
        return asking.most_rows
    if asked is None:
        return min(DEFAULT_LIMIT, asking.most_rows)
    if asked < 1:
        raise InvalidQuery(f"A limit is 1 or more, or {UNLIMITED} for as many rows as there may be; not {asked}.")
    return min(asked, asking.most_rows)
