"""Whole intervals between two timestamps, executed by DuckDB, against counting in Python."""

# ruff: noqa: DTZ001 - wall clocks have no zone
# ruff: noqa: S311 - chance that repeats itself
# ruff: noqa: S608 - the SQL is what is tested

import random
from datetime import datetime, timedelta

import duckdb
import pytest
from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.engine import Engine

_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _pairs() -> list[tuple[datetime, datetime]]:
    days = [
        datetime(2024, 1, 31),
        datetime(2024, 2, 29),
        datetime(2024, 2, 29, 23, 59, 59, 999999),
        datetime(2024, 3, 31),
        datetime(2023, 2, 28),
        datetime(2024, 12, 31, 23, 59, 59),
        datetime(2025, 1, 1),
        datetime(2025, 2, 28),
        datetime(2028, 2, 29),
    ]
    chance = random.Random(7)
    several = [
        datetime(1960, 1, 1) + timedelta(microseconds=chance.randrange(3_000_000_000_000_000)) for _ in range(200)
    ]
    near = [start + timedelta(seconds=chance.randrange(-200_000, 200_000)) for start in several[:100]]
    pairs = [(start, end) for start in days for end in days]
    return pairs + list(zip(several[:100], several[100:], strict=True)) + list(zip(several[:100], near, strict=True))


PAIRS = _pairs()


def _expected(start: datetime, end: datetime, interval: str) -> int:
    if end < start:
        return -_expected(end, start, interval)
    if interval in _SECONDS:
        return (end - start) // timedelta(seconds=_SECONDS[interval])
    months = (end.year - start.year) * 12 + end.month - start.month
    is_incomplete = (end.day, end.time()) < (start.day, start.time())
    return (months - is_incomplete) // _MONTHS[interval]


@pytest.mark.parametrize("interval", [*_SECONDS, *_MONTHS])
def test_only_complete_intervals_count_in_both_directions(
    connection: duckdb.DuckDBPyConnection, engine: Engine, interval: str
) -> None:
    rows = ", ".join(f"(TIMESTAMP '{start}', TIMESTAMP '{end}')" for start, end in PAIRS)
    sql = engine.print(engine.elapsed(exp.column("a"), exp.column("b"), interval))
    found = connection.execute(f"SELECT {sql} FROM (VALUES {rows}) AS pairs(a, b)").fetchall()
    assert [row[0] for row in found] == [_expected(start, end, interval) for start, end in PAIRS]


def test_one_microsecond_short_of_an_interval_is_not_an_interval(
    connection: duckdb.DuckDBPyConnection, engine: Engine
) -> None:
    days = (datetime(2240, 5, 1) - datetime(1990, 5, 1)).days
    start = engine.moment(datetime(1990, 5, 1))
    end = engine.moment(datetime(2240, 5, 1) - timedelta(microseconds=1))
    for interval, whole in (("day", days), ("month", 3_000), ("year", 250)):
        row = connection.execute(f"SELECT {engine.print(engine.elapsed(start, end, interval))}").fetchone()
        assert row == (whole - 1,)


def test_dates_count_as_their_midnight(connection: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    sql = engine.print(engine.elapsed(exp.column("a"), exp.column("b"), "day"))
    row = connection.execute(f"SELECT {sql} FROM (VALUES (DATE '2024-02-28', DATE '2024-03-01')) AS t(a, b)").fetchone()
    assert row == (2,)


def test_nothing_has_elapsed_from_or_to_nothing(connection: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    for interval in (*_SECONDS, *_MONTHS):
        one = engine.moment(datetime(2024, 1, 1))
        for start, end in ((exp.null(), one), (one, exp.null())):
            row = connection.execute(f"SELECT {engine.print(engine.elapsed(start, end, interval))}").fetchone()
            assert row == (None,)


def test_an_interval_that_does_not_exist_is_refused_with_those_that_do(engine: Engine) -> None:
    with pytest.raises(InvalidQuery, match="second, minute, hour, day, week, month, quarter, year"):
        engine.elapsed(exp.column("a"), exp.column("b"), "decade")
