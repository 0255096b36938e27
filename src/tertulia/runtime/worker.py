"""Executes runs: claims them by lease, logs their events, and ends every one of them."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

import structlog
from msgspec import Struct

from tertulia.core.clock import now
from tertulia.core.errors import ProviderTimeout, TertuliaError
from tertulia.core.ids import new_id
from tertulia.core.message import Problem
from tertulia.core.run import (
    CancelledByUser,
    Completed,
    Event,
    Failed,
    Folded,
    Restarted,
    Run,
    Started,
    ToolCallFinished,
    fold,
)
from tertulia.runtime.bell import Bell
from tertulia.runtime.hub import Hub, LiveRun, StopReason
from tertulia.runtime.journal import Briefing, Journal

T = TypeVar("T")
log = structlog.get_logger(__name__)

_PRUNE_EVERY_S = 60.0
# runs that come from other processes are looked for less and less often while there are none
_LONGEST_POLL_S = 1.0


class Pace(Struct, frozen=True, kw_only=True):
    """How often a worker does things and how long it waits, in seconds, and how many runs it executes at once."""

    heartbeat_s: float
    poll_s: float
    flush_s: float
    drain_s: float
    run_seconds: float
    run_limit: int


class Execution(Struct, frozen=True, kw_only=True):
    """A turn about to run: the model's name, and the events it will give after the first, up to a Completed."""

    model: str
    events: AsyncGenerator[Event, None]


class Worker:
    """One per process. `execute` gives the events of a turn; the worker adds how it began and how it ended.

    `on_ended` is told what became of a run that ended here, after its followers.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        hub: Hub,
        execute: Callable[[Briefing], Execution],
        pace: Pace,
        on_ended: Callable[[Run, Folded], None] | None = None,
    ) -> None:
        self.owner = f"{socket.gethostname()}-{os.getpid()}-{new_id()[-12:]}"
        self._journal = journal
        self._hub = hub
        self._execute = execute
        self._pace = pace
        self._on_ended = on_ended
        self._may_claim = Bell()
        self._may_flush = Bell()
        self._loops: list[asyncio.Task[None]] = []
        self._is_claiming = True

    def start(self) -> None:
        """Begins to claim, flush and heartbeat on the running event loop."""
        pace = self._pace
        self._loops = [
            asyncio.create_task(self._keep_claiming()),
            asyncio.create_task(self._keep_flushing()),
            asyncio.create_task(self._repeat(self._heartbeat, pace.heartbeat_s)),
            asyncio.create_task(self._repeat(self._sweep, pace.heartbeat_s)),
            asyncio.create_task(self._repeat(self._journal.prune, _PRUNE_EVERY_S)),
        ]

    def wake(self) -> None:
        """Says that there may be a run to claim."""
        self._may_claim.ring()

    def cancel(self, run_id: str) -> None:
        """Stops a run that executes here; one that executes elsewhere sees the stored request at its heartbeat."""
        live = self._hub.find(run_id)
        if live is not None:
            live.stop(StopReason.CANCELLED)

    async def drain(self) -> None:
        """Claims no more, gives running turns a little time, then hands the rest back and ends their streams."""
        self._is_claiming = False
        tasks = [live.task for live in self._hub.live if live.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=self._pace.drain_s)
        self._hub.drain()
        remaining = [live.task for live in self._hub.live if live.task is not None]
        for live in self._hub.live:
            live.stop(StopReason.DRAINING)
        if remaining:
            await asyncio.wait(remaining)

    async def stop(self) -> None:
        """Drains, then ends the loops."""
        await self.drain()
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    async def _keep_claiming(self) -> None:
        clock = asyncio.get_running_loop().time
        pause_s = self._pace.poll_s
        while True:
            self._may_claim.is_rung = False
            has_found = await _attempt(self._claim)
            pause_s = self._pace.poll_s if has_found else max(self._pace.poll_s, min(2 * pause_s, _LONGEST_POLL_S))
            if not self._may_claim.is_rung:
                await self._may_claim.wait(clock() + pause_s)

    async def _keep_flushing(self) -> None:
        """Stores what piled up flush_s after there was something; an idle worker does nothing."""
        while True:
            if not self._may_flush.is_rung:
                await self._may_flush.wait(None)
            await asyncio.sleep(self._pace.flush_s)
            self._may_flush.is_rung = False
            await _attempt(self._flush)
            if any(live.stored < len(live.events) for live in self._hub.live):
                self._may_flush.ring()

    async def _repeat(self, step: Callable[[], Awaitable[None]], every_s: float) -> None:
        while True:
            await _attempt(step)
            await asyncio.sleep(every_s)

    async def _claim(self) -> bool:
        room = self._pace.run_limit - len(self._hub.live)
        if not self._is_claiming or room <= 0:
            return False
        runs = await self._journal.claim(self.owner, room)
        for run in runs:
            stale = self._hub.find(run.id)
            if stale is not None:
                stale.stop(StopReason.LEASE_LOST)
                self._hub.close(stale)
            live = self._hub.open(run)
            live.task = asyncio.create_task(self._run(live))
        return bool(runs)

    async def _flush(self) -> None:
        """Stores what piled up, one row per run."""
        pending = [live for live in self._hub.live if live.stored < len(live.events) and not live.storing.locked()]
        if pending:
            await self._store(pending)

    async def _store(self, lives: list[LiveRun]) -> None:
        held: list[LiveRun] = []
        try:
            for live in lives:
                await live.storing.acquire()
                held.append(live)
            waiting = [(live, pending) for live in lives if (pending := live.unstored()).events]
            lost = set(await self._journal.append([pending for _, pending in waiting]))
            for live, pending in waiting:
                live.stored += len(pending.events)
                if live.run.id in lost:
                    live.stop(StopReason.LEASE_LOST)
        finally:
            for live in held:
                live.storing.release()

    async def _heartbeat(self) -> None:
        held = [live.run.id for live in self._hub.live]
        if not held:
            return
        still = {run.id: run for run in await self._journal.extend(self.owner, held)}
        for run_id in held:
            live = self._hub.find(run_id)
            if live is None or live.is_ending:
                continue
            if run_id not in still:
                live.stop(StopReason.LEASE_LOST)
            elif still[run_id].is_cancel_requested:
                live.stop(StopReason.CANCELLED)

    async def _sweep(self) -> None:
        for run_id in await self._journal.fail_exhausted():
            log.warning("run_exhausted", run=run_id)

    async def _run(self, live: LiveRun) -> None:
        try:
            terminal = await self._play(live)
            if terminal is not None:
                await self._end(live, terminal)
        except Exception:
            log.exception("run_not_ended", run=live.run.id)
        finally:
            self._hub.close(live)
            if len(self._hub.live) == self._pace.run_limit - 1:
                self.wake()  # there is room again

    async def _play(self, live: LiveRun) -> Event | None:
        """Lets the turn happen; returns how it ended, or None where it goes on elsewhere."""
        live.has_begun = True
        if live.run.is_cancel_requested:
            live.stop_reason = StopReason.CANCELLED
        if live.stop_reason is not None:
            return await self._stopped(live)
        try:
            async with asyncio.timeout(self._pace.run_seconds):
                return await self._execute_turn(live)
        except asyncio.CancelledError:
            return await self._stopped(live)
        except TimeoutError:
            return _failed(ProviderTimeout("The answer took too long and was stopped. What was written is kept."))
        except TertuliaError as error:
            log.info("run_failed", run=live.run.id, code=error.code(), reason=error.message)
            return _failed(error)
        except Exception:
            log.exception("run_crashed", run=live.run.id)
            return _failed(TertuliaError("Something went wrong on the server. Try again."))

    async def _execute_turn(self, live: LiveRun) -> Completed:
        execution = self._execute(await self._journal.brief(live.run))
        live.add(_beginning(live.run, execution.model))
        self._may_flush.ring()
        live.publish()
        async with contextlib.aclosing(execution.events) as events:
            async for event in events:
                if isinstance(event, Completed):
                    return event
                live.add(event)
                self._may_flush.ring()
                if isinstance(event, ToolCallFinished):
                    # shielded: a store that was begun is finished, or its events would be stored twice
                    await asyncio.shield(self._store([live]))
                live.publish()
        return Completed(at=now())

    async def _stopped(self, live: LiveRun) -> Event | None:
        if live.task is not None:
            live.task.uncancel()
        match live.stop_reason:
            case StopReason.CANCELLED:
                return CancelledByUser(at=now())
            case StopReason.DRAINING:
                await self._store([live])
                await self._journal.hand_back(self.owner, [live.run.id])
                return None
            case _:
                return None

    async def _end(self, live: LiveRun, terminal: Event) -> None:
        """Stores the end before anybody sees it. What is folded is exactly what was streamed."""
        live.is_ending = True
        async with live.storing:
            live.add(terminal)
            folded = fold(live.run.turn, live.events)
            if await self._journal.finish(live.unstored(), folded):
                live.stored = len(live.events)
                live.publish()
                if self._on_ended is not None:
                    self._on_ended(live.run, folded)


def _beginning(run: Run, model: str) -> Event:
    return Started(at=now(), model=model) if run.attempt == 1 else Restarted(at=now(), model=model)


def _failed(error: TertuliaError) -> Event:
    return Failed(at=now(), problem=Problem(code=error.code(), message=error.message))


async def _attempt(step: Callable[[], Awaitable[T]]) -> T | None:
    """What a step raises is logged, and the next one comes all the same."""
    try:
        return await step()
    except Exception:
        log.exception("worker_step_failed", step=getattr(step, "__name__", "step"))
        return None
