"""Turns as events, and what a client keeps of them."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from tertulia.core.analysis import QueryAnswer
from tertulia.core.message import Problem
from tertulia.core.query import Query
from tertulia.core.run import (
    Batch,
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
)
from tertulia.core.table import Column, ColumnKind, ColumnType, Table
from tertulia.core.tool import ToolKind, ToolResult
from tertulia.dialects.looker.chat_stream import CLOSING, OPENING, ChatStream
from tertulia.dialects.looker.encode_answers import Listener

Json = dict[str, Any]
AT = datetime(2026, 6, 30, 12, 0, 0, 42, tzinfo=UTC)
ADDRESS = "https://figures.test"
QUESTION = "units by category?"
LISTENER = Listener(ADDRESS)
CATEGORY, UNITS = "products.category", "order_items.units"


def run(*, is_kept_out: bool = True) -> Run:
    return Run(
        id="run-1",
        project_id="project-1",
        conversation_id="conversation-1",
        turn=2,
        user_id="user-1",
        status=RunStatus.RUNNING,
        created_at=AT,
        question=QUESTION if is_kept_out else None,
    )


def units(rows: list[list[Any]] | None = None, **changes: Any) -> QueryAnswer:
    answer = QueryAnswer(
        query=Query(model="shop", explore="order_items", fields=[CATEGORY, UNITS], filters={CATEGORY: "-Bikes"}),
        sql="SELECT 1",
        table=Table(
            columns=[
                Column(name=CATEGORY, label="Category", kind=ColumnKind.DIMENSION, type=ColumnType.STRING),
                Column(
                    name=UNITS,
                    label="Units",
                    kind=ColumnKind.MEASURE,
                    type=ColumnType.NUMBER,
                    value_format="decimal_0",
                ),
            ],
            rows=[["Parts", 1221], ["Tools", None]] if rows is None else rows,
        ),
        label="Sales",
        chart={"title": "Units", "mark": "bar", "data": {"values": [{"x": 1}]}, "encoding": {"x": {"field": "x"}}},
    )
    return msgspec.structs.replace(answer, **changes)


def asked(call_id: str, kind: str = ToolKind.ASK_DATA, **arguments: Any) -> ToolCallRequested:
    return ToolCallRequested(at=AT, call_id=call_id, function=kind, label=kind, arguments=arguments)


def gave(call_id: str, result: ToolResult) -> ToolCallFinished:
    return ToolCallFinished(at=AT, call_id=call_id, result=result)


def thought(text: str) -> ReasoningDelta:
    return ReasoningDelta(text)


def said(text: str) -> list[Event]:
    return [TextStarted(at=AT), *(TextDelta(word) for word in text)]


STARTED = Started(at=AT, model="m")
RESTARTED = Restarted(at=AT, model="m")
DONE = Completed(at=AT)
FAILED = Failed(at=AT, problem=Problem(code="provider_failed", message="The model is away."))


class Attempts:
    """Streams attempts event by event, and keeps what came."""

    def __init__(self, *attempts: list[Event], is_kept_out: bool = True, listener: Listener = LISTENER) -> None:
        self.stream = ChatStream(run(is_kept_out=is_kept_out), listener, QUESTION)
        self.pieces = [
            self.stream.take(Batch(Position(number, place), [event]))
            for number, events in enumerate(attempts, start=1)
            for place, event in enumerate(events, start=1)
        ]

    @property
    def elements(self) -> list[Json]:
        return msgspec.json.decode(b"".join([OPENING, *self.pieces, CLOSING]))


def told(*events: Event, listener: Listener = LISTENER) -> list[Json]:
    """The elements of a turn of these events."""
    return Attempts([STARTED, *events], listener=listener).elements


def kind(element: Json) -> str:
    """`text.THOUGHT`, `data.query` and the like; `error`."""
    [(name, inner)] = [each for each in element["systemMessage"].items() if each[0] != "groupId"]
    if name == "text":
        return f"text.{inner['textType']}"
    return name if name == "error" else f"{name}.{next(iter(inner))}"


def kinds(elements: list[Json]) -> list[str]:
    return [kind(element) for element in elements]
