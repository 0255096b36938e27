"""What the server adds to a conversation on its own: a name, follow-up questions, and the tokens they took."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.message import Usage
from tertulia.core.run import Folded, Run
from tertulia.store import codec
from tertulia.store.schema import conversation, message, usage_entry
from tertulia.store.usage import insert_usage

_COUNTED = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "cost")

_EARLIER = (
    sa.select(message.c.body)
    .where(
        message.c.conversation_id == sa.bindparam("conversation_id"),
        message.c.position == 0,
        message.c.kind == "user",
        message.c.turn < sa.bindparam("before"),
    )
    .order_by(message.c.turn.desc())
    .limit(sa.bindparam("most"))
)


def earlier_questions(connection: Connection, conversation_id: str, *, before: int, limit: int) -> list[str]:
    """What was asked in the turns before one, newest first."""
    rows = connection.execute(_EARLIER, {"conversation_id": conversation_id, "before": before, "most": limit})
    return [codec.message.decode(body).text for (body,) in rows]


def give_name(connection: Connection, conversation_id: str, name: str) -> None:
    """Names a conversation that nobody named or archived meanwhile; it moves nowhere in the lists."""
    connection.execute(
        conversation.update()
        .where(
            conversation.c.id == conversation_id,
            conversation.c.has_default_name.is_(True),
            conversation.c.archived_at.is_(None),
        )
        .values(name=name, has_default_name=False)
    )


def put_follow_ups(connection: Connection, conversation_id: str, turn: int, questions: Sequence[str]) -> None:
    """Keeps the questions that could follow a turn, unless another came meanwhile."""
    connection.execute(
        conversation.update()
        .where(
            conversation.c.id == conversation_id,
            conversation.c.turn_count == turn + 1,
            conversation.c.archived_at.is_(None),
        )
        .values(follow_ups=codec.dump(list(questions)))
    )


def add_usage(connection: Connection, run: Run, model: str, usage: Usage, at: datetime) -> None:
    """Counts tokens a model used beside a turn: for the conversation and in the accounts, not for the turn's answer."""
    counted = {name: getattr(usage, name) for name in _COUNTED}
    connection.execute(
        conversation.update()
        .where(conversation.c.id == run.conversation_id)
        .values(
            input_tokens=conversation.c.input_tokens + usage.input_tokens,
            output_tokens=conversation.c.output_tokens + usage.output_tokens,
        )
    )
    changed = connection.execute(
        usage_entry.update()
        .where(usage_entry.c.run_id == run.id, usage_entry.c.model == model)
        .values({name: usage_entry.c[name] + value for name, value in counted.items()})
    )
    if changed.rowcount == 0:
        insert_usage(connection, run, Folded(messages=[], usage=usage, outcome=None, spent={model: usage}), at)
