"""One turn's events as the frames of this API: text is cumulative, JSON is ASCII on one line."""

import json
import re
from json.encoder import encode_basestring_ascii

import msgspec

from tertulia.core.message import Problem
from tertulia.core.run import (
    TERMINAL,
    Batch,
    Event,
    Position,
    ReasoningDelta,
    Restarted,
    Run,
    TextDelta,
    TextStarted,
    ToolCallFinished,
    ToolCallRequested,
    fold,
)
from tertulia.dialects.clarifeye import encode, wire_stream
from tertulia.dialects.clarifeye.encode_results import Link
from tertulia.dialects.clarifeye.wire import ChatMessage

PING = b": ping\n\n"
# Every frame repeats the text so far: shown every c characters, n characters cost n*n/2c bytes. Beyond the first ones
# a frame waits until the text has grown by a share of its excess, so 100 kB cost about 2 MB; a slow text waits no longer
# than LONGEST_HOLD_S.
FREE_CHARACTERS = 2_000
GROWTH_SHARE = 16
LONGEST_HOLD_S = 3.0

_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_encoder = msgspec.json.Encoder()


class TurnStream:
    """Takes the batches of one run and gives frames; `ending` is the terminal event once it came.

    It knows no time but what it is told, in seconds of any clock.
    """

    def __init__(self, run: Run, link: Link, *, after: Position | None = None, has_ids: bool = False) -> None:
        """A watcher who has seen `after` is shown what follows; the batches must begin at the log's start all the same.

        With `has_ids` each frame carries the position of the last event in it.
        """
        self.ending: Event | None = None
        self._run = run
        self._link = link
        self._after = after or Position()
        self._has_ids = has_ids
        self._text = _Segment("token_streaming", run.turn)
        self._reasoning = _Segment("reasoning", run.turn)
        self._calls: dict[str, ToolCallRequested] = {}
        self._position = Position()
        self._shown_at = 0.0

    def take(self, batch: Batch, now: float) -> bytes:
        """The frames for what came. Text may be held back: see `patience_s`."""
        frames: list[bytes] = []
        for place, event in enumerate(batch.events):
            if self.ending is None:
                self._take(event, Position(batch.first.attempt, batch.first.seq + place), frames)
        is_late = now - self._shown_at >= LONGEST_HOLD_S
        if is_late or self.ending is not None or self._text.is_due or self._reasoning.is_due:
            self._flush(frames)
        return self._shown(frames, now)

    def patience_s(self, now: float) -> float | None:
        """How long text that is held back may still wait for more; None where all is shown."""
        if not (self._text.unshown or self._reasoning.unshown):
            return None
        return max(0.0, self._shown_at + LONGEST_HOLD_S - now)

    def flush(self, now: float) -> bytes:
        """A frame with all the text so far; empty where all is shown."""
        frames: list[bytes] = []
        self._flush(frames)
        return self._shown(frames, now)

    def completed(self, history: list[ChatMessage]) -> bytes:
        completion = wire_stream.Completion(
            conversation_id=self._run.conversation_id, query_id=self._run.turn, chat_history=history
        )
        return self._frame(wire_stream.Completed(payload=completion), self._position)

    def failed(self, problem: Problem) -> bytes:
        failure = wire_stream.Failure(
            message=problem.message,
            error=problem.message,
            code=problem.code,
            query_id=self._run.turn,
            conversation_id=self._run.conversation_id,
        )
        return self._frame(wire_stream.Failed(payload=failure), self._position)

    def _take(self, event: Event, position: Position, frames: list[bytes]) -> None:
        is_new = position > self._after
        match event:
            case TextDelta(text=text):
                if not self._text.is_open:
                    # a start no event stands for bears the place before, or who stops there would miss this text
                    self._start_text(self._position, frames, is_new=self._position > self._after)
                self._text.add(text, is_new=is_new)
            case ReasoningDelta(text=text):
                self._reasoning.add(text, is_new=is_new)
            case TextStarted():
                self._flush(frames)
                self._reasoning.close()
                self._start_text(position, frames, is_new=is_new)
            case ToolCallRequested():
                self._request(event, position, frames, is_new=is_new)
            case ToolCallFinished():
                self._finish(event, position, frames, is_new=is_new)
            case Restarted():
                self._reasoning.close()
                self._calls.clear()
                self._start_text(position, frames, is_new=is_new)
                self._text.close()
            case _ if isinstance(event, TERMINAL):
                self.ending = event
            case _:
                pass
        self._position = position

    def _start_text(self, position: Position, frames: list[bytes], *, is_new: bool) -> None:
        self._text.open()
        if is_new:
            frames.append(self._in_progress(wire_stream.StartShown(query_id=self._run.turn), position))

    def _request(self, call: ToolCallRequested, position: Position, frames: list[bytes], *, is_new: bool) -> None:
        self._flush(frames)
        self._reasoning.close()
        self._text.close()
        self._calls[call.call_id] = call
        if is_new:
            shown = wire_stream.CallShown(
                query_id=self._run.turn,
                tool_type=call.label,
                tool_id=call.tool_id,
                tool_name=call.function,
                tool_call_id=call.call_id,
                input_parameters=call.arguments,
            )
            frames.append(self._in_progress(shown, position))

    def _finish(self, finished: ToolCallFinished, position: Position, frames: list[bytes], *, is_new: bool) -> None:
        call = self._calls.pop(finished.call_id, None)
        if call is None or not is_new:
            return
        self._flush(frames)
        # the one definition of what will be stored
        [message] = fold(self._run.turn, [call, finished]).messages
        shown = _result(encode.entry(message, self._link), call.call_id)
        frames.append(self._in_progress(shown, position))

    def _flush(self, frames: list[bytes]) -> None:
        held = (segment for segment in (self._reasoning, self._text) if segment.unshown)
        frames.extend(self._line(segment.show(), self._position) for segment in held)

    def _shown(self, frames: list[bytes], now: float) -> bytes:
        if frames:
            self._shown_at = now
        return b"".join(frames)

    def _in_progress(self, shown: wire_stream.Shown, position: Position) -> bytes:
        return self._frame(wire_stream.InProgress(payload=shown), position)

    def _frame(self, value: msgspec.Struct, position: Position) -> bytes:
        return self._line(ascii_json(value), position)

    def _line(self, text: bytes, position: Position) -> bytes:
        if self._has_ids:
            return b"id: %b\ndata: %b\n\n" % (str(position).encode(), text)
        return b"data: %b\n\n" % text


class _Segment:
    """A growing text, kept as the JSON it is shown in, so that a frame costs no more than a copy."""

    def __init__(self, kind: str, turn: int) -> None:
        opening = f'{{"type_streaming":"streaming_in_progress","payload":{{"type":"{kind}","content":"'
        self._opening = opening.encode()
        self._closing = f'","query_id":{turn}}}}}'.encode()
        self._content = bytearray()
        self.is_open = False
        self.unshown = 0

    @property
    def is_due(self) -> bool:
        return self.unshown > 0 and self.unshown * GROWTH_SHARE >= len(self._content) - FREE_CHARACTERS

    def open(self) -> None:
        self.close()
        self.is_open = True

    def close(self) -> None:
        self._content.clear()
        self.is_open = False
        self.unshown = 0

    def add(self, text: str, *, is_new: bool) -> None:
        escaped = encode_basestring_ascii(text)[1:-1].encode()
        self._content += escaped
        if is_new:
            self.unshown += len(escaped)

    def show(self) -> bytes:
        self.unshown = 0
        return b"".join((self._opening, self._content, self._closing))


def ascii_json(value: object) -> bytes:
    """JSON on one line of ASCII, for readers that guess at encodings or split lines at every Unicode line break."""
    text = _encoder.encode(value)
    if text.isascii():
        return text
    # outside strings JSON is ASCII, so every other character may be escaped where it stands
    return _NON_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text.decode()).encode()


def _result(entry: ChatMessage, call_id: str) -> wire_stream.ResultShown:
    return wire_stream.ResultShown(
        query_id=entry.query_id,
        timestamp=entry.timestamp,
        tool_type=entry.tool_type or "",
        tool_call_id=call_id,
        input_parameters=entry.input_parameters or encode.NO_ARGUMENTS,
        results=entry.results or [],
        note=entry.note,
    )
