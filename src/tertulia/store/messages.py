"""Messages that clients keep in a conversation: rows with the client's own words beside the core value."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from tertulia.core.ids import new_id
from tertulia.core.message import Aside, AssistantMessage, Interim, Message, Reasoning, ToolCall, UserMessage
from tertulia.store import codec
from tertulia.store.batches import batches
from tertulia.store.schema import conversation, message
from tertulia.store.sqlite import history
from tertulia.store.text import searchable

KINDS: dict[type, str] = {
    UserMessage: "user",
    AssistantMessage: "assistant",
    Interim: "interim",
    Reasoning: "reasoning",
    ToolCall: "tool_call",
    Aside: "aside",
}
_ENTRIES = (
    sa.select(message)
    .where(message.c.conversation_id == sa.bindparam("conversation_id"))
    .order_by(message.c.turn, message.c.position)
)
_ENTRIES_OF_ALL = (
    sa.select(message)
    .where(message.c.conversation_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(message.c.conversation_id, message.c.turn, message.c.position)
)
_LAST = (
    sa.select(message)
    .where(message.c.conversation_id == sa.bindparam("conversation_id"))
    .order_by(message.c.turn.desc(), message.c.position.desc())
    .limit(1)
)
_IN_TURN = sa.and_(message.c.conversation_id == sa.bindparam("conversation_id"), message.c.turn == sa.bindparam("turn"))
_LAST_POSITION = sa.select(sa.func.max(message.c.position)).where(_IN_TURN)
_ANSWER = sa.select(sa.literal(1)).where(_IN_TURN, message.c.kind == KINDS[AssistantMessage]).limit(1)
_COUNTED = ("user", "assistant")


class Entry(Struct, frozen=True, kw_only=True):
    """A row of a conversation. `message` is None for an aside; `wire` is what its client wrote, None for ours."""

    id: str
    turn: int
    position: int
    at: datetime
    message: Message | None
    wire: dict[str, Any] | None = None


def entries_of(connection: Connection, conversation_id: str) -> list[Entry]:
    """Every row of a conversation, oldest first."""
    return [_entry(row) for row in connection.execute(_ENTRIES, {"conversation_id": conversation_id})]


def entries_of_all(connection: Connection, conversation_ids: Sequence[str]) -> dict[str, list[Entry]]:
    """Every row of each conversation, oldest first."""
    found: dict[str, list[Entry]] = {conversation_id: [] for conversation_id in conversation_ids}
    for some in batches(conversation_ids):
        for row in connection.execute(_ENTRIES_OF_ALL, {"ids": some}):
            found[row.conversation_id].append(_entry(row))
    return found


def last_entry(connection: Connection, conversation_id: str) -> Entry | None:
    row = connection.execute(_LAST, {"conversation_id": conversation_id}).first()
    return None if row is None else _entry(row)


def turn_count(connection: Connection, conversation_id: str) -> int:
    return connection.execute(
        sa.select(conversation.c.turn_count).where(conversation.c.id == conversation_id)
    ).scalar_one()


def next_position(connection: Connection, conversation_id: str, turn: int) -> int:
    """Behind everything that stands in a turn, from 0."""
    last = connection.execute(_LAST_POSITION, {"conversation_id": conversation_id, "turn": turn}).scalar()
    return 0 if last is None else last + 1


def has_answer(connection: Connection, conversation_id: str, turn: int) -> bool:
    return connection.execute(_ANSWER, {"conversation_id": conversation_id, "turn": turn}).first() is not None


def append_entry(connection: Connection, conversation_id: str, new: Message | Aside, wire: dict[str, Any]) -> Entry:
    """Adds a row at the end of the turn it names."""
    position = next_position(connection, conversation_id, new.turn)
    search_text = _search_text(new)
    values = {
        "id": new_id(),
        "conversation_id": conversation_id,
        "turn": new.turn,
        "position": position,
        "kind": KINDS[type(new)],
        "body": codec.dump(new),
        "wire": codec.dump(wire),
        "search_text": search_text,
        "created_at": new.at,
    }
    pk = connection.execute(message.insert().values(values).returning(message.c.pk)).scalar_one()
    if search_text is not None:
        history.index_messages(connection, [(pk, search_text)])
    _count(connection, conversation_id, KINDS[type(new)], 1)
    kept = None if isinstance(new, Aside) else new
    return Entry(id=str(pk), turn=new.turn, position=position, at=new.at, message=kept, wire=wire)


def replace_entry(
    connection: Connection, conversation_id: str, entry: Entry, new: Message | Aside, wire: dict[str, Any]
) -> Entry:
    """Gives a row another value; it stays where it is."""
    _unindex(connection, conversation_id, [entry.id])
    search_text = _search_text(new)
    values = {"kind": KINDS[type(new)], "body": codec.dump(new), "wire": codec.dump(wire), "search_text": search_text}
    connection.execute(message.update().where(message.c.pk == int(entry.id)).values(values))
    if search_text is not None:
        history.index_messages(connection, [(int(entry.id), search_text)])
    _count(connection, conversation_id, "aside" if entry.message is None else KINDS[type(entry.message)], -1)
    _count(connection, conversation_id, KINDS[type(new)], 1)
    kept = None if isinstance(new, Aside) else new
    return msgspec.structs.replace(entry, message=kept, wire=wire)


def delete_entries(connection: Connection, conversation_id: str, entries: Sequence[Entry]) -> None:
    keys = [int(entry.id) for entry in entries]
    _unindex(connection, conversation_id, [entry.id for entry in entries])
    connection.execute(message.delete().where(message.c.conversation_id == conversation_id, message.c.pk.in_(keys)))
    for entry in entries:
        _count(connection, conversation_id, "aside" if entry.message is None else KINDS[type(entry.message)], -1)


def touch_conversation(connection: Connection, conversation_id: str, now: datetime) -> None:
    connection.execute(conversation.update().where(conversation.c.id == conversation_id).values(updated_at=now))


def _unindex(connection: Connection, conversation_id: str, ids: Sequence[str]) -> None:
    statement = sa.select(message.c.pk, message.c.search_text).where(
        message.c.conversation_id == conversation_id,
        message.c.pk.in_([int(each) for each in ids]),
        message.c.search_text.is_not(None),
    )
    history.unindex_messages(connection, [(row.pk, row.search_text) for row in connection.execute(statement)])


def _count(connection: Connection, conversation_id: str, kind: str, more: int) -> None:
    column = {"tool_call": conversation.c.tool_call_count}.get(kind)
    if kind in _COUNTED:
        column = conversation.c.message_count
    if column is not None:
        connection.execute(
            conversation.update().where(conversation.c.id == conversation_id).values({column.name: column + more})
        )


def _search_text(value: Message | Aside) -> str | None:
    return None if isinstance(value, (ToolCall, Aside)) else searchable(value.text)


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        id=str(row.pk),
        turn=row.turn,
        position=row.position,
        at=row.created_at,
        message=None if row.kind == KINDS[Aside] else codec.message.decode(row.body),
        wire=None if row.wire is None else codec.load(row.wire, dict[str, Any]),
    )
