"""Follows a run for one client: when frames are sent, how a stream ends, and how an answer is waited for."""

from collections.abc import AsyncGenerator
from typing import Protocol

import structlog
from starlette.responses import Response, StreamingResponse

from tertulia.core.access import Actor
from tertulia.core.errors import TertuliaError
from tertulia.core.message import Message
from tertulia.core.run import TERMINAL, Batch, Event, Run, fold
from tertulia.services.catalog import Services

log = structlog.get_logger(__name__)

PING = b": ping\n\n"
_MEDIA_TYPE = "text/event-stream; charset=utf-8"
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


class Frames(Protocol):
    """One run's events as the frames of one stream."""

    def begin(self) -> bytes:
        """What is shown before anything happened."""
        ...

    def take(self, batch: Batch) -> bytes:
        """What is shown of these events; empty where nothing is."""
        ...

    def end(self, messages: list[Message]) -> bytes:
        """What closes the stream of a turn that became these messages."""
        ...

    def break_off(self, error: TertuliaError) -> bytes:
        """What closes a stream that ends before its turn does."""
        ...


def streamed(services: Services, actor: Actor, run: Run, frames: Frames) -> Response:
    """The answer that streams a run to one client; when the client leaves, only this following ends."""
    return StreamingResponse(_stream(services, actor, run, frames), media_type=_MEDIA_TYPE, headers=_HEADERS)


def retold(messages: list[Message], frames: Frames) -> Response:
    """The stream of a turn that no run made: it was brought along."""
    return Response(frames.begin() + frames.end(messages), media_type=_MEDIA_TYPE, headers=_HEADERS)


async def outcome(services: Services, actor: Actor, run: Run) -> list[Message]:
    """What the run became, once it has ended. Raises Unavailable where this server stops first."""
    live = services.chat.follow(run, pause_s=services.settings.stream_coalesce_s)
    batches = services.rights.batches(actor, run, live)
    events = [event async for batch in batches for event in batch.events]
    return await _messages(services, actor, run, events)


async def _stream(services: Services, actor: Actor, run: Run, frames: Frames) -> AsyncGenerator[bytes, None]:
    events: list[Event] = []
    try:
        yield frames.begin()
        settings = services.settings
        live = services.chat.follow(run, pause_s=settings.stream_coalesce_s, patience=lambda: settings.stream_ping_s)
        async for batch in services.rights.batches(actor, run, live):
            events.extend(batch.events)
            shown = frames.take(batch) if batch.events else PING
            if shown:
                yield shown
        yield frames.end(await _messages(services, actor, run, events))
    except TertuliaError as error:
        yield frames.break_off(error)
    except Exception:
        log.exception("stream_crashed", run=run.id)
        yield frames.break_off(TertuliaError("This stream failed. The answer is stored when it is complete."))


async def _messages(services: Services, actor: Actor, run: Run, events: list[Event]) -> list[Message]:
    """The one definition of what a turn became; of a log that was dropped meanwhile the store has the rest."""
    if events and isinstance(events[-1], TERMINAL):
        return fold(run.turn, events).messages
    return (await services.transcripts.get(actor, run.conversation_id, run.turn)).messages
