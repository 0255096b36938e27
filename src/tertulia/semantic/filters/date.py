"""Filter expressions for dates and times: `7 days`, `last month`, `2024-Q1`, `before 2 weeks ago`, `A to B`, ...

Periods are kept as they were meant, not as dates: what `last month` is depends on the clock it is read by.
"""

import re
from datetime import datetime

from msgspec import Struct

from tertulia.core.errors import InvalidFilter
from tertulia.semantic.filters.clock import WEEKDAYS, Unit

FORMS = (
    "today  7 days  last month  this quarter  next week  3 months ago  7 days ago for 7 days  2 weeks from now"
    "  this year to day  2024  2024-05  2024-05-18  2024-Q1  FY2024-Q1  2024-05-18 for 3 days"
    "  2024-01-01 to 2024-07-01  before 2024-01-01  after 3 days ago  Monday  NULL  NOT NULL"
)
_UNIT = r"(second|minute|hour|day|week|month|quarter|year|fiscal quarter|fiscal year)"
_AMOUNT = re.compile(rf"([0-9]{{1,9}}) {_UNIT}s?")
_RELATIVE = re.compile(rf"([0-9]{{1,9}}) {_UNIT}s? (ago|from now)")
_NAMED = re.compile(rf"(this|last|next) {_UNIT}")
_THIS_TO = re.compile(rf"this {_UNIT} to {_UNIT}")
_STAMP = re.compile(r"([0-9]{4})([-/])([0-9][0-9])\2([0-9][0-9])(?:[ t]([0-9][0-9]):([0-9][0-9])(?::([0-9][0-9]))?)?")
_MONTH = re.compile(r"([0-9]{4})[-/]([0-9][0-9])")
_QUARTER = re.compile(r"([0-9]{4})[-/]q([1-4])")
_FISCAL = re.compile(r"fy([0-9]{4})(?:[-/]q([1-4]))?")
_YEAR = re.compile(r"[0-9]{4}")
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_TURNS = {"last": -1, "this": 0, "next": 1}


class Stamp(Struct, frozen=True, tag="stamp"):
    """A day, minute or second of the calendar; `at` is its beginning."""

    at: datetime
    unit: Unit


class CalendarMonth(Struct, frozen=True, tag="month"):
    year: int
    month: int


class CalendarYear(Struct, frozen=True, tag="year"):
    """A year or, with `quarter` from 1 to 4, a quarter of it."""

    year: int
    quarter: int = 0
    is_fiscal: bool = False


class Turn(Struct, frozen=True, tag="turn"):
    """The unit the clock is in, or the one `shift` units later: -1 is the last, 1 the next."""

    unit: Unit
    shift: int


class Weekday(Struct, frozen=True, tag="weekday"):
    """The latest such day, today included."""

    day: str


class Now(Struct, frozen=True, tag="now"):
    pass


Period = Stamp | CalendarMonth | CalendarYear | Turn | Weekday
Point = Period | Now


class During(Struct, frozen=True, tag="during"):
    period: Period


class Past(Struct, frozen=True, tag="past"):
    """The current unit and as many before it as make `amount`."""

    amount: int
    unit: Unit


class Span(Struct, frozen=True, tag="span"):
    """`amount` units from the beginning of a period."""

    start: Period
    amount: int
    unit: Unit


class Before(Struct, frozen=True, tag="before"):
    """Before the beginning of a period."""

    point: Point


class After(Struct, frozen=True, tag="after"):
    """From the beginning of a period on."""

    point: Point


class Between(Struct, frozen=True, tag="between"):
    """From the beginning of one period up to, but without, the beginning of another."""

    start: Point
    end: Point


class ThisTo(Struct, frozen=True, tag="this_to"):
    """From the beginning of the current unit up to the beginning of a smaller one."""

    start: Unit
    end: Unit


class NoDate(Struct, frozen=True, tag="null"):
    is_excluded: bool = False


DateTerm = During | Past | Span | Before | After | Between | ThisTo | NoDate


class DateFilter(Struct, frozen=True, tag="date"):
    """One of the terms holds."""

    terms: tuple[DateTerm, ...]


def parse_date(text: str) -> DateFilter:
    pieces = [" ".join(piece.split()).lower() for piece in text.split(",")]
    return DateFilter(tuple(_term(piece) for piece in pieces if piece))


def print_date(expression: DateFilter) -> str:
    return ", ".join(_printed(term) for term in expression.terms)


def printed_point(point: Point) -> str:  # noqa: PLR0911 - one return for each form
    match point:
        case Stamp(at=at, unit=unit):
            if unit is Unit.DAY:
                return at.date().isoformat()
            return at.isoformat(sep=" ", timespec="minutes" if unit is Unit.MINUTE else "seconds")
        case CalendarMonth(year=year, month=month):
            return f"{year:04}-{month:02}"
        case CalendarYear(year=year, quarter=quarter, is_fiscal=is_fiscal):
            return f"{'FY' if is_fiscal else ''}{year:04}" + (f"-Q{quarter}" if quarter else "")
        case Turn(unit=unit, shift=shift):
            return _printed_turn(unit, shift)
        case Weekday(day=day):
            return day
        case Now():
            return "now"


def counted(amount: int, unit: Unit) -> str:
    """An amount with its unit: `1 day`, `3 fiscal quarters`."""
    return f"{amount} {unit}{'' if amount == 1 else 's'}"


def _term(text: str) -> DateTerm:  # noqa: PLR0911 - one return for each form
    if text in ("null", "not null", "-null"):
        return NoDate(is_excluded=text != "null")
    if found := _THIS_TO.fullmatch(text):
        return ThisTo(Unit(found[1]), Unit(found[2]))
    if found := _AMOUNT.fullmatch(text.removeprefix("last ")):
        return Past(_at_least_one(found[1]), Unit(found[2]))
    keyword, _, rest = text.partition(" ")
    if keyword == "before" and rest:
        return Before(_point(rest))
    if keyword == "after" and rest:
        return After(_unmistakable(_point(rest), "after"))
    start, word, duration = text.rpartition(" for ")
    if word:
        found = _AMOUNT.fullmatch(duration)
        if found is None:
            raise _refusal(text)
        return Span(_period(start), _at_least_one(found[1]), Unit(found[2]))
    start, word, end = text.partition(" to ")
    if word:
        return _between(_unmistakable(_point(start), "to"), _unmistakable(_point(end), "to"))
    return During(_period(text))


def _point(text: str) -> Point:
    if text == "now":
        return Now()
    # Looker reads `before 2 months` as `before 2 months ago`
    return _period(f"{text} ago" if _AMOUNT.fullmatch(text) else text)


def _period(text: str) -> Period:
    if text in _DAYS:
        return Turn(Unit.DAY, _DAYS[text])
    if text in WEEKDAYS:
        return Weekday(text)
    if found := _NAMED.fullmatch(text):
        return Turn(Unit(found[2]), _TURNS[found[1]])
    if found := _RELATIVE.fullmatch(text):
        return Turn(Unit(found[2]), int(found[1]) * (-1 if found[3] == "ago" else 1))
    return _calendar_period(text)


def _calendar_period(text: str) -> Period:
    if found := _STAMP.fullmatch(text):
        return _stamp(text, found)
    if found := _QUARTER.fullmatch(text):
        return CalendarYear(_year(found[1]), int(found[2]))
    if found := _MONTH.fullmatch(text):
        if not 1 <= int(found[2]) <= 12:
            raise InvalidFilter(f"There is no month {found[2]}: {text!r}.")
        return CalendarMonth(_year(found[1]), int(found[2]))
    if found := _FISCAL.fullmatch(text):
        return CalendarYear(_year(found[1]), int(found[2] or 0), is_fiscal=True)
    if _YEAR.fullmatch(text):
        return CalendarYear(_year(text))
    raise _refusal(text)


def _stamp(text: str, found: re.Match[str]) -> Stamp:
    year, month, day = int(found[1]), int(found[3]), int(found[4])
    try:
        at = datetime(year, month, day, int(found[5] or 0), int(found[6] or 0), int(found[7] or 0))  # noqa: DTZ001 - wall-clock time
    except ValueError as error:
        raise InvalidFilter(f"There is no such date or time: {text!r}.") from error
    return Stamp(at, Unit.SECOND if found[7] else Unit.MINUTE if found[5] else Unit.DAY)


def _year(text: str) -> int:
    if text == "0000":
        raise InvalidFilter("There is no year 0000.")
    return int(text)


def _at_least_one(amount: str) -> int:
    if int(amount) == 0:
        raise InvalidFilter("Count at least 1: 1 day is today, 1 month the current month.")
    return int(amount)


def _unmistakable(point: Point, word: str) -> Point:
    """Whether `after 2024` begins with or after that year is a guess nobody should make."""
    if isinstance(point, CalendarMonth | CalendarYear):
        text = printed_point(point)
        raise InvalidFilter(f"Write the day with {word!r}: {text} could mean its beginning or its end (2024-01-01).")
    return point


def _between(start: Point, end: Point) -> Between:
    if isinstance(start, Stamp) and isinstance(end, Stamp) and start.at >= end.at:
        raise InvalidFilter(
            f"Nothing lies from {printed_point(start)} up to, but without, {printed_point(end)}."
            f" For one day write {start.at.date().isoformat()}.",
        )
    return Between(start, end)


def _refusal(text: str) -> InvalidFilter:
    hint = ""
    if re.fullmatch(r"[0-9]{4}[-/][0-9]{1,2}([-/][0-9]{1,2})?", text):
        hint = " Write months and days with two digits."
    elif found := re.fullmatch(rf"next {_AMOUNT.pattern}", text):
        hint = f" Write: tomorrow for {found[1]} {found[2]}s."
    return InvalidFilter(f"{text[:80]!r} is no date expression.{hint} Forms: {FORMS}")


def _printed(term: DateTerm) -> str:  # noqa: PLR0911 - one return for each form
    match term:
        case During(period=period):
            return printed_point(period)
        case Past(amount=amount, unit=unit):
            return counted(amount, unit)
        case Span(start=start, amount=amount, unit=unit):
            return f"{printed_point(start)} for {counted(amount, unit)}"
        case Before(point=point):
            return f"before {printed_point(point)}"
        case After(point=point):
            return f"after {printed_point(point)}"
        case Between(start=start, end=end):
            return f"{printed_point(start)} to {printed_point(end)}"
        case ThisTo(start=start, end=end):
            return f"this {start} to {end}"
        case NoDate(is_excluded=is_excluded):
            return "not null" if is_excluded else "null"


def _printed_turn(unit: Unit, shift: int) -> str:
    if unit is Unit.DAY and -1 <= shift <= 1:
        return ("yesterday", "today", "tomorrow")[shift + 1]
    if -1 <= shift <= 1:
        return f"{('last', 'this', 'next')[shift + 1]} {unit}"
    return f"{counted(abs(shift), unit)} {'ago' if shift < 0 else 'from now'}"
