"""Every timeframe, executed by DuckDB, against what Python's own calendar says."""

# ruff: noqa: DTZ001 - wall clocks have no zone
# ruff: noqa: S311 - chance that repeats itself
# ruff: noqa: S608 - the SQL is what is tested

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.core.table import ColumnType
from tertulia.semantic.engines.engine import Calendar, Engine
from tertulia.semantic.engines.timeframes import timeframe_type

_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = [
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
]


def _moments() -> list[datetime]:
    """Ends of days, months, quarters and years, leap days, DST nights, and any others."""
    edges = [
        datetime(2023, 12, 31, 23, 59, 59, 999999),
        datetime(2024, 1, 1),
        datetime(2024, 2, 28, 23, 59, 59),
        datetime(2024, 2, 29, 12, 30, 15, 250001),
        datetime(2023, 2, 28, 23, 59, 59, 999),
        datetime(2024, 3, 31, 23, 59, 59, 999999),
        datetime(2024, 4, 1),
        datetime(2024, 3, 10, 7, 0, 0),
        datetime(2024, 3, 10, 6, 59, 59, 999999),
        datetime(2024, 11, 3, 5, 30),
        datetime(2024, 11, 3, 6, 30),
        datetime(2024, 3, 31, 1, 0),
        datetime(2024, 10, 27, 0, 59, 59),
        datetime(2024, 10, 27, 1, 0),
        datetime(2020, 12, 31, 5),
        datetime(2021, 1, 3, 23, 59, 59),
        datetime(2021, 1, 4),
        datetime(2026, 1, 1, 0, 0, 0, 1),
        datetime(1969, 12, 31, 23, 59, 59, 500000),
        datetime(1900, 2, 28, 23),
        datetime(2000, 2, 29, 1, 2, 3, 4),
    ]
    chance = random.Random(4)
    start = datetime(1965, 1, 1)
    span = int(timedelta(days=36_500).total_seconds() * 1_000_000)
    return edges + [start + timedelta(microseconds=chance.randrange(span)) for _ in range(300)]


MOMENTS = _moments()


def _fiscal(moment: datetime, offset: int) -> tuple[int, int]:
    months = moment.year * 12 + moment.month - 1 - offset
    return months // 12, months % 12 + 1


def _stepped(moment: datetime, unit: str, size: int) -> datetime:
    values = {"hour": moment.hour, "minute": moment.minute, "second": moment.second}
    cut = moment.replace(microsecond=0)
    smaller = {"hour": {"minute": 0, "second": 0}, "minute": {"second": 0}, "second": {}}[unit]
    return cut.replace(**{**smaller, unit: values[unit] // size * size})  # pyright: ignore[reportArgumentType] - a name of a part


EXPECTED: dict[str, Callable[[datetime], Any]] = {
    "raw": lambda at: at,
    "yesno": lambda _: True,
    "time": lambda at: at.replace(microsecond=0),
    "time_of_day": lambda at: f"{at:%H:%M}",
    "hour": lambda at: f"{at:%Y-%m-%d %H}",
    "hour_of_day": lambda at: at.hour,
    "minute": lambda at: f"{at:%Y-%m-%d %H:%M}",
    "second": lambda at: f"{at:%Y-%m-%d %H:%M:%S}",
    "millisecond": lambda at: f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}",
    "millisecond250": lambda at: f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 250_000 * 250:03}",
    "microsecond": lambda at: f"{at:%Y-%m-%d %H:%M:%S.%f}",
    "unixtime": lambda at: (at.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1),
    "date": datetime.date,
    "day_of_month": lambda at: at.day,
    "day_of_year": lambda at: at.timetuple().tm_yday,
    "week_of_year": lambda at: at.isocalendar().week,
    "day_of_week": lambda at: _DAYS[at.weekday()],
    "month": lambda at: f"{at:%Y-%m}",
    "month_num": lambda at: at.month,
    "month_name": lambda at: _MONTHS[at.month - 1],
    "quarter": lambda at: f"{at.year}-Q{(at.month + 2) // 3}",
    "quarter_of_year": lambda at: f"Q{(at.month + 2) // 3}",
    "year": lambda at: at.year,
    **{f"hour{size}": lambda at, size=size: _stepped(at, "hour", size) for size in (2, 3, 4, 6, 8, 12)},
    **{
        f"minute{size}": lambda at, size=size: _stepped(at, "minute", size)
        for size in (2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
    },
    **{f"second{size}": lambda at, size=size: _stepped(at, "second", size) for size in (2, 5, 10, 30)},
}


def _values(
    connection: duckdb.DuckDBPyConnection, engine: Engine, made: Callable[[exp.Expr], exp.Expr]
) -> list[tuple[datetime, Any]]:
    """Each moment, and what the expression makes of it."""
    column = exp.column("moment", table="moments")
    rows = ", ".join(f"(TIMESTAMP '{moment}')" for moment in MOMENTS)
    sql = f"SELECT moment, {engine.print(made(column))} FROM (VALUES {rows}) AS moments(moment)"
    return connection.execute(sql).fetchall()


@pytest.mark.parametrize("timeframe", EXPECTED)
def test_a_timeframe_is_what_the_calendar_says(
    connection: duckdb.DuckDBPyConnection, engine: Engine, timeframe: str
) -> None:
    found = _values(connection, engine, lambda at: engine.timeframe(at, timeframe, Calendar()))
    assert found == [(at, EXPECTED[timeframe](at)) for at in MOMENTS]


@pytest.mark.parametrize("start", range(7))
def test_a_week_begins_on_the_day_the_model_says(
    connection: duckdb.DuckDBPyConnection, engine: Engine, start: int
) -> None:
    calendar = Calendar(week_start_day=_DAYS[start].lower())

    def back(at: datetime) -> int:
        return (at.weekday() - start) % 7

    weeks = _values(connection, engine, lambda at: engine.timeframe(at, "week", calendar))
    assert weeks == [(at, at.date() - timedelta(days=back(at))) for at in MOMENTS]
    indexes = _values(connection, engine, lambda at: engine.timeframe(at, "day_of_week_index", calendar))
    assert indexes == [(at, back(at)) for at in MOMENTS]


@pytest.mark.parametrize("offset", [0, 1, 3, 6, 11, -1, -10])
def test_fiscal_periods_are_moved_by_the_offset(
    connection: duckdb.DuckDBPyConnection, engine: Engine, offset: int
) -> None:
    calendar = Calendar(fiscal_month_offset=offset)
    forms: dict[str, Callable[[int, int], Any]] = {
        "fiscal_month_num": lambda _, month: month,
        "fiscal_quarter": lambda year, month: f"FY{year}-Q{(month + 2) // 3}",
        "fiscal_quarter_of_year": lambda _, month: f"Q{(month + 2) // 3}",
        "fiscal_year": lambda year, _: f"FY{year}",
    }
    for timeframe, form in forms.items():
        found = _values(connection, engine, lambda at, name=timeframe: engine.timeframe(at, name, calendar))
        assert found == [(at, form(*_fiscal(at, offset))) for at in MOMENTS]


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland", "UTC"])
def test_a_zone_moves_the_wall_clock_with_its_summer_time(
    connection: duckdb.DuckDBPyConnection, engine: Engine, zone: str
) -> None:
    found = _values(connection, engine, lambda at: engine.converted(at, from_zone="UTC", to_zone=zone))
    # before 1970 the two zone databases differ by design
    expected = {at: at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in MOMENTS}
    assert [pair for pair in found if pair[0].year >= 1970] == [(at, expected[at]) for at in MOMENTS if at.year >= 1970]


def test_a_date_in_a_zone_is_that_zones_date(connection: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    zone = ZoneInfo("America/New_York")

    def made(at: exp.Expr) -> exp.Expr:
        return engine.timeframe(engine.converted(at, from_zone="UTC", to_zone=str(zone)), "date", Calendar())

    found = [pair for pair in _values(connection, engine, made) if pair[0].year >= 1970]
    assert found == [(at, at.replace(tzinfo=UTC).astimezone(zone).date()) for at in MOMENTS if at.year >= 1970]
    assert (datetime(2024, 3, 31, 1, 0), date(2024, 3, 30)) in found


def test_seconds_since_1970_do_not_depend_on_the_zone_of_the_query(
    connection: duckdb.DuckDBPyConnection, engine: Engine
) -> None:
    zone = "Asia/Kolkata"

    def made(at: exp.Expr) -> exp.Expr:
        local = engine.converted(at, from_zone="UTC", to_zone=zone)
        return engine.timeframe(local, "unixtime", Calendar(zone=zone))

    found = [pair for pair in _values(connection, engine, made) if pair[0].year >= 1970]
    assert found == [(at, EXPECTED["unixtime"](at)) for at in MOMENTS if at.year >= 1970]


def test_nothing_is_converted_without_a_zone_or_within_one(engine: Engine) -> None:
    column = exp.column("at")
    for from_zone, to_zone in (("", "UTC"), ("UTC", ""), ("Asia/Tokyo", "Asia/Tokyo")):
        assert engine.converted(column, from_zone=from_zone, to_zone=to_zone) is column


@pytest.mark.parametrize("zone", ["Nowhere/Land", "UTC'; --", "../etc/passwd", "/etc/localtime"])
def test_a_zone_that_does_not_exist_is_refused(engine: Engine, zone: str) -> None:
    with pytest.raises(InvalidQuery, match="no time zone"):
        engine.converted(exp.column("at"), from_zone="UTC", to_zone=zone)


@pytest.mark.parametrize(
    "timeframe", ["", "fortnight", "hour5", "hour0", "hour24", "minute7", "minute60", "DATE", "week2"]
)
def test_a_timeframe_that_does_not_exist_is_refused_with_those_that_do(engine: Engine, timeframe: str) -> None:
    with pytest.raises(InvalidQuery, match="fiscal_quarter_of_year"):
        engine.timeframe(exp.column("at"), timeframe, Calendar())


def test_a_week_day_that_does_not_exist_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidQuery, match="week_start_day"):
        engine.timeframe(exp.column("at"), "week", Calendar(week_start_day="someday"))


@pytest.mark.parametrize("timeframe", [*EXPECTED, "week", "day_of_week_index", "fiscal_quarter", "fiscal_month_num"])
def test_a_timeframe_of_nothing_is_nothing(
    connection: duckdb.DuckDBPyConnection, engine: Engine, timeframe: str
) -> None:
    at = engine.as_moment(exp.null(), "")
    sql = engine.print(engine.timeframe(at, timeframe, Calendar(fiscal_month_offset=2)))
    row = connection.execute(f"SELECT {sql}").fetchone()
    assert row == ((False,) if timeframe == "yesno" else (None,))


def test_what_a_timeframe_gives_is_known(connection: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    types = {str: ColumnType.STRING, int: ColumnType.NUMBER, date: ColumnType.DATE, datetime: ColumnType.TIME}
    types[bool] = ColumnType.YESNO
    for timeframe in [*EXPECTED, "week", "day_of_week_index", "fiscal_quarter", "fiscal_month_num", "fiscal_year"]:
        value = _values(connection, engine, lambda at, name=timeframe: engine.timeframe(at, name, Calendar()))[0][1]
        assert timeframe_type(timeframe) == types[type(value)], timeframe
