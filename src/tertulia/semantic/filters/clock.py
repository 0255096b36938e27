"""The clock filters are read by: units of time, where they begin, and how to step from one to another."""

from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from tertulia.core.errors import InvalidFilter, InvalidQuery

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Unit(StrEnum):
    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    FISCAL_QUARTER = "fiscal quarter"
    YEAR = "year"
    FISCAL_YEAR = "fiscal year"


_SECONDS = {Unit.SECOND: 1, Unit.MINUTE: 60, Unit.HOUR: 3600}
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}
_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.FISCAL_QUARTER: 3, Unit.YEAR: 12, Unit.FISCAL_YEAR: 12}


class Range(Struct, frozen=True):
    """From `start` up to but without `end`, in wall-clock time; None is open. `fold` tells a repeated hour's passes."""

    start: datetime | None
    end: datetime | None


class Clock(Struct, frozen=True, kw_only=True):
    """What relative dates count from. `now` is aware; `zone` is the IANA name the filter is read in, "" for UTC."""

    now: datetime
    zone: str = ""
    week_start_day: str = "monday"
    fiscal_month_offset: int = 0

    @property
    def wall(self) -> datetime:
        """Now, as a clock on the wall shows it."""
        return self.now.astimezone(zone_of(self.zone)).replace(tzinfo=None)

    def start_of(self, moment: datetime, unit: Unit) -> datetime:
        """The beginning of the unit `moment` lies in."""
        if unit in _SECONDS:
            return _whole(moment, unit)
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if unit is Unit.DAY:
            return day
        if unit is Unit.WEEK:
            return _shifted(day, timedelta(days=-((day.weekday() - self._first_weekday) % 7)))
        offset = self.fiscal_month_offset if unit in (Unit.FISCAL_QUARTER, Unit.FISCAL_YEAR) else 0
        back = (day.month - 1 - offset) % _MONTHS[unit]
        return _months_later(day.replace(day=1), -back)

    def later(self, moment: datetime, amount: int, unit: Unit) -> datetime:
        """`amount` units after `moment`. Hours, minutes and seconds pass as they do when clocks are changed."""
        if unit in _SECONDS:
            zone = zone_of(self.zone)
            instant = _shifted(moment.replace(tzinfo=zone).astimezone(UTC), _seconds(amount * _SECONDS[unit]))
            return _in_zone(instant, zone)
        if unit in _DAYS:
            return _shifted(moment, _seconds(amount * _DAYS[unit] * 86_400))
        return _months_later(moment, amount * _MONTHS[unit])

    def fiscal_year(self, year: int) -> datetime:
        """The beginning of the fiscal year that is called after `year`."""
        return _months_later(datetime(year, 1, 1), self.fiscal_month_offset)  # noqa: DTZ001 - wall-clock time

    @property
    def _first_weekday(self) -> int:
        if self.week_start_day not in WEEKDAYS:
            raise InvalidQuery(f"A week cannot start on {self.week_start_day!r}.")
        return WEEKDAYS.index(self.week_start_day)


def zone_of(name: str) -> tzinfo:
    """Raises InvalidQuery for a zone that does not exist."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise InvalidQuery(f"There is no time zone named {name[:80]!r}.") from error


def converted(moment: datetime, *, from_zone: str, to_zone: str) -> datetime:
    """The same instant on a wall clock elsewhere."""
    try:
        return moment.replace(tzinfo=zone_of(from_zone)).astimezone(zone_of(to_zone)).replace(tzinfo=None)
    except (OverflowError, ValueError) as error:
        raise _out_of_reach() from error


def _whole(moment: datetime, unit: Unit) -> datetime:
    if unit is Unit.SECOND:
        return moment.replace(microsecond=0)
    if unit is Unit.MINUTE:
        return moment.replace(second=0, microsecond=0)
    return moment.replace(minute=0, second=0, microsecond=0)


def _months_later(moment: datetime, months: int) -> datetime:
    """The same day of another month, or its last one."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise _out_of_reach()
    first = moment.replace(year=year, month=month + 1, day=1, fold=0)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1) if month < 11 else None
    return first.replace(day=min(moment.day, last.day if last else 31))


def _seconds(amount: int) -> timedelta:
    try:
        return timedelta(seconds=amount)
    except OverflowError as error:
        raise _out_of_reach() from error


def _shifted(moment: datetime, step: timedelta) -> datetime:
    try:
        return moment + step
    except OverflowError as error:
        raise _out_of_reach() from error


def _in_zone(instant: datetime, zone: tzinfo) -> datetime:
    try:
        return instant.astimezone(zone).replace(tzinfo=None)
    except (OverflowError, ValueError) as error:
        raise _out_of_reach() from error


def _out_of_reach() -> InvalidFilter:
    return InvalidFilter("This date lies outside the years 1 to 9999.")
