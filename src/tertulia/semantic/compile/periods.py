"""Periods as results show them (`2025-06`, `2025-Q2`, ...): the one a moment lies in, and the one that follows."""

import re
from datetime import date, datetime, timedelta

from tertulia.semantic.filters.clock import Clock, Unit

Period = str | int

_QUARTER = re.compile(r"(FY)?(\d{4})-Q([1-4])")
_UNITS = {
    "date": Unit.DAY,
    "week": Unit.WEEK,
    "month": Unit.MONTH,
    "quarter": Unit.QUARTER,
    "year": Unit.YEAR,
    "hour": Unit.HOUR,
    "fiscal_quarter": Unit.FISCAL_QUARTER,
    "fiscal_year": Unit.FISCAL_YEAR,
}
CONTINUOUS = frozenset(_UNITS)
"""The timeframes whose periods follow one another without end."""


def period_of(moment: datetime, timeframe: str, clock: Clock) -> Period:  # noqa: PLR0911 - one for each timeframe
    """The period of wall-clock time that a moment lies in."""
    start = clock.start_of(moment, _UNITS[timeframe])
    fiscal = clock.later(start, -clock.fiscal_month_offset, Unit.MONTH) if clock.fiscal_month_offset else start
    match timeframe:
        case "date" | "week":
            return start.date().isoformat()
        case "month":
            return f"{start:%Y-%m}"
        case "quarter":
            return _quarter(start)
        case "year":
            return start.year
        case "hour":
            return f"{start:%Y-%m-%d %H}"
        case "fiscal_quarter":
            return f"FY{_quarter(fiscal)}"
        case _:
            return f"FY{fiscal.year}"


def period_after(period: Period, timeframe: str) -> Period:  # noqa: PLR0911 - one for each timeframe
    """Raises ValueError for a value that is no such period."""
    text = str(period)
    match timeframe:
        case "date":
            return (date.fromisoformat(text) + timedelta(days=1)).isoformat()
        case "week":
            return (date.fromisoformat(text) + timedelta(days=7)).isoformat()
        case "month":
            year, month = divmod(int(text[:4]) * 12 + int(text[5:]), 12)
            return f"{year:04}-{month + 1:02}"
        case "quarter" | "fiscal_quarter":
            return _quarter_after(text)
        case "hour":
            return f"{datetime.strptime(text, '%Y-%m-%d %H') + timedelta(hours=1):%Y-%m-%d %H}"  # noqa: DTZ007 - wall clock
        case "fiscal_year":
            return f"FY{int(text.removeprefix('FY')) + 1:04}"
        case _:
            return int(text) + 1


def _quarter(start: datetime) -> str:
    return f"{start.year:04}-Q{(start.month + 2) // 3}"


def _quarter_after(text: str) -> str:
    found = _QUARTER.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, quarter = divmod(int(found[2]) * 4 + int(found[3]), 4)
    return f"{found[1] or ''}{year:04}-Q{quarter + 1}"
