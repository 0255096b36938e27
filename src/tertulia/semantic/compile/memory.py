"""What was made is kept for the next time, up to a number: the longest unused goes first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Memory(Generic[Made]):
    """`anchors` are held with what was made of them, so that no other object can have their identity."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[object, Made]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Made | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[1]

    def keep(self, key: Hashable, made: Made, anchors: object) -> None:
        with self._lock:
            self._kept[key] = (anchors, made)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def of(self, key: Hashable, make: Callable[[], Made], anchors: object) -> Made:
        """What is kept, or else what `make` gives from now on."""
        found = self.get(key)
        if found is None:
            found = make()
            self.keep(key, found, anchors)
        return found
