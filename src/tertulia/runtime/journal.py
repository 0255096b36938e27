"""What a worker needs of the store, and what it is told about a turn."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct

from tertulia.core.accounting import Allowance
from tertulia.core.agent import Agent
from tertulia.core.message import Message
from tertulia.core.run import Batch, Event, Folded, Position, Run
from tertulia.core.tool import Caller, Tool


class Briefing(Struct, frozen=True, kw_only=True):
    """Everything a turn is executed from. `messages` ends with the user's message to answer; `allowances` limit it.

    `caller` is for whom its tools run.
    """

    run: Run
    caller: Caller
    agent: Agent
    project_brief: str
    conversation_instructions: str
    messages: list[Message]
    tools: list[Tool]
    allowances: list[Allowance] = []


class Pending(NamedTuple):
    """Events of an attempt that are not stored yet; the first stands at `first_seq`."""

    run: Run
    first_seq: int
    events: Sequence[Event]


class Journal(Protocol):
    """The durable side of runs. Everything is fenced by owner and attempt: who lost a lease changes nothing more."""

    async def claim(self, owner: str, limit: int) -> list[Run]:
        """Runs this owner may now execute, each in a new attempt."""
        ...

    async def brief(self, run: Run) -> Briefing:
        """Raises NotFound where the conversation's agent is gone."""
        ...

    async def append(self, pending: Sequence[Pending]) -> list[str]:
        """Stores events of several runs in one transaction; returns the ids of runs whose lease is lost."""
        ...

    async def extend(self, owner: str, run_ids: Sequence[str]) -> list[Run]:
        """Extends leases; returns the runs still held, with their cancel requests. Others are lost."""
        ...

    async def finish(self, pending: Pending, folded: Folded) -> bool:
        """Stores the last events, the turn's messages and the run's end in one transaction; False if the lease is lost."""
        ...

    async def hand_back(self, owner: str, run_ids: Sequence[str]) -> None:
        """Queues runs again without counting the attempt."""
        ...

    async def fail_exhausted(self) -> list[str]:
        """Ends runs that had all their attempts, keeping what was written; returns their ids."""
        ...

    async def events_after(self, run_id: str, position: Position) -> tuple[Run | None, list[Batch]]:
        """The run as it stands and its stored events after a position; None where the run is gone."""
        ...

    async def prune(self) -> None:
        """Drops the logs of runs that ended long enough ago."""
        ...
