"""The port to language models: one request in, a stream of small events out."""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from tertulia.core.message import Message, Usage
from tertulia.core.tool import ToolParameter


class FunctionSpec(Struct, frozen=True, kw_only=True):
    """A tool as a model sees it. `label` is the kind of tool (core/tool.py), `name` is unique within a request."""

    name: str
    label: str
    description: str
    parameters: list[ToolParameter]


class ModelRequest(Struct, frozen=True, kw_only=True):
    """One step. `messages` is the conversation so far, this turn's own tool calls and their results included.

    The newest UserMessage is what to answer. A result the model has seen stands as a ToolCall after it. `seals` are what
    this provider gave to be handed back within this turn, in order; `cache_key` is the same for one conversation's steps.
    What is only so in one step comes last, so that a provider's cache keeps the rest: without `may_call` the functions are
    shown and may not be called, and `reminder` is said after everything else.
    `max_output_tokens` narrows the model's own limit.
    """

    instructions: str
    messages: list[Message]
    functions: list[FunctionSpec]
    seals: list["Seal"] = []
    cache_key: str = ""
    may_call: bool = True
    reminder: str = ""
    max_output_tokens: int | None = None

    def most_output(self, limit: int | None) -> int | None:
        """Output tokens to allow of a model that has that limit; None leaves it to the service."""
        return min((most for most in (limit, self.max_output_tokens) if most is not None), default=None)


class TextChunk(Struct, frozen=True):
    """A piece of the answer. `[[3]]` or `[[3|words]]` cites hit number 3 of this turn; see runtime/citing.py."""

    text: str


class ReasoningChunk(Struct, frozen=True):
    text: str


class Seal(Struct, frozen=True, kw_only=True):
    """Something opaque that a provider wants back in the next step: signed reasoning, say. `call_ids` are the calls of
    the step it belongs to.
    """

    data: dict[str, Any]
    call_ids: list[str] = []


class CallWanted(Struct, frozen=True, kw_only=True):
    """The model wants a function called; it is asked again once all calls of a step have results."""

    call_id: str
    function: str
    arguments: dict[str, Any]


class StepUsage(Struct, frozen=True):
    usage: Usage


class Cut(Struct, frozen=True):
    """The answer stopped at the model's limit of output tokens: what was written is not all."""


class ModelChosen(Struct, frozen=True):
    """What follows in this step is of the model of that name; without it, of the one that was asked."""

    name: str


ModelEvent: TypeAlias = TextChunk | ReasoningChunk | Seal | CallWanted | StepUsage | Cut | ModelChosen


class Model(Protocol):
    """A language model. Raises ProviderFailed or a child of it, whose message says what to do.

    What came before an error has been given; usage is reported even where the stream broke, as far as it is known.
    Closing the iterator closes the connection upstream.
    """

    @property
    def name(self) -> str: ...

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]: ...


def joined(events: Iterable[ModelEvent]) -> Iterator[ModelEvent]:
    """Events that came at once, with neighbouring pieces of text as one: all that follows costs by the event.

    An error of `events` comes after what stood before it.
    """
    kind: type[TextChunk | ReasoningChunk] = TextChunk
    texts: list[str] = []
    try:
        for event in events:
            if texts and type(event) is not kind:
                yield kind("".join(texts))
                texts.clear()
            if isinstance(event, TextChunk | ReasoningChunk):
                kind = type(event)
                texts.append(event.text)
            else:
                yield event
    except Exception:
        if texts:
            yield kind("".join(texts))
        raise
    if texts:
        yield kind("".join(texts))
