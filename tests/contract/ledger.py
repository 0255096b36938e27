"""What a server has written down, read from its own file by the product's own store, without the right to change it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from tertulia.core.run import Position, TextDelta
from tertulia.store import projects, runs
from tertulia.store.schema import run

T = TypeVar("T")


def audit_entries(data: Path, project_id: str) -> list[dict[str, Any]]:
    """The newest first."""
    return _read(data, lambda connection: projects.list_audit_entries(connection, project_id, 1000))


def run_statuses(data: Path, conversation_id: str) -> list[str]:
    """Of all runs of a conversation, oldest first."""
    wanted = sa.select(run.c.status).where(run.c.conversation_id == conversation_id).order_by(run.c.turn)
    return _read(data, lambda connection: list(connection.scalars(wanted)))


def stored_text(data: Path, conversation_id: str, attempt: int) -> str:
    """What an attempt at the newest turn has written so far, as far as it would outlive the process."""

    def work(connection: sa.Connection) -> str:
        newest = runs.find_run_of_turn(connection, conversation_id, None)
        batches = runs.events_after(connection, newest.id, Position()) if newest else []
        written = (event for batch in batches if batch.first.attempt == attempt for event in batch.events)
        return "".join(event.text for event in written if isinstance(event, TextDelta))

    return _read(data, work)


def _read(data: Path, work: Callable[[sa.Connection], T]) -> T:
    engine = sa.create_engine(f"sqlite:///file:{data / 'tertulia.db'}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            return work(connection)
    finally:
        engine.dispose()
