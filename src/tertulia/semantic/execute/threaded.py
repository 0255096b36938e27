"""Drivers that block, each query in a thread of its own and with a deadline that holds whatever the driver does."""

import asyncio
import importlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from tertulia.core.errors import InvalidQuery, QueryTimeout, SourceUnavailable, ToolFailed
from tertulia.semantic.execute.address import Address
from tertulia.semantic.execute.gate import require_single_select
from tertulia.semantic.execute.warehouse import Ceiling, Fetched

# The server's own limit comes first; after this much more the driver is left to itself.
GRACE_SECONDS = 5.0
# Errors of the Python database API, and of drivers that have their own, that speak of the query and not of the way.
_REFUSALS = {
    "ProgrammingError",
    "DataError",
    "NotSupportedError",
    "TrinoUserError",
    "BadRequest",
    "ServerOperationError",
}


class Session(Protocol):
    """One connection of a driver. `fetch` and `close` are called in a thread, `cancel` in another while `fetch` runs."""

    def fetch(self, sql: str, ceiling: Ceiling) -> Fetched: ...

    def cancel(self) -> None: ...

    def close(self) -> None: ...


class ThreadedWarehouse:
    """Up to `connections` queries at once. A session whose query was given up is not used again."""

    def __init__(self, engine: str, connect: Callable[[], Session], *, address: Address, connections: int = 4) -> None:
        self._engine = engine
        self._connect = connect
        self._address = address
        self._slots = asyncio.Semaphore(connections)
        self._free: list[Session] = []
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def engine(self) -> str:
        return self._engine

    async def run(self, sql: str, ceiling: Ceiling) -> Fetched:
        require_single_select(sql, self._engine)
        try:
            async with asyncio.timeout(ceiling.seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise QueryTimeout("The database is busy with other queries. Try again shortly.") from None
        try:
            return await self._run(sql, ceiling)
        finally:
            self._slots.release()

    async def version(self) -> str:
        """Always the same: what changes in a running database only time can tell."""
        return ""

    async def close(self) -> None:
        while self._free:
            await asyncio.to_thread(self._free.pop().close)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    async def _run(self, sql: str, ceiling: Ceiling) -> Fetched:
        started = time.monotonic()
        session = await self._session()
        work = asyncio.create_task(asyncio.to_thread(session.fetch, sql, ceiling))
        try:
            async with asyncio.timeout(ceiling.seconds + GRACE_SECONDS):
                fetched = await asyncio.shield(work)
        except TimeoutError:
            self._leave(session, work)
            raise _too_late(ceiling) from None
        except asyncio.CancelledError:
            self._leave(session, work)
            raise
        except Exception as error:  # noqa: BLE001 - each driver raises its own, and all of them are told
            self._leave(session, work)
            if time.monotonic() - started >= ceiling.seconds:
                raise _too_late(ceiling) from None
            raise self._told(error) from None
        self._free.append(session)
        return fetched

    async def _session(self) -> Session:
        if self._free:
            return self._free.pop()
        try:
            return await asyncio.to_thread(self._connect)
        except ToolFailed:
            raise
        except Exception as error:  # noqa: BLE001 - likewise
            message = f"The database cannot be reached: {self._first_line(error)}"
            raise SourceUnavailable(message) from None

    def _leave(self, session: Session, work: asyncio.Task[Fetched]) -> None:
        task = asyncio.create_task(_left(session, work))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def _told(self, error: Exception) -> ToolFailed:
        if isinstance(error, ToolFailed):
            return error
        if {each.__name__ for each in type(error).__mro__} & _REFUSALS:
            return InvalidQuery(f"The database refused the query: {self._first_line(error)}")
        return SourceUnavailable(f"The database could not answer: {self._first_line(error)}")

    def _first_line(self, error: Exception) -> str:
        return self._address.scrubbed(str(error)).strip().partition("\n")[0][:500]


def driver(module: str, extra: str) -> Any:
    """A driver's module. Raises SourceUnavailable that says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise SourceUnavailable(
            f"This connection needs a driver that is not installed: pip install 'tertulia[{extra}]'"
        ) from None


def _too_late(ceiling: Ceiling) -> QueryTimeout:
    return QueryTimeout(f"The query took longer than {ceiling.seconds:g} seconds.")


async def _left(session: Session, work: asyncio.Task[Fetched]) -> None:
    """Cancel what runs, wait until the driver gave in, and hang up: nobody is left to tell of what fails here."""
    steps = [partial(asyncio.to_thread, session.cancel)] if not work.done() else []
    for step in (*steps, lambda: asyncio.wait((work,)), partial(asyncio.to_thread, session.close)):
        try:
            await step()
        except Exception:  # noqa: BLE001, S112 - a driver may raise anything at a connection that broke
            continue
    if not work.cancelled():
        work.exception()
