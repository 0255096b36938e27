"""Conversations as this API shows them. Fields that the vendor does not document say so."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from tertulia.dialects.clarifeye.wire_results import (
    Address,
    Count,
    Instant,
    RawInstant,
    RawObject,
    RawText,
    ToolEntry,
    Uuid,
)

Role = Literal["user", "assistant"]
EntryType = Literal["message", "tool_call", "reasoning_flow"]


class Tokens(Struct, frozen=True, kw_only=True):
    input: Count
    output: Count
    total: Count


class CitedPassage(Struct, frozen=True, kw_only=True, gc=False):
    """A citation of an answer; `verbatim`, when present, stands word for word in the chunk."""

    number: Count
    chunk_id: Uuid
    document_id: Uuid
    document_name: str
    verbatim: str | None
    page: int | None
    reference_url: Address


class Support(Struct, frozen=True, kw_only=True, gc=False):
    """How far an answer is proved: its cited sentences, counted; those without a citation, and those whose failed."""

    cited: Count
    uncited: list[str]
    unverifiable: list[str]


class AnswerProblem(Struct, frozen=True, kw_only=True, gc=False):
    """Why a turn failed: a stable code, and what to tell the user."""

    code: str
    message: str


class ChatMessage(Struct, frozen=True, kw_only=True, gc=False):
    """One entry of a chat history. `query_id` groups the entries of one turn; turns are counted from 0."""

    role: Role
    content: RawText
    type: EntryType
    query_id: Count
    user_id: Uuid | UnsetType = UNSET
    used_tokens_input: Count = 0
    used_tokens_output: Count = 0
    timestamp: RawInstant
    tool_type: str | UnsetType = UNSET
    input_parameters: RawObject | UnsetType = UNSET
    results: Annotated[
        list[ToolEntry] | UnsetType, Meta(description="What the tool found; one ToolError where it failed.")
    ] = UNSET
    note: Annotated[str | UnsetType, Meta(description="Extension: what limited the tool's search.")] = UNSET
    citations: Annotated[
        list[CitedPassage] | UnsetType, Meta(description="Extension: the passages an answer cites.")
    ] = UNSET
    support: Annotated[
        Support | UnsetType, Meta(description="Extension: which sentences of an answer have no proof.")
    ] = UNSET
    model: Annotated[str | UnsetType, Meta(description="Extension: the model that answered.")] = UNSET
    cost: Annotated[
        float | UnsetType, Meta(description="Extension: of the turn's tokens, where its models have prices.")
    ] = UNSET
    asked_model: Annotated[
        str | UnsetType, Meta(description="Extension: the agent's model, where another had to answer.")
    ] = UNSET
    outcome: Annotated[
        Literal["cancelled", "failed"] | UnsetType,
        Meta(description="Extension: how a turn ended that did not complete."),
    ] = UNSET
    error: Annotated[AnswerProblem | UnsetType, Meta(description="Extension: why the turn failed.")] = UNSET


class Conversation(Struct, frozen=True, kw_only=True, gc=False):
    id: Uuid
    name: str
    type: str
    created_by: Uuid
    chat_history: list[ChatMessage]
    agent_settings: Annotated[Uuid | None, Meta(description="Null where the agent was deleted.")]
    agent_settings_name: str | None
    created_at: Instant
    updated_at: Instant
    message_count: Annotated[Count, Meta(description="Entries of type `message`.")]
    tool_call_count: Annotated[Count, Meta(description="Entries of type `tool_call`.")]
    tokens: Tokens
    tags: list[str]
    conversation_instructions: str | None
    is_shared: bool
    can_send_messages: Annotated[bool, Meta(description="Whether the caller may send: the creator and admins may.")]
    is_archived: bool
    archived_at: Instant | None
    suggested_questions: Annotated[
        list[str] | UnsetType,
        Meta(description="Extension: what to ask after the newest answer, where there is something."),
    ] = UNSET


class Page(Struct, frozen=True, kw_only=True):
    """One window of a list. `next` and `previous` are absolute and keep all filters."""

    count: Count
    next: Address | None
    previous: Address | None


class ConversationPage(Page, frozen=True, kw_only=True):
    results: list[Conversation]


class ConversationTags(Struct, frozen=True, kw_only=True):
    tags: list[str]
    count: Count


class Sharing(Struct, frozen=True, kw_only=True):
    status: Literal["ok"] = "ok"
    is_shared: bool


class Cancellation(Struct, frozen=True, kw_only=True):
    """`was_running` is false where there was nothing to cancel."""

    status: Literal["ok"] = "ok"
    was_running: bool


class Error(Struct, frozen=True, kw_only=True):
    """What went wrong, for a person to read. A fault of the server carries the id under which it is logged."""

    error: str
    request_id: str | UnsetType = UNSET
