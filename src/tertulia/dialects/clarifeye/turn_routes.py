"""Turns: send a message, watch its answer, cancel it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response

from tertulia.core.errors import InvalidInput
from tertulia.core.run import Position
from tertulia.dialects.clarifeye import wire
from tertulia.dialects.clarifeye.answers import json_answer
from tertulia.dialects.clarifeye.bodies import NewMessage
from tertulia.dialects.clarifeye.conversation_routes import CONVERSATION, ConversationId
from tertulia.dialects.clarifeye.entry import Entered, known
from tertulia.dialects.clarifeye.following import answer_stream
from tertulia.dialects.clarifeye.json_body import body_of
from tertulia.dialects.clarifeye.openapi import answers, body, event_stream

_KEY = "Extension: a second send with the same key and message gives the same turn again instead of a new one."
_SEEN = 'Extension: the id of the last frame seen, "attempt.sequence"; what follows it is sent.'
_LARGEST_TURN = 2**31 - 1

router = APIRouter(tags=["Conversations"], default_response_class=Response)


@router.post(
    f"{CONVERSATION}send_message_stream/",
    summary="Send a message and stream the answer",
    responses=event_stream(400, 403, 404, 409, 413),
    openapi_extra=body(NewMessage),
)
async def send_message(
    entry: Entered,
    conversation_id: ConversationId,
    given: Annotated[NewMessage, Depends(body_of(NewMessage))],
    idempotency_key: Annotated[str | None, Header(description=_KEY)] = None,
) -> Response:
    """Everything is checked and stored before the first byte. The answer goes on when the client leaves.

    409 while an earlier message is being answered.
    """
    run = await entry.services.chat.send(
        entry.actor, known(conversation_id), given.message, idempotency_key=idempotency_key
    )
    return answer_stream(entry, run)


@router.get(f"{CONVERSATION}stream/", summary="Watch or resume an answer", responses=event_stream(400, 403, 404))
async def watch_turn(
    entry: Entered,
    conversation_id: ConversationId,
    query_id: Annotated[str, Query(description="The turn; without it the newest.")] = "",
    last_event_id: Annotated[str, Header(description=_SEEN)] = "",
    seen: Annotated[str, Query(alias="last_event_id", description=_SEEN)] = "",
) -> Response:
    """Extension. Any number of watchers who may read the conversation; every frame carries an `id:` line."""
    run = await entry.services.chat.find_run(entry.actor, known(conversation_id), _turn(query_id))
    return answer_stream(entry, run, after=Position.parse(last_event_id or seen), has_ids=True)


@router.post(
    f"{CONVERSATION}cancel/", summary="Cancel the running answer", responses=answers(200, wire.Cancellation, 403, 404)
)
async def cancel_turn(entry: Entered, conversation_id: ConversationId) -> Response:
    """Extension. The text so far is kept as the answer; where nothing runs, nothing happens."""
    was_running = await entry.services.chat.cancel(entry.actor, known(conversation_id))
    return json_answer(wire.Cancellation(was_running=was_running))


def _turn(query_id: str) -> int | None:
    text = query_id.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 10:
        raise InvalidInput(fields={"query_id": ["A valid integer is required."]})
    return min(int(text), _LARGEST_TURN)
