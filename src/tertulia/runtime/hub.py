"""Live fan-out: the runs that execute here, and following any run from any position."""

import asyncio
from collections.abc import AsyncIterator, Callable
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


class _Waiters(set["asyncio.Future[None]"]):
    """Who waits for something to happen; `is_set` once it did, where it happens only once."""

    is_set = False


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
        self._watchers = _Waiters()
        self._resting = _Waiters()

    def add(self, event: Event) -> None:
        """Appends an event that followers do not see yet."""
        self.events.append(event)

    def publish(self) -> None:
        """Shows followers everything added so far."""
        has_news = not all(isinstance(event, _DELTAS) for event in self.events[self.visible :])
        self.visible = len(self.events)
        _wake(self._watchers)
        if has_news:
            _wake(self._resting)

    def close(self) -> None:
        """No more events come from here: the run ended, or goes on elsewhere."""
        self.is_closed = True
        _wake(self._watchers)
        _wake(self._resting)

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

    async def changed(self, seconds: float | None = None) -> None:
        """Returns at the next publish or close, or when the time is up."""
        await _wait(self._watchers, seconds)

    async def rest(self, seconds: float) -> None:
        """Returns when the time is up, or earlier when something other than a delta is published."""
        await _wait(self._resting, seconds)


class Hub:
    """Knows the runs that live here, and lets anybody follow a run wherever it lives."""

    def __init__(self, journal: Journal, *, poll_s: float) -> None:
        self._journal = journal
        self._poll_s = poll_s
        self._live: dict[str, LiveRun] = {}
        self._arrivals: dict[str, list[_Waiters]] = {}
        self._is_draining = False

    @property
    def live(self) -> list[LiveRun]:
        return list(self._live.values())

    def find(self, run_id: str) -> LiveRun | None:
        return self._live.get(run_id)

    def open(self, run: Run) -> LiveRun:
        live = self._live[run.id] = LiveRun(run)
        for arrival in self._arrivals.get(run.id, ()):
            arrival.is_set = True
            _wake(arrival)
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
                arrival.is_set = True
                _wake(arrival)

    async def follow(
        self, run: Run, after: Position, *, pause_s: float = 0.0, patience: Callable[[], float] | None = None
    ) -> AsyncIterator[Batch]:
        """The run's events after a position, until one that is terminal or the end of a log that was dropped.

        Batches made of deltas alone come at least `pause_s` apart, so that what piled up meanwhile comes together.
        A batch of a later attempt than the one before begins with Restarted. With `patience`, which is asked after each
        batch, an empty batch comes when nothing else did for so many seconds. Raises Unavailable when this process
        shuts down first; the run goes on elsewhere and can be followed from the last position.
        """
        position = after
        quiet = _Quiet(patience)
        while True:
            live = self._live.get(run.id)
            arrival = self._expect(run.id) if live is None else None
            try:
                if live is None:
                    batches, is_over = await self._stored(run, position)
                else:
                    batch = live.after(position)
                    batches, is_over = ([batch] if batch else []), False
                for batch in batches:
                    position = batch.last
                    yield batch
                    quiet.begin()
                    if isinstance(batch.events[-1], TERMINAL):
                        return
                if is_over:
                    return
                if not batches and quiet.is_over():
                    yield Batch(Position(position.attempt, position.seq + 1), [])
                    quiet.begin()
                if live is not None:
                    await self._linger(live, batches, pause_s, quiet.left_s())
                elif not batches and arrival is not None:
                    await self._await(arrival, quiet.left_s())
            finally:
                if arrival is not None:
                    self._forget(run.id, arrival)

    async def _stored(self, run: Run, position: Position) -> tuple[list[Batch], bool]:
        found, batches = await self._journal.events_after(run.id, position)
        return batches, found is None or (found.status.is_terminal and not batches)

    async def _linger(self, live: LiveRun, batches: list[Batch], pause_s: float, patience_s: float | None) -> None:
        """After a batch of deltas, lets more pile up; after nothing, waits for something."""
        if not batches:
            if not live.is_closed:
                await live.changed(patience_s)
        elif pause_s and isinstance(batches[-1].events[-1], _DELTAS):
            await live.rest(pause_s)

    async def _await(self, arrival: _Waiters, patience_s: float | None) -> None:
        """Until the run comes to live here, or it is time to look again at what another process stored."""
        if self._is_draining:
            raise Unavailable("The server is restarting. The answer goes on: read the conversation again shortly.")
        if not arrival.is_set:
            await _wait(arrival, self._poll_s if patience_s is None else min(self._poll_s, patience_s))

    def _expect(self, run_id: str) -> _Waiters:
        """Registered before the store is read, so that a run that comes to live meanwhile is not missed."""
        arrival = _Waiters()
        self._arrivals.setdefault(run_id, []).append(arrival)
        return arrival

    def _forget(self, run_id: str, arrival: _Waiters) -> None:
        self._arrivals[run_id].remove(arrival)
        if not self._arrivals[run_id]:
            del self._arrivals[run_id]


class _Quiet:
    """How long a follower has heard nothing."""

    def __init__(self, patience: Callable[[], float] | None) -> None:
        self._patience = patience
        self._clock = asyncio.get_running_loop().time
        self._until = 0.0
        self.begin()

    def begin(self) -> None:
        if self._patience is not None:
            self._until = self._clock() + self._patience()

    def is_over(self) -> bool:
        return self._patience is not None and self._clock() >= self._until

    def left_s(self) -> float | None:
        return None if self._patience is None else max(0.0, self._until - self._clock())


async def _wait(waiters: _Waiters, seconds: float | None) -> None:
    """Returns when the waiters are woken or the time is up; cheaper than asyncio.timeout, which cancels."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()
    waiters.add(waiter)
    timer = None if seconds is None else loop.call_later(seconds, _resolve, waiter)
    try:
        await waiter
    finally:
        waiters.discard(waiter)
        if timer is not None:
            timer.cancel()


def _wake(waiters: _Waiters) -> None:
    for waiter in waiters:
        _resolve(waiter)


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
