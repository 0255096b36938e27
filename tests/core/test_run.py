"""fold(events) is the one definition of what a turn became."""

from datetime import UTC, datetime, timedelta
from typing import cast

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tertulia.core.document import ChunkHit, Citation
from tertulia.core.message import AssistantMessage, Interim, Message, Outcome, Problem, Reasoning, ToolCall, Usage
from tertulia.core.run import (
    Batch,
    CancelledByUser,
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
    UsageReported,
    fold,
)
from tertulia.core.tool import ChunkHits, ToolFailure

START = datetime(2026, 5, 4, 12, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def call(call_id: str = "c1", second: int = 2) -> ToolCallRequested:
    return ToolCallRequested(
        at=at(second), call_id=call_id, function="search", label="hybrid_chunks", arguments={"query": "q"}
    )


def found(call_id: str = "c1", second: int = 3) -> ToolCallFinished:
    hit = ChunkHit(chunk_id="k", document_id="d", document_name="n", text="t", score=1.0)
    return ToolCallFinished(at=at(second), call_id=call_id, result=ChunkHits(hits=[hit]))


def test_the_last_segment_is_the_answer_and_what_was_said_before_a_call_is_interim() -> None:
    events: list[Event] = [
        Started(at=at(0), model="m"),
        ReasoningDelta("think"),
        ReasoningDelta("ing"),
        TextStarted(at=at(1)),
        TextDelta("Let me look."),
        call(),
        found(),
        UsageReported(Usage(input_tokens=3, output_tokens=1)),
        TextStarted(at=at(4)),
        TextDelta("It is "),
        TextDelta("30.", Citation(number=1, chunk_id="k", document_id="d", document_name="n")),
        UsageReported(Usage(input_tokens=5, output_tokens=2)),
        Completed(at=at(5)),
    ]
    folded = fold(7, events)
    assert [type(message) for message in folded.messages] == [Reasoning, Interim, ToolCall, AssistantMessage]
    answer = cast("AssistantMessage", folded.messages[-1])
    assert (answer.text, answer.turn, answer.at, answer.model) == ("It is 30.", 7, at(5), "m")
    assert answer.usage == folded.usage == Usage(input_tokens=8, output_tokens=3)
    assert [citation.chunk_id for citation in answer.citations] == ["k"]
    assert cast("Reasoning", folded.messages[0]).text == "thinking"
    assert folded.tool_call_count == 1


def test_a_restart_discards_what_the_dead_attempt_had_shown() -> None:
    events: list[Event] = [
        Started(at=at(0), model="m"),
        call(),
        found(),
        TextStarted(at=at(4)),
        TextDelta("half an ans"),
        UsageReported(Usage(input_tokens=9)),
        Restarted(at=at(20), model="n"),
        TextStarted(at=at(21)),
        TextDelta("whole"),
        Completed(at=at(22)),
    ]
    folded = fold(0, events)
    assert [type(message) for message in folded.messages] == [AssistantMessage]
    answer = cast("AssistantMessage", folded.messages[0])
    assert (answer.text, answer.model, answer.usage) == ("whole", "n", Usage())


def test_a_failed_turn_keeps_the_text_and_says_why() -> None:
    problem = Problem(code="provider_failed", message="It failed.")
    events = [Started(at=at(0), model="m"), TextStarted(at=at(1)), TextDelta("part"), Failed(at=at(2), problem=problem)]
    answer = cast("AssistantMessage", fold(0, events).messages[-1])
    assert (answer.text, answer.outcome, answer.problem) == ("part", Outcome.FAILED, problem)


def test_an_answer_that_reached_the_longest_output_says_so_and_another_stores_nothing_of_it() -> None:
    for is_cut in (True, False):
        events = [Started(at=at(0), model="m"), TextDelta("part"), Completed(at=at(2), is_cut=is_cut)]
        answer = cast("AssistantMessage", fold(0, events).messages[-1])
        assert answer.is_cut is is_cut
        assert [b"is_cut" in msgspec.json.encode(each) for each in (answer, events[-1])] == [is_cut, is_cut]


def test_a_call_that_never_ended_is_kept_as_interrupted() -> None:
    folded = fold(0, [Started(at=at(0), model="m"), call(), CancelledByUser(at=at(9))])
    kept = cast("ToolCall", folded.messages[0])
    assert isinstance(kept.result, ToolFailure)
    assert kept.result.code == "interrupted"
    assert folded.outcome is Outcome.CANCELLED


def test_a_run_that_goes_on_has_no_answer_yet() -> None:
    folded = fold(0, [Started(at=at(0), model="m"), TextStarted(at=at(1)), TextDelta("so far")])
    assert folded.outcome is None
    assert folded.messages == []


def test_parallel_calls_are_kept_in_the_order_they_finished() -> None:
    events = [Started(at=at(0), model="m"), call("a"), call("b"), found("b", 4), found("a", 5), Completed(at=at(6))]
    calls = [message for message in fold(0, events).messages if isinstance(message, ToolCall)]
    assert [kept.call_id for kept in calls] == ["b", "a"]


TEXTS = st.text(max_size=20)
DELTAS: st.SearchStrategy[Event] = st.one_of(
    st.builds(TextDelta, TEXTS),
    st.builds(ReasoningDelta, TEXTS),
    st.just(TextStarted(at=at(1))),
    st.sampled_from([call("a"), call("b"), found("a"), found("b"), found("never asked")]),
    st.builds(UsageReported, st.builds(Usage, input_tokens=st.integers(0, 9), output_tokens=st.integers(0, 9))),
    st.just(Restarted(at=at(2), model="again")),
)
ENDS: st.SearchStrategy[Event] = st.sampled_from(
    [
        Completed(at=at(9)),
        Completed(at=at(9), is_cut=True),
        CancelledByUser(at=at(9)),
        Failed(at=at(9), problem=Problem(code="c", message="m")),
    ]
)
LOGS = st.lists(DELTAS, max_size=30)


@given(events=LOGS, end=ENDS, late=LOGS)
def test_every_ended_log_gives_exactly_one_answer_and_it_is_last(
    events: list[Event], end: Event, late: list[Event]
) -> None:
    log: list[Event] = [Started(at=at(0), model="m"), *events, end]
    folded = fold(3, log)
    assert [isinstance(message, AssistantMessage) for message in folded.messages].count(True) == 1
    assert isinstance(folded.messages[-1], AssistantMessage)
    assert fold(3, [*log, *late]) == folded


@given(events=LOGS, end=ENDS)
def test_no_text_is_lost_between_the_last_restart_and_the_end(events: list[Event], end: Event) -> None:
    log: list[Event] = [Started(at=at(0), model="m"), *events, end]
    restarts = [index for index, event in enumerate(log) if isinstance(event, Restarted)]
    alive = log[restarts[-1] if restarts else 0 :]
    said = "".join(event.text for event in alive if isinstance(event, TextDelta))
    thought = "".join(event.text for event in alive if isinstance(event, ReasoningDelta))
    messages = fold(3, log).messages
    assert "".join(m.text for m in messages if isinstance(m, AssistantMessage | Interim)) == said
    assert "".join(m.text for m in messages if isinstance(m, Reasoning)) == thought


@given(events=LOGS, end=ENDS)
def test_what_is_stored_reads_back_as_what_was_folded(events: list[Event], end: Event) -> None:
    log: list[Event] = [Started(at=at(0), model="m"), *events, end]
    stored = msgspec.json.decode(msgspec.json.encode(log), type=list[Event])
    assert fold(3, stored) == fold(3, log)
    messages = fold(3, log).messages
    assert msgspec.json.decode(msgspec.json.encode(messages), type=list[Message]) == messages


@given(count=st.integers(1, 20), first=st.integers(1, 5), seen=st.integers(0, 30), attempt=st.integers(1, 3))
def test_a_batch_gives_a_follower_what_it_has_not_seen_and_nothing_else(
    count: int, first: int, seen: int, attempt: int
) -> None:
    events: list[Event] = [TextDelta(str(seq)) for seq in range(first, first + count)]
    rest = Batch(Position(2, first), events).after(Position(attempt, seen))
    wanted = [seq for seq in range(first, first + count) if (2, seq) > (attempt, seen)]
    assert ([event.text for event in rest.events if isinstance(event, TextDelta)] if rest else []) == [
        str(seq) for seq in wanted
    ]
    if rest is not None:
        assert rest.first == Position(2, wanted[0])


@given(attempt=st.integers(0, 10**6), seq=st.integers(0, 10**9))
def test_positions_read_back_from_their_text(attempt: int, seq: int) -> None:
    assert Position.parse(str(Position(attempt, seq))) == Position(attempt, seq)


@given(st.text(max_size=50))
def test_text_that_is_no_position_is_none_and_never_an_error(text: str) -> None:
    parsed = Position.parse(text)
    assert parsed is None or Position.parse(str(parsed)) == parsed
