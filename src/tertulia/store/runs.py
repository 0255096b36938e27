"""Runs and their event log: claims by lease, appends fenced by owner and attempt."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.errors import TertuliaError
from tertulia.core.run import MAX_ATTEMPTS, Batch, Event, Position, Run, RunStatus
from tertulia.store import codec
from tertulia.store.schema import run, run_event

_ACTIVE = (RunStatus.QUEUED.value, RunStatus.RUNNING.value)


class LeaseLost(TertuliaError):
    """Another worker has taken this run over."""


def insert_run(connection: Connection, new: Run, *, idempotency_key: str | None, request_hash: str) -> None:
    connection.execute(
        run.insert().values(
            id=new.id,
            project_id=new.project_id,
            conversation_id=new.conversation_id,
            turn=new.turn,
            user_id=new.user_id,
            status=new.status.value,
            idempotency_key=idempotency_key,
            request_hash=request_hash,
            created_at=new.created_at,
        )
    )


def find_run(connection: Connection, run_id: str) -> Run | None:
    return _first(connection, run.c.id == run_id)


def find_active_run(connection: Connection, conversation_id: str) -> Run | None:
    return _first(connection, run.c.conversation_id == conversation_id, run.c.status.in_(_ACTIVE))


def find_run_of_turn(connection: Connection, conversation_id: str, turn: int | None) -> Run | None:
    """The newest run of a turn, or of the conversation where `turn` is None."""
    if turn is None:
        return _first(connection, run.c.conversation_id == conversation_id)
    return _first(connection, run.c.conversation_id == conversation_id, run.c.turn == turn)


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
    candidates = (
        sa.select(run.c.id)
        .where(_claimable(now), run.c.attempt - run.c.handed_back < MAX_ATTEMPTS)
        .order_by(run.c.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = connection.execute(
        run.update()
        .where(run.c.id.in_(candidates))
        .values(
            status=RunStatus.RUNNING.value,
            owner=owner,
            leased_until=leased_until,
            attempt=run.c.attempt + 1,
        )
        .returning(run)
    )
    return sorted((_run(row) for row in claimed), key=lambda found: found.created_at)


def has_claimable(connection: Connection, now: datetime) -> bool:
    """Whether a claim would find something; a read, so that idle workers never take the writer."""
    statement = sa.select(sa.literal(1)).where(_claimable(now), run.c.attempt - run.c.handed_back < MAX_ATTEMPTS)
    return connection.execute(statement.limit(1)).first() is not None


def exhausted_runs(connection: Connection, now: datetime, *, limit: int) -> list[Run]:
    """Runs that no worker holds and that have had all their attempts."""
    statement = sa.select(run).where(_claimable(now), run.c.attempt - run.c.handed_back >= MAX_ATTEMPTS).limit(limit)
    return [_run(row) for row in connection.execute(statement)]


def extend_leases(connection: Connection, owner: str, run_ids: Sequence[str], leased_until: datetime) -> list[Run]:
    """Extends the leases owner still holds and returns those runs as they stand; a missing one is lost."""
    changed = connection.execute(
        run.update()
        .where(run.c.id.in_(run_ids), run.c.owner == owner, run.c.status == RunStatus.RUNNING.value)
        .values(leased_until=leased_until)
        .returning(run)
    )
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


def append_events(connection: Connection, held: Run, *, first_seq: int, events: Sequence[Event]) -> None:
    """Adds events to the log of an attempt. Raises LeaseLost where `held` is no longer the run's attempt."""
    require_lease(connection, held)
    connection.execute(
        run_event.insert().values(
            run_id=held.id, attempt=held.attempt, first_seq=first_seq, events=codec.dump(list(events))
        )
    )


def log_end(connection: Connection, ended: Run, *, first_seq: int, event: Event) -> None:
    """Adds the terminal event of a run that no worker holds any more."""
    connection.execute(
        run_event.insert().values(
            run_id=ended.id, attempt=ended.attempt, first_seq=first_seq, events=codec.dump([event])
        )
    )


def require_lease(connection: Connection, held: Run) -> None:
    """Raises LeaseLost unless `held` is still running under the same owner in the same attempt."""
    statement = sa.select(sa.literal(1)).where(
        run.c.id == held.id,
        run.c.owner == held.owner,
        run.c.attempt == held.attempt,
        run.c.status == RunStatus.RUNNING.value,
    )
    if connection.execute(statement).first() is None:
        raise LeaseLost


def end_run(connection: Connection, run_id: str, status: RunStatus, now: datetime) -> None:
    connection.execute(
        run.update().where(run.c.id == run_id).values(status=status.value, owner=None, leased_until=None, ended_at=now)
    )


def events_after(connection: Connection, run_id: str, position: Position) -> list[Batch]:
    """The stored log after position, oldest first."""
    statement = (
        sa.select(run_event.c.attempt, run_event.c.first_seq, run_event.c.events)
        .where(run_event.c.run_id == run_id, run_event.c.attempt >= position.attempt)
        .order_by(run_event.c.attempt, run_event.c.first_seq)
    )
    stored = (
        Batch(Position(row.attempt, row.first_seq), codec.events.decode(row.events))
        for row in connection.execute(statement)
    )
    return [rest for batch in stored if (rest := batch.after(position)) is not None]


def delete_old_events(connection: Connection, ended_before: datetime, *, limit: int) -> int:
    """Drops the logs of runs that ended long enough ago; their messages are stored. Returns how many rows went."""
    ended = sa.select(run.c.id).where(run.c.ended_at < ended_before, sa.exists().where(run_event.c.run_id == run.c.id))
    return connection.execute(run_event.delete().where(run_event.c.run_id.in_(ended.limit(limit)))).rowcount


def _claimable(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(
        run.c.status == RunStatus.QUEUED.value,
        sa.and_(run.c.status == RunStatus.RUNNING.value, run.c.leased_until < now),
    )


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
    )
