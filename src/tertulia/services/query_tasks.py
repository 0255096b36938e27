"""Queries that run while their client does something else, and what became of them."""

import asyncio
import time
from collections.abc import Callable
from enum import StrEnum

import msgspec
from msgspec import Struct

from tertulia.core.access import Actor
from tertulia.core.analysis import QueryAnswer
from tertulia.core.errors import InvalidQuery, RateLimited, TertuliaError
from tertulia.services.queries import Queries
from tertulia.services.task_ids import Shape, TaskName, new_task_id, task_name
from tertulia.store.queries import SavedQuery

_KEPT_S = 900.0


class TaskStatus(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    ERROR = "error"


class Room(Struct, frozen=True, kw_only=True):
    """How many tasks are held, and how many bytes of results: of everybody, and of each user."""

    tasks: int = 1_024
    tasks_each: int = 64
    bytes: int = 256_000_000
    bytes_each: int = 64_000_000


class QueryTask(Struct, frozen=True, kw_only=True):
    """`seconds` is how long it took, or takes by now; `result` is set once it is complete, `problem` where it failed."""

    id: str
    saved: SavedQuery
    shape: Shape
    status: TaskStatus
    seconds: float
    result: bytes | None = None
    problem: TertuliaError | None = None

    def answer(self) -> QueryAnswer | None:
        """None unless it is complete. Read anew each time: large ones from a thread."""
        return None if self.result is None else msgspec.json.decode(self.result, type=QueryAnswer)


class _Held:
    """A task that runs or ran; its result is kept as JSON, so that its size is known."""

    def __init__(self, task: asyncio.Task[bytes]) -> None:
        self.task = task
        self.begun_at = time.monotonic()
        self.ended_at: float | None = None
        self.size = 0


_OfUser = dict[str, _Held]
_ROOM = Room()


class QueryTasks:
    """A task's id says what it runs: another process, or this one after a restart, runs it again when it is asked for.

    Results are kept in memory for a quarter of an hour, for the user who asked alone. Where there is no room, the oldest
    results of whoever holds the most leave first.
    """

    def __init__(self, queries: Queries, room: Room = _ROOM) -> None:
        self._queries = queries
        self._room = room
        self._held: dict[tuple[str, str], _OfUser] = {}

    @property
    def size(self) -> int:
        """Bytes of the results that are kept, of everybody."""
        return sum(_size(held) for held in self._held.values())

    async def create(self, actor: Actor, serial: int, shape: Shape) -> QueryTask:
        """Begins to run a saved query. Raises NotFound, RateLimited."""
        saved = await self._queries.find(actor, serial)
        task_id = new_task_id(actor.project_id, TaskName(serial=serial, shape=shape))
        return _told(task_id, saved, shape, self._begun(actor, task_id, saved, shape))

    def shape(self, actor: Actor, task_id: str) -> Shape:
        """Raises NotFound for an id that names no task."""
        return task_name(actor.project_id, task_id).shape

    async def get(self, actor: Actor, task_id: str) -> QueryTask:
        """Raises NotFound for an id that names no task; RateLimited."""
        name = task_name(actor.project_id, task_id)
        saved = await self._queries.find(actor, name.serial)
        self._forget()
        held = self._of(actor).get(task_id) or self._begun(actor, task_id, saved, name.shape)
        return _told(task_id, saved, name.shape, held)

    async def close(self) -> None:
        tasks = [each.task for held in self._held.values() for each in held.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._held.clear()

    def _of(self, actor: Actor) -> _OfUser:
        return self._held.setdefault((actor.project_id, actor.user_id), {})

    def _begun(self, actor: Actor, task_id: str, saved: SavedQuery, shape: Shape) -> _Held:
        self._forget()
        mine = self._of(actor)
        has_room = len(mine) < self._room.tasks_each or _drop_oldest(mine)
        if not has_room or not self._has_room_for_one():
            raise RateLimited("Too many queries are running. Try again later.")
        held = _Held(asyncio.create_task(self._run(actor, saved, shape)))
        held.task.add_done_callback(lambda done: self._landed(mine, held, done))
        mine[task_id] = held
        return held

    async def _run(self, actor: Actor, saved: SavedQuery, shape: Shape) -> bytes:
        answer = await self._queries.run(actor, saved.query, limit=shape.limit)
        result = await asyncio.to_thread(msgspec.json.encode, answer)
        if len(result) > self._room.bytes_each:
            raise InvalidQuery("This result is too large to be kept for a task: ask for fewer rows or fields.")
        return result

    def _landed(self, mine: _OfUser, held: _Held, done: asyncio.Task[bytes]) -> None:
        held.ended_at = time.monotonic()
        # whoever asks for the task is told of an error; nobody may ever ask
        if done.cancelled() or done.exception() is not None:
            return
        held.size = len(done.result())
        while _size(mine) > self._room.bytes_each:
            _drop_oldest(mine)
        while self.size > self._room.bytes:
            self._drop_from_whoever_has_most(_size)

    def _has_room_for_one(self) -> bool:
        is_full = sum(len(held) for held in self._held.values()) >= self._room.tasks
        return not is_full or self._drop_from_whoever_has_most(len)

    def _drop_from_whoever_has_most(self, share: Callable[[_OfUser], int]) -> bool:
        """False where everything still runs."""
        return any(_drop_oldest(held) for held in sorted(self._held.values(), key=share, reverse=True))

    def _forget(self) -> None:
        """What ended long ago."""
        oldest = time.monotonic() - _KEPT_S
        for user, held in list(self._held.items()):
            for task_id in [each for each, one in held.items() if one.ended_at is not None and one.ended_at < oldest]:
                del held[task_id]
            if not held:
                del self._held[user]


def _size(held: _OfUser) -> int:
    return sum(each.size for each in held.values())


def _drop_oldest(held: _OfUser) -> bool:
    """False where everything still runs."""
    ended = {task_id: each.ended_at for task_id, each in held.items() if each.ended_at is not None}
    if not ended:
        return False
    del held[min(ended, key=lambda task_id: ended[task_id])]
    return True


def _told(task_id: str, saved: SavedQuery, shape: Shape, held: _Held) -> QueryTask:
    ended_at = time.monotonic() if held.ended_at is None else held.ended_at
    status, result, problem = TaskStatus.RUNNING, None, None
    if held.task.done():
        try:
            result = held.task.result()
            status = TaskStatus.COMPLETE
        except TertuliaError as error:
            status, problem = TaskStatus.ERROR, error
    return QueryTask(
        id=task_id,
        saved=saved,
        shape=shape,
        status=status,
        seconds=ended_at - held.begun_at,
        result=result,
        problem=problem,
    )
