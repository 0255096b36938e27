"""One turn's events as a JSON array that is written while they come: each of its elements is whole and final."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from tertulia.core.clock import now
from tertulia.core.errors import TertuliaError
from tertulia.core.run import (
    TERMINAL,
    Batch,
    Completed,
    Event,
    Restarted,
    Run,
    Started,
    TextStarted,
    ToolCallFinished,
    ToolCallRequested,
    fold,
)
from tertulia.dialects.looker.encode_answers import Listener
from tertulia.dialects.looker.encode_chat import bare, turn_stem
from tertulia.dialects.looker.encode_turn import TurnEncoder, follow_ups, progress
from tertulia.dialects.looker.wire_chat import ChatMessage, ErrorMessage

OPENING = b"["
CLOSING = b"]"
HEARTBEAT = b" "
RESTARTED = "The answer was interrupted and begins again."
_SEPARATOR = b",\n"
_encoder = msgspec.json.Encoder()


class ChatStream:
    """Takes the batches of one run and gives elements; `has_ended` once the turn's last one was among them.

    `may_suggest` says then that questions may follow: the answer is whole, and has brought none itself. An element cannot be taken back. What a new attempt repeats of a dead one is not shown again.
    """

    def __init__(self, run: Run, listener: Listener, question: str) -> None:
        self.has_ended = False
        self.may_suggest = False
        self._run = run
        # a stored turn is told again in the history, where no run is known
        stem = run.id if run.question is not None else turn_stem(run.conversation_id, run.turn)
        self._encoder = TurnEncoder(stem, listener, question)
        self._is_first = True
        self._shown: list[ChatMessage] = []
        self._to_come_again: Counter[bytes] = Counter()
        self._begin([])

    def take(self, batch: Batch) -> bytes:
        """Empty where nothing is whole yet."""
        elements: list[bytes] = []
        for event in batch.events:
            if not self.has_ended:
                elements.extend(self._element(each) for each in self._told(event, batch.first.attempt))
        return b"".join(elements)

    def follow_ups(self, questions: list[str]) -> bytes:
        return self._element(self._encoder.noted("follow-ups", now(), follow_ups(questions)))

    def break_off(self, error: TertuliaError) -> bytes:
        """What is told where the stream ends before its turn does."""
        told = ErrorMessage(text=error.message, code=error.code())
        return self._element(self._encoder.noted("broken-off", now(), told))

    def _told(self, event: Event, attempt: int) -> Iterator[ChatMessage]:
        if isinstance(event, Restarted):
            yield from self._restart(event, attempt)
            return
        self._log.append(event)
        if isinstance(event, (TextStarted, ToolCallRequested, ToolCallFinished, *TERMINAL)):
            yield from self._finished()
        match event:
            case ToolCallRequested():
                self._open.add(event.call_id)
                yield from self._new(self._encoder.begun(event))
            case ToolCallFinished():
                self._open.discard(event.call_id)
                if not self._open:
                    # all of it has been told: what follows is folded without it
                    self._begin([Started(at=event.at, model="")])
            case _:
                self.has_ended = isinstance(event, TERMINAL)
                self.may_suggest = isinstance(event, Completed) and not self._encoder.has_suggested

    def _finished(self) -> Iterator[ChatMessage]:
        """What has become whole, as it will be stored."""
        messages = fold(self._run.turn, self._log).messages
        for message in messages[self._count :]:
            for told in self._encoder.told(message):
                yield from self._new(told)
        self._count = len(messages)

    def _restart(self, event: Restarted, attempt: int) -> Iterator[ChatMessage]:
        self._encoder.restart(attempt)
        self._to_come_again = Counter(_said(each) for each in self._shown)
        self._begin([event])
        if self._shown:
            yield self._encoder.noted("restarted", event.at, progress(RESTARTED))

    def _begin(self, log: list[Event]) -> None:
        self._log = log
        self._count = 0
        self._open: set[str] = set()

    def _new(self, message: ChatMessage) -> Iterator[ChatMessage]:
        """The message, unless an attempt before has shown it."""
        said = _said(message) if self._to_come_again else b""
        if self._to_come_again[said] > 0:
            self._to_come_again[said] -= 1
            return
        self._shown.append(message)
        yield message

    def _element(self, message: ChatMessage) -> bytes:
        separator = b"" if self._is_first else _SEPARATOR
        self._is_first = False
        return separator + _encoder.encode(message)


def _said(message: ChatMessage) -> bytes:
    return _encoder.encode(bare(msgspec.to_builtins(message)))
