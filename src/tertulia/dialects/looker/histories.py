"""A conversation's messages for one reader."""

from collections.abc import Sequence
from typing import NamedTuple

from tertulia.core.conversation import ConversationView
from tertulia.core.errors import NotFound, PermissionDenied
from tertulia.dialects.looker.encode_answers import Listener
from tertulia.dialects.looker.encode_chat import Telling, conversation_messages
from tertulia.dialects.looker.entry import Visit
from tertulia.dialects.looker.wire import ConversationMessage
from tertulia.services.history import Entry


class Told(NamedTuple):
    """What is stored of a conversation, and the messages that tell what its reader may see; both oldest first."""

    entries: list[Entry]
    messages: list[ConversationMessage]


async def told(visit: Visit, conversation_id: str) -> Told:
    """Raises NotFound also for a conversation that is not the caller's to read."""
    try:
        view = await visit.services.conversations.get(visit.actor, conversation_id, include_archived=True)
    except PermissionDenied:
        raise NotFound from None
    entries = (await visit.services.history.of(visit.actor, [conversation_id])).get(conversation_id, [])
    return Told(entries, await _messages(visit, view, entries))


async def told_of(visit: Visit, views: Sequence[ConversationView]) -> dict[str, list[ConversationMessage]]:
    """The messages of conversations that the caller may read, by their ids."""
    entries = await visit.services.history.of(visit.actor, [view.conversation.id for view in views])
    return {view.conversation.id: await _messages(visit, view, entries.get(view.conversation.id, [])) for view in views}


async def _messages(visit: Visit, view: ConversationView, entries: Sequence[Entry]) -> list[ConversationMessage]:
    listener = Listener(address=visit.services.settings.base_url, takes_objects=visit.takes_objects)
    can = {"show": True, "update": view.can_send, "destroy": view.can_send}
    visible = await visit.services.rights.entries(visit.actor, entries)
    return conversation_messages(visible, Telling(view.conversation.id, listener, can))
