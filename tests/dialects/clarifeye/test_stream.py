"""The frames of a streamed answer: what a client sees is what the conversation will hold."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialects.clarifeye.turns import AT, CHUNK_ID, HIT, LINK, RUN, Watcher, attempts, batches, stored, value_of, watch
from tertulia.core.message import AssistantMessage, Problem, Reasoning, ToolCall
from tertulia.core.run import (
    Batch,
    Completed,
    Event,
    Failed,
    Position,
    ReasoningDelta,
    Restarted,
    Started,
    TextDelta,
    TextStarted,
    ToolCallFinished,
    ToolCallRequested,
    fold,
)
from tertulia.core.tool import ChunkHits, ToolFailure
from tertulia.dialects.clarifeye import encode
from tertulia.dialects.clarifeye.answers import json_answer
from tertulia.dialects.clarifeye.stream import LONGEST_HOLD_S, TurnStream, ascii_json

REQUEST = ToolCallRequested(
    at=AT, call_id="c1", function="search", label="semantic_chunks", arguments={"query": "é"}, tool_id=CHUNK_ID
)
FINISH = ToolCallFinished(at=AT, call_id="c1", result=ChunkHits(hits=[HIT]))
sizes = st.lists(st.integers(1, 6), min_size=1, max_size=5)


def batch(*events: Event, seq: int = 1, attempt: int = 1) -> Batch:
    return Batch(Position(attempt, seq), list(events))


def read(frames: bytes) -> list[dict[str, Any]]:
    watcher = Watcher()
    watcher.read(frames)
    return watcher.frames


def payloads(frames: bytes) -> list[dict[str, Any]]:
    return [frame["payload"] for frame in read(frames)]


def played(taken: list[Batch]) -> list[Event]:
    return [event for each in taken for event in each.events]


@given(attempts(), sizes, st.floats(0, 5))
def test_the_last_text_shown_is_the_text_that_is_stored(
    turn: list[list[Event]], sizes: list[int], pause_s: float
) -> None:
    taken = batches(turn, sizes)
    watcher = watch(TurnStream(RUN, LINK), taken, pause_s=pause_s)
    answer = fold(RUN.turn, played(taken)).messages[-1]
    assert isinstance(answer, AssistantMessage)
    assert watcher.text == answer.text


@given(attempts(), sizes)
def test_every_frame_is_one_line_of_ascii_and_text_never_shrinks(turn: list[list[Event]], sizes: list[int]) -> None:
    stream, shown, clock = TurnStream(RUN, LINK), "", 0.0
    for taken in batches(turn, sizes):
        clock += 0.04
        frames = stream.take(taken, clock)
        assert frames.isascii()
        assert all(line.startswith(b"data: {") for line in frames.splitlines() if line)
        assert frames == b"" or frames.endswith(b"}\n\n")
        for payload in payloads(frames):
            if payload["type"] in ("start_token_streaming", "tool_call_request"):
                shown = ""
            elif payload["type"] == "token_streaming":
                assert payload["content"].startswith(shown)
                shown = payload["content"]
            assert payload["query_id"] == RUN.turn


@given(attempts(), sizes)
def test_tool_calls_and_reasoning_are_shown_as_they_are_stored(turn: list[list[Event]], sizes: list[int]) -> None:
    last = [turn[-1]]
    watcher = watch(TurnStream(RUN, LINK), batches(last, sizes))
    messages = fold(RUN.turn, last[0]).messages
    entries = value_of(json_answer(encode.history(stored(messages), LINK)))
    finished = [
        entry
        for message, entry in zip(messages, entries, strict=True)
        if isinstance(message, ToolCall)
        and not (isinstance(message.result, ToolFailure) and message.result.code == "interrupted")
    ]
    shown = [{name: value for name, value in each.items() if name != "tool_call_id"} for each in watcher.results]
    assert shown == finished
    for message in messages:
        assert not isinstance(message, Reasoning) or message.text in watcher.reasoning


@given(attempts(), sizes, st.data())
def test_a_watcher_who_resumes_ends_where_one_who_stayed_does(
    turn: list[list[Event]], sizes: list[int], data: st.DataObject
) -> None:
    taken = batches(turn, sizes)
    stayed = watch(TurnStream(RUN, LINK, has_ids=True), taken)
    cut = data.draw(st.integers(0, len(stayed.ids)))
    seen = Position.parse(stayed.ids[cut - 1]) if cut else None
    resumed = watch(TurnStream(RUN, LINK, after=seen, has_ids=True), taken)
    assert len(resumed.frames) <= len(stayed.frames)
    assert all((Position.parse(each) or Position()) > (seen or Position()) for each in resumed.ids)
    if resumed.frames:
        both = Watcher()
        for frame in (*stayed.frames[:cut], *resumed.frames):
            both._take(frame)
        assert both.text == stayed.text


@given(st.text())
def test_any_value_becomes_ascii_that_reads_back(text: str) -> None:
    encoded = ascii_json({text: [text]})
    assert encoded.isascii()
    assert b"\n" not in encoded
    assert json.loads(encoded) == {text: [text]}


def test_a_turn_with_a_tool_call_has_the_documented_frames_in_order() -> None:
    stream = TurnStream(RUN, LINK)
    frames = stream.take(
        batch(
            Started(at=AT, model="m"),
            TextStarted(at=AT),
            TextDelta("Let me "),
            TextDelta("look."),
            REQUEST,
            FINISH,
            TextStarted(at=AT),
            TextDelta("12 €"),
            Completed(at=AT),
        ),
        1.0,
    )
    shown = payloads(frames)
    assert {frame["type_streaming"] for frame in read(frames)} == {"streaming_in_progress"}
    assert [payload["type"] for payload in shown] == [
        "start_token_streaming",
        "token_streaming",
        "tool_call_request",
        "tool_call",
        "start_token_streaming",
        "token_streaming",
    ]
    assert shown[1]["content"] == "Let me look."
    assert shown[2] == {
        "type": "tool_call_request",
        "content": "",
        "query_id": 3,
        "tool_type": "semantic_chunks",
        "tool_id": CHUNK_ID,
        "tool_name": "search",
        "tool_call_id": "c1",
        "input_parameters": {"query": "é"},
    }
    assert shown[3]["results"][0]["content"] == HIT.text
    assert shown[5]["content"] == "12 €"


def test_the_deltas_of_one_batch_make_one_frame() -> None:
    stream = TurnStream(RUN, LINK)
    deltas = [TextDelta(f"{number} ") for number in range(50)]
    assert len(read(stream.take(batch(TextStarted(at=AT), *deltas), 1.0))) == 2


def test_long_text_costs_about_twenty_times_its_length_and_not_its_square() -> None:
    stream, now, cost, seq = TurnStream(RUN, LINK), 1.0, 0, 1
    for _ in range(5_000):
        cost += len(stream.take(batch(TextDelta("twenty characters so "), seq=seq), now))
        seq, now = seq + 1, now + 0.005
    assert cost < 2_400_000


def test_a_slow_text_is_held_back_no_longer_than_promised() -> None:
    stream = TurnStream(RUN, LINK)
    stream.take(batch(TextDelta("x" * 50_000)), 10.0)
    assert stream.patience_s(10.0) is None
    assert stream.take(batch(TextDelta("more"), seq=2), 10.1) == b""
    patience_s = stream.patience_s(10.1)
    assert patience_s == pytest.approx(LONGEST_HOLD_S - 0.1)
    assert payloads(stream.flush(13.0))[0]["content"].endswith("more")
    assert stream.patience_s(13.0) is None


def test_a_new_attempt_makes_watchers_forget_the_old_one() -> None:
    stream, watcher = TurnStream(RUN, LINK), Watcher()
    watcher.read(stream.take(batch(Started(at=AT, model="m"), TextStarted(at=AT), TextDelta("half an ans")), 1.0))
    assert watcher.text == "half an ans"
    watcher.read(stream.take(batch(Restarted(at=AT, model="m"), attempt=2), 2.0))
    assert watcher.frames[-1]["payload"] == {"type": "start_token_streaming", "content": "", "query_id": 3}
    assert watcher.text == ""
    watcher.read(stream.take(batch(TextStarted(at=AT), TextDelta("whole"), attempt=2, seq=2), 3.0))
    assert watcher.text == "whole"


def test_a_resumed_stream_still_shows_the_whole_text() -> None:
    stream = TurnStream(RUN, LINK, after=Position(1, 3), has_ids=True)
    first = stream.take(batch(Started(at=AT, model="m"), TextStarted(at=AT), TextDelta("seen ")), 1.0)
    assert first == b""
    frames = stream.take(batch(TextDelta("and new"), seq=4), 2.0)
    assert frames.startswith(b"id: 1.4\ndata: ")
    assert payloads(frames) == [{"type": "token_streaming", "content": "seen and new", "query_id": 3}]


def test_reasoning_is_cumulative_until_text_begins() -> None:
    stream = TurnStream(RUN, LINK)
    stream.take(batch(ReasoningDelta("First")), 1.0)
    [second] = payloads(stream.take(batch(ReasoningDelta(", second"), seq=2), 2.0))
    assert second == {"type": "reasoning", "content": "First, second", "query_id": 3}
    stream.take(batch(TextStarted(at=AT), seq=3), 3.0)
    [anew] = payloads(stream.take(batch(ReasoningDelta("Anew"), seq=4), 4.0))
    assert anew["content"] == "Anew"


def test_a_failure_says_the_same_under_both_names() -> None:
    stream = TurnStream(RUN, LINK)
    failed = Failed(at=AT, problem=Problem(code="provider_timeout", message="Too slow."))
    assert stream.take(batch(failed), 1.0) == b""
    assert stream.ending is failed
    [frame] = read(stream.failed(failed.problem))
    assert frame == {
        "type_streaming": "streaming_error",
        "payload": {
            "type": "error",
            "message": "Too slow.",
            "error": "Too slow.",
            "code": "provider_timeout",
            "query_id": 3,
            "conversation_id": RUN.conversation_id,
        },
    }


@settings(max_examples=20)
@given(attempts(), sizes)
def test_what_comes_after_the_end_is_ignored(turn: list[list[Event]], sizes: list[int]) -> None:
    stream = TurnStream(RUN, LINK)
    watch(stream, batches(turn, sizes))
    assert stream.ending is turn[-1][-1]
    assert stream.take(batch(TextDelta("late"), seq=10_000), 1_000.0) == b""
