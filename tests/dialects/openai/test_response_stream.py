"""Events of a response: numbered without a gap, each item opened, filled and closed, the end the whole response."""

from collections import Counter
from functools import cache
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from dialects.openai.turns import (
    AT,
    CALL,
    COMPLETED,
    RESTARTED,
    RESULT,
    RUN,
    STARTED,
    TEXT,
    attempts,
    batches,
    cited,
    data_of,
    folded,
)
from dialects.openai.validated import Document
from tertulia.core.message import Problem, Support, UserMessage
from tertulia.core.run import (
    CancelledByUser,
    Completed,
    Event,
    Failed,
    ModelSwitched,
    ReasoningDelta,
    SupportChecked,
    TextDelta,
)
from tertulia.dialects.openai import chat_routes, model_routes, response_routes
from tertulia.dialects.openai.encode_responses import Facts, response
from tertulia.dialects.openai.openapi import document
from tertulia.dialects.openai.response_stream import ResponseStream

FACTS = Facts(conversation_id=RUN.conversation_id, turn=RUN.turn, created_at=AT, model="scribe")


@cache
def promised() -> Document:
    app = FastAPI()
    for module in (chat_routes, model_routes, response_routes):
        app.router.routes.extend(module.router.routes)
    return Document(document(app, "/v1"))


def streamed(*found: list[Event], size: int = 3, starting_after: int | None = None) -> list[Any]:
    """All events of a run's response, each validated."""
    stream = ResponseStream(FACTS, starting_after=starting_after)
    frames = [stream.begin(), *(stream.take(batch) for batch in batches([*found], size)), stream.end(folded([*found]))]
    events = data_of(b"".join(frames))
    for event in events:
        promised().check_frame("POST", "/responses", event)
    return events


def kinds(events: list[Any]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


def test_a_turn_is_told_from_created_to_completed() -> None:
    events = streamed([STARTED, ReasoningDelta("Hm."), TEXT, TextDelta("It is "), cited(1, "12 €"), COMPLETED])
    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "reasoning_text.delta",
        "reasoning_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event.get("output_index") for event in events[2:-1]] == [0] * 6 + [1] * 8
    whole = events[-1]["response"]
    assert whole["id"] == "resp_0199c0de000070008000000000000" + "0cc00000003"
    assert [item["type"] for item in whole["output"]] == ["reasoning", "message"]
    annotation = events[12]["annotation"]
    assert whole["output"][1]["content"][0]["annotations"] == [annotation]
    text = whole["output"][1]["content"][0]["text"]
    assert text[annotation["start_index"] : annotation["end_index"]] == f"[1]({annotation['url']})"


def test_text_on_the_way_is_an_item_of_its_own_and_tool_calls_are_not_shown() -> None:
    events = streamed([STARTED, TEXT, TextDelta("Let me look."), CALL, RESULT, TEXT, TextDelta("Found."), COMPLETED])
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert [(item["phase"], item["content"][0]["text"]) for item in done] == [
        ("commentary", "Let me look."),
        ("final_answer", "Found."),
    ]
    assert events[-1]["response"]["output"] == done


@pytest.mark.parametrize(
    ("end", "kind", "status"),
    [
        ([COMPLETED], "completed", "completed"),
        ([CancelledByUser(at=AT)], "incomplete", "cancelled"),
        ([Completed(at=AT, is_cut=True)], "incomplete", "incomplete"),
        ([Failed(at=AT, problem=Problem(code="rate_limited", message="Slow."))], "failed", "failed"),
    ],
)
def test_the_last_event_says_how_it_ended(end: list[Event], kind: str, status: str) -> None:
    events = streamed([STARTED, TEXT, TextDelta("It"), *end])
    assert kinds(events)[-1] == kind
    whole = events[-1]["response"]
    assert whole["status"] == status
    assert whole["output"][0]["status"] == ("completed" if status == "completed" else "incomplete")
    limited = {"code": "rate_limit_exceeded", "message": "Slow."}
    assert whole["error"] == (limited if status == "failed" else None)
    assert whole["incomplete_details"] == ({"reason": "max_output_tokens"} if status == "incomplete" else None)


def test_the_whole_response_tells_how_far_it_is_proved_and_who_gave_it() -> None:
    checked = SupportChecked(Support(uncited=["It is so."]))
    events = streamed([STARTED, ModelSwitched(model="spare"), TEXT, TextDelta("It is so."), checked, COMPLETED])
    first, last = events[0]["response"], events[-1]["response"]
    assert last["support"] == {"cited": 0, "uncited": ["It is so."], "unverifiable": []}
    assert (last["answered_by"], last["asked_model"]) == ("spare", "m")
    assert {"support", "answered_by", "asked_model"}.isdisjoint(first)


def test_what_a_dead_attempt_wrote_is_left_incomplete() -> None:
    events = streamed([STARTED, TEXT, TextDelta("One")], [RESTARTED, TEXT, TextDelta("Two"), COMPLETED])
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert [(item["status"], item["content"][0]["text"]) for item in done] == [
        ("incomplete", "One"),
        ("completed", "Two"),
    ]
    assert events[-1]["response"]["output"] == done[1:]


def test_a_stream_whose_log_is_gone_tells_what_is_stored() -> None:
    found: list[list[Event]] = [
        [
            STARTED,
            ReasoningDelta("Hm."),
            TEXT,
            TextDelta("Look."),
            CALL,
            RESULT,
            TEXT,
            TextDelta("It is "),
            cited(1),
            COMPLETED,
        ]
    ]
    stream = ResponseStream(FACTS)
    messages = [UserMessage(turn=RUN.turn, at=AT, text="Why?", user_id=RUN.user_id), *folded(found)]
    events = data_of(stream.begin() + stream.end(messages))
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert events[-1]["response"]["output"] == done
    assert len(done) == 3
    assert Counter(kinds(events))["output_text.annotation.added"] == 1


@settings(deadline=None, max_examples=60)
@given(attempts(), st.integers(1, 9))
def test_the_items_of_the_last_attempt_are_those_of_the_response(found: list[list[Event]], size: int) -> None:
    events = streamed(*found, size=size)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    added = [event["output_index"] for event in events if event["type"] == "response.output_item.added"]
    done = [event for event in events if event["type"] == "response.output_item.done"]
    assert added == list(range(len(added)))
    assert sorted(event["output_index"] for event in done) == added
    last = {event["item"]["id"]: event["item"] for event in done}
    for item in events[-1]["response"]["output"]:
        assert last[item["id"]] == item


@settings(deadline=None, max_examples=60)
@given(attempts(), st.integers(1, 9), st.integers(0, 30))
def test_a_resumed_stream_goes_on_where_the_first_one_broke(found: list[list[Event]], size: int, seen: int) -> None:
    assert streamed(*found, size=size, starting_after=seen) == streamed(*found, size=2)[seen + 1 :]


@settings(deadline=None, max_examples=60)
@given(attempts())
def test_deltas_add_up_to_the_text_of_their_item(found: list[list[Event]]) -> None:
    texts: dict[int, str] = {}
    for event in streamed(*found):
        if event["type"].endswith("_text.delta"):
            texts[event["output_index"]] = texts.get(event["output_index"], "") + event["delta"]
        if event["type"].endswith("_text.done"):
            assert texts[event["output_index"]] == event["text"]


def test_a_turn_without_words_is_a_response_without_items() -> None:
    assert response(FACTS, folded([[STARTED, COMPLETED]])).output == []
