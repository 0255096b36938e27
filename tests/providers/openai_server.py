"""Loopback servers that speak OpenAI's two wires, from shapes written for these tests."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

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
from tertulia.providers.openai_chat import OpenAIChat
from tertulia.providers.openai_responses import OpenAIResponses


class ChatStand(ProviderStand):
    """Chat completions."""

    fullest = Usage(
        input_tokens=120, output_tokens=45, cache_read_tokens=100, cache_write_tokens=10, reasoning_tokens=30
    )
    provider = Provider.OPENAI
    kind: type[OpenAIChat | OpenAIResponses] = OpenAIChat

    def __init__(self) -> None:
        super().__init__()
        self.models: list[OpenAIChat | OpenAIResponses] = []

    async def __aexit__(self, *why: object) -> None:
        for model in self.models:
            await model.close()
        await super().__aexit__(*why)

    def model(self, *, api_key: str | None = KEY, **card: Any) -> OpenAIChat | OpenAIResponses:
        fields: dict[str, Any] = {
            "provider": self.provider,
            "model": self.model_name,
            "base_url": f"http://{self.host}/v1",
            "api_key_env": KEY_ENV,
            "retries": 0,
            **card,
        }
        self.models.append(self.kind(ModelCard(**fields), name="mine", api_key=api_key))
        return self.models[-1]

    def error(self, status: int, message: str) -> bytes:
        return json.dumps({"error": {"message": message, "type": f"error_{status}", "code": None}}).encode()

    def overflow(self) -> None:
        self.fail(400, message="This model's maximum context length is 8192 tokens. Please reduce the length.")

    def frames(self, actions: Sequence[Action], body: dict[str, Any]) -> Iterator[bytes | CutOff | Silence]:
        yield _data({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})
        reason, usage, calls = "stop", None, 0
        for action in actions:
            match action:
                case Call():
                    yield from _call_deltas(calls, action)
                    calls, reason = calls + 1, "tool_calls"
                case Limit():
                    reason = "length"
                case Spend(usage=spent):
                    usage = spent
                case CutOff() | Silence():
                    yield action
                case _:
                    yield from _chat_frames(action)
        yield _data({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        if usage is not None and body.get("stream_options") == {"include_usage": True}:
            yield _data({"choices": [], "usage": _chat_usage(usage)})
        yield b"data: [DONE]\n\n"


class ChunksStand(ChatStand):
    """Chat completions whose answers are given frame by frame, for the ways in which servers differ."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[list[bytes]] = []

    def answer(self, *frames: dict[str, Any] | bytes) -> None:
        self.scripts.append([each if isinstance(each, bytes) else _data(each) for each in frames])

    def frames(self, actions: Sequence[Action], body: dict[str, Any]) -> Iterator[bytes | CutOff | Silence]:
        del body
        yield from self.scripts.pop(0)
        for action in actions:
            if isinstance(action, CutOff | Silence):
                yield action


class ResponsesStand(ChatStand):
    """The Responses API."""

    provider = Provider.OPENAI_RESPONSES
    kind = OpenAIResponses

    def __init__(self) -> None:
        super().__init__()
        self.frames_given: tuple[bytes, ...] = ()

    def exactly(self, *frames: bytes) -> None:
        """Answers with these frames and no other."""
        self.frames_given = frames

    def frames(self, actions: Sequence[Action], body: dict[str, Any]) -> Iterator[bytes | CutOff | Silence]:
        del body
        if self.frames_given:
            yield from self.frames_given
            return
        yield response_event("response.created", response=response("in_progress"))
        output: list[dict[str, Any]] = []
        usage: Usage | None = None
        details: dict[str, str] | None = None
        for action in actions:
            match action:
                case Spend(usage=spent):
                    usage = spent
                case Limit():
                    details = {"reason": "max_output_tokens"}
                case CutOff() | Silence():
                    yield action
                case Call() | Say() | Think() | Refuse():
                    yield from _item_events(action, output)
                case _:
                    yield from _response_frames(action)
        yield from (self.closing_item(at, each) for at, each in enumerate(output))
        status = "incomplete" if details else "completed"
        told = response(status, output=output, incomplete_details=details, usage=_response_usage(usage))
        yield response_event(f"response.{status}", response=told)

    def closing_item(self, at: int, item: dict[str, Any]) -> bytes:
        return response_event("response.output_item.done", output_index=at, item=item)


def actions_of(stand: ProviderStand) -> list[Action]:
    """What is scripted for the first request."""
    answer = stand.answers[0]
    assert isinstance(answer, list)
    return answer


def _data(chunk: dict[str, Any]) -> bytes:
    full = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "test-model", **chunk}
    return b"data: " + json.dumps(full, ensure_ascii=False).encode() + b"\n\n"


def chat_delta(**delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


def chat_end(reason: str = "stop") -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}


def _chat_frames(action: Action) -> Iterator[bytes]:
    match action:
        case Say(text=text):
            yield _data(chat_delta(content=text))
        case Think(text=text):
            yield _data(chat_delta(reasoning_content=text))
        case Refuse(text=text):
            yield _data(chat_delta(refusal=text))
        case Malformed():
            yield b'data: {"choices": [{"delta"\n\n'
        case Unknown():
            yield b": keep-alive\n\nevent: novelty\nid: 7\nretry: 3000\n\n"
            yield _data({"novelty": {"a": [1]}, "choices": [{"index": 0, "delta": {"aura": 3}, "logprobs": None}]})
        case Trouble(message=message):
            yield _data({"error": {"message": message, "code": 502}})
        case _:
            raise AssertionError(action)


def _call_deltas(index: int, call: Call) -> Iterator[bytes]:
    first = {"index": index, "id": call.call_id, "type": "function"}
    yield _data(chat_delta(tool_calls=[{**first, "function": {"name": call.function, "arguments": ""}}]))
    for fragment in call.fragments:
        yield _data(chat_delta(tool_calls=[{"index": index, "function": {"arguments": fragment}}]))


def _chat_usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def _response_usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def response_event(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, "sequence_number": 1, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def response(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "test-model",
        "status": status,
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        **fields,
    }


def _item_events(action: Call | Say | Think | Refuse, output: list[dict[str, Any]]) -> Iterator[bytes]:
    """The events of a piece of an output item; `output` holds the items as they stand so far."""
    kind = "function_call" if isinstance(action, Call) else "reasoning" if isinstance(action, Think) else "message"
    if kind == "function_call" or not output or output[-1]["type"] != kind:
        output.append(_item(kind, len(output), action))
        yield response_event("response.output_item.added", output_index=len(output) - 1, item=_begun(output[-1]))
    at, item = len(output) - 1, output[-1]
    place = {"output_index": at, "item_id": item["id"]}
    match action:
        case Say(text=text):
            yield from _part(item["content"], {"type": "output_text", "text": "", "annotations": []}, place)
            item["content"][0]["text"] += text
            yield response_event("response.output_text.delta", content_index=0, delta=text, logprobs=[], **place)
        case Refuse(text=text):
            yield from _part(item["content"], {"type": "refusal", "refusal": ""}, place)
            item["content"][0]["refusal"] += text
            yield response_event("response.refusal.delta", content_index=0, delta=text, **place)
        case Think(text=text):
            if not item["summary"]:
                item["summary"].append({"type": "summary_text", "text": ""})
                part = {"type": "summary_text", "text": ""}
                yield response_event("response.reasoning_summary_part.added", summary_index=0, part=part, **place)
            item["summary"][0]["text"] += text
            yield response_event("response.reasoning_summary_text.delta", summary_index=0, delta=text, **place)
        case Call(fragments=fragments):
            for fragment in fragments:
                yield response_event("response.function_call_arguments.delta", delta=fragment, **place)


def _part(content: list[dict[str, Any]], part: dict[str, Any], place: dict[str, Any]) -> Iterator[bytes]:
    if not content:
        content.append(dict(part))
        yield response_event("response.content_part.added", content_index=0, part=part, **place)


def _item(kind: str, at: int, action: Action) -> dict[str, Any]:
    if isinstance(action, Call):
        named = {"call_id": action.call_id, "name": action.function, "arguments": "".join(action.fragments)}
        return {"type": kind, "id": f"fc_{at}", "status": "completed", **named}
    if kind == "reasoning":
        return {"type": kind, "id": f"rs_{at}", "summary": [], "encrypted_content": f"sealed-{at}"}
    return {"type": kind, "id": f"msg_{at}", "role": "assistant", "status": "completed", "content": []}


def _begun(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, **({"arguments": ""} if "arguments" in item else {}), "status": "in_progress"}


def _response_frames(action: Action) -> Iterator[bytes]:
    match action:
        case Malformed():
            yield b'event: response.output_text.delta\ndata: {"type": "response.output_text.delta", "delta": "x\n\n'
        case Unknown():
            yield b": keep-alive\n\n"
            yield response_event("response.novelty.delta", delta={"a": 1}, item=3, response="x", output_index="none")
            item = {"type": "novelty", "id": "n", "arguments": {"a": 1}}
            yield response_event("response.output_item.done", output_index=99, item=item, aura=1)
        case Trouble(message=message):
            yield response_event("error", code="server_error", message=message, param=None)
        case _:
            raise AssertionError(action)
