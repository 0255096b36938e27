"""From stored conversations to what this API shows of them.

A list shows whole histories, so the messages are decoded no further than their frame: the texts, which are most of the
bytes, go from the store to the socket as the JSON they are stored in.
"""

from typing import TypeAlias

import msgspec
from msgspec import UNSET, Raw, Struct

from tertulia.core.conversation import Conversation, ConversationView
from tertulia.core.document import Citation
from tertulia.core.message import Message, Outcome, Problem, Support, Usage
from tertulia.dialects.clarifeye import wire
from tertulia.dialects.clarifeye.encode_results import Link, StoredHits, StoredResult, wire_results
from tertulia.dialects.clarifeye.encode_usage import COST_DIGITS

NO_ARGUMENTS = Raw(b"{}")
_NO_TEXT = Raw(b'""')


class _User(Struct, frozen=True, gc=False, tag="user", tag_field="kind"):
    turn: int
    at: Raw
    text: Raw
    user_id: str


class _Assistant(Struct, frozen=True, gc=False, tag="assistant", tag_field="kind"):
    turn: int
    at: Raw
    text: Raw
    outcome: Outcome = Outcome.COMPLETED
    model: str = ""
    asked_model: str = ""
    usage: Usage = Usage()
    citations: list[Citation] = []
    support: Support | None = None
    problem: Problem | None = None


class _Interim(Struct, frozen=True, gc=False, tag="interim", tag_field="kind"):
    turn: int
    at: Raw
    text: Raw


class _Reasoning(Struct, frozen=True, gc=False, tag="reasoning", tag_field="kind"):
    turn: int
    at: Raw
    text: Raw


class _ToolCall(Struct, frozen=True, gc=False, tag="tool_call", tag_field="kind"):
    turn: int
    at: Raw
    label: str
    arguments: Raw
    result: StoredResult


_Stored: TypeAlias = _User | _Assistant | _Interim | _Reasoning | _ToolCall
_history = msgspec.json.Decoder(list[_Stored])
_text = msgspec.json.Decoder(str)


def conversation(view: ConversationView, link: Link) -> wire.Conversation:
    found = view.conversation
    return wire.Conversation(
        id=found.id,
        name=found.name,
        type=found.kind,
        created_by=found.creator_id,
        chat_history=history(view.history, link),
        agent_settings=found.agent_id,
        agent_settings_name=found.agent_name,
        created_at=found.created_at,
        updated_at=found.updated_at,
        message_count=found.message_count,
        tool_call_count=found.tool_call_count,
        tokens=_tokens(found),
        tags=found.tags,
        conversation_instructions=found.instructions,
        is_shared=found.is_shared,
        can_send_messages=view.can_send,
        is_archived=found.is_archived,
        archived_at=found.archived_at,
        suggested_questions=found.follow_ups or UNSET,
    )


def history(stored: bytes, link: Link) -> list[wire.ChatMessage]:
    """The entries of a chat history from the JSON array of its messages (core/message.py), in the order stored."""
    return [_entry(message, link) for message in _history.decode(stored)]


def entry(message: Message, link: Link) -> wire.ChatMessage:
    """The entry that the history will have for a message that is not stored yet."""
    return history(msgspec.json.encode([message]), link)[0]


def _entry(message: _Stored, link: Link) -> wire.ChatMessage:
    match message:
        case _ToolCall():
            return _tool_call(message, link)
        case _Assistant():
            return _answer(message, link)
        case _User():
            return wire.ChatMessage(
                role="user",
                content=message.text,
                type="message",
                query_id=message.turn,
                user_id=message.user_id,
                timestamp=message.at,
            )
        case _Reasoning() | _Interim():
            return wire.ChatMessage(
                role="assistant",
                content=message.text,
                type="reasoning_flow",
                query_id=message.turn,
                timestamp=message.at,
            )


def _tool_call(call: _ToolCall, link: Link) -> wire.ChatMessage:
    note = call.result.note if isinstance(call.result, StoredHits) else None
    return wire.ChatMessage(
        role="assistant",
        content=_NO_TEXT,
        type="tool_call",
        query_id=call.turn,
        timestamp=call.at,
        tool_type=call.label,
        input_parameters=call.arguments,
        results=wire_results(call.result, link),
        note=UNSET if note is None else note,
    )


def _answer(answer: _Assistant, link: Link) -> wire.ChatMessage:
    usage, problem = answer.usage, answer.problem
    return wire.ChatMessage(
        role="assistant",
        content=answer.text if problem is None else _with_problem(answer.text, problem),
        type="message",
        query_id=answer.turn,
        used_tokens_input=usage.input_tokens,
        used_tokens_output=usage.output_tokens,
        timestamp=answer.at,
        citations=[_citation(each, link) for each in answer.citations],
        support=UNSET if answer.support is None else _support(answer.support),
        model=answer.model or UNSET,
        cost=round(usage.cost, COST_DIGITS) or UNSET,
        asked_model=answer.asked_model or UNSET,
        outcome=UNSET if answer.outcome is Outcome.COMPLETED else answer.outcome.value,
        error=UNSET if problem is None else wire.AnswerProblem(code=problem.code, message=problem.message),
    )


def _with_problem(text: Raw, problem: Problem) -> Raw:
    """Never empty, so that every question has an answer to read even where the turn failed."""
    return Raw(msgspec.json.encode("\n\n".join(part for part in (_text.decode(text), problem.message) if part)))


def _support(support: Support) -> wire.Support:
    return wire.Support(cited=support.cited, uncited=support.uncited, unverifiable=support.unverifiable)


def _citation(citation: Citation, link: Link) -> wire.CitedPassage:
    return wire.CitedPassage(
        number=citation.number,
        chunk_id=citation.chunk_id,
        document_id=citation.document_id,
        document_name=citation.document_name,
        verbatim=citation.quote,
        page=citation.page,
        reference_url=link(citation.chunk_id, citation.quote),
    )


def _tokens(found: Conversation) -> wire.Tokens:
    usage = found.usage
    return wire.Tokens(
        input=usage.input_tokens,
        output=usage.output_tokens,
        total=usage.input_tokens + usage.output_tokens,
    )
