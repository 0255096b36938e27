"""A conversation's messages for one reader."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tertulia.core.analysis import CodeResult, QueryAnswer
from tertulia.core.conversation import ConversationView
from tertulia.core.errors import NotFound, PermissionDenied
from tertulia.core.message import ToolCall
from tertulia.dialects.looker.encode_answers import Listener
from tertulia.dialects.looker.encode_chat import Telling, conversation_messages
from tertulia.dialects.looker.entry import Visit
from tertulia.dialects.looker.wire import ConversationMessage
from tertulia.services.history import Entry

# about 5 ms of work: from there on the others are answered meanwhile, below it a thread costs more than it spares
_LARGE = 4_000
_MESSAGE_CELLS = 4


class Told(NamedTuple):
    """What is stored of a conversation, and the messages that tell what its reader may see; both oldest first."""

    entries: list[Entry]
    messages: list[ConversationMessage]


async def told(visit: Visit, conversation_id: str) -> Told:
    """Raises NotFound also for a conversation that is not the caller's to read."""
    try:
        kept = await visit.services.history.read(visit.actor, conversation_id)
    except PermissionDenied:
        raise NotFound from None
    messages = await _messages(visit, {conversation_id: kept.entries}, {conversation_id: kept.can_send})
    return Told(kept.entries, messages[conversation_id])


async def told_of(visit: Visit, views: Sequence[ConversationView]) -> dict[str, list[ConversationMessage]]:
    """The messages of conversations that the caller may read, by their ids."""
    can_send = {view.conversation.id: view.can_send and not view.conversation.is_archived for view in views}
    found = await visit.services.history.of(visit.actor, list(can_send))
    return await _messages(visit, {each: found.get(each, []) for each in can_send}, can_send)


async def _messages(
    visit: Visit, entries: Mapping[str, Sequence[Entry]], can_send: Mapping[str, bool]
) -> dict[str, list[ConversationMessage]]:
    listener = Listener(address=visit.services.settings.base_url, takes_objects=visit.takes_objects)
    visible = await visit.services.rights.entries(visit.actor, entries)

    def encoded() -> dict[str, list[ConversationMessage]]:
        return {
            each: conversation_messages(shown, Telling(each, listener, _can(may_send=can_send[each])))
            for each, shown in visible.items()
        }

    is_large = sum(map(_weight, visible.values())) > _LARGE
    return await asyncio.to_thread(encoded) if is_large else encoded()


def _can(*, may_send: bool) -> dict[str, bool]:
    return {"show": True, "update": may_send, "destroy": may_send}


def _weight(entries: Sequence[Entry]) -> int:
    """How much there is to encode, in cells of tables; what a client wrote is given back as it lies there."""
    ours = [entry.message for entry in entries if entry.wire is None]
    results = [message.result for message in ours if isinstance(message, ToolCall)]
    answers = [each for each in results if isinstance(each, QueryAnswer)]
    answers += [answer for each in results if isinstance(each, CodeResult) for answer in each.answers]
    cells = sum(len(each.table.rows) * len(each.table.columns) for each in answers)
    return cells + _MESSAGE_CELLS * len(ours)
