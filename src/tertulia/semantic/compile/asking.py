"""What the compiler is given beside the model, and what it makes of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from tertulia.core.query import Query, UserAttribute
from tertulia.core.table import Column, ColumnType
from tertulia.semantic.engines.engine import Engine


class Asking(Struct, frozen=True, kw_only=True):
    """One query and who asks it when. `now` is aware and read once; `stored_zone` is the database's time zone.

    `most_rows` bounds every limit. `attributes` are the asker's, by name; a missing one lets nothing through.
    """

    query: Query
    engine: Engine
    now: datetime
    attributes: Mapping[str, UserAttribute] = {}
    default_timezone: str = ""
    stored_zone: str = "UTC"
    most_rows: int = 5_000


class Applied(Struct, frozen=True, kw_only=True):
    """A filter that holds: the query's own, or one of the model (`origin` names the clause it comes from).

    Access filters are told by their field alone: `expression` is "" for them.
    """

    field: str
    label: str
    expression: str
    origin: str = "query"


class Calculation(Struct, frozen=True, kw_only=True):
    """A table calculation: a column made of the others once the rows are there."""

    name: str
    label: str
    expression: str
    type: ColumnType = ColumnType.NUMBER
    value_format: str = ""


class Fill(Struct, frozen=True, kw_only=True):
    """What a dimension could have shown: all its `values` in order, or for periods a first and last one that the
    query's filters let through (None where they leave that side open).
    """

    field: str
    timeframe: str = ""
    values: Sequence[Any] = ()
    first: str | int | None = None
    last: str | int | None = None


class OverRows(Struct, frozen=True, kw_only=True):
    """A measure that is made of the rows around it: `kind` is LookML's type, `along` is `column`, or `row` of pivots."""

    field: str
    kind: str
    along: str = "column"


class Compiled(Struct, frozen=True, kw_only=True):
    """SQL that reads at most `limit` + 1 rows: the one too many tells that there are more.

    `columns` are the SELECT's own, in its order and without pivots; `tertulia.semantic.shape` makes the table of the
    query from them: pivots, totals, table calculations. `total_sql` gives one row of totals over everything that the
    filters let through, `row_total_sql` the same rows without the pivots; both are "" where they are not asked for.
    """

    sql: str
    columns: list[Column]
    connection: str
    engine: str
    limit: int
    query: Query
    applied: Sequence[Applied] = ()
    total_sql: str = ""
    row_total_sql: str = ""
    total_columns: list[Column] = []
    row_total_columns: list[Column] = []
    # `orders` are dimensions with an order of their own: a further column of the SELECT holds it for each of them.
    # `total_sql` has, with pivots, a row for each and a first column that is 1 for the row of all pivots together.
    orders: Sequence[str] = ()
    fills: Sequence[Fill] = ()
    over_rows: Sequence[OverRows] = ()
    calculations: Sequence[Calculation] = ()
    now: str = ""
