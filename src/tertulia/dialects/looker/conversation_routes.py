"""Conversations: search, create, read, change, delete."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from msgspec import structs
from starlette.responses import Response

from tertulia.core.conversation import ConversationChange, ConversationDraft, ConversationSearch, ConversationView
from tertulia.core.errors import NotFound, PermissionDenied
from tertulia.core.query import Source
from tertulia.dialects.looker import encode, wire
from tertulia.dialects.looker.answers import empty_answer, encoded, json_answer, list_answer
from tertulia.dialects.looker.bodies import ConversationPatch, GivenSource, WriteConversation
from tertulia.dialects.looker.entry import Visit, Visited, stored_id
from tertulia.dialects.looker.fields import Fields, Selection, is_wanted
from tertulia.dialects.looker.histories import told_of
from tertulia.dialects.looker.ids import listed_ids
from tertulia.dialects.looker.json_body import body_of
from tertulia.dialects.looker.known import agents_of, known_of
from tertulia.dialects.looker.openapi import answers, body
from tertulia.dialects.looker.search import conversation_search

router = APIRouter(prefix="/conversations", tags=["Conversations"], default_response_class=Response)

_MOST_WITH_MESSAGES = 50


@router.get("/search", summary="Search conversations", responses=answers(wire.Conversation, is_list=True))
async def search_conversations(
    visit: Visited, wanted: Annotated[ConversationSearch, Depends(conversation_search)], fields: Fields
) -> Response:
    """The caller's own. Where `fields` names `messages` they come along, with 50 conversations at most; else it is null."""
    has_messages = fields is not None and is_wanted(fields, "messages")
    if has_messages:
        wanted = structs.replace(wanted, limit=min(wanted.limit, _MOST_WITH_MESSAGES))
    found = await visit.services.conversations.search(visit.actor, wanted)
    shown = _shown(visit, found, fields, has_messages=has_messages)
    return list_answer([encoded(each, fields) async for each in shown])


@router.post(
    "",
    summary="Create a conversation",
    responses=answers(wire.Conversation, 403, 409, 413, 422),
    openapi_extra=body(WriteConversation),
)
async def create_conversation(
    visit: Visited, given: Annotated[WriteConversation, Depends(body_of(WriteConversation))], fields: Fields
) -> Response:
    """With an agent, or with sources that are asked directly."""
    draft = ConversationDraft(
        agent_id=given.agent_id,
        sources=sources_of(given.sources),
        category=given.category,
        name=given.name,
        kind="looker",
    )
    made = await visit.services.conversations.create(visit.actor, draft)
    if given.deleted:
        change = ConversationChange(is_archived=True)
        made = await visit.services.conversations.change(visit.actor, made.conversation.id, change)
    return json_answer(await _one(visit, made, fields), fields=fields)


@router.delete("", summary="Delete conversations", status_code=204, responses=answers(None, 403, 409))
async def delete_conversation(
    visit: Visited, wanted: Annotated[str, Query(alias="id", description="Ids, by comma.")]
) -> Response:
    """For good, with all their messages. Where one is not there, none is deleted."""
    ids = [stored_id(each) for each in listed_ids(wanted)]
    await visit.services.conversations.remove(visit.actor, ids)
    return empty_answer()


@router.get("/{conversation_id}", summary="Get a conversation", responses=answers(wire.Conversation))
async def conversation(visit: Visited, conversation_id: str, fields: Fields) -> Response:
    """A deleted one too, as long as it can be restored."""
    found = await _found(visit, stored_id(conversation_id))
    return json_answer(await _one(visit, found, fields), fields=fields)


@router.patch(
    "/{conversation_id}",
    summary="Change a conversation",
    responses=answers(wire.Conversation, 403, 409, 413, 422),
    openapi_extra=body(ConversationPatch),
)
async def update_conversation(
    visit: Visited,
    conversation_id: str,
    given: Annotated[ConversationPatch, Depends(body_of(ConversationPatch))],
    fields: Fields,
) -> Response:
    """`deleted` hides it from searches and brings it back; its messages stay."""
    conversation_id = stored_id(conversation_id)
    try:
        changed = await visit.services.conversations.change(visit.actor, conversation_id, _change(given))
    except PermissionDenied:
        await _found(visit, conversation_id)
        raise
    return json_answer(await _one(visit, changed, fields), fields=fields)


def sources_of(given: Sequence[GivenSource] | None) -> list[Source]:
    """Each once."""
    return list(dict.fromkeys(Source(each.model, each.explore) for each in given or ()))


def _change(given: ConversationPatch) -> ConversationChange:
    values: dict[str, Any] = given.given()
    if "sources" in values:
        values["sources"] = sources_of(given.sources)
    if "deleted" in values:
        values["is_archived"] = bool(values.pop("deleted"))
    return ConversationChange(**values)


async def _found(visit: Visit, conversation_id: str) -> ConversationView:
    """Raises NotFound also for one that is not the caller's to read."""
    try:
        return await visit.services.conversations.get(visit.actor, conversation_id, include_archived=True)
    except PermissionDenied:
        raise NotFound from None


async def _one(visit: Visit, found: ConversationView, fields: Selection | None) -> wire.Conversation:
    return await anext(_shown(visit, [found], fields, has_messages=is_wanted(fields, "messages")))


async def _shown(
    visit: Visit, found: Sequence[ConversationView], fields: Selection | None, *, has_messages: bool
) -> AsyncIterator[wire.Conversation]:
    """One by one, because some are large. What `fields` leaves out is not even read."""
    conversations = [view.conversation for view in found]
    agents = await agents_of(visit, conversations) if is_wanted(fields, "conversation_agent") else {}
    known = await known_of(visit, agents=agents.values(), conversations=conversations)
    shown_agents = {agent_id: encode.agent(visit.actor, agent, known) for agent_id, agent in agents.items()}
    for view in found:
        told = await told_of(visit, [view]) if has_messages else None
        yield encode.conversation(
            visit.actor,
            view.conversation,
            known,
            agent=shown_agents.get(view.conversation.agent_id or ""),
            messages=None if told is None else told.get(view.conversation.id, []),
        )
