"""A loopback server that speaks a provider's wire as scripted; each provider's tests give it their wire."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self, TypeAlias

from tertulia.core.message import Usage
from tertulia.providers.model import Model

KEY = "sk-test-0123456789abcdef"
KEY_ENV = "TEST_MODEL_KEY"


class Say(NamedTuple):
    text: str


class Think(NamedTuple):
    text: str


class Call(NamedTuple):
    """`fragments` are the arguments' JSON as it goes over the wire, piece by piece."""

    call_id: str
    function: str
    fragments: tuple[str, ...]


class Spend(NamedTuple):
    usage: Usage


class Refuse(NamedTuple):
    text: str


class Limit(NamedTuple):
    """The answer ends at the limit of output tokens."""


class Malformed(NamedTuple):
    """A frame that is no JSON."""


class Unknown(NamedTuple):
    """Frames of kinds and with fields nobody has heard of."""


class Trouble(NamedTuple):
    """An error of the provider's in the middle of the stream."""

    message: str


class CutOff(NamedTuple):
    """The connection breaks; where `is_clean`, the body just ends before the answer does."""

    is_clean: bool


class Silence(NamedTuple):
    """Nothing more, and the connection stays open until the client leaves."""


Action: TypeAlias = Say | Think | Call | Spend | Refuse | Limit | Malformed | Unknown | Trouble | CutOff | Silence


class Failure(NamedTuple):
    """An answer that is no stream."""

    status: int
    headers: dict[str, str]
    body: bytes


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class ProviderStand(ABC):
    """A loopback server: scripted in neutral terms, one answer per request; `then()` begins the next answer.

    `fullest` is a usage with everything the wire can tell. `left` is set when a client leaves a stream before its end.
    """

    fullest = Usage(input_tokens=120, output_tokens=45, cache_read_tokens=100)
    model_name = "test-model"

    def __init__(self) -> None:
        self.answers: list[list[Action] | Failure] = [[]]
        self.requests: list[Received] = []
        self.left = asyncio.Event()
        self.connections = 0
        self.fragment_bytes = 0
        self.headers = {"Content-Type": "text/event-stream"}
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None] | None] = set()

    @abstractmethod
    def model(self, *, api_key: str | None = KEY, **card: Any) -> Model:
        """A model at this stand's address; `card` overrides fields of its ModelCard, whose retries are 0 by default."""

    @abstractmethod
    def frames(self, actions: Sequence[Action], body: dict[str, Any]) -> Iterator[bytes | CutOff | Silence]:
        """The answer as the wire has it, its closing frames included; CutOff and Silence are given on as they are."""

    @abstractmethod
    def error(self, status: int, message: str) -> bytes:
        """The body of an error answer."""

    @abstractmethod
    def overflow(self) -> None:
        """Scripts the answer to a conversation that is longer than the model can read."""

    def say(self, *pieces: str) -> None:
        self._add(*(Say(piece) for piece in pieces))

    def think(self, *pieces: str) -> None:
        self._add(*(Think(piece) for piece in pieces))

    def call(self, *calls: Call) -> None:
        self._add(*calls)

    def spend(self, usage: Usage) -> None:
        self._add(Spend(usage))

    def refuse(self, text: str) -> None:
        self._add(Refuse(text))

    def stop_at_limit(self) -> None:
        self._add(Limit())

    def malformed(self) -> None:
        self._add(Malformed())

    def unknown(self) -> None:
        self._add(Unknown())

    def trouble(self, message: str) -> None:
        self._add(Trouble(message))

    def cut(self, *, is_clean: bool = False) -> None:
        self._add(CutOff(is_clean))

    def silence(self) -> None:
        self._add(Silence())

    def fail(self, status: int, headers: dict[str, str] | None = None, message: str = "no") -> None:
        self.answers[-1] = Failure(status, headers or {}, self.error(status, message))
        self.then()

    def then(self) -> None:
        self.answers.append([])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*(task for task in self._serving if task is not None))
        await self._server.wait_closed()

    def _add(self, *actions: Action) -> None:
        answer = self.answers[-1]
        assert isinstance(answer, list)
        answer.extend(actions)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        self._serving.add(asyncio.current_task())
        try:
            while (received := await _received(reader)) is not None:
                self.requests.append(received)
                answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
                if isinstance(answer, Failure):
                    await _send_failure(writer, answer)
                elif not await self._stream(reader, writer, self.frames(answer, received.body)):
                    break
        except ConnectionError:
            self.left.set()
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frames: Iterator[bytes | CutOff | Silence]
    ) -> bool:
        """Whether the connection can be used again."""
        writer.write(_head(200, {**self.headers, "Transfer-Encoding": "chunked"}))
        for frame in frames:
            match frame:
                case CutOff(is_clean=True):
                    break
                case CutOff():
                    return False
                case Silence():
                    await reader.read()
                    self.left.set()
                    return False
                case bytes():
                    step = self.fragment_bytes or len(frame) or 1
                    for start in range(0, len(frame), step):
                        part = frame[start : start + step]
                        writer.write(b"%x\r\n%s\r\n" % (len(part), part))
                        await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


async def _received(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(head[0].split(" ")[1], headers, json.loads(body or b"{}"))


async def _send_failure(writer: asyncio.StreamWriter, failure: Failure) -> None:
    headers = {"Content-Type": "application/json", **failure.headers, "Content-Length": str(len(failure.body))}
    writer.write(_head(failure.status, headers) + failure.body)
    await writer.drain()


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()
