"""The timeframes of LookML, put together from the phrases of a dialect.

Texts read as Looker shows them: month `2025-06`, quarter `2025-Q2`, hour `2025-06-18 14`, minute `2025-06-18 14:03`,
fiscal quarter `FY2025-Q2`. `date` and `week` are dates, `time` and steps of hours or minutes (`hour6`) timestamps.
"""

import re
from collections.abc import Callable, Sequence

from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.core.table import ColumnType
from tertulia.semantic.engines.engine import Calendar
from tertulia.semantic.engines.phrasebook import Phrasebook, words
from tertulia.semantic.engines.template import fill, term
from tertulia.semantic.engines.zones import converted

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_STEPPED = re.compile(r"(hour|minute|second|millisecond)([1-9][0-9]{0,2})")
_WHOLE = {"hour": 24, "minute": 60, "second": 60, "millisecond": 1_000}
_NUMBERS = words(
    "hour_of_day day_of_week_index day_of_month day_of_year week_of_year month_num fiscal_month_num year unixtime"
)
_TYPES = {
    "raw": ColumnType.TIME,
    "time": ColumnType.TIME,
    "date": ColumnType.DATE,
    "week": ColumnType.DATE,
    "yesno": ColumnType.YESNO,
}

Maker = Callable[["Timeframes", exp.Expr, Calendar], exp.Expr]


def timeframe_type(timeframe: str) -> ColumnType:
    """What the values of a timeframe are; STRING for periods that read as text, such as `month`."""
    if timeframe in _NUMBERS:
        return ColumnType.NUMBER
    step = _STEPPED.fullmatch(timeframe)
    if step and step[1] != "millisecond":
        return ColumnType.TIME
    return _TYPES.get(timeframe, ColumnType.STRING)


class Timeframes:
    """The timeframes in one dialect."""

    def __init__(self, phrases: Phrasebook) -> None:
        self._phrases = phrases

    def at(self, moment: exp.Expr, timeframe: str, calendar: Calendar) -> exp.Expr:
        """One term. Raises InvalidQuery for a timeframe that does not exist."""
        maker = _MAKERS.get(timeframe)
        if maker is not None:
            return term(maker(self, moment, calendar))
        step = _STEPPED.fullmatch(timeframe)
        if step is None or _WHOLE[step[1]] % int(step[2]) != 0 or int(step[2]) == _WHOLE[step[1]]:
            raise InvalidQuery(f"There is no timeframe {timeframe!r}. There are: {', '.join(_NAMES)}.")
        return term(self.stepped(moment, step[1], int(step[2])))

    def say(self, template: str, **operands: exp.Expr) -> exp.Expr:
        return fill(self._phrases.dialect, template, **operands)

    def part(self, moment: exp.Expr, unit: str) -> exp.Expr:
        return self.say(self._phrases.part[unit], x=moment)

    def truncated(self, moment: exp.Expr, unit: str) -> exp.Expr:
        return self.say(self._phrases.truncated[unit], x=moment)

    def plus(self, moment: exp.Expr, number: exp.Expr, unit: str) -> exp.Expr:
        return self.say(self._phrases.plus[unit], x=moment, n=number)

    def shown(self, moment: exp.Expr, form: str) -> exp.Expr:
        return self.say(self._phrases.shown[form], x=moment)

    def as_text(self, value: exp.Expr) -> exp.Expr:
        return self.say(self._phrases.as_text, x=value)

    def date(self, moment: exp.Expr) -> exp.Expr:
        return self.say(self._phrases.date, x=moment)

    def weekday(self, moment: exp.Expr) -> exp.Expr:
        return self.say(self._phrases.weekday, x=moment)

    def week(self, moment: exp.Expr, calendar: Calendar) -> exp.Expr:
        """The date of its first day: the week is moved to begin on Monday, cut, and moved back."""
        days = _first_weekday(calendar)
        shifted = self._days_later(self.date(moment), -days)
        return self._days_later(self.say(self._phrases.monday, d=shifted), days)

    def weekday_index(self, moment: exp.Expr, calendar: Calendar) -> exp.Expr:
        """0 for the first day of the week to 6."""
        later = exp.Add(this=self.weekday(moment), expression=number(6 - _first_weekday(calendar)))
        return self.say(self._phrases.remainder, a=later, b=number(7))

    def quarter(self, moment: exp.Expr) -> exp.Expr:
        year = self.as_text(self.part(moment, "YEAR"))
        return self.joined(year, text("-Q"), self.as_text(self.part(moment, "QUARTER")))

    def joined(self, *texts: exp.Expr) -> exp.Expr:
        first, *rest = texts
        for following in rest:
            first = self.say("{a} || {b}", a=first, b=following)
        return first

    def fiscal(self, moment: exp.Expr, calendar: Calendar) -> exp.Expr:
        """The month's first moment, moved so that calendar parts of it are the fiscal ones."""
        offset = calendar.fiscal_month_offset
        return self.plus(self.truncated(moment, "MONTH"), number(-offset), "MONTH") if offset else moment

    def stepped(self, moment: exp.Expr, unit: str, size: int) -> exp.Expr:
        """The beginning of a step of `size` units, counted from the unit above."""
        written = unit.upper()
        start = self.truncated(moment, written)
        passed = self.say(self._phrases.milliseconds, x=start) if unit == "millisecond" else self.part(start, written)
        back = exp.Neg(this=exp.Paren(this=self.say(self._phrases.remainder, a=passed, b=number(size))))
        begun = self.plus(start, back, written)
        return self.shown(begun, "millisecond") if unit == "millisecond" else begun

    def named(self, value: exp.Expr, names: Sequence[str]) -> exp.Expr:
        """The name for 1, 2, ..."""
        whens = [exp.If(this=number(place), true=text(name)) for place, name in enumerate(names, 1)]
        return exp.Case(this=value, ifs=whens)

    def unixtime(self, moment: exp.Expr, calendar: Calendar) -> exp.Expr:
        """Seconds since 1970 in UTC, whatever the zone of the query."""
        zone = calendar.zone or calendar.stored_zone
        return self.say(self._phrases.unixtime, x=converted(self._phrases, moment, from_zone=zone, to_zone="UTC"))

    def day_of_year(self, moment: exp.Expr) -> exp.Expr:
        return self.say(self._phrases.day_of_year, x=moment)

    def week_of_year(self, moment: exp.Expr) -> exp.Expr:
        return self.say(self._phrases.week_of_year, x=moment)

    def _days_later(self, day: exp.Expr, days: int) -> exp.Expr:
        return self.say(self._phrases.plus_days, d=day, n=number(days)) if days else day


def text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def number(value: int) -> exp.Expr:
    literal = exp.Literal.number(abs(value))
    return exp.Neg(this=literal) if value < 0 else literal


def _first_weekday(calendar: Calendar) -> int:
    name = calendar.week_start_day.capitalize()
    if name not in WEEKDAYS:
        raise InvalidQuery(f"There is no week_start_day {calendar.week_start_day!r}.")
    return WEEKDAYS.index(name)


_MAKERS: dict[str, Maker] = {
    "raw": lambda _, x, __: x,
    "yesno": lambda _, x, __: exp.Not(this=exp.Is(this=exp.Paren(this=x), expression=exp.Null())),
    "time": lambda at, x, _: at.truncated(x, "SECOND"),
    "time_of_day": lambda at, x, _: at.shown(x, "time_of_day"),
    "hour": lambda at, x, _: at.shown(x, "hour"),
    "hour_of_day": lambda at, x, _: at.part(x, "HOUR"),
    "minute": lambda at, x, _: at.shown(x, "minute"),
    "second": lambda at, x, _: at.shown(x, "second"),
    "millisecond": lambda at, x, _: at.shown(x, "millisecond"),
    "microsecond": lambda at, x, _: at.shown(x, "microsecond"),
    "unixtime": lambda at, x, calendar: at.unixtime(x, calendar),
    "date": lambda at, x, _: at.date(x),
    "day_of_month": lambda at, x, _: at.part(x, "DAY"),
    "day_of_year": lambda at, x, _: at.day_of_year(x),
    "week": lambda at, x, calendar: at.week(x, calendar),
    "week_of_year": lambda at, x, _: at.week_of_year(x),
    "day_of_week": lambda at, x, _: at.named(at.weekday(x), WEEKDAYS),
    "day_of_week_index": lambda at, x, calendar: at.weekday_index(x, calendar),
    "month": lambda at, x, _: at.shown(x, "month"),
    "month_num": lambda at, x, _: at.part(x, "MONTH"),
    "month_name": lambda at, x, _: at.named(at.part(x, "MONTH"), MONTHS),
    "fiscal_month_num": lambda at, x, calendar: at.part(at.fiscal(x, calendar), "MONTH"),
    "quarter": lambda at, x, _: at.quarter(x),
    "quarter_of_year": lambda at, x, _: at.joined(text("Q"), at.as_text(at.part(x, "QUARTER"))),
    "fiscal_quarter": lambda at, x, calendar: at.joined(text("FY"), at.quarter(at.fiscal(x, calendar))),
    "fiscal_quarter_of_year": lambda at, x, calendar: at.joined(
        text("Q"), at.as_text(at.part(at.fiscal(x, calendar), "QUARTER"))
    ),
    "year": lambda at, x, _: at.part(x, "YEAR"),
    "fiscal_year": lambda at, x, calendar: at.joined(text("FY"), at.as_text(at.part(at.fiscal(x, calendar), "YEAR"))),
}
_NAMES = (*_MAKERS, "hourN", "minuteN", "secondN", "millisecondN (N divides the unit above)")
