"""One model's way to a service that speaks one of OpenAI's wires: the SDK's client, and the reading of its raw streams."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

import httpx2
import msgspec

from tertulia.core.errors import ProviderFailed
from tertulia.core.model import ModelCard
from tertulia.providers.model import ModelEvent, joined
from tertulia.providers.openai_failures import Place, failure, refusal_text, stopped, trouble, unreadable
from tertulia.providers.openai_wire import Frames
from tertulia.providers.transport import direct_transport, pieces, read_out

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

Body: TypeAlias = dict[str, Any]
Headers: TypeAlias = dict[str, Any]
Send: TypeAlias = Callable[["AsyncOpenAI", Body, Headers], AbstractAsyncContextManager[Any]]
"""Sends a body, with headers, by the SDK's client; gives its raw stream."""

_OPENAI_URL = "https://api.openai.com/v1"
_CONNECT_S = 10.0
_UNKNOWN_OPTION = re.compile(
    r"un(supported|known|recognized|expected)|not (supported|permitted|allowed)|does not support|\bextra\b"
    r"|must be verified",
    re.IGNORECASE,
)


class Reading(Protocol):
    """What makes events of one stream's data. `take` raises msgspec.DecodeError for what it cannot read.

    `is_finished`: the model came to its end, so that a connection that breaks now breaks nothing; `is_over`: nothing
    more will come.
    """

    is_finished: bool
    is_over: bool

    def take(self, data: bytes) -> Sequence[ModelEvent]: ...

    def verdict(self) -> ProviderFailed | None:
        """Why the answer is none although it came to its end."""
        ...

    def end(self, *, failed: bool) -> Sequence[ModelEvent]:
        """What is left to say; after a failure only what was used."""
        ...


class Connection:
    """`optional` are names in a body that a service may not know, and the names to use instead, "" for none.

    What it does not know is left out from then on. A name with a dot stands inside another.
    """

    def __init__(self, card: ModelCard, name: str, api_key: str | None, *, optional: Mapping[str, str]) -> None:
        self._card = card
        self._url = card.base_url or _OPENAI_URL
        self._key = (api_key or "").strip()
        self._optional = optional
        self._unknown: set[str] = set()
        self._client: AsyncOpenAI | None = None
        self._loading = asyncio.Lock()
        self.place = Place(card, name, url=self._url, key=self._key)

    @property
    def is_openai(self) -> bool:
        """Whether the service is OpenAI's own."""
        return f".{self.place.host}".endswith(".api.openai.com")

    async def stream(self, send: Send, body: Body, reading: Reading) -> AsyncIterator[ModelEvent]:
        """The events of one answer. Raises ProviderFailed and its children."""
        failed: ProviderFailed | None = None
        try:
            async with AsyncExitStack() as stack:
                blocks = await self._open(stack, send, body)
                frames = Frames()
                async for block in blocks:
                    for event in joined(_events(reading, frames.feed(block))):
                        yield event
                    if reading.is_over:
                        break
                await read_out(blocks)
                for event in joined(_events(reading, frames.feed(b"\n"))):
                    yield event
                if not reading.is_finished:
                    failed = self._unfinished(frames)
        except msgspec.DecodeError as error:
            failed = unreadable(self.place, str(error))
        except Exception as error:
            failed = failure(error, self.place)
            if failed is None:
                raise
            failed = None if reading.is_finished else failed
        failed = failed or reading.verdict()
        for event in reading.end(failed=failed is not None):
            yield event
        if failed is not None:
            raise failed

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def _open(self, stack: AsyncExitStack, send: Send, body: Body) -> AsyncIterator[bytes]:
        client = await self._loaded()
        import openai  # noqa: PLC0415 - heavy, and loaded by now

        # Without a key the SDK sends nothing unless it is told for each request that this is meant.
        headers: Headers = {} if self._key else {"Authorization": openai.Omit()}
        unknown = set(self._unknown)
        while True:
            sent = _without(body, {name: self._optional[name] for name in unknown})
            try:
                response = await stack.enter_async_context(send(client, sent, headers))
            except openai.APIStatusError as error:
                learned = self._unknown_of(error, sent)
                if not learned:
                    raise
                unknown |= learned
            else:
                # Kept only now: had it been for another reason, leaving them out would not have helped.
                self._unknown |= unknown
                return pieces(response.http_response)

    def _unknown_of(self, error: "APIStatusError", sent: Body) -> set[str]:
        """The optional names a refusal is about; all that were sent where it names none."""
        if error.status_code not in (400, 422):
            return set()
        text = refusal_text(error.body)
        if not _UNKNOWN_OPTION.search(text):
            return set()
        present = {name for name in self._optional if _has(sent, name)}
        named = {name for name in present if re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", text)}
        return named or present

    def _unfinished(self, frames: Frames) -> ProviderFailed:
        if frames.has_data or not frames.sample:
            return stopped(self.place)
        try:
            return trouble(msgspec.json.decode(frames.sample), self.place)
        except msgspec.DecodeError:
            return unreadable(self.place, frames.sample.decode(errors="replace"))

    async def _loaded(self) -> "AsyncOpenAI":
        async with self._loading:
            if self._client is None:
                # The first import takes most of a second: other conversations go on meanwhile.
                self._client = await asyncio.to_thread(self._made)
            return self._client

    def _made(self) -> "AsyncOpenAI":
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Omit  # noqa: PLC0415 - heavy, as above

        if not (self._key.isascii() and self._key.isprintable()):
            raise ProviderFailed(f"The key in {self._card.api_key_env} holds signs that no key has: set it again.")
        address = httpx2.URL(self._url)
        # Whatever is not said here the SDK would take from the environment.
        headers: Headers = {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
        if self._key and address.host.endswith(".azure.com"):
            headers["api-key"] = self._key
        client = AsyncOpenAI(
            api_key=self._key or "none",
            admin_api_key="",
            webhook_secret="",
            base_url=address.copy_with(query=None),
            default_query=dict(address.params),
            default_headers=cast("dict[str, str]", headers),
            timeout=httpx2.Timeout(self._card.timeout_s, connect=min(_CONNECT_S, self._card.timeout_s)),
            max_retries=self._card.retries,
            http_client=DefaultAsyncHttpxClient(transport=direct_transport()),
        )
        # Both import further modules when first touched.
        _ = client.chat.completions, client.responses
        return client


def _events(reading: Reading, found: Sequence[bytes]) -> Iterator[ModelEvent]:
    for data in found:
        yield from reading.take(data)


def _has(body: Body, name: str) -> bool:
    outer, _, inner = name.partition(".")
    return outer in body and (not inner or inner in body[outer])


def _without(body: Body, names: Mapping[str, str]) -> Body:
    """A body without these names; where there is another name for it, under that."""
    changed = dict(body)
    for name, instead in names.items():
        outer, _, inner = name.partition(".")
        if not _has(changed, name):
            continue
        if inner:
            changed[outer] = {key: value for key, value in changed[outer].items() if key != inner}
            continue
        value = changed.pop(outer)
        if instead:
            changed[instead] = value
    return changed
