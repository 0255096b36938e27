"""The log of runs: only who holds an attempt may write to it, and what one has lost stops no other."""

from datetime import timedelta

import pytest
from msgspec import structs
from sqlalchemy import Connection

from store.conftest import NOW
from tertulia.core.conversation import Conversation
from tertulia.core.ids import new_id
from tertulia.core.project import Project, User
from tertulia.core.run import Completed, Position, Run, RunStatus, TextDelta
from tertulia.store import conversations, runs

OWNER = "me"


@pytest.fixture
def claimed(connection: Connection, project: Project, user: User) -> list[Run]:
    """Three runs that OWNER executes."""
    for _ in range(3):
        talk = Conversation(
            id=new_id(), project_id=project.id, creator_id=user.id, name="", created_at=NOW, updated_at=NOW
        )
        conversations.insert_conversation(connection, talk)
        run = Run(
            id=new_id(),
            project_id=project.id,
            conversation_id=talk.id,
            turn=0,
            user_id=user.id,
            status=RunStatus.QUEUED,
            created_at=NOW,
        )
        runs.insert_run(connection, run, idempotency_key=None, request_hash="")
    return runs.claim_runs(connection, OWNER, now=NOW, leased_until=NOW, limit=3)


def log(run: Run, first_seq: int = 1) -> runs.Log:
    return runs.Log(run, first_seq, [TextDelta("one "), TextDelta("two ")])


def stored(connection: Connection, run: Run) -> list[str]:
    batches = runs.events_after(connection, run.id, Position())
    return [event.text for batch in batches for event in batch.events if isinstance(event, TextDelta)]


def test_what_is_appended_to_several_runs_is_read_again(connection: Connection, claimed: list[Run]) -> None:
    assert runs.append_events(connection, [log(run) for run in claimed]) == []
    assert runs.append_events(connection, [log(run, 3) for run in claimed]) == []
    assert [stored(connection, run) for run in claimed] == [["one ", "two "] * 2] * 3


def test_a_run_that_was_taken_over_is_told_and_left_alone_and_the_others_are_stored(
    connection: Connection, claimed: list[Run]
) -> None:
    later = NOW + timedelta(seconds=1)
    [taken] = runs.claim_runs(connection, "another", now=later, leased_until=later, limit=1)
    assert runs.append_events(connection, [log(run) for run in claimed]) == [taken.id]
    assert {run.id: stored(connection, run) for run in claimed} == {
        run.id: [] if run.id == taken.id else ["one ", "two "] for run in claimed
    }


def test_a_worker_that_claims_its_own_run_anew_has_lost_the_attempt_before(
    connection: Connection, claimed: list[Run]
) -> None:
    later = NOW + timedelta(seconds=1)
    again = runs.claim_runs(connection, OWNER, now=later, leased_until=later, limit=3)
    assert sorted(runs.append_events(connection, [log(run) for run in claimed])) == sorted(run.id for run in claimed)
    assert runs.append_events(connection, [log(run) for run in again]) == []
    assert [stored(connection, run) for run in claimed] == [["one ", "two "]] * 3


def test_a_run_that_is_gone_is_lost(connection: Connection, claimed: list[Run]) -> None:
    [run, *_] = claimed
    assert runs.append_events(connection, [log(structs.replace(run, id="gone")), log(run)]) == ["gone"]
    assert stored(connection, run) == ["one ", "two "]


def test_a_run_that_ended_takes_no_more_events(connection: Connection, claimed: list[Run]) -> None:
    [run, *_] = claimed
    runs.append_last_events(connection, runs.Log(run, 1, [Completed(at=NOW)]))
    runs.end_run(connection, run.id, RunStatus.COMPLETED, NOW)
    with pytest.raises(runs.LeaseLost):
        runs.append_last_events(connection, log(run, 2))
    assert stored(connection, run) == []


def test_nothing_to_append_loses_nothing(connection: Connection) -> None:
    assert runs.append_events(connection, []) == []
