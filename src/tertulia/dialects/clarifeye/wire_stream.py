"""The frames of a streamed answer: `data: <StreamFrame as one line of ASCII>`."""

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from tertulia.dialects.clarifeye.wire import ChatMessage
from tertulia.dialects.clarifeye.wire_results import Count, RawInstant, RawObject, ToolEntry, Uuid


class StartShown(Struct, frozen=True, kw_only=True, tag="start_token_streaming", tag_field="type"):
    """A new text begins: forget what was shown of an earlier one."""

    content: Literal[""] = ""
    query_id: Count


class TextShown(Struct, frozen=True, kw_only=True, tag="token_streaming", tag_field="type"):
    """The text so far, not only what is new."""

    content: str
    query_id: Count


class ReasoningShown(Struct, frozen=True, kw_only=True, tag="reasoning", tag_field="type"):
    """The reasoning so far, not only what is new."""

    content: str
    query_id: Count


class CallShown(Struct, frozen=True, kw_only=True, tag="tool_call_request", tag_field="type"):
    """The agent calls a tool."""

    content: Literal[""] = ""
    query_id: Count
    tool_type: str
    tool_id: Uuid | None
    tool_name: str
    tool_call_id: str
    input_parameters: dict[str, Any]


class ResultShown(Struct, frozen=True, kw_only=True, tag="tool_call", tag_field="type"):
    """The tool's result: the entry that the chat history will have, and which call it answers."""

    role: Literal["assistant"] = "assistant"
    content: Literal[""] = ""
    query_id: Count
    used_tokens_input: Count = 0
    used_tokens_output: Count = 0
    timestamp: RawInstant
    tool_type: str
    tool_call_id: str
    input_parameters: RawObject
    results: list[ToolEntry]
    note: Annotated[str | UnsetType, Meta(description="Extension: what limited the tool's search.")] = UNSET


class Failure(Struct, frozen=True, kw_only=True, tag="error", tag_field="type"):
    """The turn ended without an answer, or this stream ended before the turn did (code `unavailable`)."""

    message: str
    error: str
    code: str
    query_id: Count
    conversation_id: Uuid


class Completion(Struct, frozen=True, kw_only=True):
    """The turn ended. `chat_history` is the whole conversation; its last answer is this turn's."""

    conversation_id: Uuid
    query_id: Count
    chat_history: list[ChatMessage]


Shown: TypeAlias = StartShown | TextShown | ReasoningShown | CallShown | ResultShown


class InProgress(Struct, frozen=True, kw_only=True):
    type_streaming: Literal["streaming_in_progress"] = "streaming_in_progress"
    payload: Shown


class Failed(Struct, frozen=True, kw_only=True):
    """The last frame of a stream that failed: no completed frame follows."""

    type_streaming: Literal["streaming_error"] = "streaming_error"
    payload: Failure


class Completed(Struct, frozen=True, kw_only=True):
    """The last frame of a stream."""

    type_streaming: Literal["streaming_completed"] = "streaming_completed"
    payload: Completion
