"""Chunks of a completion: what is new and nothing else, the role first, the end said once."""

from typing import Any

import pytest
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
from tertulia.core.message import Problem, Support, Usage
from tertulia.core.run import (
    Completed,
    Event,
    Failed,
    ModelSwitched,
    ReasoningDelta,
    SupportChecked,
    TextDelta,
    UsageReported,
)
from tertulia.dialects.openai import chat_stream
from tertulia.dialects.openai.chat_stream import ChatStream
from tertulia.services.transcripts import said


def streamed(*found: list[Event], size: int = 3, has_usage: bool = False) -> list[Any]:
    """All frames of a run."""
    stream = ChatStream(RUN, "scribe", has_usage=has_usage)
    frames = [stream.begin(), *(stream.take(batch) for batch in batches([*found], size)), stream.end(folded([*found]))]
    return data_of(b"".join(frames))


def deltas(frames: list[Any]) -> list[dict[str, Any]]:
    return [choice["delta"] for frame in frames if frame and "choices" in frame for choice in frame["choices"]]


def content(frames: list[Any]) -> str:
    return "".join(delta.get("content", "") for delta in deltas(frames))


def test_the_role_comes_first_and_the_reason_to_stop_last() -> None:
    frames = streamed([STARTED, TEXT, TextDelta("Hel"), TextDelta("lo"), COMPLETED])
    assert deltas(frames)[0] == {"role": "assistant", "content": ""}
    assert content(frames) == "Hello"
    assert [frame["choices"][0]["finish_reason"] for frame in frames[:-1]] == [None] * (len(frames) - 2) + ["stop"]
    assert frames[-1] is None
    assert {frame["id"] for frame in frames[:-1]} == {"chatcmpl-0199c0de00007000800000000000" + "00cc00000003"}
    assert "usage" not in frames[0]


def test_text_of_one_batch_is_one_chunk() -> None:
    frames = streamed([STARTED, TEXT, *(TextDelta(str(each)) for each in range(9)), COMPLETED], size=100)
    assert [delta["content"] for delta in deltas(frames) if delta.get("content")] == ["012345678"]


def test_text_on_the_way_and_the_answer_are_told_apart_by_a_blank_line() -> None:
    frames = streamed([STARTED, TEXT, TextDelta("Let me look."), CALL, RESULT, TEXT, TextDelta("Found."), COMPLETED])
    assert content(frames) == "Let me look.\n\nFound."
    assert not any("tool_calls" in delta for delta in deltas(frames))


def test_reasoning_is_shown_apart_from_text() -> None:
    frames = streamed(
        [STARTED, ReasoningDelta("Hm. "), ReasoningDelta("So."), TEXT, TextDelta("Yes."), COMPLETED], size=9
    )
    shown = [delta for delta in deltas(frames) if delta.keys() & {"content", "reasoning_content"}][1:]
    assert shown == [{"reasoning_content": "Hm. So."}, {"content": "Yes."}]


def test_citations_come_once_with_the_last_chunk_and_point_into_all_that_was_said() -> None:
    events: list[Event] = [
        STARTED,
        TEXT,
        TextDelta("Look."),
        CALL,
        RESULT,
        TEXT,
        TextDelta("It is 12 € "),
        cited(1, "12 €"),
        COMPLETED,
    ]
    frames = streamed(events)
    *before, last = deltas(frames)
    assert not any("citations" in delta for delta in before)
    [citation], [annotation] = last["citations"], last["annotations"]
    assert (citation["number"], citation["quote"], citation["page"]) == (1, "12 €", 2)
    place = annotation["url_citation"]
    assert content(frames)[place["start_index"] : place["end_index"]] == f"[1]({citation['url']})"


def test_tokens_are_told_in_a_chunk_of_their_own_where_they_are_asked_for() -> None:
    usage = Usage(input_tokens=7, output_tokens=5, cache_read_tokens=3, reasoning_tokens=2)
    frames = streamed([STARTED, UsageReported(usage), TEXT, TextDelta("A"), COMPLETED], has_usage=True)
    assert all(frame["usage"] is None for frame in frames[:-2])
    assert frames[-2]["choices"] == []
    assert frames[-2]["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 5,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }


def test_a_failed_turn_ends_with_an_error_after_what_was_written() -> None:
    failed = Failed(at=AT, problem=Problem(code="provider_timeout", message="Too slow."))
    frames = streamed([STARTED, TEXT, TextDelta("It"), failed])
    assert content(frames) == "It"
    assert frames[-2] == {
        "error": {"message": "Too slow.", "type": "server_error", "param": None, "code": "provider_timeout"}
    }
    assert all("finish_reason" not in frame or frame["finish_reason"] is None for frame in frames[:-2])


@pytest.mark.parametrize(
    ("again", "shown"),
    [
        ("One two three", "One two three"),
        ("One two", "One two"),
        ("One other", f"One two{chat_stream.RESTARTED}One other"),
        ("One", f"One two{chat_stream.RESTARTED}One"),
        ("", "One two"),
    ],
)
def test_what_a_second_attempt_repeats_is_not_shown_again(again: str, shown: str) -> None:
    pieces = [TextDelta(each) for each in again]
    frames = streamed([STARTED, TEXT, TextDelta("One "), TextDelta("two")], [RESTARTED, TEXT, *pieces, COMPLETED])
    assert content(frames) == shown


@settings(deadline=None, max_examples=60)
@given(attempts(most=1), st.integers(1, 9))
def test_what_was_streamed_is_what_is_stored(found: list[list[Event]], size: int) -> None:
    assert content(streamed(*found, size=size)) == said(folded(found))


@settings(deadline=None, max_examples=60)
@given(attempts(), st.integers(1, 9))
def test_after_restarts_the_stream_ends_with_what_is_stored(found: list[list[Event]], size: int) -> None:
    shown, stored = content(streamed(*found, size=size)), said(folded(found))
    assert stored in ("", shown) or shown.endswith(chat_stream.RESTARTED + stored)


def test_the_last_chunk_tells_how_far_the_answer_is_proved_and_who_gave_it() -> None:
    checked = SupportChecked(Support(cited=1, uncited=["It is so."], unverifiable=["It was so."]))
    frames = streamed([STARTED, ModelSwitched(model="spare"), TEXT, TextDelta("It is so."), checked, COMPLETED])
    *before, last = deltas(frames)
    assert last["support"] == {"cited": 1, "uncited": ["It is so."], "unverifiable": ["It was so."]}
    assert (last["answered_by"], last["asked_model"]) == ("spare", "m")
    assert not any({"support", "answered_by", "asked_model"} & delta.keys() for delta in before)


def test_an_answer_that_the_model_cut_has_its_length_as_the_reason() -> None:
    for end, reason in ((Completed(at=AT, is_cut=True), "length"), (COMPLETED, "stop")):
        last = streamed([STARTED, TEXT, TextDelta("So much"), end])[-2]
        assert last["choices"][0]["finish_reason"] == reason
