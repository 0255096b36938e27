"""Live fan-out: the runs that execute here, and following any run from any position."""

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum

from tertulia.core.errors import Unavailable
from tertulia.core.run import TERMINAL, Batch, Event, Position, ReasoningDelta, Run, TextDelta
from tertulia.runtime.journal import Journal, Pending

_DELTAS = (TextDelta, ReasoningDelta)


class StopReason(StrEnum):
    """Why a run's task was told to stop."""

    CANCELLED = "cancelled"
    LEASE_LOST = "lease_lost"
    DRAINING = "draining"


class LiveRun:
    """One attempt that executes in this process. Its events are one shared list; every follower keeps a place in it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.events: list[Event] = []
        self.visible = 0
        self.stored = 0
        self.is_closed = False
        self.is_ending = False
        self.stop_reason: StopReason | None = None
        # held while events of this run are being stored, so that they are stored once and in order
        self.storing = asyncio.Lock()
        self.task: asyncio.Task[None] | None = None
        self._waiters: list[asyncio.Future[None]] = []

    def add(self, event: Event) -> None:
        """Appends an event that followers do not see yet."""
        self.events.append(event)

    def publish(self) -> None:
        """Shows followers everything added so far."""
        self.visible = len(self.events)
        self._wake()

    def close(self) -> None:
        """No more events come from here: the run ended, or goes on elsewhere."""
        self.is_closed = True
        self._wake()

    def stop(self, reason: StopReason) -> None:
        """Tells the run's task to stop; the first reason counts, and a run that is being ended is left alone."""
        if self.stop_reason is None and not self.is_ending:
            self.stop_reason = reason
            if self.task is not None:
                self.task.cancel()

    def unstored(self) -> Pending:
        return Pending(self.run, self.stored + 1, self.events[self.stored :])

    def after(self, position: Position) -> Batch | None:
        """The visible events that a follower at `position` has not seen."""
        attempt = self.run.attempt
        seen = position.seq if position.attempt == attempt else 0
        if position.attempt > attempt or seen >= self.visible:
            return None
        return Batch(Position(attempt, seen + 1), self.events[seen : self.visible])

    async def changed(self) -> None:
        """Returns at the next publish or close."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


class Hub:
    """Knows the runs that live here, and lets anybody follow a run wherever it lives."""

    def __init__(self, journal: Journal, *, poll_s: float) -> None:
        self._journal = journal
        self._poll_s = poll_s
        self._live: dict[str, LiveRun] = {}
        self._arrivals: dict[str, list[asyncio.Event]] = {}
        self._is_draining = False

    @property
    def live(self) -> list[LiveRun]:
        return list(self._live.values())

    def find(self, run_id: str) -> LiveRun | None:
        return self._live.get(run_id)

    def open(self, run: Run) -> LiveRun:
        live = self._live[run.id] = LiveRun(run)
        for arrival in self._arrivals.get(run.id, ()):
            arrival.set()
        return live

    def close(self, live: LiveRun) -> None:
        if self._live.get(live.run.id) is live:
            del self._live[live.run.id]
        live.close()

    def drain(self) -> None:
        """From now on no follower waits for events from elsewhere."""
        self._is_draining = True
        for arrivals in self._arrivals.values():
            for arrival in arrivals:
                arrival.set()

    async def follow(self, run: Run, after: Position, *, pause_s: float = 0.0) -> AsyncIterator[Batch]:
        """The run's events after a position, until one that is terminal or the end of a log that was dropped.

        Batches made of deltas alone come at least `pause_s` apart, so that what piled up meanwhile comes together.
        A batch of a later attempt than the one before begins with Restarted. Raises Unavailable when this process
        shuts down first; the run goes on elsewhere and can be followed from the last position.
        """
        position = after
        while True:
            live = self._live.get(run.id)
            if live is None:
                batches, is_over = await self._stored(run, position)
            else:
                batch = live.after(position)
                batches, is_over = ([batch] if batch else []), False
            for batch in batches:
                position = batch.last
                yield batch
                if isinstance(batch.events[-1], TERMINAL):
                    return
            if is_over:
                return
            if batches and pause_s and isinstance(batches[-1].events[-1], _DELTAS):
                await asyncio.sleep(pause_s)
            elif not batches:
                await self._wait(run.id, live)

    async def _stored(self, run: Run, position: Position) -> tuple[list[Batch], bool]:
        found, batches = await self._journal.events_after(run.id, position)
        return batches, found is None or (found.status.is_terminal and not batches)

    async def _wait(self, run_id: str, live: LiveRun | None) -> None:
        if live is not None and not live.is_closed:
            await live.changed()
            return
        if self._is_draining:
            raise Unavailable("The server is restarting. The answer goes on: read the conversation again shortly.")
        arrival = asyncio.Event()
        self._arrivals.setdefault(run_id, []).append(arrival)
        try:
            async with asyncio.timeout(self._poll_s):
                await arrival.wait()
        except TimeoutError:
            pass
        finally:
            self._arrivals[run_id].remove(arrival)
            if not self._arrivals[run_id]:
                del self._arrivals[run_id]
