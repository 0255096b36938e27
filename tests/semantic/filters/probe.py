"""Filters tried on values: which of them a real database lets through."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
from sqlglot import exp

from tertulia.semantic.engines.registry import engine_of
from tertulia.semantic.filters.expression import FilterKind, parse
from tertulia.semantic.filters.meaning import Clock, DateOperand, LocationOperand, condition

ENGINE = engine_of("duckdb")
WEDNESDAY = Clock(now=datetime(2025, 6, 18, 14, 3, 27, tzinfo=UTC))
_TYPES = {FilterKind.NUMBER: "DOUBLE", FilterKind.YESNO: "BOOLEAN", FilterKind.DATE: "TIMESTAMP"}


def passing(
    text: str,
    kind: FilterKind,
    values: Sequence[Any],
    *,
    is_case_sensitive: bool = True,
) -> list[Any]:
    """The values the filter lets through, in their order."""
    found = condition(
        parse(text, kind),
        exp.column("x"),
        ENGINE,
        clock=WEDNESDAY,
        is_case_sensitive=is_case_sensitive,
    )
    return chosen(found, _TYPES.get(kind, "VARCHAR"), values)


def passing_times(
    text: str,
    values: Sequence[str | None],
    clock: Clock = WEDNESDAY,
    *,
    stored_zone: str = "",
    is_date: bool = False,
) -> list[str | None]:
    """Times as text, which is how the column holds them: wall-clock time of the stored zone."""
    operand = DateOperand(value=exp.column("x"), is_date=is_date, stored_zone=stored_zone)
    found = condition(parse(text, FilterKind.DATE), operand, ENGINE, clock=clock)
    return chosen(found, "DATE" if is_date else "TIMESTAMP", values)


def passing_places(text: str, places: Sequence[tuple[float | None, float | None]]) -> list[tuple[Any, Any]]:
    operand = LocationOperand(latitude=exp.column("lat"), longitude=exp.column("lon"))
    found = condition(parse(text, FilterKind.LOCATION), operand, ENGINE, clock=WEDNESDAY)
    sql = "TRUE" if found is None else ENGINE.print(found)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE probe (i INTEGER, lat DOUBLE, lon DOUBLE)")
        connection.executemany("INSERT INTO probe VALUES (?, ?, ?)", [[i, *place] for i, place in enumerate(places)])
        rows = connection.execute(f"SELECT i FROM probe WHERE {sql} ORDER BY i").fetchall()  # noqa: S608 - the SQL under test
    return [places[row[0]] for row in rows]


def chosen(found: exp.Expr | None, column_type: str, values: Sequence[Any]) -> list[Any]:
    sql = "TRUE" if found is None else ENGINE.print(found)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE probe (i INTEGER, x {column_type})")
        connection.executemany("INSERT INTO probe VALUES (?, ?)", [[i, value] for i, value in enumerate(values)])
        rows = connection.execute(f"SELECT i FROM probe WHERE {sql} ORDER BY i").fetchall()  # noqa: S608 - the SQL under test
    return [values[row[0]] for row in rows]
