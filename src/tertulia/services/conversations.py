"""Conversations: who may see, change, share, archive and purge them."""

import asyncio
from collections.abc import Callable, Collection, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.agent import Agent
from tertulia.core.clock import now
from tertulia.core.conversation import (
    Conversation,
    ConversationChange,
    ConversationDraft,
    ConversationFilter,
    ConversationSearch,
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
from tertulia.core.message import ToolCall
from tertulia.core.query import Source
from tertulia.services.rights import Rights
from tertulia.store import agents, codec, conversations, models, runs, search
from tertulia.store.database import Connection, Database
from tertulia.store.text import fold

NAME_LIMIT = 255
TAG_LIMIT = 100
TAGS_LIMIT = 100
SOURCES_LIMIT = 5
_MOST_AT_ONCE = 1_000
_MOST_JUDGED = 1_000
_NOBODY_ASKED = "A conversation needs an agent or at least one source."


class Conversations:
    """Every method raises NotFound for an id unknown in the actor's project and PermissionDenied by access.allowed."""

    def __init__(self, database: Database, rights: Rights) -> None:
        self._database = database
        self._rights = rights

    async def tags(self, actor: Actor) -> list[str]:
        """The distinct tags of the conversations the actor's list shows, sorted."""
        return await self._database.read(conversations.list_tags, actor.project_id, creator_id=_only_own(actor))

    async def list(self, actor: Actor, wanted: ConversationFilter, window: Window) -> Page[ConversationView]:
        """Admins see all conversations of the project, others their own; most recently changed first.

        Text that is withheld from the actor finds nothing.
        """
        page = await self._page(actor, wanted, window)
        if not wanted.text:
            return Page(items=await self._screened(actor, page.items), total=page.total)
        every = window.offset == 0 and page.total <= len(page.items)
        if every or page.total > _MOST_JUDGED or not await self._has_models(actor):
            found = await self._showing(actor, wanted.text, page.items)
            return Page(items=found, total=len(found) if every else page.total)
        # how many there are tells what is in them: all must be judged before they are counted
        page = await self._page(actor, wanted, Window(limit=_MOST_JUDGED))
        found = await self._showing(actor, wanted.text, page.items)
        return Page(items=found[window.offset : window.offset + window.limit], total=len(found))

    async def get(self, actor: Actor, conversation_id: str, *, include_archived: bool = False) -> ConversationView:
        """Raises Archived for an archived conversation unless it is asked for."""

        def work(connection: Connection) -> ConversationView:
            found = require(connection, actor, conversation_id, Verb.READ_CONVERSATION)
            if found.is_archived and not include_archived:
                raise Archived
            return _view(actor, found, conversations.histories(connection, [found.id])[found.id])

        [view] = await self._screened(actor, [await self._database.read(work)])
        return view

    async def search(self, actor: Actor, wanted: ConversationSearch) -> "list[ConversationView]":
        """One page of the actor's own, without their histories. Raises InvalidInput."""

        def work(connection: Connection) -> "list[ConversationView]":
            ids = search.search_conversations(connection, actor.project_id, wanted, creator_id=actor.user_id)
            found = conversations.find_conversations(connection, actor.project_id, ids)
            return [_view(actor, each, b"[]") for each in found]

        return await self._database.read(work)

    async def create(self, actor: Actor, draft: ConversationDraft) -> ConversationView:
        """Raises InvalidInput for an agent that is not the project's, and where there is neither agent nor source."""

        def work(connection: Connection) -> ConversationView:
            if draft.agent_id is None and not draft.sources:
                raise InvalidInput(fields={"sources": [_NOBODY_ASKED]})
            agent = None if draft.agent_id is None else _require_agent(connection, actor, draft.agent_id)
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
                agent_id=None if agent is None else agent.id,
                agent_name=None if agent is None else agent.name,
                sources=clean_sources(draft.sources),
                category=draft.category or None,
                kind=draft.kind,
                tags=_clean_tags(draft.tags),
                instructions=draft.instructions or None,
            )
            conversations.insert_conversation(connection, new)
            if agent is not None:
                agents.touch_agent(connection, agent.id, moment)
            return _view(actor, new, b"[]")

        return await self._database.write(work)

    async def change(self, actor: Actor, conversation_id: str, change: ConversationChange) -> ConversationView:
        """Changes what is given. Raises Archived for an archived one, unless `is_archived` is among it; InvalidInput."""

        def work(connection: Connection) -> ConversationView:
            found = require(connection, actor, conversation_id, Verb.EDIT_CONVERSATION)
            if found.is_archived and change.is_archived is UNSET:
                raise Archived
            if change.is_archived is not UNSET:
                found = _with_archived(actor, found, is_archived=change.is_archived)
            changed = _with_asked(connection, actor, _with_words(found, change), change)
            changed = msgspec.structs.replace(changed, updated_at=now())
            conversations.update_conversation(connection, changed)
            return _view(actor, changed, conversations.histories(connection, [found.id])[found.id])

        [view] = await self._screened(actor, [await self._database.write(work)])
        return view

    async def remove(self, actor: Actor, ids: Sequence[str]) -> None:
        """Deletes these for good, archived or not, or none of them.

        Raises NotFound naming those that are not there for the actor to read; RunInProgress while one still answers; InvalidInput for none,
        or too many.
        """
        if not 1 <= len(ids) <= _MOST_AT_ONCE:
            raise InvalidInput(fields={"id": [f"Name 1 to {_MOST_AT_ONCE:,} conversations."]})

        def work(connection: Connection) -> None:
            known = conversations.find_conversations(connection, actor.project_id, ids)
            found = [each for each in known if allowed(actor, Verb.READ_CONVERSATION, each)]
            missing = set(ids) - {each.id for each in found}
            if missing:
                named = ", ".join(each for each in dict.fromkeys(ids) if each in missing)
                raise NotFound(f"There is no conversation {named}.")
            if not all(allowed(actor, Verb.REMOVE_CONVERSATION, each) for each in found):
                raise PermissionDenied
            if runs.answering(connection, ids):
                raise RunInProgress
            for each in found:
                conversations.delete_conversation(connection, each.id)

        await self._database.write(work)

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

    async def _page(self, actor: Actor, wanted: ConversationFilter, window: Window) -> Page[ConversationView]:
        """As it is stored."""

        def work(connection: Connection) -> Page[ConversationView]:
            page = conversations.list_conversations(
                connection, actor.project_id, wanted, window, creator_id=_only_own(actor)
            )
            histories = conversations.histories(connection, [found.id for found in page.items])
            views = [_view(actor, found, histories[found.id]) for found in page.items]
            return Page(items=views, total=page.total)

        return await self._database.read(work)

    async def _has_models(self, actor: Actor) -> bool:
        """Whether there was ever any data here that could be withheld."""
        return await self._database.read(models.data_version, actor.project_id) > 0

    async def _showing(self, actor: Actor, text: str, found: Sequence[ConversationView]) -> "list[ConversationView]":
        """Those of what was found that show the text to the actor."""
        shown = await self._screened(actor, found)
        term = fold(text)
        return [
            new
            for old, new in zip(found, shown, strict=True)
            if new.history is old.history or await asyncio.to_thread(_says, new.history, term)
        ]

    async def _screened(self, actor: Actor, views: Sequence[ConversationView]) -> "list[ConversationView]":
        """Without the data in them that the actor may not see."""
        shown = await self._rights.histories(actor, [view.history for view in views])
        return [msgspec.structs.replace(view, history=each) for view, each in zip(views, shown, strict=True)]

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


def clean_sources(sources: "Sequence[Source]", *, kept: "Collection[Source]" = ()) -> "list[Source]":
    """Each once. Raises InvalidInput for one without a name, and for too many, unless all of them were `kept` before."""
    cleaned = [*dict.fromkeys(sources)]
    if any(not each.model.strip() or not each.explore.strip() for each in cleaned):
        raise InvalidInput(fields={"sources": ["Each source names a model and an explore."]})
    if len(cleaned) > SOURCES_LIMIT and not set(cleaned) <= set(kept):
        raise InvalidInput(fields={"sources": [f"Give no more than {SOURCES_LIMIT} sources."]})
    return cleaned


def _require_agent(connection: Connection, actor: Actor, agent_id: str) -> Agent:
    agent = agents.find_agent(connection, actor.project_id, agent_id)
    if agent is None:
        raise InvalidInput(fields={"agent_settings": [f'Invalid pk "{agent_id}" - object does not exist.']})
    return agent


def _with_archived(actor: Actor, found: Conversation, *, is_archived: bool) -> Conversation:
    if not allowed(actor, Verb.ARCHIVE_CONVERSATION, found):
        raise PermissionDenied
    if is_archived == found.is_archived:
        return found
    return msgspec.structs.replace(found, archived_at=now() if is_archived else None)


def _with_words(found: Conversation, change: ConversationChange) -> Conversation:
    """What it is called and filed under."""
    name = found.name if change.name is UNSET else _clean_name(change.name)
    if not name:
        raise InvalidInput(fields={"name": ["This field may not be blank."]})
    return msgspec.structs.replace(
        found,
        name=name,
        has_default_name=found.has_default_name and change.name is UNSET,
        tags=found.tags if change.tags is UNSET else _clean_tags(change.tags),
        category=found.category if change.category is UNSET else change.category or None,
    )


def _with_asked(connection: Connection, actor: Actor, found: Conversation, change: ConversationChange) -> Conversation:
    """Whom it asks. An agent that is gone may stay where it stands."""
    if change.sources is not UNSET:
        found = msgspec.structs.replace(found, sources=clean_sources(change.sources))
    if not isinstance(change.agent_id, UnsetType) and change.agent_id != found.agent_id:
        agent = None if change.agent_id is None else _require_agent(connection, actor, change.agent_id)
        found = msgspec.structs.replace(
            found,
            agent_id=None if agent is None else agent.id,
            agent_name=None if agent is None else agent.name,
            agent_is_gone=False,
        )
    is_asked = change.sources is not UNSET or change.agent_id is not UNSET
    if is_asked and found.agent_id is None and not found.sources:
        raise InvalidInput(fields={"sources": [_NOBODY_ASKED]})
    return found


def _view(actor: Actor, found: Conversation, history: bytes) -> ConversationView:
    return ConversationView(conversation=found, history=history, can_send=allowed(actor, Verb.SEND_MESSAGE, found))


def _says(history: bytes, term: str) -> bool:
    messages = codec.messages.decode(history)
    return any(term in fold(each.text) for each in messages if not isinstance(each, ToolCall))


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
