"""A language model's service on the loopback, for as little CPU as it takes: `python -m benchmarks.loopback`.

It speaks the streams of OpenAI's chat completions and of Anthropic's messages, with every event a transfer chunk of its
own as real services send them. Each question says by a Script how it wants to be answered.
"""

import asyncio
import contextlib
import functools
import json
import re
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import Struct

from benchmarks.client import run

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_REFUSAL = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
_INPUT_TOKENS = 100


class Script(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many tokens, the first at once, one every so many seconds; of several per write the first comes early."""

    tokens: int
    interval_s: float = 0.0
    per_write: int = 1

    @property
    def message(self) -> str:
        """The question that asks for this answer."""
        return msgspec.json.encode(self).decode()

    @property
    def text(self) -> str:
        return "".join(_word(number) for number in range(self.tokens))


@contextlib.contextmanager
def service() -> Generator[int]:
    """The port of a service in a process of its own, which is stopped at the end."""
    command = [sys.executable, "-m", "benchmarks.loopback"]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as child:  # noqa: S603 - our own program
        assert child.stdout is not None
        try:
            yield int(child.stdout.readline())
        finally:
            child.terminate()


class Connection(asyncio.Protocol):
    """One question at a time; kept open between them."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or (length is not None and len(body) < int(length[1])):
            return
        self._received = b""
        path = head.split(b" ", 2)[1].decode()
        try:
            self._answer(path, _script(body))
        except (msgspec.DecodeError, KeyError, IndexError):
            self._write(_REFUSAL)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._timer is not None:
            self._timer.cancel()

    def _answer(self, path: str, script: Script) -> None:
        wire = _WIRES[path](script.tokens)
        loop = asyncio.get_running_loop()
        began, tokens, step = loop.time(), script.tokens, script.per_write

        def write(first: int) -> None:
            piece = b"".join(wire.tokens[first : first + step])
            after = first + step
            if first == 0:
                piece = wire.opening + piece
            if after >= tokens:
                self._write(piece + wire.closing)
                return
            self._write(piece)
            self._timer = loop.call_at(began + after * script.interval_s, write, after)

        write(0)

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)


class _Wire(Struct, frozen=True):
    """One API's events, each as a transfer chunk: what comes before the tokens, the tokens, and what comes after."""

    opening: bytes
    tokens: Sequence[bytes]
    closing: bytes


def _script(body: bytes) -> Script:
    content = msgspec.json.decode(body)["messages"][-1]["content"]
    text = content if isinstance(content, str) else content[-1]["text"]
    return msgspec.json.decode(text, type=Script)


def _word(number: int) -> str:
    return f"word{number + 1}" if number == 0 else f" word{number + 1}"


@functools.cache
def _chat(tokens: int) -> _Wire:
    def chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
        return _data(choices=[{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}], usage=None)

    def _data(**fields: Any) -> bytes:
        shared = {"id": "chatcmpl-loopback", "object": "chat.completion.chunk", "created": 1, "model": "loopback"}
        return _chunk(b"data: %b\n\n" % _json({**shared, "system_fingerprint": "fp_loopback", **fields}))

    usage = {"prompt_tokens": _INPUT_TOKENS, "completion_tokens": tokens, "total_tokens": _INPUT_TOKENS + tokens}
    return _Wire(
        opening=_HEAD + chunk({"role": "assistant", "content": ""}),
        tokens=[chunk({"content": _word(number)}) for number in range(tokens)],
        closing=chunk({}, "stop") + _data(choices=[], usage=usage) + _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n",
    )


@functools.cache
def _messages(tokens: int) -> _Wire:
    def event(kind: str, **fields: Any) -> bytes:
        return _chunk(b"event: %b\ndata: %b\n\n" % (kind.encode(), _json({"type": kind, **fields})))

    def delta(number: int) -> bytes:
        return event("content_block_delta", index=0, delta={"type": "text_delta", "text": _word(number)})

    message: dict[str, Any] = {
        "id": "msg_loopback",
        "type": "message",
        "role": "assistant",
        "model": "loopback",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": _INPUT_TOKENS, "output_tokens": 1},
    }
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    return _Wire(
        opening=_HEAD
        + event("message_start", message=message)
        + event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        tokens=[delta(number) for number in range(tokens)],
        closing=event("content_block_stop", index=0)
        + event("message_delta", delta=ended, usage={"output_tokens": tokens})
        + event("message_stop")
        + b"0\r\n\r\n",
    )


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


_WIRES = {CHAT: _chat, MESSAGES: _messages}


async def _serve() -> None:
    listening = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    run(_serve())
