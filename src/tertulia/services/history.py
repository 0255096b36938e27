"""The history of a conversation as a client keeps it: message by message, in its own words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.clock import now
from tertulia.core.conversation import Conversation
from tertulia.core.errors import Archived, InvalidInput, NotFound
from tertulia.core.message import Aside, AssistantMessage, Interim, Message, UserMessage
from tertulia.services.conversations import require
from tertulia.store import conversations, messages, runs, suggestions
from tertulia.store.database import Connection, Database
from tertulia.store.messages import Entry

_MOST_AT_ONCE = 1_000


class Written(Struct, frozen=True, kw_only=True):
    """What a client wrote: what it means to everybody, and its own words. The turn is for `History` to say.

    `follow_ups` are questions it suggests to ask next.
    """

    message: Message | Aside
    wire: dict[str, Any]
    follow_ups: list[str] = []


class Kept(Struct, frozen=True, kw_only=True):
    """All of a conversation, oldest first, and whether its reader may add to it."""

    entries: "list[Entry]"
    can_send: bool


class History:
    """Every method raises NotFound for a conversation that is not the project's, PermissionDenied by access.allowed;
    those that write raise Archived.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, actor: Actor, conversation_id: str, written: Sequence[Written]) -> list[Entry]:
        """Adds at the end, in order: a user's message begins a turn, others belong to the newest.

        Raises InvalidInput for nothing or too much at once.
        """
        if not 1 <= len(written) <= _MOST_AT_ONCE:
            raise InvalidInput(fields={"messages": [f"Give 1 to {_MOST_AT_ONCE} messages."]})

        def work(connection: Connection) -> list[Entry]:
            found = _open(connection, actor, conversation_id)
            moment = now()
            added = [_append(connection, actor, found.id, each, moment) for each in written]
            messages.touch_conversation(connection, found.id, moment)
            return added

        return await self._database.write(work)

    async def change(self, actor: Actor, conversation_id: str, entry_id: str, written: Written) -> Entry:
        """Raises NotFound for an entry that is not there; InvalidInput for one that no client wrote."""

        def work(connection: Connection) -> Entry:
            found = _open(connection, actor, conversation_id)
            [entry] = _wanted(messages.entries_of(connection, found.id), [entry_id])
            if entry.wire is None:
                raise InvalidInput("This message was written by the server: it cannot be changed, only deleted.")
            value = structs.replace(written.message, turn=entry.turn)
            if written.follow_ups:
                suggestions.put_follow_ups(connection, found.id, entry.turn, written.follow_ups)
            messages.touch_conversation(connection, found.id, now())
            return messages.replace_entry(connection, found.id, entry, value, written.wire)

        return await self._database.write(work)

    async def remove(self, actor: Actor, conversation_id: str, ids: Sequence[str]) -> None:
        """Deletes these entries. Raises NotFound where one is not there; then all stay."""

        def work(connection: Connection) -> None:
            found = _open(connection, actor, conversation_id)
            wanted = _wanted(messages.entries_of(connection, found.id), ids)
            messages.delete_entries(connection, found.id, wanted)
            for turn in {entry.turn for entry in wanted}:
                # what was suggested followed from what is gone
                suggestions.put_follow_ups(connection, found.id, turn, [])
            messages.touch_conversation(connection, found.id, now())

        await self._database.write(work)

    async def read(self, actor: Actor, conversation_id: str) -> Kept:
        """All of it, archived or not."""

        def work(connection: Connection) -> Kept:
            found = require(connection, actor, conversation_id, Verb.READ_CONVERSATION)
            can_send = allowed(actor, Verb.SEND_MESSAGE, found) and not found.is_archived
            return Kept(entries=messages.entries_of(connection, found.id), can_send=can_send)

        return await self._database.read(work)

    async def list(self, actor: Actor, conversation_id: str) -> list[Entry]:
        """The entries that `read` gives."""
        return (await self.read(actor, conversation_id)).entries

    async def of(self, actor: Actor, conversation_ids: Sequence[str]) -> "dict[str, list[Entry]]":
        """All of several, as `read`; what is not there, or not for the actor to read, is left out."""

        def work(connection: Connection) -> "dict[str, list[Entry]]":
            found = conversations.find_conversations(connection, actor.project_id, conversation_ids)
            readable = [each.id for each in found if allowed(actor, Verb.READ_CONVERSATION, each)]
            return messages.entries_of_all(connection, readable)

        return await self._database.read(work)


def _open(connection: Connection, actor: Actor, conversation_id: str) -> Conversation:
    found = require(connection, actor, conversation_id, Verb.SEND_MESSAGE)
    if found.is_archived:
        raise Archived
    return found


def _append(connection: Connection, actor: Actor, conversation_id: str, written: Written, moment: datetime) -> Entry:
    value = written.message
    if isinstance(value, UserMessage):
        turn = conversations.next_turn(connection, conversation_id)
        value = structs.replace(value, turn=turn, user_id=actor.user_id, at=moment)
        return messages.append_entry(connection, conversation_id, value, written.wire)
    turns = messages.turn_count(connection, conversation_id)
    turn = turns - 1 if turns else conversations.next_turn(connection, conversation_id)
    value = structs.replace(value, turn=turn, at=moment)
    if isinstance(value, AssistantMessage) and _is_answered(connection, conversation_id, turn):
        # a turn has one answer: whatever else is said is said on the way
        value = Interim(turn=turn, at=moment, text=value.text)
    if written.follow_ups:
        suggestions.put_follow_ups(connection, conversation_id, turn, written.follow_ups)
    return messages.append_entry(connection, conversation_id, value, written.wire)


def _is_answered(connection: Connection, conversation_id: str, turn: int) -> bool:
    """Whether a turn has its answer, or a run that will write it."""
    if messages.has_answer(connection, conversation_id, turn):
        return True
    run = runs.find_active_run(connection, conversation_id)
    return run is not None and run.question is None and run.turn == turn


def _wanted(entries: Sequence[Entry], ids: Sequence[str]) -> list[Entry]:
    known = {entry.id: entry for entry in entries}
    missing = [each for each in ids if each not in known]
    if missing:
        raise NotFound(f"There is no message {', '.join(missing)} in this conversation.")
    return [known[each] for each in dict.fromkeys(ids)]
