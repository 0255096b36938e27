"""Conversations and their messages as rows: lists page ids first, then fetch the page's histories in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.conversation import Conversation, ConversationFilter, Page, Window
from tertulia.core.ids import new_id
from tertulia.core.message import AssistantMessage, Message, ToolCall, Usage, UserMessage
from tertulia.core.query import Source
from tertulia.core.run import Folded
from tertulia.store import codec
from tertulia.store.batches import batches
from tertulia.store.messages import KINDS, next_position
from tertulia.store.schema import agent, conversation, conversation_tag, message
from tertulia.store.sqlite import history
from tertulia.store.text import fold, searchable

_COLUMNS = (
    *(column for column in conversation.c if column.name != "turn_count"),
    agent.c.name.label("agent_name"),
    sa.and_(agent.c.id.is_not(None), agent.c.deleted_at.is_not(None)).label("agent_is_gone"),
)
_JOINED = conversation.outerjoin(agent, agent.c.id == conversation.c.agent_id)
# built once: building a statement costs more than running it
_FIND = (
    sa.select(*_COLUMNS)
    .select_from(_JOINED)
    .where(conversation.c.id == sa.bindparam("id"), conversation.c.project_id == sa.bindparam("project_id"))
)
_FIND_ALL = (
    sa.select(*_COLUMNS)
    .select_from(_JOINED)
    .where(
        conversation.c.id.in_(sa.bindparam("ids", expanding=True)),
        conversation.c.project_id == sa.bindparam("project_id"),
    )
)
_HISTORIES = (
    sa.select(message.c.conversation_id, message.c.body)
    .where(message.c.conversation_id.in_(sa.bindparam("ids", expanding=True)), message.c.kind != "aside")
    .order_by(message.c.conversation_id, message.c.turn, message.c.position)
)
_NEXT_TURN = (
    conversation.update()
    .where(conversation.c.id == sa.bindparam("conversation_id"))
    .values(turn_count=conversation.c.turn_count + 1, follow_ups="[]")
    .returning(conversation.c.turn_count)
)
_INSERT = conversation.insert()
_INSERT_MESSAGE = message.insert().returning(message.c.pk)
_COUNT = (
    conversation.update()
    .where(conversation.c.id == sa.bindparam("conversation_id"))
    .values(
        message_count=conversation.c.message_count + sa.bindparam("messages"),
        tool_call_count=conversation.c.tool_call_count + sa.bindparam("tool_calls"),
        input_tokens=conversation.c.input_tokens + sa.bindparam("more_input"),
        output_tokens=conversation.c.output_tokens + sa.bindparam("more_output"),
        updated_at=sa.bindparam("at"),
    )
)


def insert_conversation(connection: Connection, new: Conversation) -> None:
    values = {
        "id": new.id,
        "project_id": new.project_id,
        "creator_id": new.creator_id,
        "agent_id": new.agent_id,
        "sources": codec.dump(new.sources),
        "category": new.category,
        "name": new.name,
        "kind": new.kind,
        "tags": codec.dump(new.tags),
        "instructions": new.instructions,
        "has_default_name": new.has_default_name,
        "created_at": new.created_at,
        "updated_at": new.updated_at,
    }
    connection.execute(_INSERT, values)
    _insert_tags(connection, new)


def find_conversation(connection: Connection, project_id: str, conversation_id: str) -> Conversation | None:
    row = connection.execute(_FIND, {"id": conversation_id, "project_id": project_id}).first()
    return None if row is None else _conversation(row)


def find_conversations(connection: Connection, project_id: str, ids: Sequence[str]) -> list[Conversation]:
    """Those that exist of the ones named, in that order."""
    found: dict[str, Conversation] = {}
    for some in batches(ids):
        rows = connection.execute(_FIND_ALL, {"ids": some, "project_id": project_id})
        found |= {row.id: _conversation(row) for row in rows}
    return [found[each] for each in dict.fromkeys(ids) if each in found]


def list_conversations(
    connection: Connection,
    project_id: str,
    wanted: ConversationFilter,
    window: Window,
    *,
    creator_id: str | None,
) -> Page[Conversation]:
    """One page, most recently changed first; of one creator, or of all where `creator_id` is None."""
    term = fold(wanted.text)
    candidates = _candidates(connection, term) if term else None
    if candidates == []:
        return Page(items=[], total=0)
    # joined with nothing, the project's index is out of the question, and the few candidates are looked up by id
    in_project = conversation.c.project_id if candidates is None else conversation.c.project_id + ""
    conditions = [in_project == project_id, *_conditions(project_id, wanted, creator_id), *_saying(term, candidates)]
    condition = sa.and_(*conditions)
    total = connection.execute(sa.select(sa.func.count()).select_from(conversation).where(condition)).scalar_one()
    ids = (
        sa.select(conversation.c.id)
        .where(condition)
        .order_by(conversation.c.updated_at.desc(), conversation.c.id.desc())
        .limit(window.limit)
        .offset(window.offset)
        .subquery()
    )
    statement = (
        sa.select(*_COLUMNS)
        .select_from(_JOINED.join(ids, ids.c.id == conversation.c.id))
        .order_by(conversation.c.updated_at.desc(), conversation.c.id.desc())
    )
    return Page(items=[_conversation(row) for row in connection.execute(statement)], total=total)


def histories(connection: Connection, conversation_ids: Sequence[str]) -> dict[str, bytes]:
    """For each conversation the JSON array of its messages as stored, oldest first."""
    bodies: dict[str, list[str]] = {conversation_id: [] for conversation_id in conversation_ids}
    for conversation_id, body in connection.execute(_HISTORIES, {"ids": list(conversation_ids)}):
        bodies[conversation_id].append(body)
    return {conversation_id: f"[{','.join(texts)}]".encode() for conversation_id, texts in bodies.items()}


def list_tags(connection: Connection, project_id: str, *, creator_id: str | None) -> list[str]:
    """The distinct tags of a project's conversations that are not archived, or of one creator's, sorted."""
    statement = (
        sa.select(conversation_tag.c.tag)
        .distinct()
        .join(conversation, conversation.c.id == conversation_tag.c.conversation_id)
        .where(conversation_tag.c.project_id == project_id, conversation.c.archived_at.is_(None))
    )
    if creator_id is not None:
        statement = statement.where(conversation.c.creator_id == creator_id)
    return sorted(connection.execute(statement).scalars())


def update_conversation(connection: Connection, changed: Conversation) -> None:
    """Writes what an owner may change, and when that was: what it is called, whom it asks, who sees it."""
    connection.execute(
        conversation.update()
        .where(conversation.c.id == changed.id)
        .values(
            name=changed.name,
            has_default_name=changed.has_default_name,
            agent_id=changed.agent_id,
            sources=codec.dump(changed.sources),
            category=changed.category,
            tags=codec.dump(changed.tags),
            is_shared=changed.is_shared,
            archived_at=changed.archived_at,
            updated_at=changed.updated_at,
        )
    )
    connection.execute(conversation_tag.delete().where(conversation_tag.c.conversation_id == changed.id))
    _insert_tags(connection, changed)


def delete_conversation(connection: Connection, conversation_id: str) -> None:
    """Deletes the conversation with its messages, runs and index entries."""
    statement = sa.select(message.c.pk, message.c.search_text).where(
        message.c.conversation_id == conversation_id, message.c.search_text.is_not(None)
    )
    history.unindex_messages(connection, connection.execute(statement).all())
    connection.execute(conversation.delete().where(conversation.c.id == conversation_id))


def next_turn(connection: Connection, conversation_id: str) -> int:
    """Counts a new turn and returns its number, from 0. What could have followed the one before is dropped."""
    return connection.execute(_NEXT_TURN, {"conversation_id": conversation_id}).scalar_one() - 1


def add_user_message(connection: Connection, conversation_id: str, new: UserMessage) -> None:
    _insert_messages(connection, conversation_id, [new])
    _count(connection, conversation_id, at=new.at, messages=1)


def add_folded(connection: Connection, conversation_id: str, folded: Folded, at: datetime) -> None:
    """Adds what a run became, behind its user message and what a client wrote meanwhile, and counts it."""
    _insert_messages(connection, conversation_id, folded.messages)
    _count(
        connection,
        conversation_id,
        at=at,
        messages=sum(isinstance(new, AssistantMessage) for new in folded.messages),
        tool_calls=folded.tool_call_count,
        usage=folded.usage,
    )


def messages_of(connection: Connection, conversation_id: str) -> list[Message]:
    return codec.messages.decode(histories(connection, [conversation_id])[conversation_id])


def _conditions(project_id: str, wanted: ConversationFilter, creator_id: str | None) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if creator_id is not None:
        conditions.append(conversation.c.creator_id == creator_id)
    if not wanted.include_archived:
        conditions.append(conversation.c.archived_at.is_(None))
    if wanted.tags:
        tagged = sa.select(conversation_tag.c.conversation_id).where(
            conversation_tag.c.project_id == project_id, conversation_tag.c.tag.in_(wanted.tags)
        )
        conditions.append(conversation.c.id.in_(tagged))
    if wanted.only_untagged:
        conditions.append(conversation.c.tags == "[]")
    return conditions


def _candidates(connection: Connection, term: str) -> list[str] | None:
    """The conversations, of any project, in which some message contains the term; None where there are too many."""
    found = history.candidate_messages(connection, term)
    if found is None:
        return None
    statement = sa.select(message.c.conversation_id).distinct().where(message.c.pk.in_(found), _contains(term))
    return list(connection.execute(statement).scalars())


def _saying(term: str, candidates: list[str] | None) -> list[sa.ColumnElement[bool]]:
    if not term:
        return []
    if candidates is None:
        says = sa.exists().where(message.c.conversation_id == conversation.c.id, _contains(term))
        return [says]
    return [conversation.c.id.in_(candidates)]


def _contains(term: str) -> sa.ColumnElement[bool]:
    return sa.func.instr(message.c.search_text, term) > 0


def _insert_tags(connection: Connection, tagged: Conversation) -> None:
    if tagged.tags:
        connection.execute(
            conversation_tag.insert(),
            [{"project_id": tagged.project_id, "tag": tag, "conversation_id": tagged.id} for tag in tagged.tags],
        )


def _insert_messages(connection: Connection, conversation_id: str, new: Sequence[Message]) -> None:
    """Adds messages of one turn at its end."""
    texts: list[tuple[int, str]] = []
    first = next_position(connection, conversation_id, new[0].turn) if new else 0
    for position, value in enumerate(new, start=first):
        search_text = None if isinstance(value, ToolCall) else searchable(value.text)
        row = {
            "id": new_id(),
            "conversation_id": conversation_id,
            "turn": value.turn,
            "position": position,
            "kind": KINDS[type(value)],
            "body": codec.dump(value),
            "search_text": search_text,
            "created_at": value.at,
        }
        pk = connection.execute(_INSERT_MESSAGE, row).scalar_one()
        if search_text is not None:
            texts.append((pk, search_text))
    history.index_messages(connection, texts)


def _count(
    connection: Connection,
    conversation_id: str,
    *,
    at: datetime,
    messages: int,
    tool_calls: int = 0,
    usage: Usage = Usage(),  # noqa: B008 - frozen
) -> None:
    counted = {
        "conversation_id": conversation_id,
        "messages": messages,
        "tool_calls": tool_calls,
        "more_input": usage.input_tokens,
        "more_output": usage.output_tokens,
        "at": at,
    }
    connection.execute(_COUNT, counted)


def _conversation(row: sa.Row[Any]) -> Conversation:
    return Conversation(
        id=row.id,
        project_id=row.project_id,
        creator_id=row.creator_id,
        name=row.name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        agent_is_gone=bool(row.agent_is_gone),
        sources=[] if row.sources == "[]" else codec.load(row.sources, list[Source]),
        category=row.category,
        kind=row.kind,
        tags=codec.load(row.tags, list[str]),
        instructions=row.instructions,
        is_shared=row.is_shared,
        archived_at=row.archived_at,
        has_default_name=row.has_default_name,
        follow_ups=[] if row.follow_ups == "[]" else codec.load(row.follow_ups, list[str]),
        message_count=row.message_count,
        tool_call_count=row.tool_call_count,
        usage=Usage(input_tokens=row.input_tokens, output_tokens=row.output_tokens),
    )
