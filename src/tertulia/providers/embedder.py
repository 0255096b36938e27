"""The port to embedding models."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]
    """One row per text, each of length 1 (cosine = dot product)."""
else:
    # numpy is loaded with the first embedding, not with the server
    Vectors = object


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
