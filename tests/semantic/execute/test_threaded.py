"""Drivers that block, tried with one that is always there: SQLite's."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

from tertulia.core.errors import InvalidQuery, QueryTimeout, SourceUnavailable
from tertulia.core.table import ColumnType
from tertulia.semantic.execute.address import read_address
from tertulia.semantic.execute.harvest import Harvest
from tertulia.semantic.execute.threaded import ThreadedWarehouse
from tertulia.semantic.execute.warehouse import Ceiling, Fetched

Until = Callable[[Callable[[], bool]], Awaitable[None]]
ENDLESS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT MAX(n) FROM t"
ADDRESS = read_address("sqlite://ana:s3cret@nowhere")


class SqliteSession:
    opened = 0
    closed = 0

    def __init__(self) -> None:
        type(self).opened += 1
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self.is_running = False

    def fetch(self, sql: str, ceiling: Ceiling) -> Fetched:
        assert threading.current_thread() is not threading.main_thread()
        self.is_running = True
        try:
            cursor = self._connection.execute(sql)
            harvest = Harvest([each[0] for each in cursor.description], [None] * len(cursor.description), ceiling)
            harvest.take(cursor)
        finally:
            self.is_running = False
        return harvest.fetched()

    def cancel(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        type(self).closed += 1
        self._connection.close()


@pytest.fixture
def sessions() -> list[SqliteSession]:
    SqliteSession.opened = SqliteSession.closed = 0
    return []


@pytest.fixture
def warehouse(sessions: list[SqliteSession]) -> ThreadedWarehouse:
    def connect() -> SqliteSession:
        sessions.append(SqliteSession())
        return sessions[-1]

    return ThreadedWarehouse("sqlite", connect, address=ADDRESS, connections=2)


async def test_a_session_serves_one_query_after_the_other(warehouse: ThreadedWarehouse) -> None:
    for number in range(3):
        fetched = await warehouse.run(f"SELECT {number} AS n, 'x' AS s, NULL AS e", Ceiling())
        assert fetched.rows == [[number, "x", None]]
        assert fetched.types == [ColumnType.NUMBER, ColumnType.STRING, ColumnType.STRING]
    assert SqliteSession.opened == 1
    await warehouse.close()
    assert SqliteSession.closed == 1


async def test_rows_and_bytes_beyond_the_limits_are_cut_and_flagged(warehouse: ThreadedWarehouse) -> None:
    many = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n, 'abcdefghij' AS s FROM t"
    fetched = await warehouse.run(many, Ceiling(rows=10))
    assert (len(fetched.rows), fetched.is_truncated) == (10, True)
    fetched = await warehouse.run(many, Ceiling(bytes=130))
    assert (len(fetched.rows), fetched.is_truncated) == (10, True)
    await warehouse.close()


async def test_only_one_select_reaches_the_driver(warehouse: ThreadedWarehouse, sessions: list[SqliteSession]) -> None:
    for sql in ("CREATE TABLE t (a INTEGER)", "SELECT 1; SELECT 2"):
        with pytest.raises(InvalidQuery):
            await warehouse.run(sql, Ceiling())
    assert sessions == []


async def test_a_driver_that_goes_on_past_its_limit_is_cancelled_and_left(
    warehouse: ThreadedWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tertulia.semantic.execute.threaded.GRACE_SECONDS", 0.05)
    started = time.monotonic()
    with pytest.raises(QueryTimeout, match=r"0\.1 seconds"):
        await warehouse.run(ENDLESS, Ceiling(seconds=0.1))
    assert time.monotonic() - started < 20
    await warehouse.close()
    assert SqliteSession.closed == 1


async def test_cancelling_interrupts_the_query_at_the_driver(
    warehouse: ThreadedWarehouse, sessions: list[SqliteSession], until: Until
) -> None:
    task = asyncio.create_task(warehouse.run(ENDLESS, Ceiling()))
    await until(lambda: bool(sessions) and sessions[0].is_running)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not sessions[0].is_running)
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]
    await warehouse.close()
    assert SqliteSession.opened == SqliteSession.closed == 2


async def test_errors_of_the_query_and_of_the_way_are_told_apart_and_scrubbed(sessions: list[SqliteSession]) -> None:
    def refuse(error: Exception) -> ThreadedWarehouse:
        class Refusing(SqliteSession):
            def fetch(self, sql: str, ceiling: Ceiling) -> Fetched:  # noqa: ARG002 - the port's own
                raise error

        return ThreadedWarehouse("sqlite", Refusing, address=ADDRESS)

    with pytest.raises(InvalidQuery, match="no such column"):
        await refuse(sqlite3.ProgrammingError("no such column: a\nmore")).run("SELECT a", Ceiling())
    with pytest.raises(SourceUnavailable, match=r"login failed with \*\*\*$"):
        await refuse(sqlite3.OperationalError("login failed with s3cret")).run("SELECT 1", Ceiling())


async def test_a_database_that_cannot_be_reached_says_so_without_its_password() -> None:
    def connect() -> SqliteSession:
        raise ConnectionError("ana:s3cret@nowhere is not known")

    with pytest.raises(SourceUnavailable, match="cannot be reached") as caught:
        await ThreadedWarehouse("sqlite", connect, address=ADDRESS).run("SELECT 1", Ceiling())
    assert "s3cret" not in caught.value.message


async def test_waiting_for_a_place_has_an_end(
    warehouse: ThreadedWarehouse, sessions: list[SqliteSession], until: Until
) -> None:
    busy = [asyncio.create_task(warehouse.run(ENDLESS, Ceiling())) for _ in range(2)]
    await until(lambda: len(sessions) == 2 and all(each.is_running for each in sessions))
    with pytest.raises(QueryTimeout, match="busy"):
        await warehouse.run("SELECT 1", Ceiling(seconds=0.05))
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    await warehouse.close()
