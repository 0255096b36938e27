"""Conversations as this API shows them."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.clarifeye.turns import (
    AT,
    CHUNK_ID,
    DOCUMENT_ID,
    HIT,
    LINK,
    PROJECT_ID,
    RESULTS,
    RUN,
    attempts,
    batches,
    stored,
    value_of,
)
from tertulia.core.conversation import Conversation, ConversationView
from tertulia.core.document import Citation
from tertulia.core.message import (
    AssistantMessage,
    Interim,
    Message,
    Outcome,
    Problem,
    Reasoning,
    ToolCall,
    Usage,
    UserMessage,
)
from tertulia.core.run import Event, fold
from tertulia.core.tool import ToolResult
from tertulia.dialects.clarifeye import encode
from tertulia.dialects.clarifeye.answers import json_answer

ANSWER = AssistantMessage(
    turn=0,
    at=AT,
    text="12 € [1](http://x)",
    usage=Usage(input_tokens=7, output_tokens=5),
    citations=[
        Citation(number=1, chunk_id=CHUNK_ID, document_id=DOCUMENT_ID, document_name="p.xlsx", quote="12 €", page=2)
    ],
)


def shown(*messages: Message) -> list[dict[str, Any]]:
    return value_of(json_answer(encode.history(stored(list(messages)), LINK)))


def call(result: ToolResult) -> ToolCall:
    return ToolCall(
        turn=0,
        at=AT,
        call_id="c",
        function="search",
        label="semantic_chunks",
        arguments={"query": "pass"},
        result=result,
    )


def test_a_question_shows_its_sender() -> None:
    assert shown(UserMessage(turn=4, at=AT, text="Wie viel?", user_id=RUN.user_id)) == [
        {
            "role": "user",
            "content": "Wie viel?",
            "type": "message",
            "query_id": 4,
            "user_id": RUN.user_id,
            "used_tokens_input": 0,
            "used_tokens_output": 0,
            "timestamp": "2026-03-01T12:30:00Z",
        }
    ]


def test_an_answer_shows_the_tokens_of_its_turn_and_its_citations() -> None:
    [entry] = shown(ANSWER)
    assert (entry["role"], entry["type"], entry["content"]) == ("assistant", "message", ANSWER.text)
    assert (entry["used_tokens_input"], entry["used_tokens_output"]) == (7, 5)
    assert entry["citations"] == [
        {
            "number": 1,
            "chunk_id": CHUNK_ID,
            "document_id": DOCUMENT_ID,
            "document_name": "p.xlsx",
            "verbatim": "12 €",
            "page": 2,
            "reference_url": f"http://testserver/{PROJECT_ID}/reference/{CHUNK_ID}?verbatim=12%20%E2%82%AC",
        }
    ]
    assert "outcome" not in entry
    assert "error" not in entry


def test_thoughts_and_words_on_the_way_are_reasoning() -> None:
    entries = shown(Reasoning(turn=0, at=AT, text="Hm."), Interim(turn=0, at=AT, text="Let me look."))
    assert [(entry["role"], entry["type"], entry["content"]) for entry in entries] == [
        ("assistant", "reasoning_flow", "Hm."),
        ("assistant", "reasoning_flow", "Let me look."),
    ]


def test_a_tool_call_shows_its_hits_cleaned() -> None:
    [entry] = shown(call(RESULTS[0]))
    assert (entry["type"], entry["content"], entry["tool_type"]) == ("tool_call", "", "semantic_chunks")
    assert entry["input_parameters"] == {"query": "pass"}
    first, second = entry["results"]
    assert first == {
        "uuid": CHUNK_ID,
        "chunk_ids": [CHUNK_ID],
        "document_id": DOCUMENT_ID,
        "name": HIT.document_name,
        "content": HIT.text,
        "content_truncated": True,
        "reference_url": f"http://testserver/{PROJECT_ID}/reference/{CHUNK_ID}",
        "score": 0.75,
        "type": "chunk",
        "min_page": 2,
        "max_page": 3,
        "headings": ["Prices", "Passes"],
        "tags": [],
        "document_tags": ["finance"],
        "images": [],
    }
    assert (second["headings"], second["min_page"], second["content"]) == ([], None, "")


def test_a_failed_tool_call_shows_one_tool_error() -> None:
    [entry] = shown(call(RESULTS[-1]))
    assert entry["results"] == [
        {
            "error_type": "syntax_error",
            "error_code": "INVALID_QUERY",
            "status": "error",
            "message": "The query is empty.",
        }
    ]


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_no_result_carries_what_is_internal(result: ToolResult) -> None:
    [entry] = shown(call(result))
    internal = {"id", "embeddings", "labels", "_type", "json_object", "object_id", "start_char_idx", "end_char_idx"}
    assert all(not internal & set(each) for each in entry["results"])


@pytest.mark.parametrize(("text", "content"), [("", "Try again."), ("Half", "Half\n\nTry again.")])
def test_a_failed_turn_is_never_empty(text: str, content: str) -> None:
    problem = Problem(code="provider_failed", message="Try again.")
    [entry] = shown(msgspec.structs.replace(ANSWER, text=text, outcome=Outcome.FAILED, problem=problem))
    assert entry["content"] == content
    assert entry["outcome"] == "failed"
    assert entry["error"] == {"code": "provider_failed", "message": "Try again."}


def test_a_cancelled_turn_keeps_what_was_written() -> None:
    [entry] = shown(msgspec.structs.replace(ANSWER, text="Half", outcome=Outcome.CANCELLED))
    assert (entry["content"], entry["outcome"]) == ("Half", "cancelled")


def test_an_answer_tells_what_it_cost_where_its_model_has_a_price() -> None:
    priced = Usage(input_tokens=7, output_tokens=5, cost=0.1 + 0.2)
    [entry] = shown(msgspec.structs.replace(ANSWER, usage=priced))
    assert entry["cost"] == 0.3
    [entry] = shown(ANSWER)
    assert "cost" not in entry


def test_a_conversation_has_every_documented_field() -> None:
    found = Conversation(
        id=RUN.conversation_id,
        project_id=PROJECT_ID,
        creator_id=RUN.user_id,
        name="Prices",
        created_at=AT,
        updated_at=AT + timedelta(seconds=1),
        archived_at=AT,
        message_count=2,
        tool_call_count=1,
        usage=Usage(input_tokens=7, output_tokens=5),
        tags=["a"],
    )
    view = ConversationView(conversation=found, history=stored([ANSWER]), can_send=True)
    value = value_of(json_answer(encode.conversation(view, LINK)))
    assert len(value.pop("chat_history")) == 1
    assert value == {
        "id": RUN.conversation_id,
        "name": "Prices",
        "type": "playground",
        "created_by": RUN.user_id,
        "agent_settings": None,
        "agent_settings_name": None,
        "created_at": "2026-03-01T12:30:00Z",
        "updated_at": "2026-03-01T12:30:01Z",
        "message_count": 2,
        "tool_call_count": 1,
        "tokens": {"input": 7, "output": 5, "total": 12},
        "tags": ["a"],
        "conversation_instructions": None,
        "is_shared": False,
        "can_send_messages": True,
        "is_archived": True,
        "archived_at": "2026-03-01T12:30:00Z",
    }


@given(attempts(), st.integers(1, 5))
def test_every_turn_shows_one_answer_last(turn: list[list[Event]], size: int) -> None:
    events = [event for batch in batches(turn, [size]) for event in batch.events]
    entries = shown(*fold(RUN.turn, events).messages)
    answers = [entry["type"] == "message" for entry in entries]
    assert answers == [False] * (len(entries) - 1) + [True]
    assert all(entry["role"] == "assistant" and entry["query_id"] == RUN.turn for entry in entries)
