"""Invented turns: events as a run gives them, cut into batches, and the frames that became of them."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from tertulia.core.document import Citation
from tertulia.core.ids import new_id
from tertulia.core.message import Message, Problem, Usage
from tertulia.core.run import (
    Batch,
    CancelledByUser,
    Completed,
    Event,
    Failed,
    Position,
    ReasoningDelta,
    Restarted,
    Run,
    RunStatus,
    Started,
    TextDelta,
    TextStarted,
    ToolCallFinished,
    ToolCallRequested,
    UsageReported,
    fold,
)
from tertulia.core.tool import ChunkHits
from tertulia.retrieval.citations import reference_url

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
DOCUMENT_ID = "0199c0de-0000-7000-8000-000000000003"
CHUNK_IDS = ("0199c0de-0000-7000-8000-00000000000a", "0199c0de-0000-7000-8000-00000000000b")
RUN = Run(
    id=new_id(),
    project_id="0199c0de-0000-7000-8000-000000000001",
    conversation_id="0199c0de-0000-7000-8000-0000000000cc",
    turn=3,
    user_id=new_id(),
    status=RunStatus.RUNNING,
    created_at=AT,
    attempt=1,
)
STARTED = Started(at=AT, model="m")
RESTARTED = Restarted(at=AT, model="m")
TEXT = TextStarted(at=AT)
COMPLETED = Completed(at=AT)
CALL = ToolCallRequested(at=AT, call_id="c", function="f", label="l", arguments={})
RESULT = ToolCallFinished(at=AT, call_id="c", result=ChunkHits(hits=[]))


def cited(number: int, quote: str | None = None) -> TextDelta:
    """A link as the loop writes one."""
    chunk_id = CHUNK_IDS[number % 2]
    url = reference_url("http://testserver", RUN.project_id, chunk_id, quote)
    citation = Citation(
        number=number, chunk_id=chunk_id, document_id=DOCUMENT_ID, document_name="prices.xlsx", quote=quote, page=2
    )
    return TextDelta(f"[{number}]({url})", citation)


_texts = st.text(max_size=20)
_steps: st.SearchStrategy[Event] = st.one_of(
    st.just(TEXT),
    st.builds(TextDelta, _texts),
    st.builds(cited, st.integers(1, 9), st.none() | _texts),
    st.builds(ReasoningDelta, _texts),
    st.builds(UsageReported, st.builds(Usage, input_tokens=st.integers(0, 99), output_tokens=st.integers(0, 99))),
    st.just(CALL),
    st.just(RESULT),
)
_ends: st.SearchStrategy[Event] = st.sampled_from(
    [COMPLETED, CancelledByUser(at=AT), Failed(at=AT, problem=Problem(code="provider_timeout", message="Too slow."))]
)


@st.composite
def attempts(draw: st.DrawFn, *, most: int = 3) -> list[list[Event]]:
    """The events of a run, attempt by attempt; the last one ends."""
    found: list[list[Event]] = [[STARTED, *draw(st.lists(_steps, max_size=12))]]
    for _ in range(draw(st.integers(0, most - 1))):
        # an attempt begins like the one before, and then goes its own way
        same = found[-1][1 : 1 + draw(st.integers(0, 12))]
        found.append([RESTARTED, *same, *draw(st.lists(_steps, max_size=6))])
    found[-1].append(draw(_ends))
    return found


def batches(found: list[list[Event]], size: int = 3) -> list[Batch]:
    """The same events as a follower gets them."""
    return [
        Batch(Position(number, place + 1), events[place : place + size])
        for number, events in enumerate(found, start=1)
        for place in range(0, len(events), size)
    ]


def folded(found: list[list[Event]]) -> list[Message]:
    """What the run became."""
    return fold(RUN.turn, [event for events in found for event in events]).messages


def data_of(frames: bytes) -> list[Any]:
    """The JSON of each frame, None for `[DONE]`."""
    lines = [line for line in frames.decode("ascii").split("\n") if line.startswith("data: ")]
    return [None if line == "data: [DONE]" else json.loads(line.removeprefix("data: ")) for line in lines]
