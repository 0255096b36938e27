"""A small database of boats, and a wait that ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import duckdb
import pytest
import pytest_asyncio

from semantic.execute.postgres_server import server_programs
from tertulia.semantic.execute.duckdb_warehouse import DuckdbWarehouse

# Nobody needs PostgreSQL to work on the rest.
collect_ignore = [] if server_programs() else ["test_postgres.py"]

Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with two tables, a view, a schema and two macros."""
    path = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    with duckdb.connect(path) as connection:
        for statement in (
            "CREATE TABLE boats AS SELECT range AS id, range % 7 AS harbour, 'boat ' || range AS name FROM range(100000)",
            "CREATE TABLE harbours (id INTEGER, city VARCHAR)",
            "INSERT INTO harbours VALUES (1, 'Porto'), (2, 'Cádiz')",
            "CREATE VIEW big_boats AS SELECT * FROM boats WHERE id > 99990",
            'CREATE SCHEMA dock; CREATE TABLE dock."odd name" AS SELECT 1 AS a',
            "CREATE MACRO doubled(x) AS x * 2",
            "CREATE MACRO first_boats(n) AS TABLE SELECT * FROM boats ORDER BY id LIMIT n",
        ):
            connection.execute(statement)
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def warehouse(shop: Path) -> AsyncIterator[DuckdbWarehouse]:
    """Warm for the whole module; tests that break processes leave it usable."""
    opened = DuckdbWarehouse(shop, processes=2, memory_megabytes=200)
    await opened.warm_up()
    yield opened
    await opened.close()


@pytest.fixture
def until() -> Until:
    async def wait(is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + 10
        while not is_so():
            assert time.monotonic() < end, "it did not happen within 10 seconds"
            await asyncio.sleep(0.01)

    return wait
