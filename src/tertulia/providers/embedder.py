"""The port to embedding models."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
"""One row per text, each of length 1 (cosine = dot product)."""


class Embedder(Protocol):
    """Turns texts into vectors. Vectors of embedders with different ids are never compared.

    Raises ProviderFailed where the model's service does not answer. Calls are safe from several tasks at once.
    """

    @property
    def id(self) -> str:
        """Names model and version, `minilm-l6-v2-int8/1` for one; stored beside every vector."""
        ...

    @property
    def dimension(self) -> int: ...

    async def embed(self, texts: Sequence[str]) -> Vectors: ...
