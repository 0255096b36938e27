"""When answers are read on: together, because most of what a token costs is waking for it."""

import asyncio
from collections.abc import Callable

_SHARE_S = 0.0005
_LEAST_S = 0.05
_LONGEST_S = 0.1


class Tide:
    """About as far apart as frames go out anyway: half a millisecond for each answer under way, 50 to 100 ms.

    `crowd` gives how many there are.
    """

    def __init__(self, crowd: Callable[[], int]) -> None:
        self._crowd = crowd
        self._resting: list[Callable[[], None]] = []

    @property
    def period_s(self) -> float:
        return max(_LEAST_S, min(self._crowd() * _SHARE_S, _LONGEST_S))

    def join(self, read_on: Callable[[], None]) -> None:
        """Calls `read_on` with the next turn."""
        if not self._resting:
            loop = asyncio.get_running_loop()
            period = self.period_s
            loop.call_at((loop.time() // period + 1) * period, self._turn)
        self._resting.append(read_on)

    def _turn(self) -> None:
        rested, self._resting = self._resting, []
        for read_on in rested:
            read_on()
