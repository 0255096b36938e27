"""Writes go one after another on their own thread, commit together, and fail alone."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from tertulia.core.errors import Unavailable
from tertulia.store.database import Connection, Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "t.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (x INTEGER PRIMARY KEY)")
    connection.commit()
    connection.close()
    return path


def put(connection: Connection, value: int) -> int:
    connection.exec_driver_sql("INSERT INTO t VALUES (?)", (value,))
    return value


def values(connection: Connection) -> list[int]:
    return [row[0] for row in connection.exec_driver_sql("SELECT x FROM t ORDER BY x")]


async def test_what_a_write_returned_is_committed(path: Path) -> None:
    database = Database(path)
    assert await database.write(put, 1) == 1
    other = sqlite3.connect(path)
    assert other.execute("SELECT x FROM t").fetchall() == [(1,)]
    other.close()
    database.close()


async def test_of_a_group_the_failing_write_fails_alone(path: Path) -> None:
    database = Database(path)
    await database.write(put, 5)
    results = await asyncio.gather(*(database.write(put, x) for x in range(20)), return_exceptions=True)
    assert [type(result) for result in results] == [IntegrityError if x == 5 else int for x in range(20)]
    assert await database.read(values) == list(range(20))
    database.close()


async def test_a_write_that_fails_halfway_leaves_nothing(path: Path) -> None:
    def half(connection: Connection) -> None:
        put(connection, 1)
        raise ZeroDivisionError

    database = Database(path)
    with pytest.raises(ZeroDivisionError):
        await database.write(half)
    assert await database.read(values) == []
    database.close()


async def test_a_write_whose_caller_left_is_made_all_the_same(path: Path) -> None:
    database = Database(path)
    task = asyncio.create_task(database.write(put, 1))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await database.write(put, 2)
    assert await database.read(values) == [1, 2]
    database.close()


async def test_a_read_cannot_write(path: Path) -> None:
    database = Database(path)
    with pytest.raises(OperationalError):
        await database.read(put, 1)
    assert await database.read(values) == []
    database.close()


async def test_everything_a_read_sees_belongs_to_one_moment(path: Path) -> None:
    database = Database(path)
    loop = asyncio.get_running_loop()

    def twice(connection: Connection) -> tuple[int, int]:
        before = len(values(connection))
        asyncio.run_coroutine_threadsafe(database.write(put, 7), loop).result(5)
        return before, len(values(connection))

    assert await database.read(twice) == (0, 0)
    assert await database.read(values) == [7]
    database.close()


async def test_a_file_that_stays_locked_gives_unavailable_and_the_writer_lives_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tertulia.store.database._BUSY_TIMEOUT_S", 0.05)
    database = Database(path)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await database.write(put, 1)
    blocker.execute("ROLLBACK")
    blocker.close()
    assert await database.write(put, 1) == 1
    database.close()


async def test_closing_finishes_the_writes_that_wait_and_takes_no_more(path: Path) -> None:
    database = Database(path)
    tasks = [asyncio.create_task(database.write(put, x)) for x in range(50)]
    await asyncio.sleep(0)
    database.close()
    await asyncio.gather(*tasks)
    with pytest.raises(Unavailable):
        await database.write(put, 99)
    reopened = Database(path)
    assert await reopened.read(values) == list(range(50))
    reopened.close()


async def test_two_databases_on_one_file_wait_for_each_other(path: Path) -> None:
    first, second = Database(path), Database(path)

    async def count_up(database: Database, times: int) -> None:
        def step(connection: Connection) -> None:
            put(connection, len(values(connection)))

        for _ in range(times):
            await database.write(step)

    await asyncio.gather(count_up(first, 40), count_up(second, 40))
    assert await first.read(values) == list(range(80))
    first.close()
    second.close()
