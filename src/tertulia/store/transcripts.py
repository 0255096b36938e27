"""What clients that keep the transcript themselves need of the store: the agents open to them, and the turns they asked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from tertulia.core.message import Message
from tertulia.core.project import User
from tertulia.store import codec
from tertulia.store.schema import agent, conversation, membership, message, project, transcript


class OpenAgent(Struct, frozen=True, kw_only=True):
    """An agent somebody may talk to, and the project it stands in."""

    id: str
    project_id: str
    project_name: str
    name: str
    description: str
    created_at: datetime


class Turn(Struct, frozen=True, kw_only=True):
    """A stored turn whose transcript, up to its question, is one that was looked for."""

    conversation_id: str
    turn: int
    instructions: str | None
    is_newest: bool
    """Nothing was said after it, and nobody has announced to say something."""


class Asked(Struct, frozen=True, kw_only=True):
    """A turn as its client asked it. `digest` stands for everything said up to its question."""

    conversation_id: str
    turn: int
    user_id: str
    agent_id: str
    digest: str
    given: dict[str, Any] = {}
    is_hidden: bool = False


def open_agents(connection: Connection, user: User, *, only: str | None) -> list[OpenAgent]:
    """The agents of all projects a user may enter, oldest first; `only` narrows them to one project's."""
    condition = agent.c.deleted_at.is_(None)
    if not user.is_superuser:
        entered = sa.select(membership.c.project_id).where(membership.c.user_id == user.id)
        condition = sa.and_(condition, agent.c.project_id.in_(entered))
    if only is not None:
        condition = sa.and_(condition, agent.c.project_id == only)
    columns = (agent.c.id, agent.c.project_id, agent.c.name, agent.c.description, agent.c.created_at)
    statement = (
        sa.select(*columns, project.c.name.label("project_name"))
        .join(project, project.c.id == agent.c.project_id)
        .where(condition)
        .order_by(agent.c.created_at, agent.c.id)
    )
    return [OpenAgent(**row) for row in connection.execute(statement).mappings()]


def find_turns(connection: Connection, *, user_id: str, agent_id: str, digest: str, limit: int) -> list[Turn]:
    """Turns of the user's own conversations with the agent that were asked after exactly this, newest first."""
    later = transcript.alias()
    is_announced = sa.exists().where(
        later.c.conversation_id == transcript.c.conversation_id, later.c.turn > transcript.c.turn
    )
    is_newest = sa.and_(conversation.c.turn_count == transcript.c.turn + 1, sa.not_(is_announced))
    statement = (
        sa.select(
            transcript.c.conversation_id, transcript.c.turn, conversation.c.instructions, is_newest.label("is_newest")
        )
        .join(conversation, conversation.c.id == transcript.c.conversation_id)
        .where(
            transcript.c.user_id == user_id,
            transcript.c.agent_id == agent_id,
            transcript.c.digest == digest,
            conversation.c.creator_id == user_id,
            conversation.c.agent_id == agent_id,
            conversation.c.archived_at.is_(None),
        )
        .order_by(conversation.c.updated_at.desc())
        .limit(limit)
    )
    return [Turn(**row) for row in connection.execute(statement).mappings()]


def said_in(connection: Connection, turns: Iterable[Turn]) -> list[tuple[str, Message]]:
    """What the agent said in these turns, with the conversation it said it in; tool calls and reasoning are left out."""
    wanted = [(each.conversation_id, each.turn) for each in turns]
    statement = (
        sa.select(message.c.conversation_id, message.c.body)
        .where(
            sa.or_(*(sa.and_(message.c.conversation_id == found, message.c.turn == turn) for found, turn in wanted)),
            message.c.kind.in_(("interim", "assistant")),
        )
        .order_by(message.c.conversation_id, message.c.position)
    )
    if not wanted:
        return []
    return [(found, codec.message.decode(body)) for found, body in connection.execute(statement)]


def messages_of_turn(connection: Connection, conversation_id: str, turn: int) -> list[Message]:
    statement = (
        sa.select(message.c.body)
        .where(message.c.conversation_id == conversation_id, message.c.turn == turn)
        .order_by(message.c.position)
    )
    return [codec.message.decode(body) for body in connection.execute(statement).scalars()]


def count_turns(connection: Connection, conversation_id: str) -> int:
    statement = sa.select(conversation.c.turn_count).where(conversation.c.id == conversation_id)
    return connection.execute(statement).scalar_one()


def find_project_of(connection: Connection, conversation_id: str) -> str | None:
    """The id of the project a conversation stands in."""
    statement = sa.select(conversation.c.project_id).where(conversation.c.id == conversation_id)
    return connection.execute(statement).scalar()


def set_instructions(connection: Connection, conversation_id: str, instructions: str | None) -> None:
    """Replaces what the agent is told in this conversation, from its next turn on."""
    connection.execute(
        conversation.update().where(conversation.c.id == conversation_id).values(instructions=instructions)
    )


def insert_asked(connection: Connection, new: Asked) -> None:
    connection.execute(
        transcript.insert().values(
            conversation_id=new.conversation_id,
            turn=new.turn,
            user_id=new.user_id,
            agent_id=new.agent_id,
            digest=new.digest,
            given=codec.dump(new.given),
        )
    )


def find_asked(connection: Connection, conversation_id: str, turn: int) -> Asked | None:
    statement = sa.select(transcript).where(transcript.c.conversation_id == conversation_id, transcript.c.turn == turn)
    row = connection.execute(statement).first()
    if row is None:
        return None
    return Asked(
        conversation_id=row.conversation_id,
        turn=row.turn,
        user_id=row.user_id,
        agent_id=row.agent_id,
        digest=row.digest,
        given=codec.load(row.given, dict[str, Any]),
        is_hidden=row.hidden_at is not None,
    )


def hide_asked(connection: Connection, conversation_id: str, turn: int, now: datetime) -> None:
    connection.execute(
        transcript.update()
        .where(transcript.c.conversation_id == conversation_id, transcript.c.turn == turn)
        .values(hidden_at=now)
    )


def has_shown(connection: Connection, conversation_id: str) -> bool:
    """Whether some turn that a client asked for here is not hidden."""
    statement = sa.select(sa.literal(1)).where(
        transcript.c.conversation_id == conversation_id, transcript.c.hidden_at.is_(None)
    )
    return connection.execute(statement.limit(1)).first() is not None


def delete_asked(connection: Connection, gone: Asked) -> None:
    connection.execute(
        transcript.delete().where(
            transcript.c.conversation_id == gone.conversation_id,
            transcript.c.turn == gone.turn,
            transcript.c.digest == gone.digest,
        )
    )


def delete_announced(connection: Connection, conversation_id: str, first_turn: int) -> None:
    """Deletes what was announced from this turn on."""
    connection.execute(
        transcript.delete().where(transcript.c.conversation_id == conversation_id, transcript.c.turn >= first_turn)
    )
