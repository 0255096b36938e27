"""Invented turns: events as a run gives them, cut into batches, and what a client makes of the frames."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from hypothesis import strategies as st
from starlette.responses import Response

from tertulia.core.document import ChunkHit, Citation
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
)
from tertulia.core.tool import ChunkHits, DocumentHit, DocumentHits, Outline, OutlineEntry, Passage, ToolFailure
from tertulia.dialects.clarifeye.stream import TurnStream
from tertulia.retrieval.citations import reference_url

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
PROJECT_ID = "0199c0de-0000-7000-8000-000000000001"
CHUNK_ID = "0199c0de-0000-7000-8000-000000000002"
DOCUMENT_ID = "0199c0de-0000-7000-8000-000000000003"
LINK = partial(reference_url, "http://testserver", PROJECT_ID)
HIT = ChunkHit(
    chunk_id=CHUNK_ID,
    document_id=DOCUMENT_ID,
    document_name="prices – 2026.xlsx",
    text='A day pass costs 12 €.\nLine\u2028break, "quoted" \U0001f6b2',
    score=0.75,
    is_truncated=True,
    first_page=2,
    last_page=3,
    headings=["Prices", "Passes"],
    document_tags=["finance"],
)
RUN = Run(
    id=new_id(),
    project_id=PROJECT_ID,
    conversation_id=new_id(),
    turn=3,
    user_id=new_id(),
    status=RunStatus.RUNNING,
    created_at=AT,
    attempt=1,
)
RESULTS = [
    ChunkHits(hits=[HIT, ChunkHit(chunk_id=CHUNK_ID, document_id=DOCUMENT_ID, document_name="", text="", score=0)]),
    ChunkHits(hits=[], note="Searched by words only: no embedder is configured."),
    DocumentHits(documents=[DocumentHit(document_id=DOCUMENT_ID, name="a.pdf", content_type="application/pdf")]),
    Passage(hit=HIT, offset=10, total_characters=500, next_offset=40),
    Outline(
        document_id=DOCUMENT_ID,
        name="a.pdf",
        content_type="application/pdf",
        state="active",
        size_bytes=10,
        character_count=99,
        chunk_count=1,
        entries=[OutlineEntry(chunk_id=CHUNK_ID, ordinal=0, preview="A day", start=0, end=99)],
    ),
    ToolFailure(code="invalid_query", message="The query is empty."),
]

_texts = st.text(max_size=40)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)
_call_ids = st.sampled_from(["call-1", "call-2", "call-3"])
_citations = st.none() | st.builds(
    Citation,
    number=st.integers(1, 9),
    chunk_id=st.just(CHUNK_ID),
    document_id=st.just(DOCUMENT_ID),
    document_name=_texts,
    quote=st.none() | _texts,
)
_steps: st.SearchStrategy[Event] = st.one_of(
    st.just(TextStarted(at=AT)),
    st.builds(TextDelta, _texts, _citations),
    st.builds(TextDelta, _texts),
    st.builds(ReasoningDelta, _texts),
    st.builds(UsageReported, st.builds(Usage, input_tokens=st.integers(0, 99), output_tokens=st.integers(0, 99))),
    st.builds(
        ToolCallRequested,
        at=st.just(AT),
        call_id=_call_ids,
        function=_texts,
        label=st.just("semantic_chunks"),
        arguments=st.dictionaries(_texts, _json, max_size=3),
        tool_id=st.none() | st.just(CHUNK_ID),
    ),
    st.builds(ToolCallFinished, at=st.just(AT), call_id=_call_ids, result=st.sampled_from(RESULTS)),
)
_ends: st.SearchStrategy[Event] = st.one_of(
    st.just(Completed(at=AT)),
    st.just(CancelledByUser(at=AT)),
    st.just(Failed(at=AT, problem=Problem(code="provider_failed", message="The language model failed. Try again."))),
)


@st.composite
def attempts(draw: st.DrawFn) -> list[list[Event]]:
    """The events of a run, attempt by attempt; the last one ends."""
    died = draw(st.lists(st.lists(_steps, max_size=8), max_size=2))
    last = draw(st.lists(_steps, max_size=15))
    found: list[list[Event]] = []
    for number, steps in enumerate([*died, last]):
        first = Restarted(at=AT, model="m") if number else Started(at=AT, model="m")
        found.append([first, *steps])
    found[-1].append(draw(_ends))
    return found


def batches(attempts: list[list[Event]], sizes: list[int]) -> list[Batch]:
    """The same events as a follower gets them, each batch as long as the sizes say, over and over."""
    found: list[Batch] = []
    for number, events in enumerate(attempts, start=1):
        place = 0
        while place < len(events):
            size = sizes[len(found) % len(sizes)]
            found.append(Batch(Position(number, place + 1), events[place : place + size]))
            place += size
    return found


class Watcher:
    """What a client that replaces the text at every frame sees."""

    def __init__(self) -> None:
        self.text = ""
        self.reasoning: list[str] = []
        self.results: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.frames: list[dict[str, Any]] = []

    def read(self, frames: bytes) -> None:
        for frame in frames.decode("ascii").split("\n\n")[:-1]:
            lines = frame.split("\n")
            self.ids.extend(line.removeprefix("id: ") for line in lines if line.startswith("id: "))
            [data] = [line for line in lines if line.startswith("data: ")]
            self._take(json.loads(data.removeprefix("data: ")))

    def _take(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        payload = frame["payload"]
        match payload.get("type"):
            case "start_token_streaming" | "tool_call_request":
                self.text = ""
            case "token_streaming":
                self.text = payload["content"]
            case "reasoning":
                self.reasoning.append(payload["content"])
            case "tool_call":
                self.results.append(payload)
            case _:
                pass


def watch(stream: TurnStream, taken: list[Batch], *, pause_s: float = 0.04) -> Watcher:
    """A client that reads as fast as frames come, on a clock of its own."""
    watcher, now = Watcher(), 100.0
    for batch in taken:
        watcher.read(stream.take(batch, now))
        now += pause_s
    return watcher


def value_of(answer: Response) -> Any:
    """The JSON of an answer that was made here."""
    return json.loads(bytes(answer.body))


def stored(messages: list[Message]) -> bytes:
    """Messages as the store gives them to a dialect."""
    return msgspec.json.encode(messages)
