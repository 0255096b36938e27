"""One turn's events as chat completion chunks: text is what is new, never what was shown before."""

from collections.abc import Iterator

from msgspec import UNSET

from tertulia.core.errors import TertuliaError
from tertulia.core.message import Message, Usage
from tertulia.core.run import Batch, Event, ReasoningDelta, Restarted, Run, TextDelta, TextStarted, ToolCallRequested
from tertulia.dialects.openai import encode, wire
from tertulia.dialects.openai.answers import ascii_json
from tertulia.dialects.openai.errors import error_body, problem_error
from tertulia.dialects.openai.wire_ids import completion_id

RESTARTED = "\n\n(The answer was interrupted and begins again.)\n\n"
_DONE = b"data: [DONE]\n\n"
_BREAK = "\n\n"


class ChatStream:
    """The frames of one run. Text on the way and the answer are one text, with a blank line between."""

    def __init__(self, run: Run, model: str, *, has_usage: bool) -> None:
        """With `has_usage` a last chunk tells the tokens."""
        self._run = run
        self._has_usage = has_usage
        self._id = completion_id(run.conversation_id, run.turn)
        self._created = int(run.created_at.timestamp())
        self._model = model
        self._said = _Said()

    def begin(self) -> bytes:
        return self._frame(wire.Delta(role="assistant", content=""), is_framed=True)

    def take(self, batch: Batch) -> bytes:
        """At most one chunk for each run of text or of reasoning."""
        shown: list[wire.Delta] = []
        texts: list[str] = []
        kind: type[Event] | None = None
        for event in batch.events:
            for each, text in self._shown(event):
                if each is not kind and texts:
                    shown.append(_delta(kind, "".join(texts)))
                    texts = []
                kind = each
                texts.append(text)
        if texts:
            shown.append(_delta(kind, "".join(texts)))
        return b"".join(self._frame(delta) for delta in shown)

    def end(self, messages: list[Message]) -> bytes:
        answer = encode.answer_of(messages)
        if answer is None:
            return self.break_off(TertuliaError())
        frames = [self._frame(wire.Delta(content=rest)) for rest in self._said.rest()]
        if answer.problem is not None:
            return b"".join((*frames, self.break_off(problem_error(answer.problem))))
        last = wire.Delta(
            annotations=encode.annotations(messages),
            citations=encode.cited_passages(answer),
            support=encode.support(answer),
            answered_by=answer.model or UNSET,
            asked_model=answer.asked_model or UNSET,
        )
        frames.append(self._frame(last, finish_reason=encode.finish_reason(answer), is_framed=True))
        if self._has_usage:
            frames.append(self._usage(answer.usage))
        return b"".join((*frames, _DONE))

    def break_off(self, error: TertuliaError) -> bytes:
        return _line(error_body(error)) + _DONE

    def _shown(self, event: Event) -> Iterator[tuple[type[Event], str]]:
        match event:
            case TextDelta(text=text):
                for new in self._said.add(text):
                    yield TextDelta, new
            case ReasoningDelta(text=text):
                yield ReasoningDelta, text
            case TextStarted() | ToolCallRequested():
                self._said.close()
            case Restarted():
                self._said.restart()
            case _:
                pass

    def _usage(self, spent: Usage) -> bytes:
        chunk = wire.ChatCompletionChunk(
            id=self._id, created=self._created, model=self._model, choices=[], usage=encode.usage(spent)
        )
        return _line(chunk)

    def _frame(
        self, delta: wire.Delta, *, finish_reason: wire.FinishReason | None = None, is_framed: bool = False
    ) -> bytes:
        """The first chunk and the last say which conversation this is."""
        chunk = wire.ChatCompletionChunk(
            id=self._id,
            created=self._created,
            model=self._model,
            choices=[wire.ChunkChoice(delta=delta, finish_reason=finish_reason)],
            usage=None if self._has_usage else UNSET,
            conversation_id=self._run.conversation_id if is_framed else UNSET,
        )
        return _line(chunk)


class _Said:
    """What was said, as one growing text. What an attempt repeats of a dead one is not shown again."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._is_closed = False
        # what a dead attempt had shown, and what the new one has said so far, while the two agree
        self._before: str | None = None
        self._again = ""

    def add(self, text: str) -> Iterator[str]:
        """What is new to the reader."""
        if not text:
            return
        has_spoken = bool(self._parts) if self._before is None else bool(self._again)
        new = _BREAK + text if self._is_closed and has_spoken else text
        self._is_closed = False
        if self._before is None:
            self._parts.append(new)
            yield new
            return
        self._again += new
        if not self._before.startswith(self._again):
            yield self._catch_up(self._before)

    def close(self) -> None:
        """The next text begins a new paragraph."""
        self._is_closed = True

    def restart(self) -> None:
        self._before = "".join(self._parts) if self._before is None else self._before
        self._again = ""
        self._is_closed = False
        if not self._before:
            self._before = None

    def rest(self) -> Iterator[str]:
        """What is still to be shown at the end: a new attempt that said less than the dead one."""
        if self._before is not None and self._again not in ("", self._before):
            yield self._catch_up(self._before)

    def _catch_up(self, before: str) -> str:
        is_same = self._again.startswith(before)
        new = self._again[len(before) :] if is_same else RESTARTED + self._again
        self._parts = [before, new]
        self._before = None
        return new


def _delta(kind: type[Event] | None, text: str) -> wire.Delta:
    return wire.Delta(content=text) if kind is TextDelta else wire.Delta(reasoning_content=text)


def _line(value: object) -> bytes:
    return b"data: %b\n\n" % ascii_json(value)
