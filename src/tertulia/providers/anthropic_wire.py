"""Anthropic's stream of messages: from bytes to our events, decoding only what is used."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from tertulia.core.message import Usage
from tertulia.providers.anthropic_failures import Failures
from tertulia.providers.model import CallWanted, Cut, ModelEvent, ReasoningChunk, Seal, StepUsage, TextChunk

BLOCKS = "anthropic"
_CUT_SHORT = ("max_tokens", "model_context_window_exceeded")
_KNOWN = frozenset(
    (
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error",
    )
)
_FRAME_HEAD = struct.Struct(">III")
_FRAME_TAIL = 4
_TEXT_HEADER = 7
_LARGEST_FRAME = 32 * 1024 * 1024


class Framing(Protocol):
    """Cuts a stream of bytes into events."""

    def feed(self, data: bytes) -> Iterable[bytes]:
        """The JSON of each event that is complete by now. Raises ValueError when it gets to what is no such stream."""
        ...


class Lines:
    """Server-sent events. Cut by bytes: the line ends of str.splitlines may stand inside a JSON string."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line[5:] for line in lines if line.startswith(b"data:")]


class Frames:
    """AWS's binary event stream, in which Bedrock wraps the same events."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._rest += data
        while len(self._rest) >= _FRAME_HEAD.size:
            total, header_size, _ = _FRAME_HEAD.unpack_from(self._rest)
            if not _FRAME_HEAD.size + header_size + _FRAME_TAIL <= total <= _LARGEST_FRAME:
                raise ValueError("no event stream")
            if len(self._rest) < total:
                return
            frame, self._rest = self._rest[:total], self._rest[total:]
            yield from _unwrapped(frame, header_size)


class _OutputDetails(Struct):
    thinking_tokens: int | None = None


class _Tokens(Struct):
    """Cumulative; what is None has not changed."""

    input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens: int | None = None
    output_tokens_details: _OutputDetails | None = None


class _Start(Struct):
    usage: _Tokens | None = None


class _Block(Struct):
    type: str
    id: str = ""
    name: str = ""
    text: str = ""
    thinking: str = ""
    signature: str = ""
    data: str = ""
    input: dict[str, Any] | None = None


class _StopDetails(Struct):
    explanation: str | None = None


class _Delta(Struct):
    type: str = ""
    text: str = ""
    thinking: str = ""
    signature: str = ""
    partial_json: str = ""
    stop_reason: str | None = None
    stop_details: _StopDetails | None = None


class _Error(Struct):
    type: str = ""
    message: str = ""


class _Event(Struct):
    """Every event in one shape, so that kinds and fields we do not know cost nothing and break nothing."""

    type: str
    index: int = 0
    delta: _Delta | None = None
    content_block: _Block | None = None
    message: _Start | None = None
    usage: _Tokens | None = None
    error: _Error | None = None


class _Kind(Struct):
    type: str = ""


class _FrameBody(Struct):
    event: bytes = msgspec.field(name="bytes", default=b"")
    message: str = ""


_EVENT = msgspec.json.Decoder(_Event)
_KIND = msgspec.json.Decoder(_Kind)


class Reading:
    """What one streamed message became so far."""

    def __init__(self, failures: Failures) -> None:
        self.is_begun = False
        self.is_stopped = False
        self.is_over = False
        self._failures = failures
        self._blocks: dict[int, tuple[_Block, list[str]]] = {}
        self._sealed: list[dict[str, Any]] = []
        self._calls: list[tuple[_Block, str]] = []
        self._tokens = _Tokens()
        self._reported = Usage()
        self._stop_reason = ""
        self._explanation = ""

    def take(self, data: bytes) -> Sequence[ModelEvent]:
        """What an event gives at once. Raises ProviderFailed for one that reports an error, or cannot be read."""
        event = self._decoded(data)
        if event is None:
            return ()
        if event.type == "content_block_delta":
            return self._grow(event.index, event.delta) if event.delta else ()
        match event.type:
            case "message_start":
                self.is_begun = True
                return self._count(event.message.usage if event.message else None)
            case "content_block_start" if event.content_block is not None:
                return self._open(event.index, event.content_block)
            case "content_block_stop":
                self._close(event.index)
            case "message_delta":
                self._stop(event.delta)
                return self._count(event.usage)
            case "message_stop":
                self.is_over = True
            case "error":
                error = event.error or _Error()
                raise self._failures.reported(error.type, error.message)
            case _:
                pass
        return ()

    def ending(self) -> list[ModelEvent]:
        """What the message as a whole gives: its calls, with what is to be handed back with them.

        Raises ProviderFailed where the message is not whole, or is a refusal.
        """
        if not self.is_begun:
            raise self._failures.foreign()
        if not self.is_stopped:
            raise self._failures.cut()
        if self._stop_reason == "refusal":
            raise self._failures.refused(self._explanation)
        is_cut = self._stop_reason in _CUT_SHORT
        calls = [call for block, arguments in self._calls if (call := self._call(block, arguments, is_cut=is_cut))]
        events: list[ModelEvent] = []
        if calls:
            # Even where nothing is sealed: it tells the calls of one step from those of the next.
            events.append(Seal(data={BLOCKS: self._sealed}, call_ids=[call.call_id for call in calls]))
            events.extend(calls)
        if is_cut:
            events.append(Cut())
        return events

    def _decoded(self, data: bytes) -> _Event | None:
        try:
            return _EVENT.decode(data)
        except msgspec.ValidationError as error:
            if _kind(data) in _KNOWN:
                raise self._failures.malformed(str(error)) from None
            return None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._failures.malformed("no JSON") from None

    def _open(self, index: int, block: _Block) -> Sequence[ModelEvent]:
        self._blocks[index] = (block, [])
        if block.type == "text" and block.text:
            return (TextChunk(block.text),)
        if block.type == "thinking" and block.thinking:
            return (ReasoningChunk(block.thinking),)
        return ()

    def _grow(self, index: int, delta: _Delta) -> Sequence[ModelEvent]:
        match delta.type:
            case "text_delta":
                return (TextChunk(delta.text),) if delta.text else ()
            case "thinking_delta":
                self._block(index)[1].append(delta.thinking)
                return (ReasoningChunk(delta.thinking),) if delta.thinking else ()
            case "input_json_delta":
                self._block(index)[1].append(delta.partial_json)
            case "signature_delta":
                self._block(index)[0].signature = delta.signature
            case _:
                pass
        return ()

    def _block(self, index: int) -> tuple[_Block, list[str]]:
        try:
            return self._blocks[index]
        except KeyError:
            raise self._failures.malformed(f"a piece of block {index}, which was never begun") from None

    def _close(self, index: int) -> None:
        block, parts = self._blocks.pop(index, (_Block(type=""), []))
        match block.type:
            case "thinking" if block.signature:
                thinking = block.thinking + "".join(parts)
                self._sealed.append({"type": "thinking", "thinking": thinking, "signature": block.signature})
            case "redacted_thinking":
                self._sealed.append({"type": "redacted_thinking", "data": block.data})
            case "tool_use":
                self._calls.append((block, "".join(parts)))
            case _:
                pass

    def _stop(self, delta: _Delta | None) -> None:
        if delta is None or delta.stop_reason is None:
            return
        self.is_stopped = True
        self._stop_reason = delta.stop_reason
        self._explanation = (delta.stop_details and delta.stop_details.explanation) or ""

    def _call(self, block: _Block, arguments: str, *, is_cut: bool) -> CallWanted | None:
        """None for a call that the limit of output tokens cut off."""
        try:
            read = msgspec.json.decode(arguments, type=dict[str, Any]) if arguments.strip() else block.input or {}
        except (msgspec.DecodeError, UnicodeEncodeError):
            if is_cut:
                return None
            raise self._failures.malformed(f"the arguments of {block.name} are no JSON object") from None
        return CallWanted(call_id=block.id, function=block.name, arguments=read)

    def _count(self, tokens: _Tokens | None) -> Sequence[ModelEvent]:
        """What was used since the last report: the input is reported at once, so that a broken stream counts it too."""
        if tokens is None:
            return ()
        for name in tokens.__struct_fields__:
            if (count := getattr(tokens, name)) is not None:
                setattr(self._tokens, name, count)
        usage = _usage(self._tokens)
        before, self._reported = self._reported, usage
        fresh = {name: getattr(usage, name) - getattr(before, name) for name in usage.__struct_fields__}
        return (StepUsage(Usage(**fresh)),) if any(fresh.values()) else ()


def _usage(tokens: _Tokens) -> Usage:
    read = tokens.cache_read_input_tokens or 0
    written = tokens.cache_creation_input_tokens or 0
    details = tokens.output_tokens_details or _OutputDetails()
    return Usage(
        input_tokens=(tokens.input_tokens or 0) + read + written,
        output_tokens=tokens.output_tokens or 0,
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=details.thinking_tokens or 0,
    )


def _kind(data: bytes) -> str:
    try:
        return _KIND.decode(data).type
    except msgspec.DecodeError:
        return ""


def _unwrapped(frame: bytes, header_size: int) -> list[bytes]:
    if zlib.crc32(frame[:-_FRAME_TAIL]) != int.from_bytes(frame[-_FRAME_TAIL:]):
        raise ValueError("a broken frame")
    headers = _headers(frame[_FRAME_HEAD.size : _FRAME_HEAD.size + header_size])
    body = msgspec.json.decode(frame[_FRAME_HEAD.size + header_size : -_FRAME_TAIL] or b"{}", type=_FrameBody)
    if headers.get(":message-type") == "event":
        return [body.event] if headers.get(":event-type") == "chunk" else []
    kind = headers.get(":exception-type") or headers.get(":error-code") or ""
    said = body.message or headers.get(":error-message", "")
    return [msgspec.json.encode({"type": "error", "error": {"type": kind, "message": said}})]


def _headers(data: bytes) -> dict[str, str]:
    """The headers up to the first that is no text: all we ask for are."""
    headers: dict[str, str] = {}
    while len(data) > 4 and data[1 + data[0]] == _TEXT_HEADER:
        name, rest = data[1 : 1 + data[0]], data[2 + data[0] :]
        size = int.from_bytes(rest[:2])
        headers[name.decode()] = rest[2 : 2 + size].decode()
        data = rest[2 + size :]
    return headers
