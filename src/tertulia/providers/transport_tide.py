"""When readers of answers are woken: together, because most of what a token costs is waking for it."""

import asyncio
from collections.abc import Callable

_SHARE_S = 0.0005
_LEAST_S = 0.04
_LONGEST_S = 0.1


class Tide:
    """As far apart as frames go out anyway: half a millisecond for each answer under way, 40 to 100 ms.

    `crowd` gives how many there are.
    """

    def __init__(self, crowd: Callable[[], int]) -> None:
        self._crowd = crowd
        self._waiting: list[Callable[[], None]] = []

    @property
    def period_s(self) -> float:
        return max(_LEAST_S, min(self._crowd() * _SHARE_S, _LONGEST_S))

    def join(self, wake: Callable[[], None]) -> None:
        """Calls `wake` with the next turn."""
        if not self._waiting:
            loop = asyncio.get_running_loop()
            period = self.period_s
            loop.call_at((loop.time() // period + 1) * period, self._turn)
        self._waiting.append(wake)

    def _turn(self) -> None:
        woken, self._waiting = self._waiting, []
        for wake in woken:
            wake()
