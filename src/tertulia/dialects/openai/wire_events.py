"""The events of a streamed response: `event: <type>` and `data: <the event as one line of ASCII>`."""

from typing import Literal, TypeAlias

from msgspec import Struct

from tertulia.dialects.openai.wire import Count
from tertulia.dialects.openai.wire_responses import Annotation, Item, OutputText, ReasoningText, Response


class Event(Struct, kw_only=True):
    """`sequence_number` counts the events of a response from 0; the stream gives it when it shows the event."""

    sequence_number: Count = 0

    @classmethod
    def kind(cls) -> bytes:
        return str(cls.__struct_config__.tag).encode()


class ResponseCreated(Event, kw_only=True, tag="response.created", tag_field="type"):
    response: Response


class ResponseInProgress(Event, kw_only=True, tag="response.in_progress", tag_field="type"):
    response: Response


class ResponseCompleted(Event, kw_only=True, tag="response.completed", tag_field="type"):
    response: Response


class ResponseIncomplete(Event, kw_only=True, tag="response.incomplete", tag_field="type"):
    """The answer reached the model's longest, or was cancelled: the response's `status` says which."""

    response: Response


class ResponseFailed(Event, kw_only=True, tag="response.failed", tag_field="type"):
    response: Response


class OutputItemAdded(Event, kw_only=True, tag="response.output_item.added", tag_field="type"):
    output_index: Count
    item: Item


class OutputItemDone(Event, kw_only=True, tag="response.output_item.done", tag_field="type"):
    output_index: Count
    item: Item


class PartEvent(Event, kw_only=True):
    item_id: str
    output_index: Count
    content_index: Literal[0] = 0


class ContentPartAdded(PartEvent, kw_only=True, tag="response.content_part.added", tag_field="type"):
    part: OutputText | ReasoningText


class ContentPartDone(PartEvent, kw_only=True, tag="response.content_part.done", tag_field="type"):
    part: OutputText | ReasoningText


class OutputTextDelta(PartEvent, kw_only=True, tag="response.output_text.delta", tag_field="type"):
    delta: str
    logprobs: list[None] = []


class AnnotationAdded(PartEvent, kw_only=True, tag="response.output_text.annotation.added", tag_field="type"):
    annotation_index: Count
    annotation: Annotation


class OutputTextDone(PartEvent, kw_only=True, tag="response.output_text.done", tag_field="type"):
    text: str
    logprobs: list[None] = []


class ReasoningTextDelta(PartEvent, kw_only=True, tag="response.reasoning_text.delta", tag_field="type"):
    delta: str


class ReasoningTextDone(PartEvent, kw_only=True, tag="response.reasoning_text.done", tag_field="type"):
    text: str


class StreamError(Event, kw_only=True, tag="error", tag_field="type"):
    """This stream ended before the response did."""

    code: str | None
    message: str
    param: str | None = None


ResponseEvent: TypeAlias = (
    ResponseCreated
    | ResponseInProgress
    | ResponseCompleted
    | ResponseIncomplete
    | ResponseFailed
    | OutputItemAdded
    | OutputItemDone
    | ContentPartAdded
    | ContentPartDone
    | OutputTextDelta
    | AnnotationAdded
    | OutputTextDone
    | ReasoningTextDelta
    | ReasoningTextDone
    | StreamError
)
