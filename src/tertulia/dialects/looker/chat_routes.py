"""Chat: a question to a conversation, answered while it is worked on."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Header
from starlette.responses import Response, StreamingResponse

from tertulia.core.analysis import CodeResult, QueryAnswer
from tertulia.core.conversation import Conversation
from tertulia.core.errors import NotFound, PermissionDenied, TertuliaError, Unavailable
from tertulia.core.run import Batch, Run, ToolCallFinished
from tertulia.dialects.looker import wire_chat
from tertulia.dialects.looker.chat_bodies import ConversationalAnalyticsChatRequest
from tertulia.dialects.looker.chat_stream import CLOSING, HEARTBEAT, OPENING, ChatStream
from tertulia.dialects.looker.encode_answers import Listener
from tertulia.dialects.looker.entry import Visit, Visited, stored_id
from tertulia.dialects.looker.json_body import body_of
from tertulia.dialects.looker.openapi import answers, body

log = structlog.get_logger(__name__)

router = APIRouter(tags=["Chat"], default_response_class=Response)
BEAT_S = 1.0
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
# the suggestions for a stored turn are made after it: who reads on for so long gets them too
_SUGGESTING_S = 1.0
_LOOK_S = 0.25
_LOST = "The server is restarting, and nothing of this answer is kept. Ask again shortly."
_PERSIST = (
    "Extension: the server stores the turn by itself, and recognises its messages when they are posted afterwards. "
    "Without it the agent's `persists_chat` decides."
)


@router.post(
    "/conversational_analytics/chat",
    summary="Ask",
    responses=answers(wire_chat.ChatMessage, 403, 409, 413, 422, is_list=True),
    openapi_extra=body(ConversationalAnalyticsChatRequest),
)
async def conversational_analytics_chat(
    visit: Visited,
    given: Annotated[ConversationalAnalyticsChatRequest, Depends(body_of(ConversationalAnalyticsChatRequest))],
    x_tertulia_persist: Annotated[bool | None, Header(description=_PERSIST)] = None,
) -> Response:
    """The messages of the answer as a JSON array that grows while they are made, with blanks where nothing happens.

    It reads what the client kept in the conversation and stores nothing, unless it is told to. Questions that could
    follow stand after the answer, where they are found within a few seconds of it.
    """
    conversation = await _conversation(visit, given.conversation_id)
    persists = await _persists(visit, conversation) if x_tertulia_persist is None else x_tertulia_persist
    begin = visit.services.chat.send if persists else visit.services.chat.ask
    run = await begin(visit.actor, conversation.id, given.user_message)
    listener = Listener(address=visit.services.settings.base_url, takes_objects=visit.takes_objects)
    stream = ChatStream(run, listener, given.user_message)
    return StreamingResponse(_elements(visit, run, stream), media_type="application/json", headers=_HEADERS)


async def _conversation(visit: Visit, given_id: str) -> Conversation:
    """Raises NotFound also for one that is not the caller's to read."""
    try:
        view = await visit.services.conversations.get(visit.actor, stored_id(given_id))
    except PermissionDenied:
        raise NotFound from None
    return view.conversation


async def _persists(visit: Visit, conversation: Conversation) -> bool:
    if conversation.agent_id is None:
        return False
    try:
        agent = await visit.services.agents.get(visit.actor, conversation.agent_id, include_trashed=True)
    except NotFound:
        return False
    return agent.persists_chat


async def _elements(visit: Visit, run: Run, stream: ChatStream) -> AsyncGenerator[bytes, None]:
    """Always a whole array, unless the client has left."""
    yield OPENING
    try:
        async for written in _live(visit, run, stream):
            yield written
        if not stream.has_ended:
            yield stream.break_off(Unavailable("This stream was interrupted. Read the conversation again."))
        elif stream.may_suggest and visit.services.settings.follow_ups:
            async for written in _suggested(visit, run, stream):
                yield written
    except Unavailable as error:
        yield stream.break_off(error if run.question is None else Unavailable(_LOST))
    except TertuliaError as error:
        yield stream.break_off(error)
    except Exception:
        log.exception("stream_crashed", run=run.id)
        yield stream.break_off(TertuliaError("This stream failed. Ask again."))
    finally:
        if run.question is not None and not stream.has_ended:
            await asyncio.shield(visit.services.chat.abandon(run))
    yield CLOSING


async def _live(visit: Visit, run: Run, stream: ChatStream) -> AsyncGenerator[bytes, None]:
    """The elements, and a blank for each second without one: clients give up on an answer they hear nothing of."""
    clock = asyncio.get_running_loop().time
    sent_at = clock()

    def patience() -> float:
        return max(0.0, sent_at + BEAT_S - clock())

    follow = visit.services.chat.follow
    async for batch in follow(run, pause_s=BEAT_S / 2, patience=patience):
        # thousands of rows take a while to write: the others go on meanwhile
        written = await asyncio.to_thread(stream.take, batch) if _has_rows(batch) else stream.take(batch)
        if not written and patience() <= 0:
            written = HEARTBEAT
        if written:
            sent_at = clock()
            yield written


def _has_rows(batch: Batch) -> bool:
    results = (event.result for event in batch.events if isinstance(event, ToolCallFinished))
    return any(isinstance(result, (QueryAnswer, CodeResult)) for result in results)


async def _suggested(visit: Visit, run: Run, stream: ChatStream) -> AsyncGenerator[bytes, None]:
    """The questions that could follow, where they come soon, with a blank for each second until then."""
    finding = _found_later if run.question is None else _found_now
    finder = asyncio.create_task(finding(visit, run))
    try:
        while not (await asyncio.wait((finder,), timeout=BEAT_S))[0]:
            yield HEARTBEAT
        if questions := await finder:
            yield stream.follow_ups(questions)
    finally:
        finder.cancel()


async def _found_now(visit: Visit, run: Run) -> list[str]:
    """Of a turn that is kept out of the history: nobody else asks for them."""
    return await visit.services.naming.follow_ups(run)


async def _found_later(visit: Visit, run: Run) -> list[str]:
    """Of a stored turn: they are made anyway, and stand in its conversation then."""
    clock = asyncio.get_running_loop().time
    until = clock() + _SUGGESTING_S
    # a conversation that was deleted meanwhile has none, and the answer stands all the same
    with contextlib.suppress(TertuliaError):
        while clock() < until:
            await asyncio.sleep(_LOOK_S)
            view = await visit.services.conversations.get(visit.actor, run.conversation_id, include_archived=True)
            if view.conversation.follow_ups:
                return view.conversation.follow_ups
    return []
