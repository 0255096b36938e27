"""A filter in plain words, to stand after the name of its field: `is Germany or France`, `in 2023`, `at least 100`."""

from collections.abc import Sequence

from tertulia.semantic.filters.clock import Unit
from tertulia.semantic.filters.date import (
    After,
    Before,
    Between,
    CalendarMonth,
    CalendarYear,
    DateFilter,
    DateTerm,
    During,
    NoDate,
    Past,
    Period,
    Point,
    Span,
    Stamp,
    ThisTo,
    Turn,
    Weekday,
    counted,
    printed_point,
)
from tertulia.semantic.filters.expression import AnyValue, Filter, FilterKind
from tertulia.semantic.filters.location import Box, Circle, LocationTerm, NoPlace, Spot, printed_degrees, printed_spot
from tertulia.semantic.filters.number import Interval, NoNumber, NumberFilter, NumberTerm, Values, printed_number
from tertulia.semantic.filters.string import Blank, NoText, Pattern, StringFilter, StringTerm, Text
from tertulia.semantic.filters.yesno import YesnoFilter

_MOST_NAMED = 10
_SHORT = (Unit.SECOND, Unit.MINUTE, Unit.HOUR, Unit.DAY)
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - reads better
)
_ANYTHING = {FilterKind.DATE: "at any time", FilterKind.LOCATION: "anywhere"}


def describe(filter: Filter, kind: FilterKind) -> str:  # noqa: A002 - the word of the trade
    match filter:
        case AnyValue():
            return _ANYTHING.get(kind, "is any value")
        case StringFilter(terms=terms):
            return _all_of(_texts(terms, is_excluded=False), _texts(terms, is_excluded=True))
        case NumberFilter(terms=terms):
            included = [_number(term) for term in terms if not term.is_excluded]
            return _all_of(included, [f"not {_number(term)}" for term in terms if term.is_excluded])
        case DateFilter(terms=terms):
            return _listed([_date(term) for term in terms])
        case YesnoFilter(value=value):
            return "is yes" if value else "is no"
        case _:
            return _place(filter.term)


def _all_of(included: Sequence[str], excluded: Sequence[str]) -> str:
    return " and ".join(filter(None, (_listed(included), *excluded)))


def _texts(terms: Sequence[StringTerm], *, is_excluded: bool) -> Sequence[str]:
    chosen = [term for term in terms if term.is_excluded is is_excluded]
    values = [term.value or '""' for term in chosen if isinstance(term, Text)]
    words = [f"is {'not ' if is_excluded else ''}{_listed(values)}"] if values else []
    for term in chosen:
        match term:
            case Pattern(value=pattern):
                words.append(_matching(pattern, is_excluded=is_excluded))
            case Blank():
                words.append("is not empty" if is_excluded else "is empty")
            case NoText():
                words.append("has a value" if is_excluded else "has no value")
            case Text():
                pass
    return words


def _matching(pattern: str, *, is_excluded: bool) -> str:
    body = pattern.removeprefix("%")
    core = body.removesuffix("%") if not body.endswith("^%") else body
    plain = core.replace("^%", "").replace("^_", "").replace("^^", "")
    text = core.replace("^%", "%").replace("^_", "_").replace("^^", "^")
    starts, ends = body == pattern, core == body
    if not text or "%" in plain or "_" in plain or "^" in plain or (starts and ends):
        return f"{'does not match' if is_excluded else 'matches'} {pattern}"
    if not starts and not ends:
        return f"{'does not contain' if is_excluded else 'contains'} {text}"
    verb = "start" if starts else "end"
    return f"{'does not ' + verb if is_excluded else verb + 's'} with {text}"


def _number(term: NumberTerm) -> str:
    match term:
        case NoNumber():
            return "null"
        case Values(values=values):
            return _listed([printed_number(value) for value in values])
        case Interval(low=low, high=None) if low is not None:
            return f"{'at least' if term.has_low else 'more than'} {printed_number(low)}"
        case Interval(low=None, high=high) if high is not None:
            return f"{'at most' if term.has_high else 'less than'} {printed_number(high)}"
        case Interval(low=low, high=high):
            start, end = (printed_number(bound) for bound in (low, high) if bound is not None)
            if term.has_low and term.has_high:
                return f"from {start} to {end}"
            return f"{'at least' if term.has_low else 'more than'} {start} and {'at most' if term.has_high else 'less than'} {end}"


def _date(term: DateTerm) -> str:  # noqa: PLR0911 - one return for each form
    match term:
        case During(period=period):
            return _period(period)
        case Past(amount=1, unit=unit):
            return _turn(unit, 0)
        case Past(amount=amount, unit=unit):
            return f"in the last {counted(amount, unit)}, the current {unit} included"
        case Span(start=Turn(unit=start, shift=shift), amount=amount, unit=unit) if start == unit and shift == -amount:
            return f"in the last {counted(amount, unit)}, without the current {unit}"
        case Span(start=start, amount=amount, unit=unit):
            return f"for {counted(amount, unit)} from {_opening(start)}"
        case Before(point=point):
            return f"before {_named(point)}"
        case After(point=point):
            return f"on or after {_opening(point)}"
        case Between(start=start, end=end):
            return f"from {_named(start)} until before {_named(end)}"
        case ThisTo(start=start, end=end):
            return f"from the start of this {start} until before this {end}"
        case NoDate(is_excluded=is_excluded):
            return "has a value" if is_excluded else "has no value"


def _period(period: Period) -> str:
    match period:
        case Turn(unit=unit, shift=shift):
            return _turn(unit, shift)
        case Stamp(unit=Unit.DAY) | Weekday():
            return f"on {_named(period)}"
        case Stamp():
            return f"at {_named(period)}"
        case _:
            return f"in {_named(period)}"


def _turn(unit: Unit, shift: int) -> str:
    name = printed_point(Turn(unit, shift))
    return name if abs(shift) <= 1 or unit in _SHORT else f"in the {unit} {name}"


def _opening(point: Point) -> str:
    """A day as it is called, anything longer by its start."""
    is_long = isinstance(point, CalendarMonth | CalendarYear) or (isinstance(point, Turn) and point.unit not in _SHORT)
    return f"the start of {_named(point)}" if is_long else _named(point)


def _named(point: Point) -> str:
    match point:
        case CalendarMonth(year=year, month=month):
            return f"{_MONTHS[month - 1]} {year}"
        case CalendarYear(year=year, quarter=quarter, is_fiscal=is_fiscal):
            return (f"Q{quarter} of " if quarter else "") + ("fiscal year " if is_fiscal else "") + f"{year}"
        case Turn(unit=unit, shift=shift):
            return _turn(unit, shift).removeprefix("in ")
        case Weekday(day=day):
            return f"the latest {day.capitalize()}"
        case _:
            return printed_point(point)


def _place(term: LocationTerm) -> str:
    match term:
        case NoPlace(is_excluded=is_excluded):
            return "has a value" if is_excluded else "has no value"
        case Spot():
            return f"at {printed_spot(term)}"
        case Circle(distance=distance, unit=unit, center=center):
            unit_name = unit if unit == "feet" or distance == 1 else f"{unit}s"
            return f"within {printed_degrees(distance)} {unit_name} of {printed_spot(center)}"
        case Box(south=south, west=west, north=north, east=east):
            return f"between {printed_spot(Spot(north, west))} and {printed_spot(Spot(south, east))}"


def _listed(texts: Sequence[str]) -> str:
    if len(texts) > _MOST_NAMED:
        return f"{', '.join(texts[:_MOST_NAMED])} or one of {len(texts) - _MOST_NAMED} more"
    return " or ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))
