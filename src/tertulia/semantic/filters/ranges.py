"""What a date filter means by a clock: ranges of wall-clock time."""

from collections.abc import Sequence
from datetime import datetime

from tertulia.semantic.filters.clock import WEEKDAYS, Clock, Range, Unit
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
    Now,
    Past,
    Period,
    Point,
    Span,
    Stamp,
    ThisTo,
    Turn,
    Weekday,
)


def ranges(expression: DateFilter, clock: Clock) -> Sequence[Range]:
    """One per term that is about dates, in their order; they may overlap. Raises InvalidFilter beyond year 9999."""
    return [_range(term, clock) for term in expression.terms if not isinstance(term, NoDate)]


def _range(term: DateTerm, clock: Clock) -> Range:  # noqa: PLR0911 - one return for each form
    match term:
        case During(period=period):
            return Range(*_bounds(period, clock))
        case Past(amount=amount, unit=unit):
            start = clock.start_of(clock.wall, unit)
            return Range(clock.later(start, 1 - amount, unit), clock.later(start, 1, unit))
        case Span(start=period, amount=amount, unit=unit):
            start = _start(period, clock)
            return Range(start, clock.later(start, amount, unit))
        case Before(point=point):
            return Range(None, _start(point, clock))
        case After(point=point):
            return Range(_start(point, clock), None)
        case Between(start=start, end=end):
            return Range(_start(start, clock), _start(end, clock))
        case ThisTo(start=unit, end=end):
            return Range(clock.start_of(clock.wall, unit), clock.start_of(clock.wall, end))
        case NoDate():
            return Range(None, None)


def _start(point: Point, clock: Clock) -> datetime:
    return clock.wall if isinstance(point, Now) else _opening(point, clock)[0]


def _bounds(period: Period, clock: Clock) -> tuple[datetime, datetime]:
    start, unit = _opening(period, clock)
    return start, clock.later(start, 1, unit)


def _opening(period: Period, clock: Clock) -> tuple[datetime, Unit]:
    """Where a period begins and which unit it lasts for."""
    match period:
        case Stamp(at=at, unit=unit):
            return at, unit
        case CalendarMonth(year=year, month=month):
            return datetime(year, month, 1), Unit.MONTH  # noqa: DTZ001 - wall-clock time
        case CalendarYear(year=year, quarter=quarter, is_fiscal=is_fiscal):
            first = clock.fiscal_year(year) if is_fiscal else datetime(year, 1, 1)  # noqa: DTZ001 - wall-clock time
            return clock.later(first, max(quarter - 1, 0), Unit.QUARTER), Unit.QUARTER if quarter else Unit.YEAR
        case Turn(unit=unit, shift=shift):
            return clock.later(clock.start_of(clock.wall, unit), shift, unit), unit
        case Weekday(day=day):
            today = clock.start_of(clock.wall, Unit.DAY)
            return clock.later(today, -((today.weekday() - WEEKDAYS.index(day)) % 7), Unit.DAY), Unit.DAY
