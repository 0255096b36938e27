"""Conversations: who may see, change, share, archive and purge them."""

from collections.abc import Callable

import msgspec
from msgspec import UNSET

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.clock import now
from tertulia.core.conversation import (
    Conversation,
    ConversationChange,
    ConversationDraft,
    ConversationFilter,
    ConversationView,
    Page,
    Window,
)
from tertulia.core.errors import (
    AlreadyShared,
    Archived,
    InvalidInput,
    NotArchived,
    NotFound,
    NotShared,
    PermissionDenied,
    RunInProgress,
)
from tertulia.core.ids import new_id
from tertulia.store import agents, conversations, runs
from tertulia.store.database import Connection, Database

NAME_LIMIT = 255
TAG_LIMIT = 100
TAGS_LIMIT = 100


class Conversations:
    """Every method raises NotFound for an id unknown in the actor's project and PermissionDenied by access.allowed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tags(self, actor: Actor) -> list[str]:
        """The distinct tags of the conversations the actor's list shows, sorted."""
        return await self._database.read(conversations.list_tags, actor.project_id, creator_id=_only_own(actor))

    async def list(self, actor: Actor, wanted: ConversationFilter, window: Window) -> Page[ConversationView]:
        """Admins see all conversations of the project, others their own; most recently changed first."""

        def work(connection: Connection) -> Page[ConversationView]:
            page = conversations.list_conversations(
                connection, actor.project_id, wanted, window, creator_id=_only_own(actor)
            )
            histories = conversations.histories(connection, [found.id for found in page.items])
            views = [_view(actor, found, histories[found.id]) for found in page.items]
            return Page(items=views, total=page.total)

        return await self._database.read(work)

    async def get(self, actor: Actor, conversation_id: str, *, include_archived: bool = False) -> ConversationView:
        """Raises Archived for an archived conversation unless it is asked for."""

        def work(connection: Connection) -> ConversationView:
            found = require(connection, actor, conversation_id, Verb.READ_CONVERSATION)
            if found.is_archived and not include_archived:
                raise Archived
            return _view(actor, found, conversations.histories(connection, [found.id])[found.id])

        return await self._database.read(work)

    async def create(self, actor: Actor, draft: ConversationDraft) -> ConversationView:
        """Raises InvalidInput for an agent that is not the project's."""

        def work(connection: Connection) -> ConversationView:
            agent = agents.find_agent(connection, actor.project_id, draft.agent_id or "")
            if agent is None:
                problem = f'Invalid pk "{draft.agent_id}" - object does not exist.'
                raise InvalidInput(fields={"agent_settings": [problem]})
            moment = now()
            name = _clean_name(draft.name or "")
            new = Conversation(
                id=new_id(),
                project_id=actor.project_id,
                creator_id=actor.user_id,
                name=name or f"Conversation of {moment:%Y-%m-%d %H:%M}",
                has_default_name=not name,
                created_at=moment,
                updated_at=moment,
                agent_id=agent.id,
                agent_name=agent.name,
                kind=draft.kind,
                tags=_clean_tags(draft.tags),
                instructions=draft.instructions or None,
            )
            conversations.insert_conversation(connection, new)
            agents.touch_agent(connection, agent.id, moment)
            return _view(actor, new, b"[]")

        return await self._database.write(work)

    async def change(self, actor: Actor, conversation_id: str, change: ConversationChange) -> ConversationView:
        """Renames or retags. Raises Archived."""

        def work(connection: Connection) -> ConversationView:
            found = _require_active(connection, actor, conversation_id, Verb.EDIT_CONVERSATION)
            name = found.name if change.name is UNSET else _clean_name(change.name)
            if not name:
                raise InvalidInput(fields={"name": ["This field may not be blank."]})
            tags = found.tags if change.tags is UNSET else _clean_tags(change.tags)
            is_default = found.has_default_name and change.name is UNSET
            changed = msgspec.structs.replace(
                found, name=name, has_default_name=is_default, tags=tags, updated_at=now()
            )
            conversations.update_conversation(connection, changed)
            return _view(actor, changed, conversations.histories(connection, [found.id])[found.id])

        return await self._database.write(work)

    async def archive(self, actor: Actor, conversation_id: str) -> None:
        """Hides the conversation from lists. Raises Archived where it is hidden already."""

        def change(found: Conversation) -> Conversation:
            if found.is_archived:
                raise Archived
            return msgspec.structs.replace(found, archived_at=now())

        await self._change(actor, conversation_id, Verb.ARCHIVE_CONVERSATION, change)

    async def unarchive(self, actor: Actor, conversation_id: str) -> None:
        """Raises NotArchived."""

        def change(found: Conversation) -> Conversation:
            if not found.is_archived:
                raise NotArchived
            return msgspec.structs.replace(found, archived_at=None)

        await self._change(actor, conversation_id, Verb.ARCHIVE_CONVERSATION, change)

    async def share(self, actor: Actor, conversation_id: str) -> None:
        """Lets every member of the project read it by its id. Raises Archived, AlreadyShared."""

        def change(found: Conversation) -> Conversation:
            if found.is_archived:
                raise Archived
            if found.is_shared:
                raise AlreadyShared
            return msgspec.structs.replace(found, is_shared=True)

        await self._change(actor, conversation_id, Verb.SHARE_CONVERSATION, change)

    async def unshare(self, actor: Actor, conversation_id: str) -> None:
        """Raises Archived, NotShared."""

        def change(found: Conversation) -> Conversation:
            if found.is_archived:
                raise Archived
            if not found.is_shared:
                raise NotShared
            return msgspec.structs.replace(found, is_shared=False)

        await self._change(actor, conversation_id, Verb.SHARE_CONVERSATION, change)

    async def purge(self, actor: Actor, conversation_id: str) -> None:
        """Deletes an archived conversation for good. Raises NotArchived; RunInProgress while it still answers."""

        def work(connection: Connection) -> None:
            found = require(connection, actor, conversation_id, Verb.PURGE_CONVERSATION)
            if not found.is_archived:
                raise NotArchived("The conversation is not archived. Archive it first.")
            if runs.find_active_run(connection, found.id) is not None:
                raise RunInProgress
            conversations.delete_conversation(connection, found.id)

        await self._database.write(work)

    async def _change(
        self, actor: Actor, conversation_id: str, verb: Verb, change: Callable[[Conversation], Conversation]
    ) -> None:
        def work(connection: Connection) -> None:
            changed = change(require(connection, actor, conversation_id, verb))
            conversations.update_conversation(connection, msgspec.structs.replace(changed, updated_at=now()))

        await self._database.write(work)


def require(connection: Connection, actor: Actor, conversation_id: str, verb: Verb) -> Conversation:
    """The conversation, if the actor may do this with it. Raises NotFound, PermissionDenied."""
    found = conversations.find_conversation(connection, actor.project_id, conversation_id)
    if found is None:
        raise NotFound
    if not allowed(actor, verb, found):
        raise PermissionDenied
    return found


def _require_active(connection: Connection, actor: Actor, conversation_id: str, verb: Verb) -> Conversation:
    found = require(connection, actor, conversation_id, verb)
    if found.is_archived:
        raise Archived
    return found


def _view(actor: Actor, found: Conversation, history: bytes) -> ConversationView:
    return ConversationView(conversation=found, history=history, can_send=allowed(actor, Verb.SEND_MESSAGE, found))


def _only_own(actor: Actor) -> str | None:
    return None if allowed(actor, Verb.LIST_ALL_CONVERSATIONS) else actor.user_id


def _clean_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if len(cleaned) > NAME_LIMIT:
        raise InvalidInput(fields={"name": [f"Ensure this field has no more than {NAME_LIMIT} characters."]})
    return cleaned


def _clean_tags(tags: "list[str]") -> "list[str]":
    cleaned = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    if len(cleaned) > TAGS_LIMIT:
        raise InvalidInput(fields={"tags": [f"Ensure this field has no more than {TAGS_LIMIT} elements."]})
    if any(len(tag) > TAG_LIMIT for tag in cleaned):
        raise InvalidInput(fields={"tags": [f"Ensure each tag has no more than {TAG_LIMIT} characters."]})
    if any("," in tag for tag in cleaned):
        raise InvalidInput(fields={"tags": ["A tag must not contain a comma: lists are filtered by comma."]})
    return cleaned
