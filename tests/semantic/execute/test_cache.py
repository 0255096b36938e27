"""Results that are kept, and questions that are asked once."""

import asyncio

import pytest

from tertulia.core.errors import InvalidQuery
from tertulia.core.table import ColumnType
from tertulia.semantic.execute.cache import ResultCache, ResultKey
from tertulia.semantic.execute.warehouse import Ceiling, Fetched


def key(
    *,
    sql: str = "SELECT 1",
    connection: str = "shop",
    attributes: str = "a",
    version: str = "1",
    rows: int = 10,
) -> ResultKey:
    return ResultKey(sql=sql, connection=connection, attributes=attributes, version=version, ceiling=Ceiling(rows=rows))


class Counted:
    """A query that counts how often it ran and waits until it is let go."""

    def __init__(self, *, is_open: bool = True, size: int = 1) -> None:
        self.ran = 0
        self.was_cancelled = False
        self.gate = asyncio.Event()
        if is_open:
            self.gate.set()
        self._size = size

    async def __call__(self) -> Fetched:
        self.ran += 1
        number = self.ran
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        return Fetched(names=["v"], types=[ColumnType.NUMBER], rows=[[number, "x" * self._size]])


async def test_the_same_question_of_the_same_data_runs_once() -> None:
    cache, query = ResultCache(), Counted()
    first, second = await cache.get(key(), query), await cache.get(key(), query)
    assert first == second
    assert query.ran == 1


@pytest.mark.parametrize(
    "other",
    [key(sql="SELECT 2"), key(connection="other"), key(attributes="b"), key(version="2"), key(rows=11)],
    ids=["sql", "connection", "attributes", "version", "ceiling"],
)
async def test_another_question_right_or_state_of_the_data_runs_again(other: ResultKey) -> None:
    cache, query = ResultCache(), Counted()
    await cache.get(key(), query)
    await cache.get(other, query)
    assert query.ran == 2


async def test_what_one_reader_does_to_a_result_no_other_sees() -> None:
    cache, query = ResultCache(), Counted(is_open=False)
    waiting = [asyncio.create_task(cache.get(key(), query)) for _ in range(3)]
    await asyncio.sleep(0)
    query.gate.set()
    for fetched in await asyncio.gather(*waiting):
        assert fetched.rows == [[1, "x"]]
        fetched.rows[0][0] = "spoilt"
    assert (await cache.get(key(), query)).rows == [[1, "x"]]


async def test_identical_questions_at_once_run_once() -> None:
    cache, query = ResultCache(), Counted(is_open=False)
    waiting = [asyncio.create_task(cache.get(key(), query)) for _ in range(10)]
    await asyncio.sleep(0)
    query.gate.set()
    assert all(fetched.rows == [[1, "x"]] for fetched in await asyncio.gather(*waiting))
    assert query.ran == 1


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others() -> None:
    cache, query = ResultCache(), Counted(is_open=False)
    first, second = (asyncio.create_task(cache.get(key(), query)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    query.gate.set()
    assert (await second).rows == [[1, "x"]]
    assert not query.was_cancelled


async def test_when_the_last_one_gives_up_the_query_is_cancelled_and_the_next_asks_anew() -> None:
    cache, query = ResultCache(), Counted(is_open=False)
    waiting = [asyncio.create_task(cache.get(key(), query)) for _ in range(2)]
    while not query.ran:
        await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    query.gate.set()
    assert (await cache.get(key(), query)).rows == [[2, "x"]]
    assert query.was_cancelled


async def test_a_failure_reaches_all_who_wait_and_is_not_kept() -> None:
    cache = ResultCache()

    async def fail() -> Fetched:
        await asyncio.sleep(0)
        raise InvalidQuery

    outcomes = await asyncio.gather(*(cache.get(key(), fail) for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [InvalidQuery] * 3
    assert (await cache.get(key(), Counted())).rows == [[1, "x"]]


async def test_results_grow_old() -> None:
    now = 100.0
    cache, query = ResultCache(seconds=10, clock=lambda: now), Counted()
    await cache.get(key(), query)
    now = 109.9
    await cache.get(key(), query)
    assert query.ran == 1
    now = 110.0
    await cache.get(key(), query)
    assert query.ran == 2


async def test_the_least_used_leave_when_there_is_no_more_room() -> None:
    cache = ResultCache(most_bytes=10_000)
    queries = [Counted(size=2_000) for _ in range(6)]

    async def ask(number: int) -> None:
        await cache.get(key(sql=str(number)), queries[number])

    for number in (0, 1, 2, 3, 0, 4):
        await ask(number)
    assert cache.bytes <= 10_000
    for number in (0, 2, 3, 4):
        await ask(number)
    assert [query.ran for query in queries] == [1, 1, 1, 1, 1, 0]
    await ask(1)
    assert queries[1].ran == 2


async def test_a_result_as_large_as_the_cache_is_not_kept() -> None:
    cache, query = ResultCache(most_bytes=1_000), Counted(size=900)
    await cache.get(key(), query)
    assert cache.bytes == 0
