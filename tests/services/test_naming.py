"""What comes after an answer: a name for the conversation, questions to ask next, and nothing that anybody waits for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from providers.openai_server import ChatStand
from services.shelf import eventually, upload
from store.template import lay_schema
from tertulia.core.access import Actor
from tertulia.core.accounting import Grouping, Period
from tertulia.core.agent import AgentChange
from tertulia.core.conversation import Conversation, ConversationChange, ConversationDraft
from tertulia.core.document import DocumentState
from tertulia.core.errors import InvalidInput
from tertulia.core.message import AssistantMessage, Message, Outcome, Usage
from tertulia.core.run import Folded, Run
from tertulia.house import House
from tertulia.providers.scripted import Fail, Hang, Say, Script
from tertulia.services.naming import Naming
from tertulia.services.transcripts import Question
from tertulia.settings import Settings
from tertulia.store import conversations

QUESTION = "Hello, could you please tell me how many days of annual leave full-time staff have?"
OWN_WORDS = "How many days of annual leave full-time staff have"
SUGGESTED = "Name: Leave of full-time staff\nQuestion: Who approves it?\nQuestion: Can it be carried over?"
HANDBOOK = """# Staff handbook

## Annual leave

Full-time staff have 25 days of paid annual leave in a calendar year. Ask your lead for it two weeks before it starts.

## Sick pay

Staff who are ill for longer than three days of a year bring a note from a doctor. Sick pay is the full wage for six weeks.

## Parental leave

A birth parent has 16 weeks of leave at 80 percent of the wage. The other parent has four weeks of leave.
"""


class Desk(NamedTuple):
    """A house, and somebody in it."""

    house: House
    actor: Actor

    async def agent(self, model: str) -> str:
        return (await self.house.services.agents.create(self.actor, AgentChange(name="Scribe", model=model))).id

    async def begin(self, model: str, *, name: str | None = None) -> str:
        draft = ConversationDraft(agent_id=await self.agent(model), name=name)
        return (await self.house.services.conversations.create(self.actor, draft)).conversation.id

    async def answered(self, conversation_id: str, text: str) -> Run:
        """Asks, and waits for the answer."""
        run = await self.house.services.chat.send(self.actor, conversation_id, text)
        async for _ in self.house.services.chat.follow(run):
            pass
        return run

    async def looked_after(self, conversation_id: str, text: str) -> Conversation:
        """Asks, and waits until all that comes of the answer has come."""
        await self.answered(conversation_id, text)
        await eventually(lambda: self.house.naming.is_idle)
        return await self.get(conversation_id)

    async def get(self, conversation_id: str) -> Conversation:
        view = await self.house.services.conversations.get(self.actor, conversation_id, include_archived=True)
        return view.conversation

    async def messages(self, conversation_id: str) -> list[Message]:
        return await self.house.database.read(conversations.messages_of, conversation_id)

    async def add_handbook(self) -> None:
        [stored] = await self.house.services.documents.upload(self.actor, [upload("handbook.md", HANDBOOK)])
        async with asyncio.timeout(20):
            while (await self.house.services.documents.get(self.actor, stored.id)).state is not DocumentState.ACTIVE:
                await asyncio.sleep(0.02)


Open = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def stand() -> AsyncIterator[ChatStand]:
    """A model's service: the first request is a turn's."""
    async with ChatStand() as standing:
        yield standing


@pytest.fixture
async def open_desk(tmp_path: Path, stand: ChatStand) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def open_it(**settings: object) -> Desk:
            table = f'provider = "openai"\nmodel = "%s"\nbase_url = "http://{stand.host}/v1"\nretries = 0\n'
            prices = "prices = { input = 1.0, output = 2.0 }\n"
            models = f"[models.large]\n{table % 'large-1'}{prices}\n[models.small]\n{table % 'small-1'}{prices}"
            (tmp_path / "tertulia.toml").write_text(models, encoding="utf-8")
            fields = {"data": tmp_path, "embedder": "none", "scripted_model": True, **settings}
            lay_schema(tmp_path / "tertulia.db")
            house = House(msgspec.convert(fields, Settings))
            stack.callback(house.close)
            await house.start()
            stack.push_async_callback(house.stop)
            founded = await house.setup.found("Desk", admin_email="clerk@example.org")
            return Desk(house, await house.services.identity.actor(founded.admin_token, founded.project_id))

        yield open_it


@pytest.fixture
async def desk(open_desk: Open) -> Desk:
    return await open_desk()


def told(answer: str, **suggested: object) -> str:
    """A message that the scripted model answers so."""
    return msgspec.json.encode({**msgspec.to_builtins(Script(steps=[[Say(answer)]])), **suggested}).decode()


async def test_the_built_in_model_names_by_the_question_and_suggests_what_the_documents_answer(desk: Desk) -> None:
    await desk.add_handbook()
    conversation_id = await desk.begin("builtin")
    assert (await desk.get(conversation_id)).name.startswith("Conversation of ")
    found = await desk.looked_after(conversation_id, QUESTION)
    assert (found.name, found.has_default_name) == (OWN_WORDS, False)
    assert set(found.follow_ups) == {"What should I know about sick pay?", "What should I know about parental leave?"}
    for each in found.follow_ups:
        await desk.answered(conversation_id, each)
        answer = (await desk.messages(conversation_id))[-1]
        assert isinstance(answer, AssistantMessage)
        assert answer.citations, each


async def test_a_new_question_takes_the_suggestions_away_and_keeps_the_name(desk: Desk) -> None:
    conversation_id = await desk.begin("scripted")
    first = await desk.looked_after(conversation_id, told("Yes.", name="A talk", follow_ups=["Why?", "When?"]))
    assert (first.name, first.follow_ups) == ("A talk", ["Why?", "When?"])
    await desk.house.services.chat.send(desk.actor, conversation_id, told("Later.", name="Another talk"))
    assert (await desk.get(conversation_id)).follow_ups == []
    second = await desk.looked_after(await desk.begin("scripted"), told("No."))
    assert (second.has_default_name, second.follow_ups) == (True, [])
    await eventually(lambda: desk.house.naming.is_idle)
    assert (await desk.get(conversation_id)).name == "A talk"


async def test_a_name_somebody_gave_is_kept(desk: Desk) -> None:
    given = await desk.looked_after(await desk.begin("scripted", name="Mine"), told("Yes.", name="Yours"))
    assert given.name == "Mine"
    conversation_id = await desk.begin("scripted")
    await desk.answered(conversation_id, told("Yes.", name="Yours", follow_ups=["Why?"]))
    await desk.house.services.conversations.change(desk.actor, conversation_id, ConversationChange(name="Meanwhile"))
    await eventually(lambda: desk.house.naming.is_idle)
    found = await desk.get(conversation_id)
    assert (found.name, found.follow_ups) == ("Meanwhile", ["Why?"])


async def test_new_tags_are_no_name(desk: Desk) -> None:
    conversation_id = await desk.begin("scripted")
    await desk.house.services.conversations.change(desk.actor, conversation_id, ConversationChange(tags=["a"]))
    found = await desk.looked_after(conversation_id, told("Yes.", name="Named"))
    assert (found.name, found.tags) == ("Named", ["a"])


async def test_what_was_put_away_meanwhile_is_left_alone(desk: Desk) -> None:
    archived, purged = await desk.begin("scripted"), await desk.begin("scripted")
    for each in (archived, purged):
        await desk.answered(each, told("Yes.", name="Late", follow_ups=["Why?"]))
        await desk.house.services.conversations.archive(desk.actor, each)
    await desk.house.services.conversations.purge(desk.actor, purged)
    await eventually(lambda: desk.house.naming.is_idle)
    found = await desk.get(archived)
    assert (found.has_default_name, found.follow_ups) == (True, [])


async def test_small_talk_gives_no_name_and_the_question_after_it_does(desk: Desk) -> None:
    conversation_id = await desk.begin("builtin")
    assert (await desk.looked_after(conversation_id, "hi there!")).has_default_name
    assert (await desk.looked_after(conversation_id, "is a dog allowed please?")).name == "Is a dog allowed"


@pytest.mark.parametrize("ending", [Fail(error="ProviderFailed"), Hang()])
async def test_a_turn_that_did_not_complete_gives_nothing(desk: Desk, ending: Fail | Hang) -> None:
    script = Script(steps=[[Say("So far"), ending]], name="Never", follow_ups=["Why?"])
    conversation_id = await desk.begin("scripted")
    run = await desk.house.services.chat.send(desk.actor, conversation_id, msgspec.json.encode(script).decode())
    await desk.house.services.chat.cancel(desk.actor, conversation_id)
    async for _ in desk.house.services.chat.follow(run):
        pass
    await eventually(lambda: desk.house.naming.is_idle)
    found = await desk.get(conversation_id)
    assert (found.has_default_name, found.follow_ups) == (True, [])


@pytest.mark.parametrize(("names", "questions"), [(True, False), (False, True), (False, False)])
async def test_each_can_be_switched_off(open_desk: Open, *, names: bool, questions: bool) -> None:
    desk = await open_desk(automatic_names=names, follow_ups=questions)
    found = await desk.looked_after(await desk.begin("scripted"), told("Yes.", name="On", follow_ups=["Why?"]))
    assert (found.name == "On", found.follow_ups == ["Why?"]) == (names, questions)


async def test_a_language_model_is_asked_once_and_its_tokens_are_the_conversations(
    desk: Desk, stand: ChatStand
) -> None:
    stand.say("25 days. [1](http://localhost/reference/x)")
    stand.spend(Usage(input_tokens=100, output_tokens=10))
    stand.then()
    stand.say(SUGGESTED)
    stand.spend(Usage(input_tokens=40, output_tokens=20))
    conversation_id = await desk.begin("large")
    found = await desk.looked_after(conversation_id, QUESTION)
    assert found.name == "Leave of full-time staff"
    assert found.follow_ups == ["Who approves it?", "Can it be carried over?"]
    assert (found.usage.input_tokens, found.usage.output_tokens) == (140, 30)
    [turn, naming] = stand.requests
    assert "tools" in turn.body
    assert "tools" not in naming.body
    assert naming.body["model"] == "large-1"
    assert "25 days." in str(naming.body["messages"])
    assert "reference" not in str(naming.body["messages"])
    answer = (await desk.messages(conversation_id))[-1]
    assert isinstance(answer, AssistantMessage)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (100, 10)
    [spent] = await desk.house.services.accounting.usage(desk.actor, group_by=Grouping.MODEL)
    assert (spent.key, spent.turn_count, spent.usage.input_tokens) == ("large", 1, 140)
    assert spent.usage.cost == pytest.approx((140 * 1 + 30 * 2) / 1_000_000)


async def test_another_model_may_be_asked_for_names(open_desk: Open, stand: ChatStand) -> None:
    desk = await open_desk(naming_model="small")
    stand.say("25 days.")
    stand.then()
    stand.say(SUGGESTED)
    stand.spend(Usage(input_tokens=40, output_tokens=20))
    await desk.looked_after(await desk.begin("large"), QUESTION)
    assert [request.body["model"] for request in stand.requests] == ["large-1", "small-1"]
    spent = await desk.house.services.accounting.usage(desk.actor, group_by=Grouping.MODEL)
    assert {each.key: each.usage.input_tokens for each in spent} == {"large": 0, "small": 40}


async def test_no_model_is_asked_about_what_the_built_in_one_answered(open_desk: Open, stand: ChatStand) -> None:
    desk = await open_desk(naming_model="small")
    assert (await desk.looked_after(await desk.begin("builtin"), QUESTION)).name == OWN_WORDS
    assert stand.requests == []


async def test_the_built_in_way_may_be_chosen_for_language_models(open_desk: Open, stand: ChatStand) -> None:
    desk = await open_desk(naming_model="builtin")
    stand.say("25 days.")
    assert (await desk.looked_after(await desk.begin("large"), QUESTION)).name == OWN_WORDS
    assert len(stand.requests) == 1


def test_a_naming_model_must_be_configured(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="'nobody'"):
        House(Settings(data=tmp_path, embedder="none", naming_model="nobody"))


async def test_a_model_that_fails_leaves_the_questions_own_words(desk: Desk, stand: ChatStand) -> None:
    stand.say("25 days.")
    stand.then()
    stand.fail(500)
    found = await desk.looked_after(await desk.begin("large"), QUESTION)
    assert (found.name, found.follow_ups) == (OWN_WORDS, [])


async def test_a_model_that_falls_silent_is_given_up_and_what_it_wrote_is_counted(
    open_desk: Open, stand: ChatStand
) -> None:
    desk = await open_desk(automatic_names=False, follow_ups=False)
    stand.say("25 days.")
    stand.then()
    stand.say(SUGGESTED)
    stand.silence()
    conversation_id = await desk.begin("large")
    run = await desk.answered(conversation_id, QUESTION)
    naming = Naming(desk.house.database, roster=desk.house.roster, settings=Settings(), longest_s=0.3)
    naming.after(run, await _folded(desk, run))
    await eventually(lambda: naming.is_idle)
    await asyncio.wait_for(stand.left.wait(), 5)
    found = await desk.get(conversation_id)
    assert found.name == "Leave of full-time staff"
    assert found.usage.output_tokens > 0


async def test_a_shutdown_waits_for_no_model(open_desk: Open, stand: ChatStand) -> None:
    desk = await open_desk()
    stand.say("25 days.")
    stand.then()
    stand.silence()
    conversation_id = await desk.begin("large")
    await desk.answered(conversation_id, QUESTION)
    await eventually(lambda: len(stand.requests) == 2)
    async with asyncio.timeout(5):
        await desk.house.stop()
    assert desk.house.naming.is_idle
    assert (await desk.get(conversation_id)).has_default_name


async def test_a_spent_budget_is_not_spent_on_names(desk: Desk, stand: ChatStand) -> None:
    await desk.house.budgets.set(desk.actor.project_id, None, Period.DAY, tokens=100)
    stand.say("25 days.")
    stand.spend(Usage(input_tokens=99, output_tokens=1))
    found = await desk.looked_after(await desk.begin("large"), QUESTION)
    assert found.name == OWN_WORDS
    assert len(stand.requests) == 1


async def test_a_conversation_of_a_client_that_shows_neither_costs_nothing(desk: Desk, stand: ChatStand) -> None:
    stand.say("25 days.")
    question = Question(text=QUESTION, agent_id=await desk.agent("large"))
    run = await desk.house.services.transcripts.ask(desk.actor, question)
    async for _ in desk.house.services.chat.follow(run):
        pass
    await eventually(lambda: desk.house.naming.is_idle)
    assert (await desk.get(run.conversation_id)).follow_ups == []
    assert len(stand.requests) == 1


async def test_what_comes_too_late_for_its_turn_is_dropped(open_desk: Open) -> None:
    desk = await open_desk(automatic_names=False, follow_ups=False)
    conversation_id = await desk.begin("scripted")
    run = await desk.answered(conversation_id, told("Yes.", name="First", follow_ups=["Why?"]))
    await desk.answered(conversation_id, told("No."))
    naming = Naming(desk.house.database, roster=desk.house.roster, settings=Settings())
    naming.after(run, await _folded(desk, run))
    await eventually(lambda: naming.is_idle)
    found = await desk.get(conversation_id)
    assert (found.name, found.follow_ups) == ("First", [])


async def test_a_question_that_is_kept_out_of_the_history_names_nothing(open_desk: Open) -> None:
    desk = await open_desk(automatic_names=False, follow_ups=False)
    conversation_id = await desk.begin("scripted")
    run = await desk.answered(conversation_id, told("Yes.", name="First"))
    naming = Naming(desk.house.database, roster=desk.house.roster, settings=Settings())
    naming.after(msgspec.structs.replace(run, question="Yes?"), await _folded(desk, run))
    assert naming.is_idle
    naming.after(run, await _folded(desk, run))
    assert not naming.is_idle
    await naming.stop()


async def _folded(desk: Desk, run: Run) -> Folded:
    """What a run became, as it is stored."""
    messages = [each for each in await desk.messages(run.conversation_id) if each.turn == run.turn]
    return Folded(messages=messages[1:], usage=Usage(), outcome=Outcome.COMPLETED)
