"""Against a real server, where the machine has PostgreSQL's programs; elsewhere conftest.py leaves this file out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from semantic.execute.postgres_server import free_port, postgres_server
from tertulia.core.errors import InvalidQuery, QueryTimeout, SourceUnavailable
from tertulia.core.table import ColumnType
from tertulia.semantic.execute import postgres
from tertulia.semantic.execute.registry import open_warehouse
from tertulia.semantic.execute.warehouse import Ceiling, Warehouse

pytestmark = pytest.mark.asyncio(loop_scope="module")

Until = Callable[[Callable[[], bool]], Awaitable[None]]
PASSWORD = "s3cret/word"
ENDLESS = "SELECT count(*) FROM boats a, boats b WHERE a.tons * b.tons = 3"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server of our own with one table of 20,000 rows."""
    with postgres_server(PASSWORD) as address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE boats AS SELECT g AS id, g * 1.25 AS tons FROM generate_series(1, 20000) g"
            )
            connection.execute("CREATE SEQUENCE numbers")
        yield address


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def warehouse(url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Warehouse]:
    opened = open_warehouse("boats", url, cache_dir=tmp_path_factory.mktemp("cache"))
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("expression", "value", "kind"),
    [
        ("42", 42, ColumnType.NUMBER),
        ("9007199254740993", "9007199254740993", ColumnType.NUMBER),
        ("3.00::numeric", 3, ColumnType.NUMBER),
        ("3.10::numeric", 3.1, ColumnType.NUMBER),
        ("19.99::real", 19.99, ColumnType.NUMBER),
        ("'NaN'::numeric", None, ColumnType.NUMBER),
        ("'Infinity'::float8", None, ColumnType.NUMBER),
        ("true", True, ColumnType.YESNO),
        ("DATE '2024-02-29'", "2024-02-29", ColumnType.DATE),
        ("DATE 'infinity'", "infinity", ColumnType.DATE),
        ("TIMESTAMP '2024-01-02 03:04:05.25'", "2024-01-02 03:04:05.25", ColumnType.TIME),
        ("TIMESTAMPTZ '2024-01-02 03:04:05+02'", "2024-01-02 01:04:05", ColumnType.TIME),
        ("INTERVAL '1 month 2 days'", "1 mon 2 days", ColumnType.STRING),
        ("'{\"a\": 1}'::jsonb", '{"a": 1}', ColumnType.STRING),
        ("ARRAY[1, NULL]", [1, None], ColumnType.LIST),
        ("ARRAY[DATE '2024-01-01']", ["2024-01-01"], ColumnType.LIST),
        ("'\\xdead'::bytea", "\\xdead", ColumnType.STRING),
        ("NULL::int", None, ColumnType.NUMBER),
        ("'naïve 🚢 %s'", "naïve 🚢 %s", ColumnType.STRING),
    ],
)
async def test_a_value_comes_as_plain_json(warehouse: Warehouse, expression: str, value: Any, kind: ColumnType) -> None:
    fetched = await warehouse.run(f"SELECT {expression} AS v", Ceiling())
    assert (fetched.names, fetched.types, fetched.rows) == (["v"], [kind], [[value]])


async def test_rows_and_bytes_beyond_the_limits_are_cut_and_flagged(warehouse: Warehouse) -> None:
    fetched = await warehouse.run("SELECT id FROM boats ORDER BY id", Ceiling(rows=1_500))
    assert [row[0] for row in fetched.rows] == list(range(1, 1_501))
    assert fetched.is_truncated
    fetched = await warehouse.run("SELECT id FROM boats ORDER BY id LIMIT 10", Ceiling(rows=10))
    assert (len(fetched.rows), fetched.is_truncated) == (10, False)
    fetched = await warehouse.run("SELECT repeat('x', 1000) FROM boats", Ceiling(bytes=10_050))
    assert (len(fetched.rows), fetched.is_truncated) == (10, True)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM boats RETURNING id",
        "SELECT 1; DROP TABLE boats",
        "WITH x AS (DELETE FROM boats RETURNING id) SELECT * FROM x",
        "SELECT nextval('numbers')",
        "SELECT set_config('transaction_read_only', 'off', true)",
    ],
)
async def test_even_past_the_gate_the_server_lets_nothing_be_written(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    def let_through(sql: str, engine: str) -> None:
        """No gate at all."""

    monkeypatch.setattr(postgres, "require_single_select", let_through)
    warehouse = open_warehouse("boats", url, cache_dir=tmp_path)
    with pytest.raises(InvalidQuery, match="refused"):
        await warehouse.run(sql, Ceiling())
    assert (await warehouse.run("SELECT count(*) FROM boats", Ceiling())).rows == [[20_000]]
    await warehouse.close()


async def test_a_query_the_database_does_not_understand_is_told_and_the_connection_goes_on(
    warehouse: Warehouse,
) -> None:
    with pytest.raises(InvalidQuery, match='column "nope" does not exist'):
        await warehouse.run("SELECT nope FROM boats", Ceiling())
    with pytest.raises(InvalidQuery, match="division by zero"):
        await warehouse.run("SELECT id / 0 FROM boats", Ceiling())
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]


async def test_the_server_ends_a_query_that_takes_too_long(warehouse: Warehouse) -> None:
    with pytest.raises(QueryTimeout, match=r"0\.2 seconds"):
        await warehouse.run(ENDLESS, Ceiling(seconds=0.2))
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]


async def test_cancelling_ends_the_query_at_the_server(warehouse: Warehouse, url: str, until: Until) -> None:
    with psycopg.connect(url, autocommit=True) as watcher:

        def running() -> bool:
            found = watcher.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tertulia' AND state = 'active'"
            ).fetchone()
            return found is not None and found[0] > 0

        task = asyncio.create_task(warehouse.run(ENDLESS, Ceiling(seconds=60)))
        await until(running)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: not running())
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]


async def test_a_connection_that_the_server_ended_fails_one_query(warehouse: Warehouse, url: str) -> None:
    await warehouse.run("SELECT 1", Ceiling())
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tertulia'")
    with pytest.raises(SourceUnavailable):
        await warehouse.run("SELECT 1", Ceiling())
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]


async def test_a_wrong_password_and_a_missing_server_are_told_without_secrets(url: str, tmp_path: Path) -> None:
    for broken in (url.replace("s3cret", "wr0ng"), f"postgresql://owner:wr0ng@127.0.0.1:{free_port()}/postgres"):
        warehouse = open_warehouse("boats", broken, cache_dir=tmp_path)
        with pytest.raises(SourceUnavailable, match="cannot be reached") as caught:
            await warehouse.run("SELECT 1", Ceiling())
        assert "wr0ng" not in caught.value.message
