"""Names and follow-up questions of conversations about data: shown to every reader, and so made without the data."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from providers.openai_server import ChatStand
from providers.provider_stand import Call, Received
from services.marina import BO, PURSER, Marina, speaks_of
from services.shelf import eventually
from tertulia.core.access import Actor
from tertulia.core.agent import AgentChange
from tertulia.core.conversation import Conversation, ConversationDraft
from tertulia.core.message import AssistantMessage, ToolCall
from tertulia.core.query import Source
from tertulia.core.tool import ToolKind
from tertulia.store import conversations

QUESTION = "What did my harbour take?"
SUGGESTED = "Name: Takings of a harbour\nQuestion: And by month?"
ASKED = {"model": "boats", "explore": "boats/my_hires", "fields": ["hires.harbour", "hires.takings"]}


class Pier(NamedTuple):
    """A marina whose agents are a language model, scripted at the stand."""

    marina: Marina
    stand: ChatStand
    actor: Actor

    async def begin(self, name: str | None = None) -> str:
        purser = await self.marina.actor(PURSER)
        given = AgentChange(name="Deckhand", model="large", sources=[Source("boats", "my_hires")])
        agent = await self.marina.services.agents.create(purser, given)
        draft = ConversationDraft(agent_id=agent.id, name=name)
        return (await self.marina.services.conversations.create(self.actor, draft)).conversation.id

    async def looked_after(self, conversation_id: str, question: str = QUESTION) -> Conversation:
        """Asks, and waits until all that comes of the answer has come."""
        run = await self.marina.services.chat.send(self.actor, conversation_id, question)
        async for _ in self.marina.services.chat.follow(run):
            pass
        await eventually(lambda: self.marina.house.naming.is_idle)
        view = await self.marina.services.conversations.get(self.actor, conversation_id)
        return view.conversation

    def answers_from_data(self) -> None:
        self.stand.call(Call("call-1", ToolKind.RUN_QUERY, (msgspec.json.encode(ASKED).decode(),)))
        self.stand.then()
        self.stand.say("South took 240.00 euros.")
        self.stand.then()

    @property
    def shown_for_a_name(self) -> Received:
        return self.stand.requests[-1]


@pytest.fixture
async def pier(tmp_path: Path) -> AsyncIterator[Pier]:
    async with ChatStand() as stand:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "tertulia.toml").write_text(
            f"""
            [models.large]
            provider = "openai"
            model = "large-1"
            base_url = "http://{stand.host}/v1"
            retries = 0
            """,
            encoding="utf-8",
        )
        marina = await Marina(tmp_path).found()
        await marina.house.start()
        yield Pier(marina, stand, await marina.actor(BO))
        await marina.house.stop()
        marina.house.close()


async def test_the_model_that_names_is_shown_the_question_and_the_columns_and_no_value(pier: Pier) -> None:
    pier.answers_from_data()
    pier.stand.say(SUGGESTED)
    conversation_id = await pier.begin()
    found = await pier.looked_after(conversation_id)
    [_, call, answer] = await pier.marina.house.database.read(conversations.messages_of, conversation_id)
    assert isinstance(call, ToolCall)
    assert speaks_of(240, msgspec.json.encode(call.result))
    assert isinstance(answer, AssistantMessage)
    assert speaks_of(240, answer.text)
    assert (found.name, found.follow_ups) == ("Takings of a harbour", ["And by month?"])
    shown = str(pier.shown_for_a_name.body["messages"])
    assert QUESTION in shown
    assert "Harbour, Takings" in shown
    assert not speaks_of(240, shown)
    assert "South" not in shown


async def test_an_answer_that_only_speaks_of_earlier_data_is_not_shown_either(pier: Pier) -> None:
    pier.answers_from_data()
    pier.stand.say(SUGGESTED)
    conversation_id = await pier.begin()
    await pier.looked_after(conversation_id)
    pier.stand.then()
    pier.stand.say("Twice 240 is 480.")
    pier.stand.then()
    pier.stand.say("Question: And by boat?")
    assert (await pier.looked_after(conversation_id, "Double it.")).follow_ups == ["And by boat?"]
    shown = str(pier.shown_for_a_name.body["messages"])
    assert "Double it." in shown
    assert QUESTION in shown
    assert not speaks_of(480, shown)


async def test_an_answer_without_data_is_shown(pier: Pier) -> None:
    pier.stand.say("We open at nine.")
    pier.stand.then()
    pier.stand.say("Name: Opening hours")
    assert (await pier.looked_after(await pier.begin(), "When do you open?")).name == "Opening hours"
    assert "We open at nine." in str(pier.shown_for_a_name.body["messages"])


async def test_a_name_that_somebody_chose_is_shown_whatever_it_says(pier: Pier) -> None:
    pier.answers_from_data()
    pier.stand.say("Question: And by month?")
    found = await pier.looked_after(await pier.begin(name="South took 240"))
    assert (found.name, found.follow_ups) == ("South took 240", ["And by month?"])
