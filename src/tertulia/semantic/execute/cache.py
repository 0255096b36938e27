"""Results kept for a while: the same query of the same data for the same rights runs once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from tertulia.semantic.execute.warehouse import Ceiling, Fetched


class ResultKey(Struct, frozen=True, kw_only=True):
    """`attributes` is a digest of what the asker may see, `version` of the data (Warehouse.version)."""

    connection: str
    sql: str
    attributes: str
    version: str
    ceiling: Ceiling


class _Kept(Struct, frozen=True):
    encoded: bytes
    until: float


class _Flight:
    """A query that runs, and how many wait for it."""

    def __init__(self, task: asyncio.Task[Fetched]) -> None:
        self.task = task
        self.waiting = 0


class ResultCache:
    """At most `most_bytes` of encoded results, the least used of them leaving first. Failures are not kept."""

    def __init__(
        self,
        *,
        most_bytes: int = 64_000_000,
        seconds: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._clock = clock
        self._kept: OrderedDict[ResultKey, _Kept] = OrderedDict()
        self._bytes = 0
        self._flights: dict[ResultKey, _Flight] = {}

    @property
    def bytes(self) -> int:
        return self._bytes

    async def get(self, key: ResultKey, fetch: Callable[[], Awaitable[Fetched]]) -> Fetched:
        """A result of one's own to change. The query is cancelled when the last who waits for it is."""
        if (kept := self._fresh(key)) is not None:
            return msgspec.msgpack.decode(kept.encoded, type=Fetched)
        flight = self._flights.get(key)
        if flight is None:
            flight = _Flight(asyncio.create_task(_awaited(fetch)))
            self._flights[key] = flight
            flight.task.add_done_callback(lambda task: self._landed(key, flight, task))
        is_first = flight.waiting == 0
        flight.waiting += 1
        try:
            fetched = await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.task.done():
                self._forget(key, flight)
                flight.task.cancel()
        return fetched if is_first else msgspec.msgpack.decode(msgspec.msgpack.encode(fetched), type=Fetched)

    def _fresh(self, key: ResultKey) -> _Kept | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until <= self._clock():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def _landed(self, key: ResultKey, flight: _Flight, task: asyncio.Task[Fetched]) -> None:
        is_current = self._flights.get(key) is flight
        self._forget(key, flight)
        if task.cancelled() or task.exception() is not None or not is_current:
            return
        encoded = msgspec.msgpack.encode(task.result())
        if len(encoded) > self._most_bytes // 4:
            return
        self._kept[key] = _Kept(encoded, self._clock() + self._seconds)
        self._bytes += len(encoded)
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def _forget(self, key: ResultKey, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    def _drop(self, key: ResultKey) -> None:
        if kept := self._kept.pop(key, None):
            self._bytes -= len(kept.encoded)


async def _awaited(fetch: Callable[[], Awaitable[Fetched]]) -> Fetched:
    return await fetch()
