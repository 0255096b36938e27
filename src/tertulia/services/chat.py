"""Sending, watching and cancelling turns."""

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from tertulia.core.access import Actor, Verb
from tertulia.core.clock import now
from tertulia.core.conversation import Conversation
from tertulia.core.errors import Archived, Conflict, InvalidInput, NotFound, RunInProgress, TooLarge
from tertulia.core.ids import new_id
from tertulia.core.message import UserMessage
from tertulia.core.run import BEGINNING, Batch, Position, Run, RunStatus
from tertulia.runtime.hub import Hub
from tertulia.runtime.worker import Worker
from tertulia.services.budgets import require_budget
from tertulia.services.conversations import require
from tertulia.settings import Settings
from tertulia.store import agents, conversations, messages, runs
from tertulia.store.database import Connection, Database

_KEY_LIMIT = 255


class Chat:
    """A send stores the user's message, the turn and a queued run before any work; everything after is following."""

    def __init__(self, database: Database, *, hub: Hub, worker: Worker, settings: Settings) -> None:
        self._database = database
        self._hub = hub
        self._worker = worker
        self._settings = settings

    async def send(self, actor: Actor, conversation_id: str, text: str, *, idempotency_key: str | None = None) -> Run:
        """The queued run of a new turn; the same run again for a repeated idempotency key.

        Raises NotFound, PermissionDenied, Archived, InvalidInput, TooLarge, RunInProgress, BudgetSpent; Conflict
        for a key that was used with another message.
        """
        text = _checked(text, self._settings.message_characters)
        if idempotency_key is not None and len(idempotency_key) > _KEY_LIMIT:
            raise InvalidInput(f"Idempotency-Key must have no more than {_KEY_LIMIT} characters.")
        sending = _Sending(conversation_id, text, idempotency_key or None)
        run = await self._database.write(_send, actor, sending)
        self._worker.wake()
        return run

    async def ask(self, actor: Actor, conversation_id: str, text: str) -> Run:
        """The queued run of a turn that is kept out of the history: who asks keeps what they want of it.

        Raises NotFound, PermissionDenied, Archived, InvalidInput, TooLarge, RunInProgress, BudgetSpent.
        """
        text = _checked(text, self._settings.message_characters)
        run = await self._database.write(_ask, actor, conversation_id, text)
        self._worker.wake()
        return run

    async def cancel(self, actor: Actor, conversation_id: str) -> bool:
        """Asks the running turn to stop, keeping what it has written; False where nothing runs."""

        def work(connection: Connection) -> Run | None:
            found = require(connection, actor, conversation_id, Verb.SEND_MESSAGE)
            active = runs.find_active_run(connection, found.id)
            if active is not None:
                runs.request_cancel(connection, active.id)
            return active

        run = await self._database.write(work)
        if run is not None:
            self._worker.cancel(run.id)
        return run is not None

    async def abandon(self, run: Run) -> None:
        """Stops a run that is kept out of the history when whoever asked has left: nothing of it would be left."""
        await self._database.write(runs.request_cancel, run.id)
        self._worker.cancel(run.id)

    async def find_run(self, actor: Actor, conversation_id: str, turn: int | None = None) -> Run:
        """The run of a turn, or without one the newest, for anybody who may read. Raises NotFound, Archived."""

        def work(connection: Connection) -> Run:
            found = require(connection, actor, conversation_id, Verb.READ_CONVERSATION)
            if found.is_archived:
                raise Archived
            run = runs.find_run_of_turn(connection, found.id, turn)
            if run is None:
                raise NotFound
            return run

        return await self._database.read(work)

    def follow(
        self,
        run: Run,
        after: Position = BEGINNING,
        *,
        pause_s: float = 0.0,
        patience: Callable[[], float] | None = None,
    ) -> AsyncIterator[Batch]:
        """The run's events after a position until it ends, from whichever process executes it; see Hub.follow."""
        return self._hub.follow(run, after, pause_s=pause_s, patience=patience)


class _Sending(NamedTuple):
    conversation_id: str
    text: str
    idempotency_key: str | None

    @property
    def request_hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def _checked(text: str, limit: int) -> str:
    cleaned = text.replace("\x00", "")
    if not cleaned.strip():
        raise InvalidInput(fields={"message": ["This field may not be blank."]})
    if len(cleaned) > limit:
        raise TooLarge(f"The message has {len(cleaned)} characters; the limit is {limit}.")
    return cleaned


def _send(connection: Connection, actor: Actor, sending: _Sending) -> Run:
    found = require(connection, actor, sending.conversation_id, Verb.SEND_MESSAGE)
    if found.is_archived:
        raise Archived
    earlier = _earlier(connection, actor, sending)
    if earlier is not None:
        return earlier
    if runs.find_active_run(connection, found.id) is not None:
        raise RunInProgress
    require_budget(connection, found.project_id, actor.user_id)
    return _begin(connection, actor, found, sending)


def _ask(connection: Connection, actor: Actor, conversation_id: str, text: str) -> Run:
    found = require(connection, actor, conversation_id, Verb.SEND_MESSAGE)
    if found.is_archived:
        raise Archived
    if runs.find_active_run(connection, found.id) is not None:
        raise RunInProgress
    require_budget(connection, found.project_id, actor.user_id)
    run = Run(
        id=new_id(),
        project_id=found.project_id,
        conversation_id=found.id,
        turn=messages.turn_count(connection, found.id),
        user_id=actor.user_id,
        status=RunStatus.QUEUED,
        created_at=now(),
        question=text,
    )
    runs.insert_run(connection, run, idempotency_key=None, request_hash="")
    return run


def _earlier(connection: Connection, actor: Actor, sending: _Sending) -> Run | None:
    if sending.idempotency_key is None:
        return None
    earlier = runs.find_run_by_key(
        connection, sending.conversation_id, user_id=actor.user_id, idempotency_key=sending.idempotency_key
    )
    if earlier is None:
        return None
    run, request_hash = earlier
    if request_hash != sending.request_hash:
        raise Conflict("This Idempotency-Key was used with another message.")
    return run


def _kept_turn(connection: Connection, found: Conversation, text: str) -> int | None:
    """The turn of this very question where a client kept it before it was sent, and nothing answers it yet."""
    last = messages.last_entry(connection, found.id)
    if last is None or last.wire is None or not isinstance(last.message, UserMessage):
        return None
    return last.turn if last.message.text.strip() == text.strip() else None


def _begin(connection: Connection, actor: Actor, found: Conversation, sending: _Sending) -> Run:
    moment = now()
    turn = _kept_turn(connection, found, sending.text)
    if turn is None:
        turn = conversations.next_turn(connection, found.id)
        message = UserMessage(turn=turn, at=moment, text=sending.text, user_id=actor.user_id)
        conversations.add_user_message(connection, found.id, message)
    if found.agent_id is not None:
        agents.touch_agent(connection, found.agent_id, moment)
    run = Run(
        id=new_id(),
        project_id=found.project_id,
        conversation_id=found.id,
        turn=turn,
        user_id=actor.user_id,
        status=RunStatus.QUEUED,
        created_at=moment,
    )
    runs.insert_run(connection, run, idempotency_key=sending.idempotency_key, request_hash=sending.request_hash)
    return run
