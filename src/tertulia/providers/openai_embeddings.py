"""Embeddings from any service that speaks OpenAI's `POST /embeddings`."""

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import httpx2
import msgspec

from tertulia.core.errors import ProviderFailed, ProviderTimeout
from tertulia.providers.transport import direct_transport

if TYPE_CHECKING:
    from tertulia.providers.embedder import Vectors

_BATCH = 64
_RETRIES = 2
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 20.0
_ADVICE = {
    400: "It did not accept the request: check the model's name and dimension.",
    401: "It did not accept the key: check the API key.",
    403: "It does not allow this: check what the API key may use.",
    404: "It does not know this address or model: check the base URL and the model's name.",
    413: "It found the request too large.",
    429: "It gets too many requests, or the account has no credit left. Try again later.",
}


class _Row(msgspec.Struct):
    embedding: list[float]
    index: int | None = None


class _Answer(msgspec.Struct):
    data: list[_Row]


class OpenAIEmbeddings:
    """An Embedder. `base_url` ends before `/embeddings`; `timeout` is seconds for one request.

    Without `dimension` the model's own is asked for, and known from the first answer on.
    """

    def __init__(
        self,
        base_url: str,
        *,
        model: str,
        api_key: str | None = None,
        dimension: int | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/embeddings"
        self._model = model
        self._wanted = dimension
        self._dimension = dimension
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx2.AsyncClient(headers=headers, timeout=timeout, transport=direct_transport())

    @property
    def id(self) -> str:
        return f"openai:{self._model}" + (f"/{self._wanted}" if self._wanted else "")

    @property
    def dimension(self) -> int:
        """Raises ProviderFailed where it was not given and nothing has been embedded yet."""
        if self._dimension is None:
            raise ProviderFailed("The size of this embedding model is not known yet: embed something first, or set it.")
        return self._dimension

    async def embed(self, texts: Sequence[str]) -> "Vectors":
        import numpy as np  # noqa: PLC0415 - heavy, and a server without documents never needs it

        batches = [await self._embed(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
        if not batches:
            return np.zeros((0, self._dimension or 0), dtype=np.float32)
        return np.concatenate(batches)

    async def close(self) -> None:
        await self._client.aclose()

    async def _embed(self, texts: Sequence[str]) -> "Vectors":
        # An empty text is refused by some services and has no meaning in any.
        body: dict[str, object] = {"model": self._model, "input": [text or " " for text in texts]}
        if self._wanted is not None:
            body["dimensions"] = self._wanted
        vectors = _vectors(await self._post(body), len(texts))
        if self._dimension is None:
            self._dimension = vectors.shape[1]
        if vectors.shape[1] != self._dimension:
            raise ProviderFailed(
                f"The embeddings service gave vectors of {vectors.shape[1]} numbers instead of {self._dimension}: "
                "check the dimension set for this model."
            )
        return vectors

    async def _post(self, body: dict[str, object]) -> bytes:
        for attempt in count():
            last = attempt == _RETRIES
            pause = _FIRST_PAUSE * 2**attempt
            try:
                answer = await self._client.post(
                    self._url, content=msgspec.json.encode(body), headers={"Content-Type": "application/json"}
                )
            except httpx2.ConnectError as error:
                if last:
                    raise ProviderFailed(f"{self._at}cannot be reached: check the base URL. ({error})") from None
            except httpx2.TimeoutException:
                raise ProviderTimeout(f"{self._at}did not answer in time. Try again.") from None
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise ProviderFailed(f"{self._at}cannot be used: {error or type(error).__name__}") from None
            else:
                if answer.is_success:
                    return answer.content
                if last or not (answer.status_code == 429 or answer.status_code >= 500):
                    raise ProviderFailed(self._refusal(answer))
                pause = _retry_after(answer, pause)
            await asyncio.sleep(pause)
        raise AssertionError

    @property
    def _at(self) -> str:
        return f"The embeddings service at {self._url} "

    def _refusal(self, answer: httpx2.Response) -> str:
        status = answer.status_code
        advice = _ADVICE.get(status, "Try again later." if status >= 500 else "")
        said = _reason(answer.content)
        return f"{self._at}answered {status}. {advice}" + (f" It said: {said}" if said else "")


def _vectors(content: bytes, expected: int) -> "Vectors":
    import numpy as np  # noqa: PLC0415 - as above

    try:
        rows = msgspec.json.decode(content, type=_Answer).data
        if all(row.index is not None for row in rows):
            rows.sort(key=lambda row: row.index or 0)
        vectors = np.array([row.embedding for row in rows], dtype=np.float32)
    except (msgspec.DecodeError, ValueError) as error:
        raise ProviderFailed(f"The embeddings service gave an answer that is not one of embeddings: {error}") from None
    if vectors.ndim != 2 or len(vectors) != expected or not vectors.shape[1]:
        raise ProviderFailed(f"The embeddings service gave {len(rows)} vectors for {expected} texts.")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, np.float32(1e-12))


def _reason(content: bytes) -> str:
    """The service's own words, wherever in the usual error shapes they stand."""
    try:
        said: Any = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return ""
    for key in ("error", "message", "detail"):
        if isinstance(said, dict) and key in said:
            said = cast("dict[str, Any]", said)[key]
    return said[:200] if isinstance(said, str) else ""


def _retry_after(answer: httpx2.Response, pause: float) -> float:
    try:
        asked = float(answer.headers.get("Retry-After", ""))
    except ValueError:
        return pause
    return min(max(asked, 0.0), _LONGEST_PAUSE)
