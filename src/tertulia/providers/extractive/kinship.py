"""Words near in meaning, by their vectors: "boat" may speak of the ferry."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tertulia.providers.embedder import Vectors

_UNRELATED = 0.5
_SAME = 0.8
_MOST = 0.75


class Kinship:
    """Row i of `vectors` is word i's. Siblings (fax and phone) are near too, so that kin counts less than the word itself."""

    def __init__(self, words: Sequence[str], vectors: "Vectors") -> None:
        self._rows = {word: row for row, word in enumerate(words)}
        self._likeness: list[list[float]] = (vectors @ vectors.T).tolist()

    def support(self, token: str, others: Iterable[str]) -> float:
        """How well the nearest of the other words stands for the token, in [0, 0.75]."""
        row = self._rows.get(token)
        if row is None:
            return 0.0
        nearest = max((self._likeness[row][self._rows[other]] for other in others if other in self._rows), default=0.0)
        return _MOST * min(1.0, max(0.0, (nearest - _UNRELATED) / (_SAME - _UNRELATED)))
