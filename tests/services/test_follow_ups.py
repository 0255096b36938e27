"""What could follow a turn that is kept out of the history: told to who waits for it, soon, and stored nowhere."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from providers.openai_server import ChatStand
from providers.provider_stand import Call
from services.marina import PURSER, Marina, speaks_of
from services.shelf import eventually, upload
from store.template import lay_schema
from tertulia.core.access import Actor
from tertulia.core.accounting import Grouping
from tertulia.core.agent import AgentChange
from tertulia.core.conversation import ConversationDraft, ConversationView
from tertulia.core.document import DocumentState
from tertulia.core.message import Usage
from tertulia.core.query import Source
from tertulia.core.run import Run
from tertulia.house import House
from tertulia.providers.scripted import Fail, Say, Script
from tertulia.services.naming import Naming
from tertulia.settings import Settings

QUESTION = "How many days of annual leave do full-time staff have?"
SUGGESTED = "Question: Who approves it?\nQuestion: Can it be carried over?"
RULES = """# Rules

## Annual leave

Full-time staff have 25 days of paid annual leave in a calendar year. Ask your lead for it two weeks before it starts.

## Sick pay

Staff who are ill for longer than three days bring a note from a doctor. Sick pay is the full wage for six weeks.

## Parental leave

A birth parent has 16 weeks of leave at 80 percent of the wage. The other parent has four weeks of leave.
"""


class Room(NamedTuple):
    """A house, and somebody in it who asks without keeping anything."""

    house: House
    actor: Actor

    async def ask(self, model: str, text: str) -> Run:
        """Begins a conversation with an agent of this model, asks, and waits for the answer."""
        services = self.house.services
        agent = await services.agents.create(self.actor, AgentChange(name="Clerk", model=model))
        begun = await services.conversations.create(self.actor, ConversationDraft(agent_id=agent.id))
        run = await services.chat.ask(self.actor, begun.conversation.id, text)
        async for _ in services.chat.follow(run):
            pass
        return run

    async def of(self, run: Run) -> ConversationView:
        return await self.house.services.conversations.get(self.actor, run.conversation_id, include_archived=True)

    async def spent(self) -> Usage:
        [spent] = await self.house.services.accounting.usage(self.actor, group_by=Grouping.MODEL)
        assert (spent.key, spent.turn_count) == ("large", 1)
        return spent.usage

    def naming(self, settings: Settings, longest_s: float = 20.0) -> Naming:
        return Naming(self.house.database, roster=self.house.roster, settings=settings, longest_s=longest_s)


@pytest.fixture
async def stand() -> AsyncIterator[ChatStand]:
    """A model's service: the first request is the turn's."""
    async with ChatStand() as standing:
        standing.say("25 days.")
        standing.spend(Usage(input_tokens=100, output_tokens=10))
        standing.then()
        yield standing


def configure(data: Path, stand: ChatStand) -> None:
    address = f"http://{stand.host}/v1"
    model = f'[models.large]\nprovider = "openai"\nmodel = "large-1"\nbase_url = "{address}"\nretries = 0\n'
    (data / "tertulia.toml").write_text(model, encoding="utf-8")


@pytest.fixture
async def room(tmp_path: Path, stand: ChatStand) -> AsyncIterator[Room]:
    configure(tmp_path, stand)
    lay_schema(tmp_path / "tertulia.db")
    house = House(Settings(data=tmp_path, embedder="none", scripted_model=True))
    await house.start()
    founded = await house.setup.found("Room", admin_email="clerk@example.org")
    yield Room(house, await house.services.identity.actor(founded.admin_token, founded.project_id))
    await house.stop()
    house.close()


async def add_rules(room: Room) -> None:
    documents = room.house.services.documents
    [stored] = await documents.upload(room.actor, [upload("rules.md", RULES)])
    async with asyncio.timeout(20):
        while (await documents.get(room.actor, stored.id)).state is not DocumentState.ACTIVE:
            await asyncio.sleep(0.02)


def told(*steps: Say | Fail) -> str:
    """A message that the scripted model answers so, with a question to follow."""
    return msgspec.json.encode(Script(steps=[list(steps)], name="A talk", follow_ups=["Why?"])).decode()


async def test_the_built_in_model_suggests_what_the_documents_answer_and_keeps_nothing(room: Room) -> None:
    await add_rules(room)
    run = await room.ask("builtin", QUESTION)
    found = await room.house.naming.follow_ups(run)
    assert set(found) == {"What should I know about sick pay?", "What should I know about parental leave?"}
    view = await room.of(run)
    assert (view.history, view.conversation.follow_ups, view.conversation.has_default_name) == (b"[]", [], True)


async def test_a_language_model_is_asked_once_and_for_questions_alone(room: Room, stand: ChatStand) -> None:
    stand.say(SUGGESTED)
    stand.spend(Usage(input_tokens=40, output_tokens=20))
    run = await room.ask("large", QUESTION)
    assert await room.house.naming.follow_ups(run) == ["Who approves it?", "Can it be carried over?"]
    [_, asked] = stand.requests
    assert "25 days." in str(asked.body["messages"])
    assert "Name:" not in str(asked.body["messages"])
    spent = await room.spent()
    assert (spent.input_tokens, spent.output_tokens) == (140, 30)
    view = await room.of(run)
    assert (view.conversation.follow_ups, view.conversation.has_default_name) == ([], True)


async def test_a_language_model_is_not_shown_what_came_of_data(tmp_path: Path) -> None:
    """What is suggested may be kept, and is then shown to others: it is made of the question and of names alone."""
    (tmp_path / "data").mkdir()
    async with ChatStand() as stand:
        configure(tmp_path / "data", stand)
        stand.call(Call("call-1", "run_query", ('{"explore": "boats/hires", ', '"fields": ["hires.takings"]}')))
        stand.then()
        stand.say("They took 780 in all.")
        stand.then()
        stand.say(SUGGESTED)
        marina = await Marina(tmp_path).found()
        await marina.house.start()
        actor = await marina.actor(PURSER)
        change = AgentChange(name="Purser", model="large", sources=[Source("boats", "hires")])
        agent = await marina.services.agents.create(actor, change)
        begun = await marina.services.conversations.create(actor, ConversationDraft(agent_id=agent.id))
        run = await marina.services.chat.ask(actor, begun.conversation.id, "What are the takings?")
        async for _ in marina.services.chat.follow(run):
            pass
        assert await marina.house.naming.follow_ups(run) == ["Who approves it?", "Can it be carried over?"]
        [_, answering, asked] = [str(each.body["messages"]) for each in stand.requests]
        assert speaks_of(780, answering)
        assert "What are the takings?" in asked
        assert not speaks_of(780, asked)
        await marina.house.stop()
        await marina.close()


async def test_who_waits_for_a_silent_model_gets_what_it_wrote_by_then(room: Room, stand: ChatStand) -> None:
    stand.say(f"{SUGGESTED}\nQuestion: Is it")
    stand.silence()
    run = await room.ask("large", QUESTION)
    naming = room.naming(Settings(), longest_s=0.3)
    async with asyncio.timeout(3):
        assert await naming.follow_ups(run) == ["Who approves it?", "Can it be carried over?"]
    assert naming.is_idle
    assert (await room.spent()).output_tokens > 10


async def test_who_stops_waiting_stops_no_call_and_its_tokens_are_accounted(room: Room, stand: ChatStand) -> None:
    stand.say(SUGGESTED)
    stand.silence()
    run = await room.ask("large", QUESTION)
    naming = room.naming(Settings(), longest_s=0.5)
    waiting = asyncio.create_task(naming.follow_ups(run))
    await eventually(lambda: len(stand.requests) == 2)
    waiting.cancel()
    await eventually(waiting.done)
    assert not naming.is_idle
    await eventually(lambda: naming.is_idle)
    assert (await room.spent()).output_tokens > 10


async def test_a_model_that_fails_leaves_nothing_to_follow(room: Room, stand: ChatStand) -> None:
    stand.fail(500)
    assert await room.house.naming.follow_ups(await room.ask("large", QUESTION)) == []


async def test_nothing_follows_small_talk_and_turns_that_failed(room: Room) -> None:
    naming = room.house.naming
    assert await naming.follow_ups(await room.ask("builtin", "hi there!")) == []
    failed = await room.ask("scripted", told(Say("So far"), Fail(error="ProviderFailed")))
    assert await naming.follow_ups(failed) == []


async def test_nothing_follows_where_it_is_switched_off_and_in_an_archived_conversation(room: Room) -> None:
    run = await room.ask("scripted", told(Say("Yes.")))
    assert await room.naming(Settings(follow_ups=False)).follow_ups(run) == []
    assert await room.house.naming.follow_ups(run) == ["Why?"]
    await room.house.services.conversations.archive(room.actor, run.conversation_id)
    assert await room.house.naming.follow_ups(run) == []


async def test_a_shutdown_ends_the_wait(room: Room, stand: ChatStand) -> None:
    stand.silence()
    run = await room.ask("large", QUESTION)
    waiting = asyncio.create_task(room.house.naming.follow_ups(run))
    await eventually(lambda: len(stand.requests) == 2)
    await room.house.naming.stop()
    async with asyncio.timeout(10):
        assert await waiting == []
    assert await room.house.naming.follow_ups(run) == []
