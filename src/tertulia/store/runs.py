"""Runs and their event log: claims by lease, appends fenced by owner and attempt."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.errors import TertuliaError
from tertulia.core.run import MAX_ATTEMPTS, Batch, Event, Position, Run, RunStatus
from tertulia.store import codec
from tertulia.store.columns import Instant
from tertulia.store.schema import run, run_event

_ACTIVE = (RunStatus.QUEUED.value, RunStatus.RUNNING.value)


_BY_ID = sa.select(run).where(run.c.id == sa.bindparam("id"))
_ACTIVE_OF = (
    sa.select(run)
    .where(run.c.conversation_id == sa.bindparam("conversation_id"), run.c.status.in_(_ACTIVE))
    .order_by(run.c.created_at.desc())
    .limit(1)
)
_UNHELD = sa.or_(
    run.c.status == RunStatus.QUEUED.value,
    sa.and_(run.c.status == RunStatus.RUNNING.value, run.c.leased_until < sa.bindparam("now", type_=Instant)),
)
_CLAIMABLE = sa.and_(_UNHELD, run.c.attempt - run.c.handed_back < MAX_ATTEMPTS)
_EXHAUSTED = sa.select(run).where(_UNHELD, run.c.attempt - run.c.handed_back >= MAX_ATTEMPTS)
_SOME_EXHAUSTED = _EXHAUSTED.limit(sa.bindparam("most"))
_ONE_EXHAUSTED = _EXHAUSTED.where(run.c.id == sa.bindparam("run_id"))
_HAS_CLAIMABLE = sa.select(sa.literal(1)).where(_CLAIMABLE).limit(1)
_CLAIM = (
    run.update()
    .where(
        run.c.id.in_(
            sa.select(run.c.id)
            .where(_CLAIMABLE)
            .order_by(run.c.created_at)
            .limit(sa.bindparam("most"))
            .with_for_update(skip_locked=True)
        )
    )
    .values(
        status=RunStatus.RUNNING.value,
        owner=sa.bindparam("claimer"),
        leased_until=sa.bindparam("until"),
        attempt=run.c.attempt + 1,
    )
    .returning(run)
)
_EXTEND = (
    run.update()
    .where(
        run.c.id.in_(sa.bindparam("ids", expanding=True)),
        run.c.owner == sa.bindparam("holder"),
        run.c.status == RunStatus.RUNNING.value,
    )
    .values(leased_until=sa.bindparam("until"))
    .returning(run)
)
_INSERT = run.insert()
_INSERT_EVENTS = run_event.insert()
_APPEND = run_event.insert().from_select(
    ["run_id", "attempt", "first_seq", "events"],
    sa.select(
        run.c.id, run.c.attempt, sa.bindparam("first_seq", type_=sa.Integer), sa.bindparam("events", type_=sa.Text)
    ).where(
        run.c.id == sa.bindparam("run_id"),
        run.c.attempt == sa.bindparam("attempt"),
        run.c.owner == sa.bindparam("owner"),
        run.c.status == RunStatus.RUNNING.value,
    ),
)
_HELD = sa.select(run.c.id, run.c.attempt).where(
    run.c.id.in_(sa.bindparam("ids", expanding=True)),
    run.c.owner == sa.bindparam("owner"),
    run.c.status == RunStatus.RUNNING.value,
)
_EVENTS_AFTER = (
    sa.select(run_event.c.attempt, run_event.c.first_seq, run_event.c.events)
    .where(run_event.c.run_id == sa.bindparam("run_id"), run_event.c.attempt >= sa.bindparam("attempt"))
    .order_by(run_event.c.attempt, run_event.c.first_seq)
)
_END = (
    run.update()
    .where(run.c.id == sa.bindparam("run_id"))
    .values(status=sa.bindparam("to_status"), owner=None, leased_until=None, ended_at=sa.bindparam("at"))
)


class LeaseLost(TertuliaError):
    """Another worker has taken this run over."""


class Log(NamedTuple):
    """Events of an attempt that are not stored yet; the first stands at `first_seq`."""

    run: Run
    first_seq: int
    events: Sequence[Event]


def insert_run(connection: Connection, new: Run, *, idempotency_key: str | None, request_hash: str) -> None:
    values = {
        "id": new.id,
        "project_id": new.project_id,
        "conversation_id": new.conversation_id,
        "turn": new.turn,
        "user_id": new.user_id,
        "status": new.status.value,
        "question": new.question,
        "idempotency_key": idempotency_key,
        "request_hash": request_hash,
        "created_at": new.created_at,
    }
    connection.execute(_INSERT, values)


def find_run(connection: Connection, run_id: str) -> Run | None:
    row = connection.execute(_BY_ID, {"id": run_id}).first()
    return None if row is None else _run(row)


def find_active_run(connection: Connection, conversation_id: str) -> Run | None:
    row = connection.execute(_ACTIVE_OF, {"conversation_id": conversation_id}).first()
    return None if row is None else _run(row)


def answering(connection: Connection, conversation_ids: Sequence[str]) -> list[str]:
    """Which of these conversations have a run that has not ended."""
    statement = sa.select(run.c.conversation_id).where(
        run.c.conversation_id.in_(list(conversation_ids)), run.c.status.in_(_ACTIVE)
    )
    return list(connection.execute(statement).scalars())


def find_run_of_turn(connection: Connection, conversation_id: str, turn: int | None) -> Run | None:
    """The newest run of a turn, or of the conversation where `turn` is None, that is part of the history."""
    condition = sa.and_(run.c.conversation_id == conversation_id, run.c.question.is_(None))
    if turn is None:
        return _first(connection, condition)
    return _first(connection, condition, run.c.turn == turn)


def find_run_by_key(
    connection: Connection, conversation_id: str, *, user_id: str, idempotency_key: str
) -> tuple[Run, str] | None:
    """The run an earlier request with this key made, with the hash of that request."""
    statement = sa.select(run).where(
        run.c.conversation_id == conversation_id,
        run.c.user_id == user_id,
        run.c.idempotency_key == idempotency_key,
    )
    row = connection.execute(statement).first()
    return None if row is None else (_run(row), row.request_hash)


def claim_runs(connection: Connection, owner: str, *, now: datetime, leased_until: datetime, limit: int) -> list[Run]:
    """Takes queued runs and runs whose lease ran out, oldest first; each begins a new attempt."""
    claimed = connection.execute(_CLAIM, {"now": now, "most": limit, "claimer": owner, "until": leased_until})
    return sorted((_run(row) for row in claimed), key=lambda found: found.created_at)


def has_claimable(connection: Connection, now: datetime) -> bool:
    """Whether a claim would find something; a read, so that idle workers never take the writer."""
    return connection.execute(_HAS_CLAIMABLE, {"now": now}).first() is not None


def exhausted_runs(connection: Connection, now: datetime, *, limit: int) -> list[Run]:
    """Runs that no worker holds and that have had all their attempts."""
    return [_run(row) for row in connection.execute(_SOME_EXHAUSTED, {"now": now, "most": limit})]


def find_exhausted(connection: Connection, run_id: str, now: datetime) -> Run | None:
    row = connection.execute(_ONE_EXHAUSTED, {"now": now, "run_id": run_id}).first()
    return None if row is None else _run(row)


def extend_leases(connection: Connection, owner: str, run_ids: Sequence[str], leased_until: datetime) -> list[Run]:
    """Extends the leases owner still holds and returns those runs as they stand; a missing one is lost."""
    changed = connection.execute(_EXTEND, {"ids": list(run_ids), "holder": owner, "until": leased_until})
    return [_run(row) for row in changed]


def hand_back_runs(connection: Connection, owner: str, run_ids: Sequence[str]) -> None:
    """Queues runs again that owner gives up in good order; the attempt does not count against the limit."""
    connection.execute(
        run.update()
        .where(run.c.id.in_(run_ids), run.c.owner == owner, run.c.status == RunStatus.RUNNING.value)
        .values(
            status=RunStatus.QUEUED.value,
            owner=None,
            leased_until=None,
            handed_back=run.c.handed_back + 1,
        )
    )


def request_cancel(connection: Connection, run_id: str) -> None:
    connection.execute(
        run.update().where(run.c.id == run_id, run.c.status.in_(_ACTIVE)).values(is_cancel_requested=True)
    )


def append_events(connection: Connection, logs: Sequence[Log]) -> list[str]:
    """Adds events to the logs of attempts of one owner; returns the ids of runs it no longer holds, left as they were."""
    appended = connection.execute(_APPEND, [{**_row(log), "owner": log.run.owner} for log in logs]) if logs else None
    if appended is None or appended.rowcount == len(logs):
        return []
    held = _held(connection, [log.run for log in logs])
    return [log.run.id for log in logs if (log.run.id, log.run.attempt) not in held]


def append_last_events(connection: Connection, log: Log) -> None:
    """Adds the events that end a run. Raises LeaseLost where this is no longer the run's attempt."""
    if append_events(connection, [log]):
        raise LeaseLost


def append_unheld(connection: Connection, log: Log) -> None:
    """Adds events of a run that no worker holds any more."""
    connection.execute(_INSERT_EVENTS, _row(log))


def end_run(connection: Connection, run_id: str, status: RunStatus, now: datetime) -> None:
    connection.execute(_END, {"run_id": run_id, "to_status": status.value, "at": now})


def events_after(connection: Connection, run_id: str, position: Position) -> list[Batch]:
    """The stored log after position, oldest first."""
    rows = connection.execute(_EVENTS_AFTER, {"run_id": run_id, "attempt": position.attempt})
    stored = (Batch(Position(row.attempt, row.first_seq), codec.events.decode(row.events)) for row in rows)
    return [rest for batch in stored if (rest := batch.after(position)) is not None]


def delete_old_events(connection: Connection, ended_before: datetime, *, limit: int) -> int:
    """Drops the logs of runs that ended long enough ago; their messages are stored. Returns how many rows went."""
    ended = sa.select(run.c.id).where(run.c.ended_at < ended_before, sa.exists().where(run_event.c.run_id == run.c.id))
    return connection.execute(run_event.delete().where(run_event.c.run_id.in_(ended.limit(limit)))).rowcount


def _held(connection: Connection, runs: Sequence[Run]) -> set[tuple[str, int]]:
    """Which of these attempts are still running under the owner they name."""
    owner = runs[0].owner if runs else None
    rows = connection.execute(_HELD, {"ids": [each.id for each in runs], "owner": owner})
    return {(row.id, row.attempt) for row in rows}


def _row(log: Log) -> dict[str, Any]:
    return {
        "run_id": log.run.id,
        "attempt": log.run.attempt,
        "first_seq": log.first_seq,
        "events": codec.dump(list(log.events)),
    }


def _first(connection: Connection, *conditions: sa.ColumnElement[bool]) -> Run | None:
    statement = sa.select(run).where(*conditions).order_by(run.c.created_at.desc()).limit(1)
    row = connection.execute(statement).first()
    return None if row is None else _run(row)


def _run(row: sa.Row[Any]) -> Run:
    return Run(
        id=row.id,
        project_id=row.project_id,
        conversation_id=row.conversation_id,
        turn=row.turn,
        user_id=row.user_id,
        status=RunStatus(row.status),
        created_at=row.created_at,
        attempt=row.attempt,
        owner=row.owner,
        leased_until=row.leased_until,
        is_cancel_requested=row.is_cancel_requested,
        question=row.question,
    )
