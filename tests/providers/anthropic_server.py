"""Anthropic's Messages stream on loopback, in shapes as the service sends them; and the same in Bedrock's frames."""

import base64
import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

from providers.provider_stand import (
    KEY,
    KEY_ENV,
    Action,
    Call,
    CutOff,
    Limit,
    Malformed,
    ProviderStand,
    Refuse,
    Say,
    Silence,
    Spend,
    Think,
    Trouble,
    Unknown,
)
from tertulia.core.message import Usage
from tertulia.core.model import ModelCard, Provider
from tertulia.providers.anthropic import Anthropic

SIGNATURE = "c2lnbmVkIGJ5IHRoZSBzZXJ2aWNl"


class Raw(NamedTuple):
    """An event as it is."""

    event: dict[str, Any]


class Wire(NamedTuple):
    """Bytes as they are, in no frame of the wire's."""

    frame: bytes


class AnthropicStand(ProviderStand):
    """Consecutive pieces of one kind share a content block; a thinking block is signed at its end.

    `card` of `model` may hold a `name` too. `at_start` is the usage that message_start tells of.
    """

    fullest = Usage(
        input_tokens=120, output_tokens=45, cache_read_tokens=100, cache_write_tokens=8, reasoning_tokens=20
    )

    def __init__(self) -> None:
        super().__init__()
        self.at_start = Usage()
        self._models: list[Anthropic] = []

    async def __aexit__(self, *why: object) -> None:
        for model in self._models:
            await model.close()
        await super().__aexit__(*why)

    def model(self, *, api_key: str | None = KEY, **card: Any) -> Anthropic:
        fields: dict[str, Any] = {
            "provider": Provider.ANTHROPIC,
            "model": self.model_name,
            "base_url": f"http://{self.host}",
            "api_key_env": KEY_ENV,
            "retries": 0,
            **card,
        }
        name = fields.pop("name", "tested")
        model = Anthropic(ModelCard(**fields), name=name, api_key=api_key)
        self._models.append(model)
        return model

    def raw(self, *events: dict[str, Any]) -> None:
        self._add(*(cast("Action", Raw(event)) for event in events))

    def wire(self, frame: bytes) -> None:
        self._add(cast("Action", Wire(frame)))

    def frames(self, actions: Sequence[Action], body: dict[str, Any]) -> Iterator[bytes | CutOff | Silence]:
        for event in _Message(self.at_start, body.get("model", self.model_name)).events(actions):
            match event:
                case bytes():
                    yield self.frame(event)
                case Wire(frame=frame):
                    yield frame
                case _:
                    yield event

    def frame(self, event: bytes) -> bytes:
        kind = json.loads(event)["type"] if event.endswith(b"}") else "content_block_delta"
        return b"event: %s\ndata: %s\n\n" % (kind.encode(), event)

    def error(self, status: int, message: str) -> bytes:
        kinds = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
        return json.dumps(failing(kinds.get(status, "api_error"), message)).encode()

    def overflow(self) -> None:
        self.fail(400, message="prompt is too long: 210000 tokens > 200000 maximum")


class BedrockStand(AnthropicStand):
    """The same events in AWS's binary frames. The model finds it by the variable that the SDK reads."""

    def __init__(self) -> None:
        super().__init__()
        self.headers = {"Content-Type": "application/vnd.amazon.eventstream"}

    def model(self, *, api_key: str | None = KEY, **card: Any) -> Anthropic:
        return super().model(api_key=api_key, **{"base_url": "bedrock:eu-central-1", **card})

    def frame(self, event: bytes) -> bytes:
        wrapped = {"bytes": base64.b64encode(event).decode(), "p": "abcd"}
        headers = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
        return aws_frame(headers, json.dumps(wrapped).encode())


def aws_frame(headers: dict[str, str], payload: bytes) -> bytes:
    packed = b"".join(
        bytes((len(name),)) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    head = struct.pack(">II", 16 + len(packed) + len(payload), len(packed))
    whole = head + struct.pack(">I", zlib.crc32(head)) + packed + payload
    return whole + struct.pack(">I", zlib.crc32(whole))


def failing(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def counted(usage: Usage) -> dict[str, Any]:
    """A usage as the service counts: what was cached is not in `input_tokens`."""
    return {
        "input_tokens": usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_write_tokens, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens} if usage.reasoning_tokens else None,
        "server_tool_use": None,
        "service_tier": "standard",
    }


class _Message:
    """One message's events, blocks opened and closed as its pieces need it."""

    def __init__(self, at_start: Usage, model: str) -> None:
        self._at_start = at_start
        self._model = model
        self._index = -1
        self._open = ""

    def events(self, actions: Sequence[Action]) -> Iterator[bytes | CutOff | Silence | Wire]:
        usage, reason = self._at_start, "end_turn"
        yield _json(self._start())
        yield _json({"type": "ping"})
        for action in actions:
            if isinstance(action, Raw):
                yield _json(action.event)
                continue
            if isinstance(action, Wire):
                yield action
                continue
            match action:
                case CutOff() | Silence():
                    yield action
                case Malformed():
                    yield b'{"type":"content_block_delta","index":0,"delta":{"type":"text_de'
                case Spend(usage=told):
                    usage = told
                case Limit():
                    reason = "max_tokens"
                case _:
                    yield from map(_json, self._piece(action))
                    reason = _reason(action) or reason
        yield from map(_json, self._closed())
        delta = {"stop_reason": reason, "stop_sequence": None, "stop_details": None}
        yield _json({"type": "message_delta", "delta": delta, "usage": counted(usage)})
        yield _json({"type": "message_stop"})

    def _start(self) -> dict[str, Any]:
        message: dict[str, Any] = {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": counted(self._at_start),
        }
        return {"type": "message_start", "message": message}

    def _piece(self, action: Action) -> Iterator[dict[str, Any]]:
        match action:
            case Say(text=text) | Refuse(text=text):
                yield from self._grown({"type": "text", "text": ""}, {"type": "text_delta", "text": text})
            case Think(text=text):
                block = {"type": "thinking", "thinking": "", "signature": ""}
                yield from self._grown(block, {"type": "thinking_delta", "thinking": text})
            case Call():
                yield from self._called(action)
            case Trouble(message=message):
                yield failing("overloaded_error", message)
            case Unknown():
                yield from self._unknown()
            case _:
                raise AssertionError(action)

    def _called(self, call: Call) -> Iterator[dict[str, Any]]:
        yield from self._opened({"type": "tool_use", "id": call.call_id, "name": call.function, "input": {}})
        yield self._delta({"type": "input_json_delta", "partial_json": ""})
        for fragment in call.fragments:
            yield self._delta({"type": "input_json_delta", "partial_json": fragment})

    def _unknown(self) -> Iterator[dict[str, Any]]:
        yield {"type": "thread_moved", "delta": "elsewhere", "index": "none", "usage": [1, 2]}
        yield from self._opened({"type": "hologram", "frames": [[1, 2], [3]], "weight": 1e300})
        yield self._delta({"type": "hologram_delta", "frame": {"x": 1}, "added_later": None})

    def _grown(self, block: dict[str, Any], delta: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if self._open != block["type"]:
            yield from self._opened(block)
        yield {**self._delta(delta), "added_later": {"deep": [True]}}

    def _opened(self, block: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield from self._closed()
        self._index += 1
        self._open = block["type"]
        yield {"type": "content_block_start", "index": self._index, "content_block": block}

    def _closed(self) -> Iterator[dict[str, Any]]:
        if self._open == "thinking":
            yield self._delta({"type": "signature_delta", "signature": SIGNATURE})
        if self._open:
            yield {"type": "content_block_stop", "index": self._index}
        self._open = ""

    def _delta(self, delta: dict[str, Any]) -> dict[str, Any]:
        return {"type": "content_block_delta", "index": self._index, "delta": delta}


def _reason(action: Action) -> str | None:
    match action:
        case Call():
            return "tool_use"
        case Refuse():
            return "refusal"
        case _:
            return None


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
