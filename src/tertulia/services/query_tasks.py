"""Queries that run while their client does something else, and what became of them."""

import asyncio
import secrets
import time
from enum import StrEnum

from msgspec import Struct

from tertulia.core.access import Actor
from tertulia.core.analysis import QueryAnswer
from tertulia.core.errors import NotFound, RateLimited, TertuliaError
from tertulia.services.queries import Queries
from tertulia.store.queries import SavedQuery

_MOST_KEPT = 256
_KEPT_S = 900.0
_SEPARATOR = "-"


class TaskStatus(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    ERROR = "error"


class Shape(Struct, frozen=True, kw_only=True):
    """How its client wants a result. `format` is a word of the client's."""

    format: str
    limit: int | None = None
    is_formatted: bool = False
    is_visual: bool = False


class QueryTask(Struct, frozen=True, kw_only=True):
    """`seconds` is how long it took, or takes by now; `answer` is set once it is complete, `problem` where it failed."""

    id: str
    saved: SavedQuery
    shape: Shape
    status: TaskStatus
    seconds: float
    answer: QueryAnswer | None = None
    problem: TertuliaError | None = None


class _Running(Struct, frozen=True, kw_only=True):
    task: asyncio.Task[QueryAnswer]
    begun_at: float
    ended_at: list[float]


class QueryTasks:
    """A task's id says what it runs: another process, or this one after a restart, runs it again when it is asked for.

    Results are kept in memory for a quarter of an hour, for the user who asked alone.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._running: dict[tuple[str, str, str], _Running] = {}

    async def create(self, actor: Actor, serial: int, shape: Shape) -> QueryTask:
        """Begins to run a saved query. Raises NotFound, RateLimited."""
        saved = await self._queries.find(actor, serial)
        identity = _identity(serial, shape)
        self._begin(actor, identity, saved, shape)
        return self._told(actor, identity, saved, shape)

    async def get(self, actor: Actor, task_id: str) -> QueryTask:
        """Raises NotFound for an id that names no task; RateLimited."""
        serial, shape = _read(task_id)
        saved = await self._queries.find(actor, serial)
        self._forget()
        if (actor.project_id, actor.user_id, task_id) not in self._running:
            self._begin(actor, task_id, saved, shape)
        return self._told(actor, task_id, saved, shape)

    async def close(self) -> None:
        for each in self._running.values():
            each.task.cancel()
        await asyncio.gather(*(each.task for each in self._running.values()), return_exceptions=True)
        self._running.clear()

    def _begin(self, actor: Actor, task_id: str, saved: SavedQuery, shape: Shape) -> None:
        self._forget()
        if len(self._running) >= _MOST_KEPT:
            raise RateLimited("Too many queries are running. Try again later.")
        ended_at: list[float] = []
        task = asyncio.create_task(self._queries.run(actor, saved.query, limit=shape.limit))
        task.add_done_callback(lambda done: _note(done, ended_at))
        self._running[actor.project_id, actor.user_id, task_id] = _Running(
            task=task, begun_at=time.monotonic(), ended_at=ended_at
        )

    def _told(self, actor: Actor, task_id: str, saved: SavedQuery, shape: Shape) -> QueryTask:
        running = self._running[actor.project_id, actor.user_id, task_id]
        ended = running.ended_at[0] if running.ended_at else time.monotonic()
        seconds = ended - running.begun_at
        status, answer, problem = TaskStatus.RUNNING, None, None
        if running.task.done():
            try:
                answer = running.task.result()
                status = TaskStatus.COMPLETE
            except TertuliaError as error:
                status, problem = TaskStatus.ERROR, error
        return QueryTask(
            id=task_id, saved=saved, shape=shape, status=status, seconds=seconds, answer=answer, problem=problem
        )

    def _forget(self) -> None:
        """The oldest ended ones where there are too many, and all that ended long ago."""
        ended = [key for key, each in self._running.items() if each.ended_at]
        surplus = max(0, len(self._running) - _MOST_KEPT + 1)
        for place, key in enumerate(ended):
            if place < surplus or time.monotonic() - self._running[key].ended_at[0] > _KEPT_S:
                del self._running[key]


def _note(done: asyncio.Task[QueryAnswer], ended_at: list[float]) -> None:
    ended_at.append(time.monotonic())
    if not done.cancelled():
        # whoever asks for the task is told; nobody may ever ask
        done.exception()


def _identity(serial: int, shape: Shape) -> str:
    flags = f"{'f' if shape.is_formatted else ''}{'v' if shape.is_visual else ''}"
    limit = "" if shape.limit is None else str(shape.limit)
    return _SEPARATOR.join([str(serial), shape.format, limit.replace("-", "m"), flags, secrets.token_hex(6)])


def _read(task_id: str) -> tuple[int, Shape]:
    match task_id.split(_SEPARATOR):
        case [serial, kind, limit, flags, _] if serial.isdecimal() and serial.isascii() and len(serial) < 16:
            number = limit.replace("m", "-")
            if number and not number.removeprefix("-").isdecimal():
                raise NotFound
            return int(serial), Shape(
                format=kind,
                limit=int(number) if number else None,
                is_formatted="f" in flags,
                is_visual="v" in flags,
            )
        case _:
            raise NotFound
