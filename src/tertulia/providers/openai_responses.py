"""OpenAI's Responses API. Nothing is stored there: what must come back within a turn travels sealed."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from tertulia.core.errors import ProviderFailed
from tertulia.core.model import ModelCard
from tertulia.providers.model import (
    CallWanted,
    Cut,
    FunctionSpec,
    ModelEvent,
    ModelRequest,
    ReasoningChunk,
    Seal,
    StepUsage,
    TextChunk,
)
from tertulia.providers.openai_connection import Body, Connection, Headers
from tertulia.providers.openai_failures import Place, filtered, refused, trouble
from tertulia.providers.openai_wire import EventType, Response, ResponseEvent, arguments_of
from tertulia.providers.transcript import Step, schema, transcript

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_OPTIONAL = {"include": "", "reasoning.summary": "", "prompt_cache_key": "", "tool_choice": "", "store": ""}
_DONE = b"[DONE]"
_TEXT = "response.output_text.delta"
_ENDS = ("response.completed", "response.incomplete", "response.failed")
_REASONING = ("response.reasoning_summary_text.delta", "response.reasoning_text.delta")
_NEXT_THOUGHT = "response.reasoning_summary_part.added"
_REFUSAL = "response.refusal.delta"
_ARGUMENTS = "response.function_call_arguments.delta"
_ITEMS = ("response.output_item.added", "response.output_item.done")
_ERROR = "error"
_READ = {_TEXT, *_ENDS, *_REASONING, _NEXT_THOUGHT, _REFUSAL, _ARGUMENTS, *_ITEMS, _ERROR}


class OpenAIResponses:
    """A Model. `name` is the one of the card's table; without a key none is sent."""

    def __init__(self, card: ModelCard, *, name: str, api_key: str | None) -> None:
        self._card = card
        self._name = name
        self._connection = Connection(card, name, api_key, optional=_OPTIONAL)

    @property
    def name(self) -> str:
        return self._name

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """The model's next step. Raises ProviderFailed and its children."""
        return self._connection.stream(_send, self._body(request), _Answer(self._connection.place))

    async def close(self) -> None:
        await self._connection.close()

    def _body(self, request: ModelRequest) -> Body:
        body: Body = {
            "model": self._card.model,
            "input": _input(request),
            "stream": True,
            "store": False,
            "include": ["reasoning.encrypted_content"],
        }
        if request.instructions:
            body["instructions"] = request.instructions
        if request.functions:
            body["tools"] = [_tool(each) for each in request.functions]
            if not request.may_call:
                body["tool_choice"] = "none"
        if (most := request.most_output(self._card.max_output_tokens)) is not None:
            body["max_output_tokens"] = most
        if self._card.reasoning:
            body["reasoning"] = {"effort": self._card.reasoning, "summary": "auto"}
        if request.cache_key and self._connection.is_openai:
            body["prompt_cache_key"] = request.cache_key
        return body


def _send(client: "AsyncOpenAI", body: Body, headers: Headers) -> Any:
    # As an extra body it goes out as it is; the typed arguments would be walked through and copied one by one.
    return client.responses.with_streaming_response.create(stream=True, extra_body=body, extra_headers=headers)


def _input(request: ModelRequest) -> list[dict[str, Any]]:
    told = transcript(request)
    items: list[dict[str, Any]] = [{"role": each.role, "content": each.text} for each in told.spoken]
    for step in told.steps:
        items.extend(_asked(step))
        items.extend(
            {"type": "function_call_output", "call_id": each.call.call_id, "output": each.result} for each in step.calls
        )
    return items


def _asked(step: Step) -> Iterator[dict[str, Any]]:
    """What the model said and called in a step: the sealed items as they came, where there are any."""
    answered = {each.call.call_id for each in step.calls}
    sealed: list[dict[str, Any]] = [item for seal in step.seals for item in seal.data.get("items", [])]
    # A call without an output is refused.
    kept = [item for item in sealed if item.get("type") != "function_call" or item.get("call_id") in answered]
    yield from kept
    if step.text and not sealed:
        yield {"role": "assistant", "content": step.text}
    told = {item.get("call_id") for item in kept}
    for each in step.calls:
        if each.call.call_id not in told:
            arguments = msgspec.json.encode(each.call.arguments).decode()
            named = {"call_id": each.call.call_id, "name": each.call.function, "arguments": arguments}
            yield {"type": "function_call", **named}


def _tool(function: FunctionSpec) -> dict[str, Any]:
    return {
        "type": "function",
        "name": function.name,
        "description": function.description,
        "parameters": schema(function.parameters),
        "strict": False,
    }


class _Answer:
    """One stream, as it is read."""

    def __init__(self, place: Place) -> None:
        self.is_finished = False
        self.is_over = False
        self._place = place
        self._decoder = msgspec.json.Decoder(ResponseEvent)
        self._items: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, str] = {}
        self._response = Response()
        self._was_refused = False
        self._has_thought = False

    def take(self, data: bytes) -> Sequence[ModelEvent]:
        try:
            event = self._decoder.decode(data)
        except msgspec.DecodeError:
            if _is_of_no_interest(data):
                return ()
            raise
        if event.type == _TEXT:
            return (TextChunk(str(event.delta)),)
        return self._take_more(event) if event.type in _READ else ()

    def verdict(self) -> ProviderFailed | None:
        if self._was_refused:
            return refused(self._place)
        return filtered(self._place) if self._reason == "content_filter" else None

    def end(self, *, failed: bool) -> Sequence[ModelEvent]:
        events: list[ModelEvent] = []
        if not failed:
            events.extend(self._wanted())
            if self._is_cut:
                events.append(Cut())
        if self._response.usage is not None:
            events.append(StepUsage(self._response.usage.usage()))
        return events

    @property
    def _reason(self) -> str:
        details = self._response.incomplete_details
        return (details.reason or "") if details else ""

    @property
    def _is_cut(self) -> bool:
        return self._reason == "max_output_tokens"

    def _take_more(self, event: ResponseEvent) -> Sequence[ModelEvent]:
        """Events that are not a piece of the answer."""
        events: list[ModelEvent] = []
        if event.type in _REASONING:
            self._has_thought = True
            events.append(ReasoningChunk(str(event.delta)))
        elif event.type == _NEXT_THOUGHT and self._has_thought:
            events.append(ReasoningChunk("\n\n"))
        elif event.type == _REFUSAL:
            self._was_refused = True
            events.append(TextChunk(str(event.delta)))
        elif event.type == _ARGUMENTS:
            self._arguments[event.output_index] = self._arguments.get(event.output_index, "") + str(event.delta)
        elif event.type in _ITEMS:
            self._items[event.output_index] = msgspec.json.decode(event.item, type=dict[str, Any])
        elif event.type == _ERROR:
            raise trouble(event.error or {"message": event.message}, self._place)
        elif event.type in _ENDS:
            self._finish(event)
        return events

    def _finish(self, event: ResponseEvent) -> None:
        self._response = msgspec.json.decode(event.response, type=Response)
        if event.type == "response.failed":
            raise trouble(self._response.error, self._place)
        self.is_finished = self.is_over = True
        if not self._items:
            self._items = dict(enumerate(self._response.output))

    def _wanted(self) -> Iterator[ModelEvent]:
        """The calls; with them, for the next step, all items, where the reasoning among them can be read again."""
        kept: list[dict[str, Any]] = []
        calls: list[CallWanted] = []
        for at, item in sorted(self._items.items()):
            if item.get("type") == "function_call":
                item["arguments"] = item.get("arguments") or self._arguments.get(at, "")
                arguments = arguments_of(item["arguments"])
                if arguments is None and self._is_cut:
                    continue
                calls.append(_call(item, arguments))
                kept.append(item)
            elif item.get("type") == "message" or item.get("encrypted_content"):
                kept.append(item)
        yield from calls
        if calls:
            # Even where it holds nothing it tells the calls of this step from those of the next.
            yield Seal(data={"items": kept if any("encrypted_content" in item for item in kept) else []})


def _call(item: dict[str, Any], arguments: dict[str, Any] | None) -> CallWanted:
    item["call_id"] = str(item.get("call_id") or item.get("id") or f"call_{uuid4().hex[:24]}")
    given = {"unreadable_arguments": item["arguments"]} if arguments is None else arguments
    return CallWanted(call_id=item["call_id"], function=str(item.get("name") or ""), arguments=given)


def _is_of_no_interest(data: bytes) -> bool:
    """Whether what cannot be read need not be: a kind of event that we do not know may have any shape."""
    if data.strip() in (_DONE, b""):
        return True
    try:
        return msgspec.json.decode(data, type=EventType).type not in _READ
    except msgspec.DecodeError:
        return False
