"""The Engine port for a database that is known by its phrasebook."""

import math
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.durations import elapsed
from tertulia.semantic.engines.engine import Calendar
from tertulia.semantic.engines.phrasebook import Phrasebook
from tertulia.semantic.engines.printing import print_sql
from tertulia.semantic.engines.reading import read_expression, read_select
from tertulia.semantic.engines.template import fill, term
from tertulia.semantic.engines.timeframes import Timeframes
from tertulia.semantic.engines.zones import converted

_EARTH_RADIUS_MILES = 3_958.7613
_PATTERN_SIGN = re.compile(r"\^(.)|(.)", re.DOTALL)


class PhrasedEngine:
    """Expressions of one database. Values come back as one term each: they may stand on either side of an operator."""

    def __init__(self, phrases: Phrasebook) -> None:
        self._phrases = phrases
        self._timeframes = Timeframes(phrases)

    @property
    def name(self) -> str:
        return self._phrases.dialect

    def parse(self, sql: str) -> exp.Expr:
        return read_expression(self.name, sql)

    def parse_select(self, sql: str) -> exp.Query:
        return read_select(self.name, sql)

    def print(self, expression: exp.Expr) -> str:
        return print_sql(self._phrases, expression)

    def text(self, value: str) -> exp.Expr:
        """Raises InvalidQuery for what no database holds: the NUL sign, half a surrogate pair."""
        if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise InvalidQuery("This text holds a sign that no database can store.")
        return exp.Literal.string(value)

    def number(self, value: float | Decimal) -> exp.Expr:
        """Raises InvalidQuery for infinities and what is no number."""
        if not math.isfinite(value):
            raise InvalidQuery(f"{value} is no number that can be compared.")
        literal = exp.Literal.number(str(abs(value)))
        return exp.Paren(this=exp.Neg(this=literal)) if value < 0 else literal

    def day(self, value: date) -> exp.Expr:
        return self._say(self._phrases.day, t=exp.Literal.string(f"{value:%Y-%m-%d}"))

    def moment(self, value: datetime) -> exp.Expr:
        if value.tzinfo is not None:
            raise ValueError("A literal is wall-clock time: convert it to its zone and drop the zone first.")
        return self._say(self._phrases.moment, t=exp.Literal.string(value.isoformat(sep=" ")))

    def as_moment(self, value: exp.Expr, datatype: str) -> exp.Expr:
        template = self._phrases.moments_from.get(datatype or "datetime")
        if template is None:
            known = ", ".join(self._phrases.moments_from)
            raise InvalidQuery(f"There is no datatype {datatype!r}. There are: {known}.")
        return term(self._say(template, x=value))

    def converted(self, moment: exp.Expr, *, from_zone: str, to_zone: str) -> exp.Expr:
        return converted(self._phrases, moment, from_zone=from_zone, to_zone=to_zone)

    def timeframe(self, moment: exp.Expr, timeframe: str, calendar: Calendar) -> exp.Expr:
        return self._timeframes.at(moment, timeframe, calendar)

    def elapsed(self, start: exp.Expr, end: exp.Expr, interval: str) -> exp.Expr:
        """Complete intervals, cut towards zero, and negative where the end is before the start.

        A month is complete at the same time of the same day of the month: from January 31 to February 29 it is not.
        """
        plain = self._phrases.moments_from["datetime"]
        moments = [self._say(plain, x=moment) for moment in (start, end)]
        return term(elapsed(self._phrases, self._timeframes, moments[0], moments[1], interval))

    def percentile(self, value: exp.Expr, fraction: float) -> exp.Expr:
        if not 0 <= fraction <= 1:
            raise InvalidQuery(f"A percentile lies between 0 and 100, not at {fraction * 100:g}.")
        return term(self._say(self._phrases.percentile, x=value, f=exp.Literal.number(str(fraction))))

    def distinct_list(self, value: exp.Expr) -> exp.Expr:
        return self._say(self._phrases.distinct_list, x=value)

    def approximate_distinct(self, value: exp.Expr) -> exp.Expr:
        return self._say(self._phrases.approximate_distinct, x=value)

    def as_text(self, value: exp.Expr) -> exp.Expr:
        return self._say(self._phrases.as_text, x=value)

    def as_number(self, value: exp.Expr) -> exp.Expr:
        return self._say(self._phrases.as_number, x=value)

    def like(self, value: exp.Expr, pattern: str, *, is_case_sensitive: bool) -> exp.Expr:
        written = self._pattern(pattern)
        # without a sign of its own, a backslash would be the escape in some dialects
        is_escaped = self._phrases.escape in written or "\\" in written
        template = self._phrases.like_escaped if is_escaped else self._phrases.like
        left, right = term(value), self.text(written)
        if not is_case_sensitive:
            left, right = self._lowered(left), self._lowered(right)
        return self._say(template, x=left, t=right)

    def equals_text(self, value: exp.Expr, texts: Sequence[str], *, is_case_sensitive: bool) -> exp.Expr:
        """False for no texts."""
        literals = [self.text(text) for text in texts]
        left = term(value.copy())
        if not is_case_sensitive:
            left, literals = self._lowered(left), [self._lowered(literal) for literal in literals]
        if not literals:
            return exp.false()
        if len(literals) == 1:
            return exp.EQ(this=left, expression=literals[0])
        return exp.In(this=left, expressions=literals)

    def is_same(self, left: exp.Expr, right: exp.Expr) -> exp.Expr:
        return self._say(self._phrases.is_same, a=left, b=right)

    def miles(
        self,
        latitude: exp.Expr,
        longitude: exp.Expr,
        *,
        from_latitude: float,
        from_longitude: float,
    ) -> exp.Expr:
        """By the haversine, as the arc tangent of both of its halves: it stands rounding where an arc sine would not."""
        template = "2 * {r} * ATAN2(SQRT({h}), SQRT(ABS(1 - {h})))"
        haversine = (
            "POWER(SIN(({lat} * {rad} - {from_lat}) / 2), 2)"
            " + COS({lat} * {rad}) * {cos} * POWER(SIN(({lon} * {rad} - {from_lon}) / 2), 2)"
        )
        latitude_radians = math.radians(from_latitude)
        share = self._say(
            haversine,
            lat=self.as_number(latitude),
            lon=self.as_number(longitude),
            rad=self.number(math.radians(1)),
            from_lat=self.number(latitude_radians),
            from_lon=self.number(math.radians(from_longitude)),
            cos=self.number(math.cos(latitude_radians)),
        )
        return term(self._say(template, r=self.number(_EARTH_RADIUS_MILES), h=term(share)))

    def _say(self, template: str, **operands: exp.Expr) -> exp.Expr:
        return fill(self.name, template, **operands)

    def _lowered(self, value: exp.Expr) -> exp.Expr:
        return self._say(self._phrases.lowered, x=value)

    def _pattern(self, pattern: str) -> str:
        """The pattern with this dialect's sign before what stands for itself."""
        escape = self._phrases.escape
        written: list[str] = []
        for escaped, plain in _PATTERN_SIGN.findall(pattern):
            is_literal = escaped in ("%", "_")
            sign = escaped or plain
            written.append(f"{escape}{sign}" if is_literal or sign == escape else sign)
        return "".join(written)
