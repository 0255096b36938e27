"""What tasks wait for: a bell that is rung, a time that comes, or the next beat of a clock that many share."""

import asyncio
from math import ceil

# a process that goes to sleep between two followers pays for each of them: what is due within one beat is done together
_BEAT_S = 0.01
_LATENESS_S = 0.002


class Beat:
    """Rings what is due, all that falls on one beat in one wake-up."""

    def __init__(self) -> None:
        self._due: dict[int, list[PacedBell]] = {}

    def ring_at(self, when: float, bell: "PacedBell") -> None:
        """At the first beat from `when` on, in seconds of the event loop's clock; a beat that came late is forgiven."""
        beat = ceil((when - _LATENESS_S) / _BEAT_S)
        bells = self._due.get(beat)
        if bells is None:
            bells = self._due[beat] = []
            asyncio.get_running_loop().call_at(beat * _BEAT_S, self._strike, beat)
        bells.append(bell)

    def _strike(self, beat: int) -> None:
        for bell in self._due.pop(beat):
            bell.strike(beat * _BEAT_S + _LATENESS_S)


class Bell:
    """What one task waits for. Its timer serves many waits: it looks when it is due.

    `is_rung` stays until whoever waits takes it back.
    """

    def __init__(self) -> None:
        self.is_rung = False
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._looks_at = 0.0
        self._due: float | None = None

    async def wait(self, until: float | None) -> None:
        """Returns when the bell is rung, or at a time of the event loop's clock."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        self._due = until
        if until is not None:
            self._look_at(until, loop)
        try:
            await self._waiter
        finally:
            self._waiter = None

    def ring(self) -> None:
        self.is_rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look_at(self, when: float, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            if self._looks_at <= when:
                return
            self._timer.cancel()
        self._looks_at = when
        self._timer = loop.call_at(when, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if self._waiter is None or self._due is None:
            return
        if self._due <= self._looks_at:
            self.ring()
        else:
            self._look_at(self._due, loop)


class PacedBell(Bell):
    """A bell that may be told of things too small to ring for at once: it rings for them when `not_before` has come."""

    def __init__(self, beat: Beat) -> None:
        super().__init__()
        self.not_before = 0.0
        self._beat = beat
        self._is_expected = False

    def ring_in_time(self, now: float) -> None:
        """Rings now, or at the beat that comes when it may."""
        if now >= self.not_before:
            self.ring()
        elif not self._is_expected:
            self._is_expected = True
            self._beat.ring_at(self.not_before, self)

    def strike(self, now: float) -> None:
        """The beat has come; the bell may have been rung before it, and told to wait anew."""
        self._is_expected = False
        if self._waiter is not None:
            self.ring_in_time(now)
