"""What was spent as rows, one per ended turn and model, and the sums that reports and budgets are made of."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.accounting import Grouping, Holdings, Spending, UsageFilter
from tertulia.core.document import DocumentState
from tertulia.core.message import ToolCall, Usage
from tertulia.core.run import Folded, Run
from tertulia.store.schema import agent, conversation, document, usage_entry, user_account

_GONE = (DocumentState.DELETING.value, DocumentState.DELETED.value)
_SEARCH = "_chunks"
_COLUMNS = usage_entry.c
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
_KEYS: Mapping[Grouping, sa.Column[Any]] = {
    Grouping.DAY: _COLUMNS.day,
    Grouping.USER: _COLUMNS.user_id,
    Grouping.AGENT: _COLUMNS.agent_id,
    Grouping.MODEL: _COLUMNS.model,
    Grouping.CONVERSATION: _COLUMNS.conversation_id,
}
# where the things that keys stand for have their names
_NAMES: Mapping[Grouping, tuple[sa.Column[Any], sa.Column[Any]]] = {
    Grouping.USER: (user_account.c.id, user_account.c.email),
    Grouping.AGENT: (agent.c.id, agent.c.name),
    Grouping.CONVERSATION: (conversation.c.id, conversation.c.name),
}


def _sum(name: str) -> sa.Label[Any]:
    return sa.func.coalesce(sa.func.sum(_COLUMNS[name]), 0).label(name)


_SUMS = (
    *(_sum(name) for name in _TOKENS),
    _sum("cost"),
    _sum("retrieval_count"),
    sa.func.count(_COLUMNS.run_id.distinct()).label("turn_count"),
)
# built once: building a statement costs more than running it
_INSERT = usage_entry.insert().values(
    agent_id=sa.select(conversation.c.agent_id)
    .where(conversation.c.id == sa.bindparam("of_conversation"))
    .scalar_subquery()
)
_SPENT = sa.select(_sum("input_tokens"), _sum("output_tokens"), _sum("cost")).where(
    _COLUMNS.project_id == sa.bindparam("project_id"), _COLUMNS.day >= sa.bindparam("since")
)
_SPENT_BY_USER = _SPENT.where(_COLUMNS.user_id == sa.bindparam("user_id"))


def insert_usage(connection: Connection, run: Run, folded: Folded, at: datetime) -> None:
    """One row for each model that a run used until it ended; none for a run that never reached a model."""
    searches = sum(isinstance(each, ToolCall) and each.label.endswith(_SEARCH) for each in folded.messages)
    rows = [
        {
            "run_id": run.id,
            "model": model,
            "project_id": run.project_id,
            "user_id": run.user_id,
            "of_conversation": run.conversation_id,
            "conversation_id": run.conversation_id,
            "turn": run.turn,
            "day": at.astimezone(UTC).date().isoformat(),
            **{name: getattr(usage, name) for name in _TOKENS},
            "cost": usage.cost,
            "retrieval_count": 0 if nth else searches,
            "created_at": at,
        }
        for nth, (model, usage) in enumerate(folded.spent.items())
    ]
    if rows:
        connection.execute(_INSERT, rows)


def total_usage(connection: Connection, project_id: str, wanted: UsageFilter) -> Spending:
    """All of it in one row, under the project's id."""
    row = connection.execute(sa.select(*_SUMS).where(_condition(project_id, wanted))).mappings().one()
    return _spending(row, key=project_id)


def list_usage(connection: Connection, project_id: str, wanted: UsageFilter, grouping: Grouping) -> list[Spending]:
    """One row per key that has any: days in their order, everything else dearest first."""
    key = _KEYS[grouping]
    grouped = sa.select(key.label("key"), *_SUMS).where(_condition(project_id, wanted)).group_by(key).subquery()
    if grouping in _NAMES:
        identity, name = _NAMES[grouping]
        joined = grouped.outerjoin(identity.table, identity == grouped.c.key)
        statement = sa.select(grouped, name.label("name")).select_from(joined)
    else:
        statement = sa.select(grouped, sa.null().label("name"))
    if grouping is Grouping.DAY:
        statement = statement.order_by(grouped.c.key)
    else:
        tokens = grouped.c.input_tokens + grouped.c.output_tokens
        statement = statement.order_by(grouped.c.cost.desc(), tokens.desc(), grouped.c.key)
    rows = connection.execute(statement).mappings()
    return [_spending(row, key=row["key"] or "", name=row["name"]) for row in rows]


def spent_since(connection: Connection, project_id: str, since: date, *, user_id: str | None) -> Usage:
    """Tokens read and written, and their cost, from a day on: of one user, or of the whole project."""
    values = {"project_id": project_id, "since": since.isoformat()}
    if user_id is None:
        row = connection.execute(_SPENT, values).one()
    else:
        row = connection.execute(_SPENT_BY_USER, {**values, "user_id": user_id}).one()
    return Usage(input_tokens=int(row.input_tokens), output_tokens=int(row.output_tokens), cost=float(row.cost))


def count_holdings(connection: Connection, project_id: str, wanted: UsageFilter) -> Holdings:
    """What came into the project in that time and is still there; a user's own conversations, but everybody's documents."""
    kept = sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(document.c.size_bytes), 0),
        sa.func.coalesce(sa.func.sum(document.c.page_count), 0),
    ).where(document.c.project_id == project_id, document.c.state.not_in(_GONE), *_within(document, wanted))
    documents, size, pages = connection.execute(kept).one()
    begun = (
        sa.select(sa.func.count())
        .select_from(conversation)
        .where(conversation.c.project_id == project_id, *_within(conversation, wanted))
    )
    if wanted.user_id is not None:
        begun = begun.where(conversation.c.creator_id == wanted.user_id)
    return Holdings(
        document_count=documents,
        document_bytes=int(size),
        page_count=int(pages),
        conversation_count=connection.execute(begun).scalar_one(),
    )


def _condition(project_id: str, wanted: UsageFilter) -> sa.ColumnElement[bool]:
    conditions = [_COLUMNS.project_id == project_id]
    if wanted.user_id is not None:
        conditions.append(_COLUMNS.user_id == wanted.user_id)
    if wanted.since is not None:
        conditions.append(_COLUMNS.day >= wanted.since.isoformat())
    if wanted.until is not None:
        conditions.append(_COLUMNS.day < wanted.until.isoformat())
    return sa.and_(*conditions)


def _within(table: sa.Table, wanted: UsageFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.since is not None:
        conditions.append(table.c.created_at >= datetime.combine(wanted.since, time(), UTC))
    if wanted.until is not None:
        conditions.append(table.c.created_at < datetime.combine(wanted.until, time(), UTC))
    return conditions


def _spending(row: sa.RowMapping, *, key: str, name: str | None = None) -> Spending:
    return Spending(
        key=key,
        name=name,
        usage=Usage(**{each: int(row[each]) for each in _TOKENS}, cost=float(row["cost"])),
        turn_count=row["turn_count"],
        retrieval_count=int(row["retrieval_count"]),
    )
