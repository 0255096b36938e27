"""Aggregates, comparisons and conversions, executed by DuckDB."""

# ruff: noqa: DTZ001 - wall clocks have no zone
# ruff: noqa: S311 - chance that repeats itself
# ruff: noqa: S608 - the SQL is what is tested

import math
import random
import statistics
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from semantic.engines.conftest import Run
from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.engine import Calendar, Engine

X = exp.column("x")


def _over(connection: duckdb.DuckDBPyConnection, engine: Engine, made: exp.Expr, rows: str) -> Any:
    row = connection.execute(f"SELECT {engine.print(made)} FROM (VALUES {rows}) AS t(x)").fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 10, 101])
@pytest.mark.parametrize("fraction", [0, 0.1, 0.25, 0.5, 0.95, 1])
def test_a_percentile_is_exact_and_interpolated(
    connection: duckdb.DuckDBPyConnection, engine: Engine, size: int, fraction: float
) -> None:
    chance = random.Random(size)
    values = [chance.randrange(1_000) for _ in range(size)]
    found = _over(connection, engine, engine.percentile(X, fraction), ", ".join(f"({value})" for value in values))
    ordered = sorted(values)
    place = (size - 1) * fraction
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    assert found == pytest.approx(low + (high - low) * (place - math.floor(place)))
    if fraction == 0.5:
        assert found == pytest.approx(statistics.median(values))


def test_a_percentile_of_money_is_not_rounded_to_cents(connection: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    rows = "(CAST(1.01 AS DECIMAL(10, 2))), (CAST(1.02 AS DECIMAL(10, 2))), (NULL)"
    assert _over(connection, engine, engine.percentile(X, 0.5), rows) == pytest.approx(1.015)


def test_a_percentile_of_nothing_is_nothing(connection: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    assert _over(connection, engine, engine.percentile(X, 0.5), "(CAST(NULL AS INT)), (NULL)") is None


@pytest.mark.parametrize("fraction", [-0.1, 1.1, 50, float("nan")])
def test_a_percentile_outside_the_whole_is_refused(engine: Engine, fraction: float) -> None:
    with pytest.raises(InvalidQuery, match="between 0 and 100"):
        engine.percentile(X, fraction)


def test_a_list_holds_each_value_once_in_order(connection: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    made = engine.distinct_list(X)
    assert _over(connection, engine, made, "('pear'), ('apple'), (NULL), ('pear'), ('fig, dried')") == (
        "apple, fig, dried, pear"
    )
    assert _over(connection, engine, made, "(2), (1), (2)") == "1, 2"
    assert _over(connection, engine, made, "(CAST(NULL AS TEXT))") is None


def test_an_approximate_count_of_a_few_values_is_the_count(
    connection: duckdb.DuckDBPyConnection, engine: Engine
) -> None:
    assert _over(connection, engine, engine.approximate_distinct(X), "('a'), ('b'), ('a'), (NULL)") == 2


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("1", "1", True), ("1", "2", False), ("1", "NULL", False), ("NULL", "1", False), ("NULL", "NULL", True)],
)
def test_two_nothings_are_the_same(engine: Engine, run: Run, left: str, right: str, *, expected: bool) -> None:
    assert run(engine.is_same(engine.parse(left), engine.parse(right))) is expected
    assert run(engine.is_same(engine.parse(f"{left} + 0"), engine.parse(f"{right} + 0"))) is expected


def test_a_number_for_division_keeps_its_fraction(engine: Engine, run: Run) -> None:
    half = exp.Div(this=engine.as_number(engine.parse("1")), expression=engine.as_number(engine.parse("2")))
    assert run(half) == 0.5
    assert run(engine.as_text(engine.parse("12.50"))) == "12.50"


@pytest.mark.parametrize(
    ("value", "datatype", "expected"),
    [
        ("TIMESTAMP '2024-02-29 13:14:15.123456'", "", datetime(2024, 2, 29, 13, 14, 15, 123456)),
        ("TIMESTAMP '2024-02-29 13:14:15'", "datetime", datetime(2024, 2, 29, 13, 14, 15)),
        ("CAST('2024-02-29 13:14:15+02' AS TIMESTAMPTZ)", "timestamp", datetime(2024, 2, 29, 11, 14, 15)),
        ("DATE '2024-02-29'", "date", datetime(2024, 2, 29)),
        ("DATE '2024-02-29'", "", datetime(2024, 2, 29)),
        ("1709212455", "epoch", datetime(2024, 2, 29, 13, 14, 15)),
        ("CAST(1709212455.25 AS DECIMAL(18, 2))", "epoch", datetime(2024, 2, 29, 13, 14, 15, 250000)),
        ("-1", "epoch", datetime(1969, 12, 31, 23, 59, 59)),
        ("20240229", "yyyymmdd", datetime(2024, 2, 29)),
        ("'20240229'", "yyyymmdd", datetime(2024, 2, 29)),
        ("NULL", "epoch", None),
        ("NULL", "yyyymmdd", None),
    ],
)
def test_a_column_becomes_a_timestamp_by_its_datatype(
    engine: Engine, run: Run, value: str, datatype: str, expected: datetime | None
) -> None:
    assert run(engine.as_moment(engine.parse(value), datatype)) == expected


def test_a_datatype_that_does_not_exist_is_refused_with_those_that_do(engine: Engine) -> None:
    with pytest.raises(InvalidQuery, match="datetime, timestamp, date, epoch, yyyymmdd"):
        engine.as_moment(X, "julian")


def _miles(start: tuple[float, float], end: tuple[float, float]) -> float:
    """By the spherical law of cosines: another way than the engine's."""
    a, b, c, d = (math.radians(value) for value in (*start, *end))
    return 3_958.7613 * math.acos(
        max(-1.0, min(1.0, math.sin(a) * math.sin(c) + math.cos(a) * math.cos(c) * math.cos(d - b)))
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((52.52, 13.405), (48.8566, 2.3522)),
        ((36.97, -122.03), (40.71, -74.0)),
        ((0.0, 179.5), (0.0, -179.5)),
        ((90.0, 0.0), (-90.0, 0.0)),
        ((12.5, 30.0), (-12.5, -150.0)),
        ((-33.86, 151.2), (-33.86, 151.2)),
    ],
)
def test_a_distance_is_that_over_the_globe(
    engine: Engine, run: Run, start: tuple[float, float], end: tuple[float, float]
) -> None:
    found = run(
        engine.miles(engine.number(end[0]), engine.number(end[1]), from_latitude=start[0], from_longitude=start[1])
    )
    assert found == pytest.approx(_miles(start, end), rel=1e-6, abs=1e-3)


def test_a_distance_from_nowhere_is_nothing(engine: Engine, run: Run) -> None:
    assert run(engine.miles(exp.null(), engine.number(1), from_latitude=1, from_longitude=1)) is None


def test_what_an_engine_gives_stands_on_either_side_of_an_operator(engine: Engine, run: Run) -> None:
    """No brackets are lost: an operand keeps its meaning next to a stronger operator."""
    minute = engine.elapsed(engine.moment(datetime(2024, 1, 1)), engine.moment(datetime(2024, 1, 1, 0, 2)), "minute")
    assert run(exp.Mul(this=exp.Literal.number(3), expression=minute)) == 6
    week = engine.timeframe(engine.moment(datetime(2024, 5, 1)), "week", Calendar(week_start_day="sunday"))
    assert run(exp.Sub(this=engine.day(date(2024, 5, 1)), expression=week)) == 3
    assert run(exp.Mul(this=exp.Literal.number(2), expression=engine.number(-1.5))) == -3
