"""The load: an HTTP/1.1 client that costs next to nothing, so that what is measured is the server."""

import asyncio
import json
import time
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar, cast

import httptools
from msgspec import Struct

T = TypeVar("T")
_TIMEOUT_S = 120.0


class Response(Struct, frozen=True, kw_only=True):
    """An answer as it came: pieces of the body, each with its arrival in seconds after the request was sent."""

    status: int
    seconds: float
    pieces: Sequence[tuple[float, bytes]]

    @property
    def body(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client(asyncio.Protocol):
    """One kept-alive connection, one request at a time. Any status but the expected one ends the benchmark."""

    def __init__(self, token: str) -> None:
        self._head = f"Host: localhost\r\nAuthorization: Token {token}\r\nContent-Type: application/json\r\n"
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._sent_at = 0.0
        self._pieces: list[tuple[float, bytes]] = []

    async def send(
        self, method: str, path: str, *, body: bytes = b"", content_type: str | None = None, expected: int = 200
    ) -> Response:
        assert self._transport is not None
        head = self._head if content_type is None else self._head.replace("application/json", content_type)
        self._answer = asyncio.get_running_loop().create_future()
        self._pieces = []
        self._sent_at = time.perf_counter()
        self._transport.write(f"{method} {path} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        async with asyncio.timeout(_TIMEOUT_S):
            response = await self._answer
        assert response.status == expected, f"{method} {path}: {response.status} {response.body[:500]!r}"
        return response

    async def get(self, path: str) -> Response:
        return await self.send("GET", path)

    async def post(self, path: str, value: object, *, expected: int = 200) -> Response:
        return await self.send("POST", path, body=json.dumps(value).encode(), expected=expected)

    @property
    def heard(self) -> list[tuple[float, bytes]]:
        """What came of the newest answer, whole or not, with its moments on the clock of `time.perf_counter`."""
        return [(self._sent_at + seconds, piece) for seconds, piece in self._pieces]

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server closed the connection"))

    # what the parser calls

    def on_body(self, body: bytes) -> None:
        self._pieces.append((time.perf_counter() - self._sent_at, body))

    def on_message_complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            seconds = time.perf_counter() - self._sent_at
            status = self._parser.get_status_code()
            self._answer.set_result(Response(status=status, seconds=seconds, pieces=self._pieces))


async def connect(port: int, token: str, count: int = 1) -> list[Client]:
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: Client(token), "127.0.0.1", port) for _ in range(count)]
    return [client for _, client in made]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs a load on the fastest event loop that is installed."""
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
