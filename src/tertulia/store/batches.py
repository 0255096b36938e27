"""Many ids in statements that each name no more than an engine takes."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

_MOST = 1_000
Id = TypeVar("Id", str, int)


def batches(ids: Sequence[Id]) -> Iterator[list[Id]]:
    """All of them once, in order, a bounded number at a time."""
    distinct = list(dict.fromkeys(ids))
    for start in range(0, len(distinct), _MOST):
        yield distinct[start : start + _MOST]
