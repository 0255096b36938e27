"""A conversation that does not fit is cut at turn borders, and no result takes more than its share."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tertulia.core.document import ChunkHit
from tertulia.core.message import AssistantMessage, Message, ToolCall, UserMessage
from tertulia.core.tool import ChunkHits
from tertulia.runtime.window import fit, tokens_in

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


def asked(turn: int, text: str) -> UserMessage:
    return UserMessage(turn=turn, at=AT, text=text, user_id="u")


def answered(turn: int, text: str) -> AssistantMessage:
    return AssistantMessage(turn=turn, at=AT, text=text)


def found(turn: int, *texts: str) -> ToolCall:
    hits = [
        ChunkHit(chunk_id=str(number), document_id="d", document_name="n", text=text, score=1.0)
        for number, text in enumerate(texts)
    ]
    return ToolCall(turn=turn, at=AT, call_id="c", function="f", label="l", arguments={}, result=ChunkHits(hits=hits))


def test_what_fits_is_shown_whole() -> None:
    messages: list[Message] = [asked(0, "a"), found(0, "x"), answered(0, "b"), asked(1, "c")]
    shown = fit(messages, 10_000)
    assert (shown.messages, shown.left_out) == (messages, 0)


def test_the_oldest_turns_go_first_and_whole() -> None:
    long = "word " * 300
    messages: list[Message] = [asked(0, long), answered(0, long), asked(1, "q"), answered(1, "a"), asked(2, "now")]
    shown = fit(messages, 300)
    assert ([message.turn for message in shown.messages], shown.left_out) == ([1, 1, 2], 1)


def test_the_newest_turn_is_shown_even_where_it_does_not_fit() -> None:
    shown = fit([asked(0, "old"), answered(0, "old"), asked(1, "word " * 5_000)], 100)
    assert [message.turn for message in shown.messages] == [1]


def test_a_long_result_loses_its_last_hits_and_keeps_its_first() -> None:
    texts = [f"{number} " + "x" * 3_000 for number in range(10)]
    shown = fit([asked(0, "q"), found(0, *texts)], 8_000)
    call = shown.messages[-1]
    assert isinstance(call, ToolCall)
    assert isinstance(call.result, ChunkHits)
    assert 1 <= len(call.result.hits) < 10
    assert call.result.hits[0].text == texts[0]


def test_a_hit_longer_than_its_share_is_clipped_and_says_so() -> None:
    shown = fit([asked(0, "q"), found(0, "y" * 100_000)], 4_000)
    call = shown.messages[-1]
    assert isinstance(call, ToolCall)
    assert isinstance(call.result, ChunkHits)
    assert call.result.hits[0].is_truncated
    assert len(call.result.hits[0].text) < 100_000


@given(
    lengths=st.lists(st.integers(0, 400), min_size=1, max_size=12),
    room=st.integers(1, 2_000),
)
def test_the_turns_shown_are_the_newest_without_a_gap(lengths: list[int], room: int) -> None:
    messages: list[Message] = []
    for turn, length in enumerate(lengths):
        messages += [asked(turn, "q" * length), answered(turn, "a" * length)]
    shown = fit(messages, room)
    turns = sorted({message.turn for message in shown.messages})
    assert turns == list(range(len(lengths) - len(turns), len(lengths)))
    assert shown.left_out == len(lengths) - len(turns)
    if len(turns) > 1:
        assert sum(tokens_in(m.text) for m in shown.messages if isinstance(m, UserMessage | AssistantMessage)) <= room
