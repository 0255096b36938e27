"""A DuckDB file behind its processes: values, limits, and what happens when something breaks."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest

from tertulia.core.errors import InvalidQuery, QueryTimeout, SourceUnavailable
from tertulia.core.table import ColumnType
from tertulia.semantic.execute.duckdb_pool import DuckdbPool
from tertulia.semantic.execute.duckdb_protocol import Opening
from tertulia.semantic.execute.duckdb_warehouse import DuckdbWarehouse
from tertulia.semantic.execute.warehouse import Ceiling

pytestmark = pytest.mark.asyncio(loop_scope="module")

Until = Callable[[Callable[[], bool]], Awaitable[None]]
# Runs for minutes unless something ends it.
ENDLESS = "SELECT count(*) FROM boats a, boats b, boats c WHERE a.id * b.id + c.id % 7 = 3"
# One function call that does not look whether it was interrupted.
DEAF = "SELECT levenshtein(repeat('ab', 200000), repeat('ba', 200000))"


@pytest.mark.parametrize(
    ("expression", "value", "kind"),
    [
        ("42", 42, ColumnType.NUMBER),
        ("9007199254740992", 9007199254740992, ColumnType.NUMBER),
        ("9007199254740993", "9007199254740993", ColumnType.NUMBER),
        ("-99999999999999999999999::HUGEINT", "-99999999999999999999999", ColumnType.NUMBER),
        ("3.00::DECIMAL(10, 2)", 3, ColumnType.NUMBER),
        ("3.10::DECIMAL(10, 2)", 3.1, ColumnType.NUMBER),
        ("12345678901234567890.12::DECIMAL(38, 2)", "12345678901234567890.12", ColumnType.NUMBER),
        ("19.99::FLOAT", 19.99, ColumnType.NUMBER),
        ("0.1::DOUBLE + 0.2::DOUBLE", 0.1 + 0.2, ColumnType.NUMBER),
        ("'nan'::DOUBLE", None, ColumnType.NUMBER),
        ("'inf'::FLOAT", None, ColumnType.NUMBER),
        ("true", True, ColumnType.YESNO),
        ("DATE '2024-02-29'", "2024-02-29", ColumnType.DATE),
        ("'0044-03-15 (BC)'::DATE", "0044-03-15 (BC)", ColumnType.DATE),
        ("TIMESTAMP '2024-01-02 03:04:05'", "2024-01-02 03:04:05", ColumnType.TIME),
        ("TIMESTAMP '2024-01-02 03:04:05.250'", "2024-01-02 03:04:05.25", ColumnType.TIME),
        ("TIMESTAMP '2024-01-02'", "2024-01-02 00:00:00", ColumnType.TIME),
        ("TIMESTAMPTZ '2024-01-02 03:04:05+02'", "2024-01-02 01:04:05", ColumnType.TIME),
        ("TIME '10:11:12.5'", "10:11:12.5", ColumnType.STRING),
        ("INTERVAL '1 month 2 days 3 hours'", "1 month 2 days 03:00:00", ColumnType.STRING),
        (
            "'b20a1f7c-15f9-47dd-b76d-543a24da4fc8'::UUID",
            "b20a1f7c-15f9-47dd-b76d-543a24da4fc8",
            ColumnType.STRING,
        ),
        ("'\\xDE\\xAD'::BLOB", "\\xdead", ColumnType.STRING),
        ("[1, NULL, 3]", [1, None, 3], ColumnType.LIST),
        ("[DATE '2024-01-01']", ["2024-01-01"], ColumnType.LIST),
        ("{'a': 1, 'b': DATE '2024-01-01'}", '{"a": 1, "b": "2024-01-01"}', ColumnType.STRING),
        ("MAP {'k': 1}", '{"k": 1}', ColumnType.STRING),
        ("'{\"a\":1}'::JSON", '{"a":1}', ColumnType.STRING),
        ("'x'::ENUM('x', 'y')", "x", ColumnType.STRING),
        ("'101'::BIT", "101", ColumnType.STRING),
        ("NULL::INTEGER", None, ColumnType.NUMBER),
        ("'naïve 🚢'", "naïve 🚢", ColumnType.STRING),
    ],
)
async def test_a_value_comes_as_plain_json(
    warehouse: DuckdbWarehouse, expression: str, value: Any, kind: ColumnType
) -> None:
    fetched = await warehouse.run(f"SELECT {expression} AS v", Ceiling())
    assert (fetched.names, fetched.types, fetched.rows) == (["v"], [kind], [[value]])
    assert type(fetched.rows[0][0]) is type(value)


async def test_columns_may_share_a_name_even_beside_an_interval(warehouse: DuckdbWarehouse) -> None:
    fetched = await warehouse.run('SELECT 1 AS a, INTERVAL \'2 days\' AS a, 3 AS "q""x"', Ceiling())
    assert (fetched.names, fetched.rows) == (["a", "a", 'q"x'], [[1, "2 days", 3]])


async def test_rows_keep_the_order_of_the_query(warehouse: DuckdbWarehouse) -> None:
    fetched = await warehouse.run("SELECT id FROM boats ORDER BY id DESC LIMIT 2000", Ceiling())
    assert [row[0] for row in fetched.rows] == list(range(99_999, 97_999, -1))


@pytest.mark.parametrize(("rows", "limit", "is_truncated"), [(9, 10, False), (10, 10, False), (11, 10, True)])
async def test_rows_beyond_the_limit_are_cut_and_flagged(
    warehouse: DuckdbWarehouse, rows: int, limit: int, *, is_truncated: bool
) -> None:
    fetched = await warehouse.run(f"FROM range({rows})", Ceiling(rows=limit))
    assert (len(fetched.rows), fetched.is_truncated) == (min(rows, limit), is_truncated)


async def test_a_result_that_never_ends_is_cut_without_being_made(warehouse: DuckdbWarehouse) -> None:
    fetched = await warehouse.run("SELECT a.id, b.name FROM boats a, boats b, boats c", Ceiling(rows=100, seconds=5))
    assert (len(fetched.rows), fetched.is_truncated) == (100, True)


async def test_bytes_beyond_the_limit_are_cut_and_flagged(warehouse: DuckdbWarehouse) -> None:
    fetched = await warehouse.run("SELECT repeat('x', 1000) FROM range(100)", Ceiling(bytes=10_050))
    assert (len(fetched.rows), fetched.is_truncated) == (10, True)
    alone = await warehouse.run("SELECT repeat('x', 20000)", Ceiling(bytes=10_000))
    assert (alone.rows, alone.is_truncated) == ([], True)


async def test_a_query_that_is_too_slow_is_interrupted_and_its_process_lives(warehouse: DuckdbWarehouse) -> None:
    before = warehouse.pool.pids
    started = time.monotonic()
    with pytest.raises(QueryTimeout, match=r"0\.2 seconds"):
        await warehouse.run(ENDLESS, Ceiling(seconds=0.2))
    assert time.monotonic() - started < 20
    assert warehouse.pool.pids == before


async def test_a_query_that_cannot_be_interrupted_is_killed(
    warehouse: DuckdbWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tertulia.semantic.execute.duckdb_pool.GRACE_SECONDS", 0.2)
    with pytest.raises(QueryTimeout):
        await warehouse.run(DEAF, Ceiling(seconds=0.2))
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]


async def test_cancelling_interrupts_the_query_and_keeps_its_process(warehouse: DuckdbWarehouse, until: Until) -> None:
    await warehouse.run("SELECT 1", Ceiling())
    [process] = [psutil.Process(pid) for pid in warehouse.pool.pids]
    used = process.cpu_times().user
    task = asyncio.create_task(warehouse.run(ENDLESS, Ceiling(seconds=60)))
    await until(lambda: process.cpu_times().user > used + 0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not warehouse.pool._tasks)
    assert warehouse.pool.pids == [process.pid]
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]


async def test_a_query_cancelled_before_it_began_leaves_nothing_behind(
    warehouse: DuckdbWarehouse, until: Until
) -> None:
    task = asyncio.create_task(warehouse.run(ENDLESS, Ceiling(seconds=60)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not warehouse.pool._tasks)
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT list(range) FROM range(100000000000)",
        "SELECT a.name, b.name, count(*) FROM boats a, boats b GROUP BY ALL ORDER BY 3",
    ],
)
async def test_a_query_that_needs_too_much_memory_is_refused_in_words(warehouse: DuckdbWarehouse, sql: str) -> None:
    with pytest.raises(InvalidQuery, match="200 MB"):
        await warehouse.run(sql, Ceiling(seconds=20))


async def test_a_killed_process_fails_one_query_and_the_next_one_runs(warehouse: DuckdbWarehouse, until: Until) -> None:
    task = asyncio.create_task(warehouse.run(ENDLESS, Ceiling(seconds=60)))
    await until(lambda: bool(warehouse.pool._busy))
    [child] = warehouse.pool._busy
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(SourceUnavailable, match="process ended"):
        await task
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]
    assert child.pid not in warehouse.pool.pids


async def test_a_process_that_died_while_idle_is_not_noticed(warehouse: DuckdbWarehouse, until: Until) -> None:
    await warehouse.run("SELECT 1", Ceiling())
    for child in list(warehouse.pool._free):
        os.kill(child.pid, signal.SIGKILL)
    await until(lambda: not any(child.is_alive for child in warehouse.pool._free))
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]


async def test_queries_run_side_by_side_and_the_rest_wait_their_turn(warehouse: DuckdbWarehouse) -> None:
    answers = await asyncio.gather(*(warehouse.run(f"SELECT {n}", Ceiling()) for n in range(20)))
    assert [answer.rows for answer in answers] == [[[n]] for n in range(20)]
    assert len(warehouse.pool.pids) <= 2


async def test_waiting_for_a_place_has_an_end(warehouse: DuckdbWarehouse, until: Until) -> None:
    busy = [asyncio.create_task(warehouse.run(ENDLESS, Ceiling(seconds=60))) for _ in range(2)]
    await until(lambda: len(warehouse.pool._busy) == 2)
    with pytest.raises(QueryTimeout, match="busy"):
        await warehouse.run("SELECT 1", Ceiling(seconds=0.05))
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]


async def test_a_file_replaced_under_a_running_process_is_read_anew(tmp_path: Path) -> None:
    path, other = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    for each, value in ((path, 1), (other, 2)):
        with duckdb.connect(each) as connection:
            connection.execute(f"CREATE TABLE t AS SELECT {value} AS v")
    warehouse = DuckdbWarehouse(path, processes=1)
    try:
        before = await warehouse.version()
        assert (await warehouse.run("SELECT v FROM t", Ceiling())).rows == [[1]]
        shutil.move(other, path)
        assert await warehouse.version() != before
        assert (await warehouse.run("SELECT v FROM t", Ceiling())).rows == [[2]]
        assert len(warehouse.pool.pids) == 1
    finally:
        await warehouse.close()


async def test_a_file_that_cannot_be_opened_says_why_without_its_path(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.duckdb"
    nonsense.write_bytes(b"no database" * 1000)
    locked = tmp_path / "locked.duckdb"
    with duckdb.connect(locked) as writer:
        writer.execute("CREATE TABLE t (v INTEGER)")
        for path, told in (
            (tmp_path / "missing.duckdb", "not there"),
            (nonsense, "no DuckDB database"),
            (locked, "written by another program"),
        ):
            warehouse = DuckdbWarehouse(path, processes=1)
            with pytest.raises(SourceUnavailable, match=told) as caught:
                await warehouse.run("SELECT 1", Ceiling())
            assert str(tmp_path) not in caught.value.message
            await warehouse.close()


async def test_nothing_starts_before_the_first_query_and_idle_processes_end(shop: Path, until: Until) -> None:
    opening = Opening(path=str(shop), memory_megabytes=200, threads=1)
    pool = DuckdbPool(opening, processes=2, idle_seconds=0.1)
    assert pool.pids == []
    tasks = [asyncio.create_task(pool.run(ENDLESS, Ceiling(seconds=60))) for _ in range(2)]
    await until(lambda: len(pool.pids) == 2)
    pids = pool.pids
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await until(lambda: pool.pids == [] and not any(psutil.pid_exists(pid) for pid in pids))
    assert len((await pool.run("SELECT 1", Ceiling())).rows) == 1
    await pool.close()


async def test_closing_ends_every_process_and_what_still_runs(shop: Path, until: Until) -> None:
    warehouse = DuckdbWarehouse(shop, processes=1)
    task = asyncio.create_task(warehouse.run(ENDLESS, Ceiling(seconds=60)))
    await until(lambda: bool(warehouse.pool._busy))
    [pid] = warehouse.pool.pids
    await warehouse.close()
    with pytest.raises(SourceUnavailable):
        await task
    with pytest.raises(SourceUnavailable):
        await warehouse.run("SELECT 1", Ceiling())
    assert not psutil.pid_exists(pid)


async def test_the_child_ends_with_the_server_that_started_it(shop: Path, until: Until) -> None:
    warehouse = DuckdbWarehouse(shop, processes=1)
    await warehouse.run("SELECT 1", Ceiling())
    [child] = warehouse.pool._free
    # What a server that was killed leaves behind: pipes that nobody holds.
    child._to.close()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        await child._to.wait_closed()
    await until(lambda: not child.is_alive)
    await warehouse.close()
