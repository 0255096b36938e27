"""Anthropic's Messages API, at Anthropic, on Bedrock, on Vertex, or at any service that speaks it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx2
import msgspec

from tertulia.core.model import ModelCard
from tertulia.providers.anthropic_failures import Failures
from tertulia.providers.anthropic_request import body
from tertulia.providers.anthropic_wire import Frames, Framing, Lines, Reading
from tertulia.providers.failures import asked_pause, words_of
from tertulia.providers.model import ModelEvent, ModelRequest, joined
from tertulia.providers.transport import direct_transport, pieces, read_out

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from anthropic.lib.bedrock import AsyncAnthropicBedrock
    from anthropic.lib.vertex import AsyncAnthropicVertex

    Client: TypeAlias = AsyncAnthropic | AsyncAnthropicBedrock | AsyncAnthropicVertex

_HOME = "https://api.anthropic.com"
_LONGEST_PAUSE = 20.0
_LONGEST_CONNECT = 10.0


class Anthropic:
    """A Model. The card's `base_url` is Anthropic's own where empty, or `bedrock:REGION`, or `vertex:REGION/PROJECT`.

    A sign of life from the service (a ping) ends a silence. `reasoning` is low, medium or high, or a number of tokens;
    for the models that refuse such budgets adaptive, or adaptive-low up to adaptive-max.
    """

    def __init__(self, card: ModelCard, *, name: str, api_key: str | None = None) -> None:
        self._card = card
        self._name = name
        self._key = (api_key or "").strip()
        self._place, _, self._region = card.base_url.partition(":") if _is_cloud(card.base_url) else ("", "", "")
        self._failures = Failures(
            name=name,
            model=card.model,
            host=_host(card.base_url or _HOME),
            key_variable=card.api_key_env,
            secret=self._key,
        )
        self._client: Client | None = None

    @property
    def name(self) -> str:
        return self._name

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        async with AsyncExitStack() as stack:
            pieces = await self._opened(stack, request)
            reading = Reading(self._failures)
            framing: Framing = Frames() if self._place == "bedrock" else Lines()
            try:
                async for piece in pieces:
                    for event in joined(self._events(framing, reading, piece)):
                        yield event
                    if reading.is_over:
                        break
            except httpx2.TimeoutException:
                raise self._failures.silent(self._card.timeout_s) from None
            except httpx2.HTTPError:
                raise self._failures.cut() from None
            for event in reading.ending():
                yield event
            await read_out(pieces)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _events(self, framing: Framing, reading: Reading, piece: bytes) -> Iterator[ModelEvent]:
        try:
            for data in framing.feed(piece):
                yield from reading.take(data)
                if reading.is_over:
                    return
        except (ValueError, msgspec.DecodeError) as error:
            raise self._failures.malformed(str(error)) from None

    async def _opened(self, stack: AsyncExitStack, request: ModelRequest) -> AsyncIterator[bytes]:
        """The body of the answer. The SDK tries again, all within `timeout_s`."""
        try:
            asked = body(self._card, request)
        except ValueError as error:
            raise self._failures.unset(str(error)) from None
        client = self._client or await self._connected()
        from anthropic import APIConnectionError, APIStatusError, APITimeoutError  # noqa: PLC0415 - heavy

        answer = client.messages.with_streaming_response.create(**asked, stream=True)
        try:
            async with asyncio.timeout(self._card.timeout_s):
                response = await stack.enter_async_context(answer)
            return pieces(response.http_response)
        except (TimeoutError, APITimeoutError) as error:
            if isinstance(error.__cause__, httpx2.ConnectTimeout):
                raise self._failures.unreachable(error.__cause__) from None
            raise self._failures.silent(self._card.timeout_s) from None
        except APIConnectionError as error:
            raise self._failures.unreachable(error.__cause__) from None
        except APIStatusError as error:
            pause = asked_pause(error.response.headers)
            raise self._failures.answered(error.status_code, words_of(error.body), pause=pause) from None
        except Exception as error:
            # Each cloud's library has errors of its own for missing credentials; a key no header can hold is a ValueError.
            if not self._place and not isinstance(error, ValueError):
                raise
            raise self._failures.unset(f"{type(error).__name__}: {error}") from None

    async def _connected(self) -> "Client":
        """The client, made off the event loop: importing the SDK takes a second."""
        if not self._key and not self._place and self._card.base_url in ("", _HOME):
            raise self._failures.keyless()
        try:
            made = await asyncio.to_thread(self._made)
        except ImportError as error:
            raise self._failures.unset(f"install anthropic[{self._place}] ({error}).") from None
        except (ValueError, httpx2.InvalidURL) as error:
            raise self._failures.unset(str(error)) from None
        self._client = self._client or made
        return self._client

    def _made(self) -> "Client":
        """Nothing of what the SDK would find in the environment is used but the credentials of a cloud."""
        from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient, Omit  # noqa: PLC0415 - heavy

        if self._place and not self._region:
            raise ValueError("its base_url names no region.")
        timeout = httpx2.Timeout(self._card.timeout_s, connect=min(_LONGEST_CONNECT, self._card.timeout_s))
        shared: dict[str, Any] = {
            "timeout": timeout,
            "max_retries": self._card.retries,
            "open_telemetry": False,
            "http_client": DefaultAsyncHttpxClient(
                timeout=timeout, transport=direct_transport(), event_hooks={"response": [self._allow_retry]}
            ),
        }
        match self._place:
            case "bedrock":
                from anthropic.lib.bedrock import AsyncAnthropicBedrock  # noqa: PLC0415 - heavy

                if not self._key:
                    _require("boto3")
                return AsyncAnthropicBedrock(aws_region=self._region, api_key=self._key or None, **shared)
            case "vertex":
                from anthropic.lib.vertex import AsyncAnthropicVertex  # noqa: PLC0415 - heavy

                region, _, project = self._region.partition("/")
                if not self._key:
                    _require("google.auth")
                return AsyncAnthropicVertex(region=region, project_id=project, access_token=self._key or None, **shared)
            case _:
                keyless = {} if self._key else {"default_headers": {"Authorization": Omit()}}
                address = (self._card.base_url or _HOME).rstrip("/").removesuffix("/v1")
                return AsyncAnthropic(base_url=address, api_key=self._key, **keyless, **shared)

    async def _allow_retry(self, response: httpx2.Response) -> None:
        """The SDK waits as long as it is told, be it an hour: above a limit the user had better know."""
        pause = asked_pause(response.headers)
        if pause is not None and pause > min(_LONGEST_PAUSE, self._card.timeout_s / 2):
            response.headers["x-should-retry"] = "false"


def _is_cloud(base_url: str) -> bool:
    return base_url.startswith(("bedrock:", "vertex:"))


def _host(address: str) -> str:
    _, slashes, rest = address.partition("://")
    return rest.partition("/")[0].rpartition("@")[2] if slashes else address


def _require(module: str) -> None:
    """Raises ModuleNotFoundError where a library is missing that signs in to a cloud, before the SDK stumbles on it."""
    if find_spec(module) is None:
        raise ModuleNotFoundError(module, name=module)
