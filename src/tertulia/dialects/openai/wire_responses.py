"""Responses as this API shows them. Fields of our own say so."""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from tertulia.dialects.openai.wire import Address, AnsweringModel, AnySupport, AskedModel, Count, Seconds, Uuid

ItemStatus: TypeAlias = Literal["in_progress", "completed", "incomplete"]
Phase: TypeAlias = Literal["commentary", "final_answer"]
AnyPhase: TypeAlias = Phase | UnsetType
ResponseStatus: TypeAlias = Literal["queued", "in_progress", "completed", "failed", "cancelled", "incomplete"]


class Annotation(Struct, frozen=True, kw_only=True):
    """A citation: where its link stands in the text, in characters, and what it points at."""

    type: Literal["url_citation"] = "url_citation"
    start_index: Count
    end_index: Count
    title: str
    url: Address
    number: Annotated[Count, Meta(description="Extension: the number shown in the text.")]
    chunk_id: Annotated[Uuid, Meta(description="Extension: the chunk cited.")]
    document_id: Annotated[Uuid, Meta(description="Extension: its document.")]
    quote: Annotated[str | None, Meta(description="Extension: words that stand in the chunk just so.")]
    page: Annotated[int | None, Meta(description="Extension: the page the chunk begins on.")]


class OutputText(Struct, frozen=True, kw_only=True, tag="output_text", tag_field="type"):
    text: str
    annotations: list[Annotation] = []
    logprobs: list[None] = []


class ReasoningText(Struct, frozen=True, kw_only=True, tag="reasoning_text", tag_field="type"):
    text: str


class MessageItem(Struct, frozen=True, kw_only=True, tag="message", tag_field="type"):
    id: str
    status: ItemStatus
    role: Literal["assistant"] = "assistant"
    content: list[OutputText]
    phase: AnyPhase = UNSET


class ReasoningItem(Struct, frozen=True, kw_only=True, tag="reasoning", tag_field="type"):
    id: str
    status: ItemStatus
    summary: list[None] = []
    content: list[ReasoningText]


Item: TypeAlias = MessageItem | ReasoningItem


class InputTokensDetails(Struct, frozen=True, kw_only=True):
    cached_tokens: Count
    cache_write_tokens: Count


class OutputTokensDetails(Struct, frozen=True, kw_only=True):
    reasoning_tokens: Count


class ResponseUsage(Struct, frozen=True, kw_only=True):
    """Tokens of all steps of the turn."""

    input_tokens: Count
    input_tokens_details: InputTokensDetails
    output_tokens: Count
    output_tokens_details: OutputTokensDetails
    total_tokens: Count


class ResponseError(Struct, frozen=True, kw_only=True):
    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
    message: str


class IncompleteDetails(Struct, frozen=True, kw_only=True):
    reason: Literal["max_output_tokens"] = "max_output_tokens"


class ConversationRef(Struct, frozen=True, kw_only=True):
    id: Uuid


class ReasoningSettings(Struct, frozen=True, kw_only=True):
    effort: None = None
    summary: None = None


class TextFormat(Struct, frozen=True, kw_only=True):
    type: Literal["text"] = "text"


class TextSettings(Struct, frozen=True, kw_only=True):
    format: TextFormat = TextFormat()


class Response(Struct, frozen=True, kw_only=True):
    """One turn of a stored conversation. Settings that are not ours to choose show their defaults."""

    id: str
    object: Literal["response"] = "response"
    created_at: Seconds
    completed_at: Seconds | None
    status: ResponseStatus
    background: bool
    error: ResponseError | None
    incomplete_details: IncompleteDetails | None
    instructions: str | None
    max_output_tokens: None = None
    metadata: dict[str, str]
    model: str
    output: list[Item]
    parallel_tool_calls: Literal[True] = True
    previous_response_id: str | None
    conversation: ConversationRef
    reasoning: ReasoningSettings = ReasoningSettings()
    store: Annotated[Literal[True], Meta(description="A turn is always stored; see store in the request.")] = True
    temperature: None = None
    text: TextSettings = TextSettings()
    tool_choice: Literal["auto"] = "auto"
    tools: list[None] = []
    top_p: None = None
    truncation: Literal["disabled"] = "disabled"
    usage: ResponseUsage | None
    user: None = None
    support: AnySupport = UNSET
    answered_by: AnsweringModel = UNSET
    asked_model: AskedModel = UNSET


class ResponseDeletion(Struct, frozen=True, kw_only=True):
    id: str
    object: Literal["response"] = "response"
    deleted: Literal[True] = True


class InputText(Struct, frozen=True, kw_only=True):
    type: Literal["input_text"] = "input_text"
    text: str


class InputItem(Struct, frozen=True, kw_only=True):
    id: str
    type: Literal["message"] = "message"
    status: Literal["completed"] = "completed"
    role: Literal["user"] = "user"
    content: list[InputText]


class InputItemList(Struct, frozen=True, kw_only=True):
    object: Literal["list"] = "list"
    data: list[InputItem]
    first_id: str
    last_id: str
    has_more: Literal[False] = False
