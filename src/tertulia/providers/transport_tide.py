"""When the readers of a crowd of answers are woken: together, because most of what a token costs is waking for it."""

import asyncio
from collections.abc import Callable

_SHARE_S = 0.0005
_LONGEST_S = 0.1
_LEAST_S = 0.02


class Tide:
    """Half a millisecond for each answer under way, a tenth of a second at most: as far apart as frames go out anyway.

    Fewer than forty wait for nobody. `crowd` gives how many there are.
    """

    def __init__(self, crowd: Callable[[], int]) -> None:
        self._crowd = crowd
        self._waiting: list[Callable[[], None]] = []

    def join(self, wake: Callable[[], None]) -> bool:
        """Whether `wake` will be called with the next turn; False where there is no crowd to wait for."""
        period = min(self._crowd() * _SHARE_S, _LONGEST_S)
        if period < _LEAST_S:
            return False
        if not self._waiting:
            loop = asyncio.get_running_loop()
            loop.call_at((loop.time() // period + 1) * period, self._turn)
        self._waiting.append(wake)
        return True

    def _turn(self) -> None:
        woken, self._waiting = self._waiting, []
        for wake in woken:
            wake()
