"""One turn's events as the events of a response. The same log gives the same events, so that a stream can be resumed."""

from collections.abc import Iterator, Sequence

from msgspec import UNSET

from tertulia.core.document import Citation
from tertulia.core.errors import TertuliaError
from tertulia.core.message import AssistantMessage, Interim, Message, Reasoning
from tertulia.core.run import Batch, Event, ReasoningDelta, Restarted, TextDelta, TextStarted, ToolCallRequested
from tertulia.dialects.openai import encode, encode_responses, wire_events, wire_responses
from tertulia.dialects.openai.answers import ascii_json
from tertulia.dialects.openai.encode_responses import Facts
from tertulia.dialects.openai.errors import error_body
from tertulia.dialects.openai.response_items import OpenText, OpenThought
from tertulia.dialects.openai.wire_ids import item_id

_LAST: dict[str, type[wire_events.ResponseCompleted | wire_events.ResponseFailed | wire_events.ResponseIncomplete]] = {
    "completed": wire_events.ResponseCompleted,
    "failed": wire_events.ResponseFailed,
    "incomplete": wire_events.ResponseIncomplete,
    "cancelled": wire_events.ResponseIncomplete,
}


class ResponseStream:
    """The frames of one run from its beginning; those up to `starting_after` are counted and not shown."""

    def __init__(self, facts: Facts, *, starting_after: int | None = None) -> None:
        self._facts = facts
        self._seen = -1 if starting_after is None else starting_after
        self._sequence = 0
        self._items = 0
        self._spoken = 0
        self._reasoned = 0
        self._text: OpenText | None = None
        self._thought: OpenThought | None = None

    def begin(self) -> bytes:
        running = encode_responses.unanswered(self._facts, is_running=True)
        return self._frames(
            (
                wire_events.ResponseCreated(response=running),
                wire_events.ResponseInProgress(response=running),
            )
        )

    def take(self, batch: Batch) -> bytes:
        return b"".join(self._frames(self._taken(event)) for event in batch.events)

    def end(self, messages: list[Message]) -> bytes:
        response = encode_responses.response(self._facts, messages)
        last = _LAST.get(response.status)
        if last is None:
            return self.break_off(TertuliaError())
        frames: list[bytes] = []
        if self._items == 0:
            frames += [self._frames(self._taken(event)) for event in _retold(messages)]
        status = "completed" if response.status == "completed" else "incomplete"
        frames.append(self._frames(self._closed(status, "final_answer")))
        frames.append(self._frames((last(response=response),)))
        return b"".join(frames)

    def break_off(self, error: TertuliaError) -> bytes:
        detail = error_body(error).error
        broken = wire_events.StreamError(code=detail.code, message=detail.message, param=detail.param)
        return self._frames((broken,))

    def _taken(self, event: Event) -> Iterator[wire_events.ResponseEvent]:
        match event:
            case TextDelta(text=text, citation=citation) if text:
                yield from self._said(text, citation)
            case ReasoningDelta(text=text) if text:
                yield from self._reasoned_about(text)
            case TextStarted() | ToolCallRequested():
                yield from self._closed("completed", "commentary")
            case Restarted():
                yield from self._closed("incomplete", UNSET, thought="incomplete")
                self._spoken = self._reasoned = 0
            case _:
                pass

    def _said(self, text: str, citation: Citation | None) -> Iterator[wire_events.ResponseEvent]:
        if self._text is None:
            self._text = OpenText(item_id("msg", self._facts.id, self._spoken), self._items)
            self._items += 1
            self._spoken += 1
            yield from self._text.opening()
        yield from self._text.add(text, citation)

    def _reasoned_about(self, text: str) -> Iterator[wire_events.ResponseEvent]:
        if self._thought is None:
            self._thought = OpenThought(item_id("rs", self._facts.id, self._reasoned), self._items)
            self._items += 1
            self._reasoned += 1
            yield from self._thought.opening()
        yield from self._thought.add(text)

    def _closed(
        self,
        status: wire_responses.ItemStatus,
        phase: wire_responses.AnyPhase,
        *,
        thought: wire_responses.ItemStatus = "completed",
    ) -> Iterator[wire_events.ResponseEvent]:
        if self._thought is not None:
            yield from self._thought.closing(thought)
        if self._text is not None:
            yield from self._text.closing(status, phase)
        self._thought = self._text = None

    def _frames(self, events: "Iterator[wire_events.ResponseEvent] | Sequence[wire_events.ResponseEvent]") -> bytes:
        frames: list[bytes] = []
        for event in events:
            number, self._sequence = self._sequence, self._sequence + 1
            if number > self._seen:
                event.sequence_number = number
                frames.append(b"event: %b\ndata: %b\n\n" % (type(event).kind(), ascii_json(event)))
        return b"".join(frames)


def _retold(messages: Sequence[Message]) -> Iterator[Event]:
    """Events that become these messages: for a turn whose log was dropped before it was read."""
    for message in messages:
        match message:
            case Reasoning(at=at, text=text):
                yield TextStarted(at=at)
                yield ReasoningDelta(text)
            case Interim(at=at, text=text):
                yield TextStarted(at=at)
                yield TextDelta(text)
            case AssistantMessage(at=at, text=text, citations=citations):
                yield TextStarted(at=at)
                position = 0
                for span in encode.spans(text, citations):
                    yield TextDelta(text[position : span.start])
                    yield TextDelta(text[span.start : span.end], span.citation)
                    position = span.end
                yield TextDelta(text[position:])
            case _:
                pass
