"""One execution of a turn as a log of numbered events, and `fold`: the one definition of what a turn became."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import Struct

from tertulia.core.document import Citation
from tertulia.core.message import (
    AssistantMessage,
    Interim,
    Message,
    Outcome,
    Problem,
    Reasoning,
    Support,
    ToolCall,
    Usage,
)
from tertulia.core.tool import ToolFailure, ToolResult

MAX_ATTEMPTS = 3


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_terminal(self) -> bool:
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING)


class Run(Struct, frozen=True, kw_only=True):
    """An execution of a turn. `owner` holds it until `leased_until`; `attempt` counts from 1 once claimed.

    `question` is set for a run that is kept out of the history: it answers this, and adds no message.
    """

    id: str
    project_id: str
    conversation_id: str
    turn: int
    user_id: str
    status: RunStatus
    created_at: datetime
    attempt: int = 0
    owner: str | None = None
    leased_until: datetime | None = None
    is_cancel_requested: bool = False
    question: str | None = None


class Position(Struct, frozen=True, order=True):
    """Where an event stands in its run: never reused, because a new attempt counts anew. (0, 0) is before everything."""

    attempt: int = 0
    seq: int = 0

    def __str__(self) -> str:
        return f"{self.attempt}.{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        attempt, dot, seq = text.strip().partition(".")
        if not dot or not (text.isascii() and attempt.isdecimal() and seq.isdecimal()) or len(text) > 40:
            return None
        return cls(int(attempt), int(seq))


BEGINNING = Position()


class Started(Struct, frozen=True, kw_only=True, tag="started", tag_field="kind"):
    at: datetime
    model: str


class Restarted(Struct, frozen=True, kw_only=True, tag="restarted", tag_field="kind"):
    """A new attempt took over: discard everything the dead one had shown."""

    at: datetime
    model: str


class ReasoningDelta(Struct, frozen=True, tag="reasoning_delta", tag_field="kind"):
    text: str


class TextStarted(Struct, frozen=True, kw_only=True, tag="text_started", tag_field="kind"):
    """A new segment of text begins; an earlier one was said on the way to it."""

    at: datetime


class TextDelta(Struct, frozen=True, omit_defaults=True, tag="text_delta", tag_field="kind"):
    text: str
    citation: Citation | None = None


class ToolCallRequested(Struct, frozen=True, kw_only=True, tag="tool_call_requested", tag_field="kind"):
    at: datetime
    call_id: str
    function: str
    label: str
    arguments: dict[str, Any]
    tool_id: str | None = None


class ToolCallFinished(Struct, frozen=True, kw_only=True, tag="tool_call_finished", tag_field="kind"):
    at: datetime
    call_id: str
    result: ToolResult


class UsageReported(Struct, frozen=True, tag="usage", tag_field="kind"):
    """Tokens of one step; a turn's usage is the sum."""

    usage: Usage


class ModelSwitched(Struct, frozen=True, kw_only=True, tag="model_switched", tag_field="kind"):
    """From here on another model answers, because the one before could not."""

    model: str


class SupportChecked(Struct, frozen=True, tag="support", tag_field="kind"):
    """What stands behind the answer's sentences; comes after all of its text."""

    support: Support


class Completed(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="completed", tag_field="kind"):
    """The answer is whole, or with `is_cut` the model reached the longest it may write."""

    at: datetime
    is_cut: bool = False


class CancelledByUser(Struct, frozen=True, kw_only=True, tag="cancelled", tag_field="kind"):
    at: datetime


class Failed(Struct, frozen=True, kw_only=True, tag="failed", tag_field="kind"):
    at: datetime
    problem: Problem


Event: TypeAlias = (
    Started
    | Restarted
    | ReasoningDelta
    | TextStarted
    | TextDelta
    | ToolCallRequested
    | ToolCallFinished
    | UsageReported
    | ModelSwitched
    | SupportChecked
    | Completed
    | CancelledByUser
    | Failed
)
TERMINAL = (Completed, CancelledByUser, Failed)
_OUTCOMES: dict[type, Outcome] = {
    Completed: Outcome.COMPLETED,
    CancelledByUser: Outcome.CANCELLED,
    Failed: Outcome.FAILED,
}


class Batch(Struct, frozen=True):
    """Consecutive events of one attempt; the first stands at `first`."""

    first: Position
    events: list[Event]

    @property
    def last(self) -> Position:
        return Position(self.first.attempt, self.first.seq + len(self.events) - 1)

    def after(self, position: Position) -> "Batch | None":
        """What of this batch a follower who has seen `position` still needs, or None."""
        if self.last <= position:
            return None
        if self.first > position:
            return self
        seen = position.seq - self.first.seq + 1
        return Batch(Position(self.first.attempt, self.first.seq + seen), self.events[seen:])


class Folded(Struct, frozen=True, kw_only=True):
    """What a log of events became. `outcome` is None while the run goes on; then `messages` has no answer yet.

    `spent` is `usage` by model: those that used tokens, in that order, and the one that answered last.
    """

    messages: list[Message]
    usage: Usage
    outcome: Outcome | None
    spent: dict[str, Usage] = {}

    @property
    def tool_call_count(self) -> int:
        return sum(isinstance(message, ToolCall) for message in self.messages)


def fold(turn: int, events: Iterable[Event]) -> Folded:
    """The messages a turn adds to its conversation after the user's own, in the order they came to be.

    Text that was followed by more work becomes Interim; the last segment is the answer. A terminal event always gives
    exactly one AssistantMessage, last. Events after a terminal one are ignored.
    """
    folding = _Folding(turn)
    for event in events:
        folding.take(event)
        if folding.outcome is not None:
            break
    if folding.model:
        folding.spent.setdefault(folding.model, Usage())
    return Folded(messages=folding.messages, usage=folding.usage, outcome=folding.outcome, spent=folding.spent)


class _Folding:
    """The state of one fold: finished messages, and the segment being written."""

    def __init__(self, turn: int) -> None:
        self.turn = turn
        self.reset()

    def reset(self) -> None:
        self.messages: list[Message] = []
        self.usage = Usage()
        self.spent: dict[str, Usage] = {}
        self.outcome: Outcome | None = None
        self.model = ""
        self.asked_model = ""
        self.support: Support | None = None
        self.at: datetime | None = None
        self.text: list[str] | None = None
        self.text_at: datetime | None = None
        self.citations: list[Citation] = []
        self.reasoning: list[str] = []
        self.calls: dict[str, ToolCallRequested] = {}

    def take(self, event: Event) -> None:
        match event:
            case TextDelta():
                self._write(event)
            case ReasoningDelta():
                self.reasoning.append(event.text)
            case UsageReported():
                self.usage += event.usage
                self.spent[self.model] = self.spent.get(self.model, Usage()) + event.usage
            case ModelSwitched():
                self.asked_model, self.model = self.asked_model or self.model, event.model
            case SupportChecked():
                self.support = event.support
            case Started():
                self.model, self.at = event.model, event.at
            case Restarted():
                self.reset()
                self.model, self.at = event.model, event.at
            case TextStarted():
                self._close_reasoning()
                self._close_text()
                self.text, self.text_at, self.at = [], event.at, event.at
            case ToolCallRequested():
                self._close_reasoning()
                self._close_text()
                self.calls[event.call_id] = event
                self.at = event.at
            case ToolCallFinished():
                self._close_call(event)
            case Completed() | CancelledByUser() | Failed():
                self._end(event)

    def _write(self, event: TextDelta) -> None:
        if self.text is None:
            self.text, self.text_at = [], self.at
        self.text.append(event.text)
        if event.citation is not None:
            self.citations.append(event.citation)

    def _close_reasoning(self) -> None:
        text = "".join(self.reasoning)
        self.reasoning = []
        if text and self.at is not None:
            self.messages.append(Reasoning(turn=self.turn, at=self.at, text=text))

    def _close_text(self) -> None:
        text = "".join(self.text or ())
        if text and self.text_at is not None:
            self.messages.append(Interim(turn=self.turn, at=self.text_at, text=text))
        self.text, self.text_at, self.citations = None, None, []

    def _close_call(self, event: ToolCallFinished) -> None:
        request = self.calls.pop(event.call_id, None)
        if request is not None:
            self.messages.append(self._call(request, event.at, event.result))
            self.at = event.at

    def _call(self, request: ToolCallRequested, at: datetime, result: ToolResult) -> ToolCall:
        return ToolCall(
            turn=self.turn,
            at=at,
            call_id=request.call_id,
            function=request.function,
            label=request.label,
            arguments=request.arguments,
            result=result,
            tool_id=request.tool_id,
        )

    def _end(self, event: Completed | CancelledByUser | Failed) -> None:
        self.at = self.at or event.at
        self._close_reasoning()
        interrupted = ToolFailure(code="interrupted", message="The turn ended before this call did.")
        self.messages.extend(self._call(request, event.at, interrupted) for request in self.calls.values())
        answer = AssistantMessage(
            turn=self.turn,
            at=event.at,
            text="".join(self.text or ()),
            outcome=_OUTCOMES[type(event)],
            model=self.model,
            asked_model="" if self.asked_model == self.model else self.asked_model,
            usage=self.usage,
            citations=self.citations,
            support=self.support,
            problem=event.problem if isinstance(event, Failed) else None,
            is_cut=isinstance(event, Completed) and event.is_cut,
        )
        self.messages.append(answer)
        self.outcome = answer.outcome
