"""Follows a run for one client: when frames are sent, and how a stream ends."""

import asyncio
from collections.abc import AsyncGenerator

import structlog
from starlette.responses import StreamingResponse

from tertulia.core.errors import TertuliaError
from tertulia.core.message import Problem
from tertulia.core.run import Failed, Position, Run
from tertulia.dialects.clarifeye import encode
from tertulia.dialects.clarifeye.entry import Entry
from tertulia.dialects.clarifeye.stream import PING, TurnStream
from tertulia.dialects.clarifeye.wire import ChatMessage

log = structlog.get_logger(__name__)

_INTERNAL = Problem(code="internal_error", message="This stream failed. Read the conversation again.")
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def answer_stream(entry: Entry, run: Run, *, after: Position | None = None, has_ids: bool = False) -> StreamingResponse:
    """The answer that streams a run to one client; when the client leaves, only this following ends."""
    stream = TurnStream(run, entry.link, after=after, has_ids=has_ids)
    return StreamingResponse(
        _frames(entry, run, stream),
        media_type="text/event-stream; charset=utf-8",
        headers={**_HEADERS, "X-Query-Id": str(run.turn)},
    )


async def _frames(entry: Entry, run: Run, stream: TurnStream) -> AsyncGenerator[bytes, None]:
    """Always ends with one last frame, unless the client has left."""
    try:
        async for frames in _live(entry, run, stream):
            yield frames
        yield await _last_frame(entry, run, stream)
    except TertuliaError as error:
        yield stream.failed(Problem(code=error.code(), message=error.message))
    except Exception:
        log.exception("stream_crashed", run=run.id)
        yield stream.failed(_INTERNAL)


async def _live(entry: Entry, run: Run, stream: TurnStream) -> AsyncGenerator[bytes, None]:
    settings = entry.services.settings
    clock = asyncio.get_running_loop().time
    sent_at = clock()

    def patience() -> float:
        """Until the next ping, or until text that is held back must be shown."""
        quiet_s = max(0.0, sent_at + settings.stream_ping_s - clock())
        held_s = stream.patience_s(clock())
        return quiet_s if held_s is None else min(quiet_s, held_s)

    live = entry.services.chat.follow(run, pause_s=settings.stream_coalesce_s, patience=patience)
    async for batch in entry.services.rights.batches(entry.actor, run, live):
        frames = stream.take(batch, clock()) if batch.events else stream.flush(clock()) or PING
        if frames:
            sent_at = clock()
            yield frames


async def _last_frame(entry: Entry, run: Run, stream: TurnStream) -> bytes:
    """The failure, or the history as it is stored now; a log that was dropped tells its end by the history alone."""
    if isinstance(stream.ending, Failed):
        return stream.failed(stream.ending.problem)
    conversations = entry.services.conversations
    view = await conversations.get(entry.actor, run.conversation_id, include_archived=True)
    history = encode.history(view.history, entry.link)
    if stream.ending is not None:
        return stream.completed(history)
    answer = _answer_of(run.turn, history)
    if answer is None:
        return stream.failed(_INTERNAL)
    if answer.error:
        return stream.failed(Problem(code=answer.error.code, message=answer.error.message))
    return stream.completed(history)


def _answer_of(turn: int, history: list[ChatMessage]) -> ChatMessage | None:
    answers = (
        entry
        for entry in reversed(history)
        if entry.query_id == turn and entry.role == "assistant" and entry.type == "message"
    )
    return next(answers, None)
