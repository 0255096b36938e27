"""Server-sent events as this API's clients read them: strictly, byte by byte."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import requests

PING = b": ping"


class Frame(NamedTuple):
    """One event: its JSON, and its id where it has one."""

    kind: str
    payload: dict[str, Any]
    id: str | None = None

    @property
    def shown(self) -> str:
        """What a frame in progress shows: token_streaming, tool_call, ...; empty for the last frame."""
        return self.payload.get("type", "") if self.kind == "streaming_in_progress" else ""


def blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The events and comments of a stream, without the blank line that ends each. What is left unended is an error."""
    buffer = b""
    for chunk in chunks:
        buffer += chunk
        *whole, buffer = buffer.split(b"\n\n")
        yield from whole
    assert buffer == b"", f"the stream ends inside a frame: {buffer!r}"


def parsed(block: bytes) -> Frame:
    """Raises AssertionError for anything but `data: ` and one line of ASCII JSON, with an `id: ` line before at most."""
    *before, data = block.split(b"\n")
    assert block.isascii(), block
    assert data.startswith(b"data: {"), block
    assert len(before) <= 1, block
    assert all(line.startswith(b"id: ") for line in before), block
    assert b"\r" not in block, block
    value = json.loads(data.removeprefix(b"data: "))
    assert set(value) == {"type_streaming", "payload"}, block
    return Frame(value["type_streaming"], value["payload"], before[0][4:].decode() if before else None)


def frames(response: requests.Response, check: Callable[[object], None]) -> Iterator[Frame]:
    """The frames of an open stream, each passed to `check` first; comments are left out."""
    for block in blocks(response.iter_content(chunk_size=None)):
        if block == PING:
            continue
        frame = parsed(block)
        check({"type_streaming": frame.kind, "payload": frame.payload})
        yield frame


def last_text(shown: Iterable[Frame]) -> str:
    """The text a reader sees at the end: the last segment, empty where one began and nothing came."""
    text = ""
    for frame in shown:
        if frame.shown == "start_token_streaming":
            text = ""
        elif frame.shown == "token_streaming":
            text = frame.payload["content"]
    return text


def answer_of(completed: Frame) -> str:
    """What the vendor's client takes for the answer: the last assistant message of the history."""
    assert completed.kind == "streaming_completed", completed
    history = completed.payload["chat_history"]
    return next(
        entry["content"] for entry in reversed(history) if entry["role"] == "assistant" and entry["type"] == "message"
    )
