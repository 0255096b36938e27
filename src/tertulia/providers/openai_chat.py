"""OpenAI's chat completions, as OpenAI, Azure, vLLM, Ollama, LM Studio, Gemini, Mistral and many others speak them."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from tertulia.core.errors import ProviderFailed
from tertulia.core.message import ToolCall
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
from tertulia.providers.openai_wire import CallPart, ChatChunk, ContentPart, Delta, TokenCounts, arguments_of
from tertulia.providers.transcript import Step, schema, transcript

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_OPTIONAL = {
    "stream_options": "",
    "prompt_cache_key": "",
    "tool_choice": "",
    "max_completion_tokens": "max_tokens",
}
_DONE = b"[DONE]"
_LIMITS = ("length", "model_length")


class OpenAIChat:
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
        reading = _Answer(self._connection.place, request)
        return self._connection.stream(_send, self._body(request), reading)

    async def close(self) -> None:
        await self._connection.close()

    def _body(self, request: ModelRequest) -> Body:
        body: Body = {
            "model": self._card.model,
            "messages": _messages(request),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.functions:
            body["tools"] = [_tool(each) for each in request.functions]
            if not request.may_call:
                body["tool_choice"] = "none"
        if (most := request.most_output(self._card.max_output_tokens)) is not None:
            body["max_completion_tokens"] = most
        if self._card.reasoning:
            body["reasoning_effort"] = self._card.reasoning
        if request.cache_key and self._connection.is_openai:
            body["prompt_cache_key"] = request.cache_key
        return body


def _send(client: "AsyncOpenAI", body: Body, headers: Headers) -> Any:
    # As an extra body it goes out as it is; the typed arguments would be walked through and copied one by one.
    return client.chat.completions.with_streaming_response.create(
        model=body["model"], messages=[], stream=True, extra_body=body, extra_headers=headers
    )


def _messages(request: ModelRequest) -> list[dict[str, Any]]:
    told = transcript(request)
    messages: list[dict[str, Any]] = []
    if request.instructions:
        messages.append({"role": "system", "content": request.instructions})
    messages.extend({"role": each.role, "content": each.text} for each in told.spoken)
    for step in told.steps:
        messages.append(_asked(step))
        messages.extend(
            {"role": "tool", "tool_call_id": each.call.call_id, "content": each.result} for each in step.calls
        )
    return messages


def _asked(step: Step) -> dict[str, Any]:
    """What the model said and called in a step, with what its service wants back."""
    message: dict[str, Any] = {"role": "assistant"}
    if step.text:
        message["content"] = step.text
    extras: dict[str, Any] = {}
    for seal in step.seals:
        message |= seal.data.get("message", {})
        extras |= seal.data.get("calls", {})
    message["tool_calls"] = [
        {
            "id": each.call.call_id,
            "type": "function",
            "function": {
                "name": each.call.function,
                "arguments": msgspec.json.encode(each.call.arguments).decode(),
            },
            **extras.get(each.call.call_id, {}),
        }
        for each in step.calls
    ]
    return message


def _tool(function: FunctionSpec) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": function.name,
            "description": function.description,
            "parameters": schema(function.parameters),
        },
    }


class _PartialCall:
    """A call whose arguments are still coming."""

    def __init__(self, part: CallPart) -> None:
        self.index = part.index
        self.given_id = part.id or ""
        self.function = ""
        self.arguments = ""
        self.extra: Any = None
        self.add(part)

    def add(self, part: CallPart) -> None:
        self.given_id = self.given_id or part.id or ""
        self.extra = part.extra_content or self.extra
        if part.function is None:
            return
        self.function = self.function or part.function.name or ""
        if isinstance(part.function.arguments, dict):
            self.arguments = msgspec.json.encode(part.function.arguments).decode()
        else:
            self.arguments += part.function.arguments or ""

    def takes(self, part: CallPart) -> bool:
        """Whether a part goes on with this call. Some services send no index or always 0, some no ids."""
        if part.index is not None and part.index != self.index:
            return False
        if part.id and self.given_id:
            return part.id == self.given_id
        begins_anew = part.function is not None and bool(part.function.name) and bool(self.function)
        return not (begins_anew and (part.index is None or arguments_of(self.arguments) is not None))


class _Answer:
    """One stream, as it is read."""

    def __init__(self, place: Place, request: ModelRequest) -> None:
        self.is_finished = False
        self.is_over = False
        self._place = place
        self._decoder = msgspec.json.Decoder(ChatChunk)
        self._taken_ids = {each.call_id for each in request.messages if isinstance(each, ToolCall)}
        self._calls: list[_PartialCall] = []
        self._counts: TokenCounts | None = None
        self._reason = ""
        self._was_refused = False
        self._thought: list[str] = []
        self._thought_field = ""

    def take(self, data: bytes) -> Sequence[ModelEvent]:
        if data.strip() == _DONE:
            self.is_finished = self.is_over = True
            return ()
        chunk = self._decoder.decode(data)
        if chunk.error is not None:
            raise trouble(chunk.error, self._place)
        if chunk.usage is not None:
            self._counts = chunk.usage
        if not chunk.choices:
            return ()
        choice = chunk.choices[0]
        if choice.finish_reason:
            self._reason = choice.finish_reason
            self.is_finished = True
        return () if choice.delta is None else self._said(choice.delta)

    def verdict(self) -> ProviderFailed | None:
        if self._was_refused:
            return refused(self._place)
        if self._reason.startswith("content_filter"):
            return filtered(self._place)
        return trouble(None, self._place) if self._reason == "error" else None

    def end(self, *, failed: bool) -> Sequence[ModelEvent]:
        events: list[ModelEvent] = []
        if not failed:
            events.extend(self._wanted())
            if self._reason in _LIMITS:
                events.append(Cut())
        if self._counts is not None:
            events.append(StepUsage(self._counts.usage()))
        return events

    def _said(self, delta: Delta) -> Sequence[ModelEvent]:
        if delta.tool_calls:
            for part in delta.tool_calls:
                self._call(part)
        content = delta.content
        if isinstance(content, str) and content and not (delta.reasoning_content or delta.reasoning or delta.refusal):
            return (TextChunk(content),)
        return self._said_more(delta)

    def _said_more(self, delta: Delta) -> Sequence[ModelEvent]:
        """Deltas that are not simply a piece of the answer."""
        events: list[ModelEvent] = []
        if thought := delta.reasoning_content or delta.reasoning:
            self._thought_field = "reasoning_content" if delta.reasoning_content else "reasoning"
            self._thought.append(thought)
            events.append(ReasoningChunk(thought))
        if isinstance(delta.content, list):
            events.extend(_parts(delta.content))
        elif delta.content:
            events.append(TextChunk(delta.content))
        if delta.refusal:
            self._was_refused = True
            events.append(TextChunk(delta.refusal))
        return events

    def _call(self, part: CallPart) -> None:
        for call in reversed(self._calls):
            if call.takes(part):
                call.add(part)
                return
        self._calls.append(_PartialCall(part))

    def _wanted(self) -> Iterator[ModelEvent]:
        """The calls, and what the service wants back with them: its own reasoning, its signatures."""
        extras: dict[str, Any] = {}
        is_cut = self._reason in _LIMITS
        for call in self._calls:
            arguments = arguments_of(call.arguments)
            if arguments is None and is_cut:
                continue
            call_id = self._own_id(call.given_id)
            if call.extra is not None:
                extras[call_id] = {"extra_content": call.extra}
            given = {"unreadable_arguments": call.arguments} if arguments is None else arguments
            yield CallWanted(call_id=call_id, function=call.function, arguments=given)
        if self._calls:
            # Even where it holds nothing it tells the calls of this step from those of the next.
            message = {self._thought_field: "".join(self._thought)} if self._thought else {}
            yield Seal(data={"message": message, "calls": extras})

    def _own_id(self, given: str) -> str:
        """The service's id for a call, or one of ours where it gave none or one that this conversation has already."""
        own = given if given and given not in self._taken_ids else f"call_{uuid4().hex[:24]}"
        self._taken_ids.add(own)
        return own


def _parts(parts: Sequence[ContentPart]) -> Iterator[ModelEvent]:
    for part in parts:
        if part.thinking:
            yield from (ReasoningChunk(each.text) for each in part.thinking if each.text)
        elif part.text:
            yield TextChunk(part.text)
