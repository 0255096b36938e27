"""Where a question lands: in the conversation whose transcript it tells, in a copy, or in a new one. On a real file."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from msgspec.structs import replace

from store.template import lay_schema
from tertulia.core.access import Actor
from tertulia.core.agent import AgentChange
from tertulia.core.conversation import ConversationDraft, ConversationFilter, Window
from tertulia.core.errors import InvalidInput, NotFound, RunInProgress, TooLarge
from tertulia.core.run import Run
from tertulia.house import House
from tertulia.providers.scripted import Say, Script, Spend
from tertulia.services.transcripts import KIND, EarlierTurn, Question, said
from tertulia.settings import Settings
from tertulia.store import transcripts
from tertulia.store.transcripts import Asked

HANG = '{"steps": [[{"do": "hang"}]]}'


class Desk(NamedTuple):
    """A house, somebody in it, and an agent that says what it is told to."""

    house: House
    actor: Actor
    agent_id: str

    async def ask(self, text: str, *earlier: EarlierTurn, instructions: str | None = None) -> Run:
        """Asks, and waits for the answer."""
        question = Question(text=text, agent_id=self.agent_id, earlier=[*earlier], instructions=instructions)
        return await self.answered(await self.house.services.transcripts.ask(self.actor, question))

    async def answered(self, run: Run) -> Run:
        async for _ in self.house.services.chat.follow(run):
            pass
        return run

    async def conversations(self) -> int:
        """How many there are."""
        page = await self.house.services.conversations.list(self.actor, ConversationFilter(), Window())
        return page.total

    async def announce(self, run: Run) -> None:
        """What a process leaves that died between announcing the next question and sending it."""
        asked = Asked(
            conversation_id=run.conversation_id,
            turn=run.turn + 1,
            user_id=self.actor.user_id,
            agent_id=self.agent_id,
            digest="of a question that never came",
        )
        await self.house.database.write(transcripts.insert_asked, asked)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    lay_schema(tmp_path / "tertulia.db")
    house = House(Settings(data=tmp_path, embedder="none", scripted_model=True, message_characters=2_000))
    await house.start()
    founded = await house.setup.found("Desk", admin_email="clerk@example.org")
    actor = await house.services.identity.actor(founded.admin_token, founded.project_id)
    agent = await house.services.agents.create(actor, AgentChange(name="Scribe", model="scripted"))
    yield Desk(house, actor, agent.id)
    await house.stop()
    house.close()


def told(answer: str) -> str:
    """A message that is answered so, for three tokens."""
    return msgspec.json.encode(Script(steps=[[Say(answer), Spend(output_tokens=3)]])).decode()


FIRST = EarlierTurn(told("One."), "One.")


async def test_a_question_goes_on_where_its_transcript_is_and_begins_where_it_is_nowhere(desk: Desk) -> None:
    first = await desk.ask(FIRST.question)
    second = await desk.ask(told("Two."), FIRST)
    assert (second.conversation_id, second.turn) == (first.conversation_id, 1)
    elsewhere = await desk.ask(told("Two."), EarlierTurn(FIRST.question, "Another one."))
    assert elsewhere.conversation_id != first.conversation_id
    assert elsewhere.turn == 1
    stored = await desk.house.services.transcripts.get(desk.actor, elsewhere.conversation_id, 0)
    assert said(stored.messages) == "Another one."
    assert stored.run is None
    assert stored.conversation.kind == KIND


async def test_of_two_that_are_the_same_the_one_with_the_same_instructions_goes_on(desk: Desk) -> None:
    brief = await desk.ask(FIRST.question, instructions="Be brief.")
    await desk.ask(FIRST.question, instructions="Be kind.")
    second = await desk.ask(told("Two."), FIRST, instructions="Be brief.")
    assert second.conversation_id == brief.conversation_id


async def test_tokens_of_copied_turns_are_not_counted_again(desk: Desk) -> None:
    first = await desk.ask(FIRST.question)
    await desk.ask(told("Two."), FIRST)
    copy = await desk.ask(told("Other."), FIRST)
    usages = [
        (await desk.house.services.conversations.get(desk.actor, run.conversation_id)).conversation.usage.output_tokens
        for run in (first, copy)
    ]
    assert usages == [6, 3]


async def test_what_could_not_be_sent_leaves_no_trace(desk: Desk) -> None:
    first = await desk.ask(FIRST.question)
    for earlier in ([], [FIRST]):
        with pytest.raises(TooLarge):
            await desk.ask("x" * 2_001, *earlier)
    assert await desk.conversations() == 1
    second = await desk.ask(told("Two."), FIRST)
    assert second.conversation_id == first.conversation_id


async def test_a_question_that_was_announced_and_never_sent_closes_nothing(desk: Desk) -> None:
    first = await desk.ask(FIRST.question)
    await desk.announce(first)
    copy = await desk.ask(told("Two."), FIRST)
    assert copy.conversation_id != first.conversation_id
    service = desk.house.services.transcripts
    after = await service.ask_after(desk.actor, first.conversation_id, 0, Question(text=told("Three.")))
    assert after.conversation_id not in (first.conversation_id, copy.conversation_id)
    inside = await service.ask_in(desk.actor, first.conversation_id, Question(text=told("Four."), given={"model": "m"}))
    assert (inside.conversation_id, inside.turn) == (first.conversation_id, 1)
    assert (await service.get(desk.actor, first.conversation_id, 1)).given == {"model": "m"}


async def test_an_answer_that_is_being_written_is_not_gone_on_after(desk: Desk) -> None:
    service = desk.house.services.transcripts
    run = await service.ask(desk.actor, Question(text=HANG, agent_id=desk.agent_id))
    with pytest.raises(RunInProgress):
        await service.ask_after(desk.actor, run.conversation_id, 0, Question(text="Now?"))
    with pytest.raises(RunInProgress):
        await service.ask_in(desk.actor, run.conversation_id, Question(text="Now?"))
    partial = await desk.ask(told("Two."), EarlierTurn(HANG, ""))
    assert partial.conversation_id != run.conversation_id
    await desk.house.services.chat.cancel(desk.actor, run.conversation_id)
    await desk.answered(run)


async def test_messages_brought_along_stand_between_what_is_stored_and_the_question(desk: Desk) -> None:
    first = await desk.ask(FIRST.question)
    service = desk.house.services.transcripts
    question = Question(text=told("Three."), earlier=[EarlierTurn("Two?", "Two.")])
    third = await desk.answered(await service.ask_after(desk.actor, first.conversation_id, 0, question))
    assert (third.conversation_id, third.turn) == (first.conversation_id, 2)
    fourth = await desk.ask(told("Four."), FIRST, *question.earlier, EarlierTurn(question.text, "Three."))
    assert fourth.conversation_id == first.conversation_id


async def test_a_conversation_keeps_its_agent_and_its_fixed_instructions(desk: Desk) -> None:
    conversations, service = desk.house.services.conversations, desk.house.services.transcripts
    draft = ConversationDraft(agent_id=desk.agent_id, instructions="Be brief.")
    place = (await conversations.create(desk.actor, draft)).conversation.id
    for question in (Question(text="A", agent_id="another"), Question(text="A", instructions="Be long.")):
        with pytest.raises(InvalidInput):
            await service.ask_in(desk.actor, place, question)
    run = await desk.answered(await service.ask_in(desk.actor, place, Question(text=told("One."))))
    longer = Question(text=told("Two."), instructions="Be long.")
    branch = await service.ask_after(desk.actor, place, run.turn, longer)
    assert branch.conversation_id != place
    same = await service.ask_after(desk.actor, place, run.turn, replace(longer, instructions="Be brief."))
    assert same.conversation_id == place


async def test_after_a_deleted_agent_another_one_must_be_named(desk: Desk) -> None:
    first = await desk.ask(FIRST.question)
    await desk.house.services.agents.delete(desk.actor, desk.agent_id)
    service = desk.house.services.transcripts
    with pytest.raises(InvalidInput) as caught:
        await service.ask_after(desk.actor, first.conversation_id, 0, Question(text="A"))
    assert list(caught.value.fields) == ["model"]
    other = await desk.house.services.agents.create(desk.actor, AgentChange(name="Other", model="scripted"))
    run = await service.ask_after(desk.actor, first.conversation_id, 0, Question(text=told("Two."), agent_id=other.id))
    assert run.conversation_id != first.conversation_id


async def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    first = await desk.ask(FIRST.question)
    service = desk.house.services.transcripts
    with pytest.raises(NotFound):
        await service.get(desk.actor, first.conversation_id, 1)
    with pytest.raises(NotFound):
        await service.ask_after(desk.actor, first.conversation_id, 1, Question(text="A"))
    with pytest.raises(NotFound):
        await service.project_of("0199c0de-0000-7000-8000-000000000001")
    assert await service.project_of(first.conversation_id) == desk.actor.project_id
