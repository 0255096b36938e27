"""Runs that had all their attempts: each is ended, whatever became of the others."""

from datetime import timedelta
from typing import NoReturn

import sqlalchemy as sa
from msgspec import structs

from runtime.conftest import NOW, Bench
from tertulia.core.ids import new_id
from tertulia.core.run import Run, RunStatus
from tertulia.services.journal import DatabaseJournal
from tertulia.services.rights import Rights
from tertulia.settings import Settings
from tertulia.store import conversations, runs
from tertulia.store.database import Connection
from tertulia.store.schema import run, run_event


def _no_data() -> NoReturn:
    raise AssertionError("these conversations hold no data")


async def abandoned(bench: Bench) -> str:
    """A run in a conversation of its own, in its last attempt, whose lease ran out."""
    talk = structs.replace(bench.conversation, id=new_id())
    new = Run(
        id=new_id(),
        project_id=talk.project_id,
        conversation_id=talk.id,
        turn=0,
        user_id=bench.actor.user_id,
        status=RunStatus.QUEUED,
        created_at=NOW,
    )

    def furnish(connection: Connection) -> None:
        conversations.insert_conversation(connection, talk)
        runs.insert_run(connection, new, idempotency_key=None, request_hash="")
        values = {"status": "running", "owner": "gone", "attempt": 3, "leased_until": NOW - timedelta(days=1)}
        connection.execute(run.update().where(run.c.id == new.id).values(values))

    await bench.database.write(furnish)
    return new.id


async def test_a_run_that_cannot_be_ended_keeps_no_other_running(bench: Bench) -> None:
    broken, whole = await abandoned(bench), await abandoned(bench)

    def spoil(connection: Connection) -> None:
        values = {"run_id": broken, "attempt": 3, "first_seq": 1, "events": "no JSON"}
        connection.execute(sa.insert(run_event).values(values))

    await bench.database.write(spoil)
    settings = Settings(data=bench.database.path.parent)
    journal = DatabaseJournal(bench.database, settings, Rights(bench.database, _no_data))

    assert await journal.fail_exhausted() == [whole]
    assert (await bench.run(whole)).status is RunStatus.FAILED
    assert (await bench.run(broken)).status is RunStatus.RUNNING


async def test_a_run_is_ended_once(bench: Bench) -> None:
    whole = await abandoned(bench)
    settings = Settings(data=bench.database.path.parent)
    journal = DatabaseJournal(bench.database, settings, Rights(bench.database, _no_data))

    assert await journal.fail_exhausted() == [whole]
    assert await journal.fail_exhausted() == []
