"""Conversations with agents or with sources, found again, changed, and removed for good."""

import asyncio
from typing import Any

import pytest

from services.town import ADMIN, MEMBER, STRANGER, Town
from tertulia.core.agent import AgentChange
from tertulia.core.clock import now
from tertulia.core.conversation import (
    Conversation,
    ConversationChange,
    ConversationDraft,
    ConversationFilter,
    ConversationSearch,
    Window,
)
from tertulia.core.errors import Archived, InvalidInput, NotFound, RunInProgress, TertuliaError
from tertulia.core.message import AssistantMessage, UserMessage
from tertulia.core.query import Source
from tertulia.core.search import Pattern
from tertulia.services.history import Written

SOURCES = [Source("shop", f"explore_{number}") for number in range(6)]
USER = Written(message=UserMessage(turn=0, at=now(), text="How many?", user_id=""), wire={"type": "user"})
ANSWER = Written(message=AssistantMessage(turn=0, at=now(), text="Seven."), wire={"type": "system"})


async def made(town: Town, email: str, **draft: Any) -> Conversation:
    view = await town.services.conversations.create(await town.actor(email), ConversationDraft(**draft))
    return view.conversation


async def changed(town: Town, found: Conversation, **change: Any) -> Conversation:
    actor = await town.actor(MEMBER)
    view = await town.services.conversations.change(actor, found.id, ConversationChange(**change))
    return view.conversation


async def test_a_conversation_asks_an_agent_or_sources_or_keeps_both(town: Town) -> None:
    agent_id = await town.agent(await town.actor(ADMIN))
    direct = await made(town, MEMBER, sources=SOURCES[:5], category="dashboard")
    assert (direct.agent_id, direct.sources, direct.category) == (None, SOURCES[:5], "dashboard")
    both = await made(town, MEMBER, agent_id=agent_id, sources=[*SOURCES[:1], *SOURCES[:1]])
    assert (both.agent_id, both.agent_name, both.sources) == (agent_id, "Scribe", SOURCES[:1])
    stored = await town.services.conversations.get(await town.actor(MEMBER), direct.id)
    assert stored.conversation == direct


@pytest.mark.parametrize(
    "draft",
    [{}, {"sources": SOURCES}, {"sources": [Source("", "x")]}, {"agent_id": "no agent", "sources": SOURCES[:1]}],
)
async def test_nobody_to_ask_too_many_or_unknown_ones_are_refused(town: Town, draft: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        await made(town, MEMBER, **draft)


async def test_agents_of_another_project_and_out_of_use_cannot_be_asked(town: Town) -> None:
    foreign = await town.agent(await town.actor(STRANGER))
    trashed = await town.agent(await town.actor(ADMIN))
    await town.services.agents.change(await town.actor(ADMIN), trashed, AgentChange(is_trashed=True))
    direct = await made(town, MEMBER, sources=SOURCES[:1])
    for agent_id in (foreign, trashed):
        with pytest.raises(InvalidInput):
            await made(town, MEMBER, agent_id=agent_id)
        with pytest.raises(InvalidInput):
            await changed(town, direct, agent_id=agent_id)


async def test_whom_a_conversation_asks_may_change_but_never_to_nobody(town: Town) -> None:
    agent_id = await town.agent(await town.actor(ADMIN))
    talk = await made(town, MEMBER, sources=SOURCES[:1], category="dashboard", name="Mine")
    talk = await changed(town, talk, agent_id=agent_id, sources=[])
    assert (talk.agent_id, talk.agent_name, talk.sources) == (agent_id, "Scribe", [])
    for nobody in ({"agent_id": None}, {"sources": SOURCES}, {"name": " "}):
        with pytest.raises(InvalidInput):
            await changed(town, talk, **nobody)
    talk = await changed(town, talk, agent_id=None, sources=SOURCES[:2], category=None, name="Yours")
    assert (talk.agent_id, talk.agent_name, talk.sources, talk.category) == (None, None, SOURCES[:2], None)
    stored = await town.services.conversations.get(await town.actor(MEMBER), talk.id)
    assert stored.conversation == talk


async def test_a_conversation_keeps_an_agent_that_is_gone_until_it_gets_another(town: Town) -> None:
    admin = await town.actor(ADMIN)
    agent_id, other = await town.agent(admin), await town.agent(admin, "Other")
    talk = await town.begin(await town.actor(MEMBER), agent_id)
    await town.services.agents.delete(admin, agent_id)
    talk = await changed(town, talk, agent_id=agent_id, name="Same")
    assert (talk.agent_id, talk.agent_is_gone) == (agent_id, True)
    talk = await changed(town, talk, agent_id=other)
    assert (talk.agent_name, talk.agent_is_gone) == ("Other", False)


async def test_an_archived_one_changes_only_where_archiving_is_said(town: Town) -> None:
    talk = await made(town, MEMBER, sources=SOURCES[:1], name="One")
    talk = await changed(town, talk, is_archived=True)
    since = talk.archived_at
    assert since is not None
    with pytest.raises(Archived):
        await changed(town, talk, name="Two")
    talk = await changed(town, talk, is_archived=True, name="Two")
    assert (talk.name, talk.archived_at) == ("Two", since)
    talk = await changed(town, talk, is_archived=False, name="Three")
    assert (talk.name, talk.is_archived) == ("Three", False)
    assert not (await changed(town, talk, is_archived=False)).is_archived


async def test_a_search_shows_admins_only_their_own_too(town: Town) -> None:
    admin, member = await town.actor(ADMIN), await town.actor(MEMBER)
    agent_id = await town.agent(admin)
    await town.begin(admin, agent_id, "Of the admin")
    await town.begin(member, agent_id, "Straße")
    listed = await town.services.conversations.list(admin, ConversationFilter(), Window())
    assert listed.total == 2

    async def found(actor: Any, **wanted: Any) -> list[str]:
        views = await town.services.conversations.search(actor, ConversationSearch(**wanted))
        assert all(view.can_send for view in views)
        return [view.conversation.name for view in views]

    assert await found(admin) == ["Of the admin"]
    assert await found(member, name=Pattern("STRASSE")) == ["Straße"]
    assert await found(await town.actor(STRANGER)) == []


async def test_removing_takes_messages_and_archived_ones_with_it(town: Town) -> None:
    member = await town.actor(MEMBER)
    one = await made(town, MEMBER, sources=SOURCES[:1])
    two = await made(town, MEMBER, sources=SOURCES[:1])
    await town.services.history.add(member, one.id, [USER, ANSWER])
    await changed(town, two, is_archived=True)
    await town.services.conversations.remove(member, [one.id, two.id, one.id])
    assert await town.services.conversations.search(member, ConversationSearch()) == []
    everything = ConversationFilter(text="Seven", include_archived=True)
    assert (await town.services.conversations.list(member, everything, Window())).total == 0
    with pytest.raises(NotFound):
        await town.services.history.list(member, one.id)


async def test_nothing_is_removed_where_one_cannot_be(town: Town) -> None:
    member = await town.actor(MEMBER)
    own = await made(town, MEMBER, sources=SOURCES[:1])
    of_admin = await made(town, ADMIN, sources=SOURCES[:1])
    foreign = await made(town, STRANGER, sources=SOURCES[:1])
    answering = await town.begin(member, await town.agent(await town.actor(ADMIN)))
    await town.services.chat.send(member, answering.id, "Hello?")

    expected: list[tuple[str, type[TertuliaError]]] = [
        (foreign.id, NotFound),
        ("unknown", NotFound),
        (of_admin.id, NotFound),
        (answering.id, RunInProgress),
    ]
    for other, refused in expected:
        with pytest.raises(refused) as told:
            await town.services.conversations.remove(member, [own.id, other])
        assert (other in told.value.message) is (refused is NotFound)
    for too_few_or_many in ([], [own.id] * 1_001):
        with pytest.raises(InvalidInput):
            await town.services.conversations.remove(member, too_few_or_many)
    assert (await town.services.conversations.get(member, own.id)).conversation.id == own.id
    assert (await town.services.conversations.get(await town.actor(STRANGER), foreign.id)).can_send


async def test_an_admin_removes_anybodys(town: Town) -> None:
    of_member = await made(town, MEMBER, sources=SOURCES[:1])
    await town.services.conversations.remove(await town.actor(ADMIN), [of_member.id])
    with pytest.raises(NotFound):
        await town.services.conversations.get(await town.actor(MEMBER), of_member.id)


async def test_of_many_who_remove_the_same_one_does(town: Town) -> None:
    member = await town.actor(MEMBER)
    talk = await made(town, MEMBER, sources=SOURCES[:1])
    removals = [town.services.conversations.remove(member, [talk.id]) for _ in range(10)]
    outcomes = await asyncio.gather(*removals, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert all(isinstance(outcome, NotFound) for outcome in outcomes if outcome is not None)


async def test_histories_of_several_come_together_without_what_is_not_the_readers(town: Town) -> None:
    member = await town.actor(MEMBER)
    one = await made(town, MEMBER, sources=SOURCES[:1])
    empty = await made(town, MEMBER, sources=SOURCES[:1])
    of_admin = await made(town, ADMIN, sources=SOURCES[:1])
    foreign = await made(town, STRANGER, sources=SOURCES[:1])
    added = await town.services.history.add(member, one.id, [USER, ANSWER])
    found = await town.services.history.of(member, [one.id, empty.id, of_admin.id, foreign.id, "unknown"])
    assert found == {one.id: added, empty.id: []}
    assert found[one.id] == await town.services.history.list(member, one.id)
