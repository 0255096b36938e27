"""Histories that clients keep themselves, and questions that are asked without leaving anything in them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from services.town import ADMIN, MEMBER, STRANGER, Town
from store.template import lay_schema
from tertulia.core.access import Actor
from tertulia.core.agent import AgentChange
from tertulia.core.clock import now
from tertulia.core.conversation import Conversation, ConversationDraft, ConversationFilter, Window
from tertulia.core.errors import Archived, InvalidInput, NotFound, PermissionDenied, RunInProgress
from tertulia.core.message import Aside, AssistantMessage, Interim, Message, Reasoning, UserMessage
from tertulia.core.query import Source
from tertulia.core.run import RunStatus, TextDelta
from tertulia.house import House
from tertulia.providers.scripted import Say, Script, Spend
from tertulia.services.history import Written
from tertulia.settings import Settings
from tertulia.store import conversations, runs
from tertulia.store.messages import Entry


def question(text: str) -> Written:
    """What a client says of it is odd on purpose: its own words come back as they were."""
    return Written(message=UserMessage(turn=7, at=now(), text=text, user_id="x"), wire={"t": text, "odd": [None, 1e3]})


def answer(text: str) -> Written:
    return Written(message=AssistantMessage(turn=9, at=now(), text=text), wire={"t": text})


def thought(text: str) -> Written:
    return Written(message=Reasoning(turn=0, at=now(), text=text), wire={"t": text})


ASIDE = Written(message=Aside(turn=0, at=now()), wire={"chart": {"mark": "bar"}})


async def begin(town: Town, email: str = MEMBER) -> Conversation:
    draft = ConversationDraft(sources=[Source("shop", "orders")])
    return (await town.services.conversations.create(await town.actor(email), draft)).conversation


def told(entries: list[Entry]) -> list[tuple[int, str, str]]:
    return [(each.turn, type(each.message).__name__, getattr(each.message, "text", "")) for each in entries]


async def test_a_users_message_begins_a_turn_and_others_belong_to_it(town: Town) -> None:
    member, talk = await town.actor(MEMBER), await begin(town)
    await town.services.history.add(member, talk.id, [question("One?"), thought("Hm."), answer("1."), ASIDE])
    await town.services.history.add(member, talk.id, [question("Two?")])
    await town.services.history.add(member, talk.id, [answer("2."), answer("Or 3.")])
    entries = await town.services.history.list(member, talk.id)
    assert told(entries) == [
        (0, "UserMessage", "One?"),
        (0, "Reasoning", "Hm."),
        (0, "AssistantMessage", "1."),
        (0, "NoneType", ""),
        (1, "UserMessage", "Two?"),
        (1, "AssistantMessage", "2."),
        (1, "Interim", "Or 3."),
    ]
    assert entries[0].wire == {"t": "One?", "odd": [None, 1000.0]}
    assert [each.user_id for each in messages_in(entries) if isinstance(each, UserMessage)] == [member.user_id] * 2
    assert len({each.id for each in entries}) == 7
    assert all(each.id.isdigit() for each in entries)


async def test_what_a_client_keeps_is_read_and_found_through_every_other_door(town: Town) -> None:
    member, talk = await town.actor(MEMBER), await begin(town)
    await town.services.history.add(member, talk.id, [question("Straße?"), ASIDE, answer("Seven.")])
    view = await town.services.conversations.get(member, talk.id)
    shown = msgspec.json.decode(view.history, type=list[Message])
    assert [getattr(each, "text", "") for each in shown] == ["Straße?", "Seven."]
    assert view.conversation.message_count == 2
    for text, total in (("STRASSE", 1), ("seven", 1), ("bar", 0)):
        page = await town.services.conversations.list(member, ConversationFilter(text=text), Window())
        assert page.total == total


async def test_a_message_is_changed_where_it_stands_and_found_by_its_new_words_only(town: Town) -> None:
    member, talk = await town.actor(MEMBER), await begin(town)
    first, second = await town.services.history.add(member, talk.id, [question("Before?"), answer("Yes.")])
    changed = await town.services.history.change(member, talk.id, first.id, question("After?"))
    assert (changed.id, changed.turn, changed.position) == (first.id, first.turn, first.position)
    assert told(await town.services.history.list(member, talk.id))[0] == (0, "UserMessage", "After?")
    for text, total in (("Before", 0), ("After", 1)):
        page = await town.services.conversations.list(member, ConversationFilter(text=text), Window())
        assert page.total == total
    with pytest.raises(NotFound):
        await town.services.history.change(member, talk.id, str(int(second.id) + 1), answer("No."))


async def test_messages_are_removed_together_or_not_at_all(town: Town) -> None:
    member, talk, other = await town.actor(MEMBER), await begin(town), await begin(town)
    first, second, third = await town.services.history.add(member, talk.id, [question("a"), answer("b"), ASIDE])
    [foreign] = await town.services.history.add(member, other.id, [question("c")])
    for unknown in (foreign.id, "0", "x", "9" * 40):
        with pytest.raises(NotFound, match=unknown):
            await town.services.history.remove(member, talk.id, [first.id, unknown])
    await town.services.history.remove(member, talk.id, [first.id, third.id])
    assert [each.id for each in await town.services.history.list(member, talk.id)] == [second.id]
    found = (await town.services.conversations.get(member, talk.id)).conversation
    assert found.message_count == 1


async def test_who_may_not_write_in_it_changes_no_history(town: Town) -> None:
    talk = await begin(town)
    [entry] = await town.services.history.add(await town.actor(MEMBER), talk.id, [question("Mine")])
    await town.services.conversations.share(await town.actor(MEMBER), talk.id)
    outsider, stranger = await begin(town, ADMIN), await town.actor(STRANGER)
    member = await town.actor(MEMBER)
    with pytest.raises(PermissionDenied):
        await town.services.history.add(member, outsider.id, [question("No")])
    for refused in (
        town.services.history.list(stranger, talk.id),
        town.services.history.add(stranger, talk.id, [question("No")]),
        town.services.history.change(stranger, talk.id, entry.id, question("No")),
        town.services.history.remove(stranger, talk.id, [entry.id]),
    ):
        with pytest.raises(NotFound):
            await refused
    assert told(await town.services.history.list(await town.actor(ADMIN), talk.id)) == [(0, "UserMessage", "Mine")]


@pytest.mark.parametrize("number", [0, 1_001])
async def test_nothing_and_too_much_at_once_are_refused(town: Town, number: int) -> None:
    talk = await begin(town)
    with pytest.raises(InvalidInput):
        await town.services.history.add(await town.actor(MEMBER), talk.id, [ASIDE] * number)


async def test_what_two_clients_add_at_once_is_all_kept_in_an_order(town: Town) -> None:
    member, talk = await town.actor(MEMBER), await begin(town)
    adding = [town.services.history.add(member, talk.id, [question(f"{n}?"), answer(f"{n}.")]) for n in range(10)]
    await asyncio.gather(*adding)
    entries = await town.services.history.list(member, talk.id)
    assert [each.turn for each in entries] == [turn for turn in range(10) for _ in range(2)]
    texts = [getattr(each.message, "text", "") for each in entries]
    assert all(texts[at][:-1] == texts[at + 1][:-1] for at in range(0, 20, 2))


class Desk(NamedTuple):
    """A house that answers, somebody in it, and a conversation with an agent that says what it is told to."""

    house: House
    actor: Actor
    conversation_id: str

    async def outcome(self, text: str) -> tuple[str, RunStatus]:
        """Asks without keeping it, and waits: what was said, and how the run ended."""
        run = await self.house.services.chat.ask(self.actor, self.conversation_id, text)
        heard: list[str] = []
        async for batch in self.house.services.chat.follow(run):
            heard += [event.text for event in batch.events if isinstance(event, TextDelta)]
        ended = await self.house.database.read(runs.find_run, run.id)
        assert ended is not None
        return "".join(heard), ended.status

    async def asked(self, text: str) -> str:
        return (await self.outcome(text))[0]

    async def kept(self) -> list[Entry]:
        return await self.house.services.history.list(self.actor, self.conversation_id)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    lay_schema(tmp_path / "tertulia.db")
    house = House(Settings(data=tmp_path, embedder="none", scripted_model=True))
    await house.start()
    founded = await house.setup.found("Desk", admin_email="clerk@example.org")
    actor = await house.services.identity.actor(founded.admin_token, founded.project_id)
    agent = await house.services.agents.create(actor, AgentChange(name="Scribe", model="scripted"))
    view = await house.services.conversations.create(actor, ConversationDraft(agent_id=agent.id))
    yield Desk(house, actor, view.conversation.id)
    await house.stop()
    house.close()


def script(text: str, **more: Any) -> str:
    return msgspec.json.encode(
        {**msgspec.to_builtins(Script(steps=[[Say(text), Spend(output_tokens=3)]])), **more}
    ).decode()


async def test_asking_leaves_nothing_but_what_it_cost(desk: Desk) -> None:
    assert await desk.outcome(script("Seven.")) == ("Seven.", RunStatus.COMPLETED)
    assert await desk.kept() == []
    found = (await desk.house.services.conversations.get(desk.actor, desk.conversation_id)).conversation
    assert (found.message_count, found.usage.output_tokens) == (0, 0)
    with pytest.raises(NotFound):
        await desk.house.services.chat.find_run(desk.actor, desk.conversation_id)
    account = await desk.house.services.accounting.account(desk.actor)
    assert account.total.usage.output_tokens == 3


async def test_a_client_keeps_what_it_heard_and_asks_on(desk: Desk) -> None:
    for number in range(2):
        heard = await desk.asked(script(f"{number}."))
        await desk.house.services.history.add(desk.actor, desk.conversation_id, [question("?"), answer(heard)])
    assert [(each.turn, getattr(each.message, "text", "")) for each in await desk.kept()] == [
        (0, "?"),
        (0, "0."),
        (1, "?"),
        (1, "1."),
    ]
    messages = await desk.house.database.read(conversations.messages_of, desk.conversation_id)
    assert not any(isinstance(each, Interim) for each in messages)


async def test_what_was_asked_and_what_is_sent_go_on_in_one_conversation(desk: Desk) -> None:
    await desk.asked(script("Unkept."))
    run = await desk.house.services.chat.send(desk.actor, desk.conversation_id, script("Kept."))
    async for _ in desk.house.services.chat.follow(run):
        pass
    await desk.house.services.history.add(desk.actor, desk.conversation_id, [question("More?")])
    assert [each.turn for each in await desk.kept()] == [0, 0, 1]
    [_, ours, _] = await desk.kept()
    assert ours.wire is None
    with pytest.raises(InvalidInput, match="written by the server"):
        await desk.house.services.history.change(desk.actor, desk.conversation_id, ours.id, answer("Forged."))


async def test_one_question_at_a_time_and_none_of_an_archived_conversation(town: Town) -> None:
    member = await town.actor(MEMBER)
    talk = await town.begin(member, await town.agent(await town.actor(ADMIN)))
    await town.services.chat.ask(member, talk.id, "One?")
    with pytest.raises(RunInProgress):
        await town.services.chat.ask(member, talk.id, "Two?")
    with pytest.raises(RunInProgress):
        await town.services.conversations.remove(member, [talk.id])
    archived = await begin(town)
    await town.services.conversations.archive(member, archived.id)
    with pytest.raises(Archived):
        await town.services.chat.ask(member, archived.id, "One?")


async def test_an_agent_out_of_use_answers_nothing_any_more(desk: Desk) -> None:
    agent_id = (await desk.house.services.conversations.get(desk.actor, desk.conversation_id)).conversation.agent_id
    await desk.house.services.agents.change(desk.actor, agent_id or "", AgentChange(is_trashed=True))
    assert await desk.outcome(script("Seven.")) == ("", RunStatus.FAILED)


def messages_in(entries: list[Entry]) -> list[Message]:
    return [each.message for each in entries if each.message is not None]
