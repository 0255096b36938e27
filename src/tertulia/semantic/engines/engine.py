"""The port to a database's dialect: every expression whose spelling or meaning differs between databases."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from sqlglot import exp


class Calendar(Struct, frozen=True, kw_only=True):
    """How points in time are read. Zones are IANA names, "" for no conversion; `stored_zone` is the database's."""

    zone: str = ""
    stored_zone: str = "UTC"
    week_start_day: str = "monday"
    fiscal_month_offset: int = 0


class Engine(Protocol):
    """Expressions of one database. `name` is sqlglot's name of its dialect. Nothing here sees user input but as values."""

    @property
    def name(self) -> str: ...

    def parse(self, sql: str) -> "exp.Expr":
        """A modeller's expression in this dialect. Raises InvalidQuery for what is no single expression."""
        ...

    def parse_select(self, sql: str) -> "exp.Query":
        """A modeller's SELECT (or WITH ... SELECT, UNION). Raises InvalidQuery for anything else."""
        ...

    def print(self, expression: "exp.Expr") -> str: ...

    def text(self, value: str) -> "exp.Expr":
        """A string literal that stays one in this dialect whatever it holds."""
        ...

    def number(self, value: float) -> "exp.Expr": ...

    def day(self, value: date) -> "exp.Expr": ...

    def moment(self, value: datetime) -> "exp.Expr":
        """A timestamp literal without zone: `value` is wall-clock time in the zone of what it is compared with."""
        ...

    def as_moment(self, value: "exp.Expr", datatype: str) -> "exp.Expr":
        """A timestamp from a column of LookML's `datatype`: datetime, timestamp, date, epoch, yyyymmdd or ""."""
        ...

    def converted(self, moment: "exp.Expr", *, from_zone: str, to_zone: str) -> "exp.Expr": ...

    def timeframe(self, moment: "exp.Expr", timeframe: str, calendar: Calendar) -> "exp.Expr":
        """A timestamp (already in the query's zone) at a timeframe of LookML: `date`, `week`, `month_name`,
        `fiscal_quarter`, `hour6`, ... Periods come as text or dates exactly as Looker shows them (`2025-06`, `2025-Q2`).
        Raises InvalidQuery for a timeframe that does not exist.
        """
        ...

    def elapsed(self, start: "exp.Expr", end: "exp.Expr", interval: str) -> "exp.Expr":
        """Whole intervals (`second` to `year`) between two timestamps."""
        ...

    def percentile(self, value: "exp.Expr", fraction: float) -> "exp.Expr": ...

    def distinct_list(self, value: "exp.Expr") -> "exp.Expr":
        """The distinct values as one text, in order, separated by a comma and a space."""
        ...

    def approximate_distinct(self, value: "exp.Expr") -> "exp.Expr": ...

    def as_text(self, value: "exp.Expr") -> "exp.Expr": ...

    def as_number(self, value: "exp.Expr") -> "exp.Expr":
        """For division without cutting: a floating-point number."""
        ...

    def like(self, value: "exp.Expr", pattern: str, *, is_case_sensitive: bool) -> "exp.Expr":
        """`pattern` uses % and _ as wildcards and ^ before a sign that stands for itself."""
        ...

    def equals_text(self, value: "exp.Expr", texts: Sequence[str], *, is_case_sensitive: bool) -> "exp.Expr": ...

    def is_same(self, left: "exp.Expr", right: "exp.Expr") -> "exp.Expr":
        """Equal, or both null."""
        ...

    def miles(
        self,
        latitude: "exp.Expr",
        longitude: "exp.Expr",
        *,
        from_latitude: float,
        from_longitude: float,
    ) -> "exp.Expr":
        """The distance over the globe, in miles."""
        ...
