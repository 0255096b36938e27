"""Query tasks: whose results are kept, for how much room, and which ids are any."""

import asyncio

import pytest

from services.marina import ANN, BO, Marina
from tertulia.core.access import Actor
from tertulia.core.errors import InvalidQuery, NotFound, RateLimited
from tertulia.core.query import Query
from tertulia.services.query_tasks import QueryTask, QueryTasks, Room, TaskStatus
from tertulia.services.task_ids import Shape

HIRES = Query(model="boats", explore="hires", fields=["boats.name", "hires.takings"])
JSON = Shape(format="json")


class Desk:
    """Tasks of one saved query, in as much room as a test gives them."""

    def __init__(self, marina: Marina, serial: int, room: Room) -> None:
        self.tasks = QueryTasks(marina.services.queries, room)
        self._serial = serial

    async def begun(self, actor: Actor) -> str:
        return (await self.tasks.create(actor, self._serial, JSON)).id

    async def done(self, actor: Actor, task_id: str) -> QueryTask:
        async with asyncio.timeout(30):
            while (task := await self.tasks.get(actor, task_id)).status is TaskStatus.RUNNING:
                await asyncio.sleep(0.01)
        return task

    async def is_kept(self, actor: Actor, task_id: str) -> bool:
        """Whether the result is there at once; where it is not, asking for it begins it again."""
        return (await self.tasks.get(actor, task_id)).status is TaskStatus.COMPLETE


async def desk(marina: Marina, room: Room) -> Desk:
    return Desk(marina, (await marina.services.queries.save(await marina.actor(ANN), HIRES)).serial, room)


async def test_an_id_that_no_task_was_given_names_none(marina: Marina) -> None:
    ann, here = await marina.actor(ANN), await desk(marina, Room())
    made = await here.begun(ann)
    head, tail = made.rsplit("-", 1)
    guessed = [f"{head}-{number:024x}" for number in range(50)]
    changed = [
        made.replace("json", "csv"),
        made.replace("json--", "json-7-"),
        f"{made[:-1]}{(int(tail[-1], 16) + 1) % 16:x}",
    ]
    odd = ["", "7", f"{head}-", f"1-json-{'9' * 5_000}--{tail}", f"{'9' * 5_000}-json---{tail}", f"{head}-{tail}\n"]
    for wrong in [*guessed, *changed, *odd]:
        with pytest.raises(NotFound):
            await here.tasks.get(ann, wrong)
    assert (await here.done(ann, made)).status is TaskStatus.COMPLETE
    await here.tasks.close()


async def test_a_task_is_of_its_project_alone(marina: Marina) -> None:
    here = await desk(marina, Room())
    made = await here.begun(await marina.actor(ANN))
    elsewhere = (await marina.house.setup.found("Elsewhere", admin_email="sten@example.org")).project_id
    _, secret = await marina.house.people.create_token("sten@example.org", project_id=elsewhere)
    with pytest.raises(NotFound):
        await here.tasks.get(await marina.services.identity.actor(secret, elsewhere), made)
    await here.tasks.close()


async def test_another_process_answers_a_task_that_it_did_not_begin(marina: Marina) -> None:
    ann = await marina.actor(ANN)
    one, other = await desk(marina, Room()), await desk(marina, Room())
    made = await one.begun(ann)
    await one.tasks.close()
    found = (await other.done(ann, made)).answer()
    assert found is not None
    assert len(found.table.rows) == 3
    await other.tasks.close()


async def test_who_begins_many_loses_their_own_results_and_nobody_else_s(marina: Marina) -> None:
    ann, bo = await marina.actor(ANN), await marina.actor(BO)
    here = await desk(marina, Room(tasks=6, tasks_each=4))
    his = [await here.begun(bo) for _ in range(2)]
    for task_id in his:
        await here.done(bo, task_id)
    hers: list[str] = []
    for _ in range(9):
        hers.append(await here.begun(ann))
        await here.done(ann, hers[-1])
    assert [await here.is_kept(bo, task_id) for task_id in his] == [True, True]
    assert [await here.is_kept(ann, task_id) for task_id in hers[-4:]] == [True] * 4
    assert not await here.is_kept(ann, hers[0])
    await here.tasks.close()


async def test_results_fill_no_more_than_a_user_s_share_nor_all_the_room(marina: Marina) -> None:
    ann, bo = await marina.actor(ANN), await marina.actor(BO)
    measure = await desk(marina, Room())
    await measure.done(ann, await measure.begun(ann))
    size = measure.tasks.size
    await measure.tasks.close()

    here = await desk(marina, Room(bytes=size * 4, bytes_each=size * 3))
    his = await here.begun(bo)
    await here.done(bo, his)
    hers = [await here.begun(ann) for _ in range(8)]
    for task_id in hers:
        await here.done(ann, task_id)
        assert here.tasks.size <= size * 4
    assert await here.is_kept(bo, his)
    await here.tasks.close()

    narrow = await desk(marina, Room(bytes=size * 2, bytes_each=size * 2))
    first = [await narrow.begun(ann) for _ in range(2)]
    for task_id in first:
        await narrow.done(ann, task_id)
    his = await narrow.begun(bo)
    await narrow.done(bo, his)
    assert narrow.tasks.size == size * 2
    assert await narrow.is_kept(bo, his)
    await narrow.tasks.close()


async def test_a_result_larger_than_a_share_fails_and_says_why(marina: Marina) -> None:
    ann, here = await marina.actor(ANN), await desk(marina, Room(bytes_each=10))
    task = await here.done(ann, await here.begun(ann))
    assert isinstance(task.problem, InvalidQuery)
    assert "too large" in task.problem.message
    assert (task.answer(), here.tasks.size) == (None, 0)
    await here.tasks.close()


async def test_a_user_with_all_tasks_running_waits_while_another_begins(marina: Marina) -> None:
    ann, bo = await marina.actor(ANN), await marina.actor(BO)
    here = await desk(marina, Room(tasks_each=1))
    begun = await asyncio.gather(*(here.begun(ann) for _ in range(5)), return_exceptions=True)
    assert [each for each in begun if isinstance(each, RateLimited)]
    assert (await here.done(bo, await here.begun(bo))).problem is None
    await here.tasks.close()
