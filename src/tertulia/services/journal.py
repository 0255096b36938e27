"""The durable side of runs, for the worker: runtime.journal.Journal over the database."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from msgspec import structs

from tertulia.core.access import Actor
from tertulia.core.agent import Agent
from tertulia.core.clock import now
from tertulia.core.conversation import Conversation
from tertulia.core.errors import NotFound, TertuliaError
from tertulia.core.message import Message, Outcome, Problem, UserMessage
from tertulia.core.run import Batch, Event, Failed, Folded, Position, Run, RunStatus, fold
from tertulia.runtime.journal import Briefing, Pending
from tertulia.services.budgets import allowances
from tertulia.services.callers import caller_for
from tertulia.services.rights import Rights
from tertulia.settings import Settings
from tertulia.store import agents, conversations, projects, runs, usage
from tertulia.store.database import Connection, Database

log = structlog.get_logger(__name__)

_SWEEP_LIMIT = 50
_PRUNE_LIMIT = 200
_STATUS = {
    Outcome.COMPLETED: RunStatus.COMPLETED,
    Outcome.CANCELLED: RunStatus.CANCELLED,
    Outcome.FAILED: RunStatus.FAILED,
}


class DatabaseJournal:
    """Each method is one transaction, but for `fail_exhausted`."""

    def __init__(self, database: Database, settings: Settings, rights: Rights) -> None:
        self._database = database
        self._rights = rights
        self._lease = timedelta(seconds=settings.lease_s)
        self._grace = timedelta(seconds=settings.event_grace_s)

    async def claim(self, owner: str, limit: int) -> list[Run]:
        if not await self._database.read(runs.has_claimable, now()):
            return []
        moment = now()
        return await self._database.write(
            runs.claim_runs, owner, now=moment, leased_until=moment + self._lease, limit=limit
        )

    async def brief(self, run: Run) -> Briefing:
        briefing = await self._database.read(_brief, run)
        # what whoever asks may not see, the model must not tell them
        asker = Actor(user_id=run.user_id, email="", project_id=run.project_id)
        return structs.replace(briefing, messages=await self._rights.messages(asker, briefing.messages))

    async def append(self, pending: Sequence[Pending]) -> list[str]:
        return await self._database.write(runs.append_events, [runs.Log(*each) for each in pending])

    async def extend(self, owner: str, run_ids: Sequence[str]) -> list[Run]:
        return await self._database.write(runs.extend_leases, owner, run_ids, now() + self._lease)

    async def finish(self, pending: Pending, folded: Folded) -> bool:
        try:
            await self._database.write(_finish, pending, folded)
        except runs.LeaseLost:
            return False
        return True

    async def hand_back(self, owner: str, run_ids: Sequence[str]) -> None:
        await self._database.write(runs.hand_back_runs, owner, run_ids)

    async def fail_exhausted(self) -> list[str]:
        """Each by itself: one that cannot be ended must not keep the others running."""
        ended: list[str] = []
        for run in await self._database.read(runs.exhausted_runs, now(), limit=_SWEEP_LIMIT):
            try:
                if await self._database.write(_fail_exhausted, run.id):
                    ended.append(run.id)
            except Exception:
                log.exception("run_not_failed", run=run.id)
        return ended

    async def events_after(self, run_id: str, position: Position) -> tuple[Run | None, list[Batch]]:
        def work(connection: Connection) -> tuple[Run | None, list[Batch]]:
            return runs.find_run(connection, run_id), runs.events_after(connection, run_id, position)

        return await self._database.read(work)

    async def prune(self) -> None:
        await self._database.write(runs.delete_old_events, now() - self._grace, limit=_PRUNE_LIMIT)


def _brief(connection: Connection, run: Run) -> Briefing:
    conversation = conversations.find_conversation(connection, run.project_id, run.conversation_id)
    project = projects.find_project(connection, run.project_id)
    if conversation is None or project is None:
        raise NotFound
    agent = _agent(connection, conversation)
    messages = _messages(connection, run)
    return Briefing(
        run=run,
        caller=caller_for(connection, run.user_id, agent, messages),
        agent=agent,
        project_brief=project.brief,
        conversation_instructions=conversation.instructions or "",
        messages=messages,
        tools=agents.tools_of_agent(connection, agent),
        allowances=allowances(connection, run.project_id, run.user_id),
    )


def _agent(connection: Connection, conversation: Conversation) -> Agent:
    """The conversation's agent; for one that asks sources directly, the default model with these sources alone."""
    if conversation.agent_id is None and conversation.sources:
        return Agent(
            id="",
            project_id=conversation.project_id,
            name="",
            sources=conversation.sources,
            created_at=conversation.created_at,
            updated_at=conversation.created_at,
        )
    agent = agents.find_agent(connection, conversation.project_id, conversation.agent_id or "")
    if agent is None:
        raise NotFound("The agent of this conversation was deleted. Start a new conversation with another agent.")
    return agent


def _messages(connection: Connection, run: Run) -> list[Message]:
    """The conversation up to this turn's question, which a run that is kept out of the history brings along.

    A client that kept the question before it asked means the same one.
    """
    stored = conversations.messages_of(connection, run.conversation_id)
    if run.question is None:
        return [message for message in stored if message.turn <= run.turn]
    newest = stored[-1] if stored else None
    if isinstance(newest, UserMessage) and newest.text.strip() == run.question.strip():
        stored = stored[:-1]
    asked = UserMessage(turn=run.turn, at=run.created_at, text=run.question, user_id=run.user_id)
    return [*stored, asked]


def _finish(connection: Connection, pending: Pending, folded: Folded) -> None:
    runs.append_last_events(connection, runs.Log(*pending))
    _end(connection, pending.run, folded)


def _end(connection: Connection, run: Run, folded: Folded) -> None:
    if folded.outcome is None:
        raise TertuliaError("A run was ended without a terminal event.")
    moment = now()
    if run.question is None:
        conversations.add_folded(connection, run.conversation_id, folded, moment)
    usage.insert_usage(connection, run, folded, moment)
    runs.end_run(connection, run.id, _STATUS[folded.outcome], moment)


def _fail_exhausted(connection: Connection, run_id: str) -> bool:
    """False where somebody else was faster."""
    run = runs.find_exhausted(connection, run_id, now())
    if run is None:
        return False
    _fail(connection, run)
    return True


def _fail(connection: Connection, run: Run) -> None:
    """Ends a run whose workers all died: the attempt that wrote most is kept as the partial answer."""
    attempts: dict[int, list[Event]] = {}
    for batch in runs.events_after(connection, run.id, Position()):
        attempts.setdefault(batch.first.attempt, []).extend(batch.events)
    kept = max(attempts.values(), key=len) if attempts else []
    problem = Problem(
        code="unavailable", message="The answer was interrupted several times and was given up. Ask again."
    )
    failed = Failed(at=now(), problem=problem)
    last = attempts.get(run.attempt, [])
    runs.append_unheld(connection, runs.Log(run, len(last) + 1, [failed]))
    _end(connection, run, fold(run.turn, [*kept, failed]))
