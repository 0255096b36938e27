"""A real database with one conversation, and workers on it whose turns are written in the test."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

from store.template import lay_schema
from tertulia.core.access import Actor
from tertulia.core.agent import Agent
from tertulia.core.conversation import Conversation
from tertulia.core.ids import new_id
from tertulia.core.message import Message
from tertulia.core.project import Project, User
from tertulia.core.run import Event, Run
from tertulia.runtime.hub import Hub
from tertulia.runtime.journal import Briefing
from tertulia.runtime.worker import Execution, Pace, Worker
from tertulia.services.chat import Chat
from tertulia.services.journal import DatabaseJournal
from tertulia.services.rights import Rights
from tertulia.settings import Settings
from tertulia.store import agents, conversations, projects, runs
from tertulia.store.database import Connection, Database

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)

Play = Callable[[Briefing], AsyncGenerator[Event, None]]


class Bench(NamedTuple):
    """One conversation in one project, and its creator."""

    database: Database
    actor: Actor
    conversation: Conversation

    async def messages(self) -> list[Message]:
        return await self.database.read(conversations.messages_of, self.conversation.id)

    async def run(self, run_id: str) -> Run:
        found = await self.database.read(runs.find_run, run_id)
        assert found is not None
        return found

    async def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        """Polls until the condition holds; fails the test when it never does."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)


class Station(NamedTuple):
    """A worker as one server process has it."""

    worker: Worker
    hub: Hub
    chat: Chat

    async def die(self) -> None:
        """Ends without a word, as kill -9 would: no hand-back, no flush."""
        tasks = [*self.worker._loops, *(live.task for live in self.hub.live if live.task)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    path = lay_schema(tmp_path / "tertulia.db")
    database = Database(path)
    project = Project(id=new_id(), name="p", created_at=NOW, updated_at=NOW)
    agent = Agent(id=new_id(), project_id=project.id, name="a", created_at=NOW, updated_at=NOW)

    def furnish(connection: Connection) -> tuple[User, Conversation]:
        projects.insert_project(connection, project)
        agents.insert_agent(connection, agent)
        user = projects.insert_user(connection, "ada@example.org", NOW, is_superuser=False)
        conversation = Conversation(
            id=new_id(),
            project_id=project.id,
            creator_id=user.id,
            name="c",
            created_at=NOW,
            updated_at=NOW,
            agent_id=agent.id,
        )
        conversations.insert_conversation(connection, conversation)
        return user, conversation

    user, conversation = await database.write(furnish)
    actor = Actor(user_id=user.id, email=user.email, project_id=project.id)
    yield Bench(database, actor, conversation)
    database.close()


def _no_data() -> NoReturn:
    raise AssertionError("these conversations hold no data")


@pytest.fixture
async def station(bench: Bench) -> AsyncIterator[Callable[..., Station]]:
    """Opens workers: `station(play)`; the pace is quick and leases are short."""
    opened: list[Station] = []

    def open_station(play: Play, *, lease_s: float = 0.4, drain_s: float = 0.2) -> Station:
        settings = Settings(data=bench.database.path.parent, lease_s=lease_s)
        journal = DatabaseJournal(bench.database, settings, Rights(bench.database, _no_data))
        hub = Hub(journal, poll_s=0.02)
        pace = Pace(heartbeat_s=0.1, poll_s=0.02, flush_s=0.02, drain_s=drain_s, run_seconds=5, run_limit=50)
        worker = Worker(
            journal, hub=hub, execute=lambda briefing: Execution(model="test", events=play(briefing)), pace=pace
        )
        worker.start()
        station = Station(worker, hub, Chat(bench.database, hub=hub, worker=worker, settings=settings))
        opened.append(station)
        return station

    yield open_station
    for each in opened:
        await each.worker.stop()
