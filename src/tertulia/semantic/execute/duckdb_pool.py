"""The children that run DuckDB: started when needed, ended when idle, replaced when one dies."""

import asyncio

import msgspec

from tertulia.core.errors import InvalidQuery, QueryTimeout, SourceUnavailable, ToolFailed
from tertulia.semantic.execute.child_process import end_child, start_child
from tertulia.semantic.execute.duckdb_protocol import HEAD, Ask, Opening, Refused, Reply, Rows, Stop, framed
from tertulia.semantic.execute.warehouse import Ceiling

# How long after its deadline a query may take to notice it before its process is killed.
GRACE_SECONDS = 2.0
IDLE_SECONDS = 60.0
_KINDS: dict[str, type[ToolFailed]] = {
    kind.code(): kind for kind in (InvalidQuery, QueryTimeout, SourceUnavailable, ToolFailed)
}


class DuckdbPool:
    """At most `processes` queries of one file at a time; the others wait their turn within their own time limit."""

    def __init__(self, opening: Opening, *, processes: int = 2, idle_seconds: float = IDLE_SECONDS) -> None:
        self._opening = opening
        self._idle_seconds = idle_seconds
        self._slots = asyncio.Semaphore(processes)
        self._free: list[_Child] = []
        self._busy: set[_Child] = set()
        self._tasks: set[asyncio.Task[Reply]] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._sweeping: set[asyncio.Task[None]] = set()
        self._asked = 0
        self._is_closed = False

    @property
    def pids(self) -> list[int]:
        """The processes there are now, for whoever watches them."""
        return [child.pid for child in (*self._free, *self._busy)]

    async def warm_up(self) -> None:
        """Start a process, so that the first query need not wait for one."""
        async with self._slots:
            if not self._free and not self._is_closed:
                self._give_back(await _Child.start(self._opening))

    async def run(self, sql: str, ceiling: Ceiling) -> Rows:
        """Raises InvalidQuery, QueryTimeout, SourceUnavailable. The end of the awaiting task interrupts the query."""
        await self._slot(ceiling.seconds)
        self._asked += 1
        ask = Ask(number=self._asked, sql=sql, rows=ceiling.rows, bytes=ceiling.bytes, seconds=ceiling.seconds)
        stop = asyncio.Event()
        # A task of its own: it outlives a caller who gave up, until the process is free or dead.
        task = asyncio.create_task(self._reply(ask, stop))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            reply = await asyncio.shield(task)
        except asyncio.CancelledError:
            stop.set()
            raise
        if isinstance(reply, Refused):
            raise _KINDS.get(reply.kind, ToolFailed)(reply.message)
        return reply

    async def close(self) -> None:
        """Kill every process; what still runs fails with SourceUnavailable."""
        self._is_closed = True
        if self._sweep:
            self._sweep.cancel()
        children = [*self._free, *self._busy]
        self._free.clear()
        await asyncio.gather(*(child.end() for child in children), *self._sweeping)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _slot(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise QueryTimeout("The database is busy with other queries. Try again shortly.") from None

    async def _reply(self, ask: Ask, stop: asyncio.Event) -> Reply:
        try:
            child = await self._child()
            self._busy.add(child)
            try:
                reply = await child.reply(ask, stop)
            except BaseException:
                await child.end()
                raise
            finally:
                self._busy.discard(child)
            self._give_back(child)
        except TimeoutError:  # first: it is an OSError too
            message = f"The query took longer than {ask.seconds:g} seconds."
            return Refused(number=ask.number, kind=QueryTimeout.code(), message=message)
        except (OSError, asyncio.IncompleteReadError, msgspec.DecodeError):
            message = "The database process ended while it ran this query. Ask for less, or try again."
            return Refused(number=ask.number, kind=SourceUnavailable.code(), message=message)
        finally:
            self._slots.release()
        return reply

    async def _child(self) -> "_Child":
        if self._is_closed:
            raise BrokenPipeError
        while self._free:
            child = self._free.pop()
            if child.is_alive:
                return child
            await child.end()
        child = await _Child.start(self._opening)
        if self._is_closed:
            await child.end()
            raise BrokenPipeError
        return child

    def _give_back(self, child: "_Child") -> None:
        loop = asyncio.get_running_loop()
        if self._is_closed:
            self._keep(loop.create_task(child.end()))
            return
        child.idle_since = loop.time()
        self._free.append(child)
        if self._sweep is None:
            self._sweep = loop.call_later(self._idle_seconds, self._end_idle)

    def _end_idle(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - self._idle_seconds
        for child in [each for each in self._free if each.idle_since <= oldest]:
            self._free.remove(child)
            self._keep(loop.create_task(child.end()))
        again = self._free or self._busy
        self._sweep = loop.call_later(self._idle_seconds, self._end_idle) if again else None

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._sweeping.add(task)
        task.add_done_callback(self._sweeping.discard)


class _Child:
    """One process. `reply` raises TimeoutError for one that does not give in, OSError or IncompleteReadError for one
    that died.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise BrokenPipeError
        self._process = process
        self._to = process.stdin
        self._from = process.stdout
        self.pid = process.pid
        self.idle_since = 0.0

    @classmethod
    async def start(cls, opening: Opening) -> "_Child":
        child = cls(await start_child("tertulia.semantic.execute.duckdb_worker"))
        await child._send(opening)
        return child

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def reply(self, ask: Ask, stop: asyncio.Event) -> Reply:
        await self._send(ask)
        reading = asyncio.create_task(self._read(ask))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((reading, stopping), timeout=ask.seconds + GRACE_SECONDS, return_when="FIRST_COMPLETED")
            if not reading.done() and stop.is_set():
                await self._send(Stop(ask.number))
                await asyncio.wait((reading,), timeout=GRACE_SECONDS)
            if not reading.done():
                raise TimeoutError
            return reading.result()
        finally:
            for task in (reading, stopping):
                task.cancel()
            await asyncio.gather(reading, stopping, return_exceptions=True)

    async def end(self) -> None:
        await end_child(self._process)

    async def _send(self, value: Opening | Ask | Stop) -> None:
        self._to.write(framed(value))
        await self._to.drain()

    async def _read(self, ask: Ask) -> Reply:
        head = await self._from.readexactly(HEAD.size)
        size = HEAD.unpack(head)[0]
        # Beyond what it was allowed, the child is not what it was when it started.
        if size > ask.bytes + (4 << 20):
            raise BrokenPipeError
        body = await self._from.readexactly(size)
        return msgspec.msgpack.decode(body, type=Rows | Refused)
