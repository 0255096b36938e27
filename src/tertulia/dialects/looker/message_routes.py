"""The messages of a conversation as its client keeps them."""

import asyncio
from collections.abc import Sequence
from itertools import takewhile
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from msgspec import structs
from starlette.responses import Response

from tertulia.core.errors import NotFound, PermissionDenied
from tertulia.dialects.looker import wire
from tertulia.dialects.looker.answers import empty_answer, json_answer
from tertulia.dialects.looker.bodies import MessagePatch, WriteConversationMessages
from tertulia.dialects.looker.encode_chat import already_kept, entry_id
from tertulia.dialects.looker.entry import Visit, Visited, stored_id
from tertulia.dialects.looker.errors import InvalidParameter
from tertulia.dialects.looker.fields import Fields
from tertulia.dialects.looker.histories import told
from tertulia.dialects.looker.ids import listed_ids
from tertulia.dialects.looker.json_body import body_of
from tertulia.dialects.looker.openapi import answers, body
from tertulia.dialects.looker.read_messages import read_batch
from tertulia.services.history import Entry, Written

router = APIRouter(
    prefix="/conversations/{conversation_id}/messages", tags=["Messages"], default_response_class=Response
)


@router.get("", summary="List messages", responses=answers(wire.ConversationMessage, is_list=True))
async def all_conversation_messages(visit: Visited, conversation_id: str, fields: Fields) -> Response:
    """Oldest first, all of them."""
    return json_answer(await _messages(visit, conversation_id), fields=fields)


@router.post(
    "",
    summary="Add messages",
    responses=answers(wire.ConversationMessage, 403, 413, 422, is_list=True),
    openapi_extra=body(WriteConversationMessages),
)
async def create_conversation_message(
    visit: Visited,
    conversation_id: str,
    given: Annotated[WriteConversationMessages, Depends(body_of(WriteConversationMessages))],
    fields: Fields,
) -> Response:
    """At the end, in this order. A message that the server stored by itself already is given back, not doubled."""
    conversation_id = stored_id(conversation_id)
    before = await told(visit, conversation_id)
    payloads = [_payload(each.type, each.message) for each in given.messages]
    kept = await asyncio.to_thread(already_kept, payloads, before.entries, before.messages)
    new = [payload for payload, found in zip(payloads, kept, strict=True) if found is None]
    added: list[Entry] = []
    if new or not kept:
        order = before.messages[-1].order + 1 if before.messages else 1
        read = await asyncio.to_thread(read_batch, new, order=order, earlier=before.entries)
        written = [await _scoped(visit, each) for each in read]
        added = await visit.services.history.add(visit.actor, conversation_id, written)
    after = {each.id: each for each in (await told(visit, conversation_id)).messages}
    made = iter(added)
    shown = [after.get(next(made).id) if found is None else found for found in kept]
    # somebody else may have deleted one meanwhile
    return json_answer([each for each in shown if each is not None], fields=fields)


@router.delete("", summary="Delete messages", status_code=204, responses=answers(None, 403))
async def delete_conversation_message(
    visit: Visited, conversation_id: str, wanted: Annotated[str, Query(alias="id", description="Ids, by comma.")]
) -> Response:
    """All or none: where one is not there, nothing is deleted. Messages that tell one step together go together."""
    ids = listed_ids(wanted)
    present = await _messages(visit, conversation_id)
    entries = list(dict.fromkeys(entry_id(each) for each in ids))
    left = [each.id for each in present if entry_id(each.id) in entries and each.id not in ids]
    missing = [each for each in ids if each not in {message.id for message in present}]
    if missing:
        raise NotFound(f"There is no message {', '.join(missing)} in this conversation.")
    if left:
        raise InvalidParameter("id", f"These tell the same step: delete {', '.join(left)} with them.")
    await visit.services.history.remove(visit.actor, stored_id(conversation_id), entries)
    return empty_answer()


@router.get("/{message_id}", summary="Get a message", responses=answers(wire.ConversationMessage))
async def conversation_message(visit: Visited, conversation_id: str, message_id: str, fields: Fields) -> Response:
    present = await _messages(visit, conversation_id)
    return json_answer(present[_place(present, message_id)], fields=fields)


@router.patch(
    "/{message_id}",
    summary="Change a message",
    responses=answers(wire.ConversationMessage, 403, 413, 422),
    openapi_extra=body(MessagePatch),
)
async def update_conversation_message(
    visit: Visited,
    conversation_id: str,
    message_id: str,
    given: Annotated[MessagePatch, Depends(body_of(MessagePatch))],
    fields: Fields,
) -> Response:
    """Only one that a client wrote. Rows that stay as they are stay those of whose rights they came by."""
    before = await told(visit, stored_id(conversation_id))
    found = before.messages[_place(before.messages, message_id)]
    entry = next(each for each in before.entries if each.id == entry_id(message_id))
    kept: dict[str, Any] = (entry.wire or {}).get("message", {})
    payload = _payload(given.type or found.type, kept if given.message is None else given.message)
    if entry.wire is not None and payload["message"] == kept:
        if payload["type"] == found.type:
            return json_answer(found, fields=fields)
        if found.message != kept:
            raise PermissionDenied("You may not see all of this message: to change it, write it anew.")
    earlier = [each for each in before.entries if each.turn == entry.turn and each.position < entry.position]
    [written] = await asyncio.to_thread(read_batch, [payload], order=found.order, earlier=earlier)
    written = await _scoped(visit, written)
    await visit.services.history.change(visit.actor, stored_id(conversation_id), entry_id(message_id), written)
    present = await _messages(visit, conversation_id)
    return json_answer(present[_place(present, message_id)], fields=fields)


@router.get(
    "/{user_message_id}/responses",
    summary="List the answers to a message",
    responses=answers(wire.ConversationMessage, is_list=True),
)
async def get_conversation_message_responses(
    visit: Visited, conversation_id: str, user_message_id: str, fields: Fields
) -> Response:
    """What follows a user's message, up to the user's next."""
    present = await _messages(visit, conversation_id)
    place = _place(present, user_message_id)
    if present[place].type != "user":
        raise NotFound("There is no message of a user with this id in this conversation.")
    return json_answer(list(takewhile(lambda each: each.type != "user", present[place + 1 :])), fields=fields)


async def _messages(visit: Visit, conversation_id: str) -> list[wire.ConversationMessage]:
    return (await told(visit, stored_id(conversation_id))).messages


def _payload(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "message": message}


async def _scoped(visit: Visit, written: Written) -> Written:
    return structs.replace(written, message=await visit.services.rights.scoped(visit.actor, written.message))


def _place(present: Sequence[wire.ConversationMessage], message_id: str) -> int:
    for place, each in enumerate(present):
        if each.id == message_id:
            return place
    raise NotFound(f"There is no message {message_id} in this conversation.")
