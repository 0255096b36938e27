"""Live fan-out: the runs that execute here, and following any run from any position."""

import asyncio
from collections.abc import AsyncIterator, Callable
from enum import StrEnum

from tertulia.core.errors import Unavailable
from tertulia.core.run import TERMINAL, Batch, Event, Position, ReasoningDelta, Run, TextDelta
from tertulia.runtime.bell import Beat, Bell, PacedBell
from tertulia.runtime.journal import Journal, Pending

_DELTAS = frozenset((TextDelta, ReasoningDelta))
# what a process shows in a second stays bounded: 2,000 batches and what is no delta, or ten for each follower
_PAUSE_PER_RUN_S = 0.0005
LONGEST_PAUSE_S = 0.1


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
        self.has_begun = False
        # how many events there were with the last that is no delta: as added, and as visible
        self._news_added = 0
        self._news = 0
        self._bells: set[PacedBell] = set()
        self._clock = asyncio.get_running_loop().time

    def add(self, event: Event) -> None:
        """Appends an event that followers do not see yet."""
        self.events.append(event)
        if type(event) not in _DELTAS:
            self._news_added = len(self.events)

    def publish(self) -> None:
        """Shows followers everything added so far."""
        is_news = self._news_added > self.visible
        self.visible, self._news = len(self.events), self._news_added
        if not self._bells:
            return
        moment = self._clock()
        for bell in self._bells:
            if is_news:
                bell.ring()
            else:
                bell.ring_in_time(moment)

    def close(self) -> None:
        """No more events come from here: the run ended, or goes on elsewhere."""
        self.is_closed = True
        for bell in self._bells:
            bell.ring()

    def stop(self, reason: StopReason) -> None:
        """Tells the run's task to stop; the first reason counts, and a run that is being ended is left alone."""
        if self.stop_reason is None and not self.is_ending:
            self.stop_reason = reason
            # a task that is cancelled before its first step would never end its run
            if self.task is not None and self.has_begun:
                self.task.cancel()

    def unstored(self) -> Pending:
        return Pending(self.run, self.stored + 1, self.events[self.stored :])

    def after(self, position: Position) -> list[Batch]:
        """The visible events that a follower at `position` has not seen, as one batch; none where there are none."""
        attempt = self.run.attempt
        seen = position.seq if position.attempt == attempt else 0
        if position.attempt > attempt or seen >= self.visible:
            return []
        return [Batch(Position(attempt, seen + 1), self.events[seen : self.visible])]

    async def changed(self, seen: int, bell: PacedBell, until: float | None) -> None:
        """Returns when a follower who has seen so many events should look again, or when the time is up.

        It is rung at once for anything but deltas, for those when the bell's `not_before` has come.
        """
        if self.is_closed or self._news > seen:
            return
        if self.visible > seen:
            until = bell.not_before if until is None else min(until, bell.not_before)
        self._bells.add(bell)
        try:
            await bell.wait(until)
        finally:
            self._bells.discard(bell)


class Hub:
    """Knows the runs that live here, and lets anybody follow a run wherever it lives."""

    def __init__(self, journal: Journal, *, poll_s: float) -> None:
        self._journal = journal
        self._poll_s = poll_s
        self._live: dict[str, LiveRun] = {}
        self._arrivals: dict[str, set[Bell]] = {}
        self._beat = Beat()
        self._is_draining = False

    @property
    def live(self) -> list[LiveRun]:
        return list(self._live.values())

    def find(self, run_id: str) -> LiveRun | None:
        return self._live.get(run_id)

    def open(self, run: Run) -> LiveRun:
        live = self._live[run.id] = LiveRun(run)
        for bell in self._arrivals.get(run.id, ()):
            bell.ring()
        return live

    def close(self, live: LiveRun) -> None:
        if self._live.get(live.run.id) is live:
            del self._live[live.run.id]
        live.close()

    def drain(self) -> None:
        """From now on no follower waits for events from elsewhere."""
        self._is_draining = True
        for bells in self._arrivals.values():
            for bell in bells:
                bell.ring()

    async def follow(
        self, run: Run, after: Position, *, pause_s: float = 0.0, patience: Callable[[], float] | None = None
    ) -> AsyncIterator[Batch]:
        """The run's events after a position, until one that is terminal or the end of a log that was dropped.

        Batches made of deltas alone come at least `pause_s` apart, so that what piled up meanwhile comes together; up to
        LONGEST_PAUSE_S where many runs live here. A batch of a later attempt than the one before begins with Restarted.
        With `patience`, which is asked after each batch, an empty batch comes when nothing else did for so many
        seconds. Raises Unavailable when this process shuts down first; the run goes on elsewhere and can be followed
        from the last position.
        """
        position = after
        quiet = _Quiet(patience)
        bell = PacedBell(self._beat)
        live: LiveRun | None = None
        try:
            while True:
                # what a run that has just ended showed is taken from where it lived: the store would be read for nothing
                live = self._live.get(run.id) or (live if live and live.after(position) else None)
                seen = 0 if live is None else live.visible
                if live is None:
                    self._expect(run.id, bell)
                    batches, is_over = await self._stored(run, position)
                else:
                    batches, is_over = live.after(position), False
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
                    if batches:
                        bell.not_before = self._pause_until(batches[-1], pause_s)
                    await live.changed(seen, bell, quiet.until)
                elif not batches:
                    await self._arrived(bell, quiet.until)
        finally:
            bell.close()
            self._forget(run.id, bell)

    async def _stored(self, run: Run, position: Position) -> tuple[list[Batch], bool]:
        found, batches = await self._journal.events_after(run.id, position)
        return batches, found is None or (found.status.is_terminal and not batches)

    def _pause_until(self, batch: Batch, pause_s: float) -> float:
        """When the next deltas may be shown. Every frame costs the same, however much is in it."""
        if not pause_s or type(batch.events[-1]) not in _DELTAS:
            return 0.0
        crowded_s = min(len(self._live) * _PAUSE_PER_RUN_S, LONGEST_PAUSE_S)
        return asyncio.get_running_loop().time() + max(pause_s, crowded_s)

    async def _arrived(self, bell: Bell, until: float | None) -> None:
        """Until the run comes to live here, or it is time to look again at what another process stored."""
        if self._is_draining:
            raise Unavailable("The server is restarting. The answer goes on: read the conversation again shortly.")
        if not bell.is_rung:
            poll = asyncio.get_running_loop().time() + self._poll_s
            await bell.wait(poll if until is None else min(poll, until))

    def _expect(self, run_id: str, bell: Bell) -> None:
        """Registered before the store is read, so that a run that comes to live meanwhile is not missed."""
        bell.is_rung = False
        self._arrivals.setdefault(run_id, set()).add(bell)

    def _forget(self, run_id: str, bell: Bell) -> None:
        bells = self._arrivals.get(run_id, set())
        bells.discard(bell)
        if not bells:
            self._arrivals.pop(run_id, None)


class _Quiet:
    """How long a follower has heard nothing."""

    def __init__(self, patience: Callable[[], float] | None) -> None:
        self._patience = patience
        self._clock = asyncio.get_running_loop().time
        self.until: float | None = None
        self.begin()

    def begin(self) -> None:
        if self._patience is not None:
            self.until = self._clock() + self._patience()

    def is_over(self) -> bool:
        return self.until is not None and self._clock() >= self.until
