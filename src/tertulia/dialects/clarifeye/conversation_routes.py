"""Conversations: list, create, read, change, archive, share."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from msgspec import UNSET
from pydantic import WithJsonSchema
from starlette.responses import Response

from tertulia.core.conversation import ConversationChange, ConversationDraft, ConversationFilter
from tertulia.dialects.clarifeye import encode, wire
from tertulia.dialects.clarifeye.answers import json_answer, no_content
from tertulia.dialects.clarifeye.bodies import ConversationPatch, NewConversation
from tertulia.dialects.clarifeye.entry import Entered, identifier, known
from tertulia.dialects.clarifeye.json_body import body_of, plain
from tertulia.dialects.clarifeye.openapi import answers, body
from tertulia.dialects.clarifeye.paging import Paged

CONVERSATIONS = "/projects/{project_id}/playground-conversations/"
CONVERSATION = f"{CONVERSATIONS}{{conversation_id}}/"
ConversationId = Annotated[str, identifier("conversation")]
Flag = Annotated[str, WithJsonSchema({"type": "string", "enum": ["true", "false"]})]

router = APIRouter(tags=["Conversations"], default_response_class=Response)


def is_true(flag: str) -> bool:
    return flag.strip().lower() in ("true", "1")


@router.get(CONVERSATIONS, summary="List conversations", responses=answers(200, wire.ConversationPage, 400, 403, 404))
async def list_conversations(
    entry: Entered,
    paging: Paged,
    tags: Annotated[list[str] | None, Query(description="Any of these; repeated or separated by commas.")] = None,
    no_tags: Annotated[Flag, Query(description='"true": only those without tags.')] = "false",
    text: Annotated[str, Query(description="Appears in the chat history, without case.")] = "",
    include_archived: Annotated[Flag, Query(description='"true": archived ones too.')] = "false",
) -> Response:
    """Admins see all conversations, others their own; most recently changed first, with full histories."""
    names = [name.strip() for given in tags or () for name in plain("tags", given).split(",")]
    wanted = ConversationFilter(
        tags=[name for name in names if name],
        only_untagged=is_true(no_tags),
        text=plain("text", text),
        include_archived=is_true(include_archived),
    )
    found = await entry.services.conversations.list(entry.actor, wanted, paging.window)
    link = entry.link
    links = paging.links(found.total)
    page = wire.ConversationPage(
        count=found.total,
        next=links.next,
        previous=links.previous,
        results=[encode.conversation(view, link) for view in found.items],
    )
    return json_answer(page)


@router.post(
    CONVERSATIONS,
    summary="Create a conversation",
    status_code=201,
    responses=answers(201, wire.Conversation, 400, 403, 404),
    openapi_extra=body(NewConversation),
)
async def create_conversation(
    entry: Entered, given: Annotated[NewConversation, Depends(body_of(NewConversation))]
) -> Response:
    draft = ConversationDraft(
        agent_id=given.agent_settings,
        name=given.name,
        kind=given.type,
        tags=given.tags or [],
        instructions=given.conversation_instructions,
    )
    view = await entry.services.conversations.create(entry.actor, draft)
    return json_answer(encode.conversation(view, entry.link), 201)


@router.get(
    f"{CONVERSATIONS}all-tags/", summary="List all tags", responses=answers(200, wire.ConversationTags, 403, 404)
)
async def list_tags(entry: Entered) -> Response:
    """The tags of the conversations that the caller's list shows, sorted."""
    tags = await entry.services.conversations.tags(entry.actor)
    return json_answer(wire.ConversationTags(tags=tags, count=len(tags)))


@router.get(CONVERSATION, summary="Get a conversation", responses=answers(200, wire.Conversation, 403, 404))
async def get_conversation(
    entry: Entered,
    conversation_id: ConversationId,
    include_archived: Annotated[Flag, Query(description='"true": also when it is archived.')] = "false",
) -> Response:
    """Its creator and admins may read it, and every member once it is shared."""
    view = await entry.services.conversations.get(
        entry.actor, known(conversation_id), include_archived=is_true(include_archived)
    )
    return json_answer(encode.conversation(view, entry.link))


@router.patch(
    CONVERSATION,
    summary="Rename or retag a conversation",
    responses=answers(200, wire.Conversation, 400, 403, 404),
    openapi_extra=body(ConversationPatch),
)
async def change_conversation(
    entry: Entered,
    conversation_id: ConversationId,
    given: Annotated[ConversationPatch, Depends(body_of(ConversationPatch))],
) -> Response:
    """Extension. Instructions stay as they were created."""
    sent = given.given()
    change = ConversationChange(name=sent.get("name", UNSET), tags=sent.get("tags", UNSET))
    view = await entry.services.conversations.change(entry.actor, known(conversation_id), change)
    return json_answer(encode.conversation(view, entry.link))


@router.delete(CONVERSATION, summary="Archive a conversation", status_code=204, responses=answers(204, None, 403, 404))
async def archive_conversation(entry: Entered, conversation_id: ConversationId) -> Response:
    """It stays in the store: unarchive it, or delete it for good with permanent_delete."""
    await entry.services.conversations.archive(entry.actor, known(conversation_id))
    return no_content()


@router.post(
    f"{CONVERSATION}unarchive/",
    summary="Unarchive a conversation",
    status_code=204,
    responses=answers(204, None, 400, 403, 404),
)
async def unarchive_conversation(entry: Entered, conversation_id: ConversationId) -> Response:
    await entry.services.conversations.unarchive(entry.actor, known(conversation_id))
    return no_content()


@router.post(
    f"{CONVERSATION}permanent_delete/",
    summary="Delete an archived conversation for good",
    status_code=204,
    responses=answers(204, None, 400, 403, 404, 409),
)
async def purge_conversation(entry: Entered, conversation_id: ConversationId) -> Response:
    """For admins. 409 while it still answers."""
    await entry.services.conversations.purge(entry.actor, known(conversation_id))
    return no_content()


@router.post(
    f"{CONVERSATION}share/", summary="Share a conversation", responses=answers(200, wire.Sharing, 400, 403, 404)
)
async def share_conversation(entry: Entered, conversation_id: ConversationId) -> Response:
    """Every member may read it by its id; only its creator and admins send."""
    await entry.services.conversations.share(entry.actor, known(conversation_id))
    return json_answer(wire.Sharing(is_shared=True))


@router.post(
    f"{CONVERSATION}unshare/", summary="Unshare a conversation", responses=answers(200, wire.Sharing, 400, 403, 404)
)
async def unshare_conversation(entry: Entered, conversation_id: ConversationId) -> Response:
    await entry.services.conversations.unshare(entry.actor, known(conversation_id))
    return json_answer(wire.Sharing(is_shared=False))
