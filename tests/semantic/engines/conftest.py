"""A DuckDB as the product runs it: nothing from outside, nothing downloaded."""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from tertulia.semantic.engines.engine import Engine
from tertulia.semantic.engines.registry import engine_of

Run = Callable[[exp.Expr], Any]


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    with duckdb.connect(":memory:", config=config) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


@pytest.fixture(scope="session")
def engine() -> Engine:
    return engine_of("duckdb")


@pytest.fixture(scope="session")
def run(connection: duckdb.DuckDBPyConnection, engine: Engine) -> Run:
    """The value of one expression without columns."""

    def value(expression: exp.Expr) -> Any:
        row = connection.execute(f"SELECT {engine.print(expression)}").fetchone()
        assert row is not None
        return row[0]

    return value
