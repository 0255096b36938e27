"""Agents that go out of use and come back, what they may refer to, and who is told of them."""

from typing import Any

import pytest

from services.town import ADMIN, MEMBER, STRANGER, Town
from tertulia.core.agent import Agent, AgentChange, AgentSearch
from tertulia.core.conversation import ConversationFilter, Window
from tertulia.core.errors import InvalidInput, NotFound, PermissionDenied
from tertulia.core.query import Source
from tertulia.services.transcripts import Question

SOURCE = Source("shop", "orders")


async def golden(town: Town, email: str) -> int:
    return (await town.golden(await town.actor(email), "How many?")).serial


async def listed(town: Town) -> list[str]:
    page = await town.services.agents.list(await town.actor(MEMBER), Window())
    return [agent.name for agent in page.items if not agent.is_readonly]


async def searched(town: Town, email: str, **wanted: Any) -> list[str]:
    found = await town.services.agents.search(await town.actor(email), AgentSearch(**wanted))
    return [agent.name for agent in found if not agent.is_readonly]


async def test_an_agent_goes_out_of_use_and_comes_back(town: Town) -> None:
    admin, member = await town.actor(ADMIN), await town.actor(MEMBER)
    agent_id = await town.agent(admin)
    talk = await town.begin(member, agent_id)
    await town.services.agents.change(admin, agent_id, AgentChange(is_trashed=True))

    assert await listed(town) == []
    assert await searched(town, MEMBER, is_trashed=False) == []
    assert await searched(town, MEMBER, is_trashed=True) == ["Scribe"]
    for refused in (
        town.services.agents.get(member, agent_id),
        town.services.agents.change(admin, agent_id, AgentChange(name="Renamed")),
        town.services.agents.delete(admin, agent_id),
    ):
        with pytest.raises(NotFound):
            await refused
    with pytest.raises(InvalidInput):
        await town.begin(member, agent_id)
    with pytest.raises(InvalidInput):
        await town.services.transcripts.ask(member, Question(text="Hello", agent_id=agent_id, earlier=[]))
    kept = await town.services.agents.get(member, agent_id, include_trashed=True)
    assert kept.trashed_at is not None
    assert list(await town.services.agents.of(member, [agent_id, "unknown"])) == [agent_id]
    view = await town.services.conversations.get(member, talk.id)
    assert (view.conversation.agent_name, view.conversation.agent_is_gone) == ("Scribe", False)

    back = await town.services.agents.change(admin, agent_id, AgentChange(is_trashed=False, name="Back"))
    assert (back.trashed_at, await listed(town)) == (None, ["Back"])


async def test_agents_of_another_project_are_not_there(town: Town) -> None:
    foreign = await town.agent(await town.actor(STRANGER), "Foreign")
    admin = await town.actor(ADMIN)
    assert await searched(town, ADMIN, ids=[foreign]) == []
    assert await town.services.agents.of(admin, [foreign]) == {}
    for refused in (
        town.services.agents.get(admin, foreign, include_trashed=True),
        town.services.agents.change(admin, foreign, AgentChange(is_trashed=True)),
        town.services.agents.remove(admin, [foreign]),
    ):
        with pytest.raises(NotFound):
            await refused


async def test_agents_are_removed_together_or_not_at_all(town: Town) -> None:
    admin = await town.actor(ADMIN)
    one, two = await town.agent(admin, "One"), await town.agent(admin, "Two")
    readonly = next(agent.id for agent in (await town.services.agents.list(admin, Window())).items if agent.is_readonly)
    talk = await town.begin(admin, one)
    await town.services.agents.change(admin, two, AgentChange(is_trashed=True))
    with pytest.raises(NotFound, match="unknown"):
        await town.services.agents.remove(admin, [one, "unknown"])
    with pytest.raises(PermissionDenied):
        await town.services.agents.remove(admin, [one, readonly])
    with pytest.raises(PermissionDenied):
        await town.services.agents.remove(await town.actor(MEMBER), [one])
    with pytest.raises(InvalidInput):
        await town.services.agents.remove(admin, [])
    assert sorted(await searched(town, ADMIN)) == ["One", "Two"]

    await town.services.agents.remove(admin, [one, two])
    assert await searched(town, ADMIN) == []
    view = await town.services.conversations.get(admin, talk.id)
    assert (view.conversation.agent_name, view.conversation.agent_is_gone) == ("One", True)
    assert (await town.services.conversations.list(admin, ConversationFilter(), Window())).total == 1


async def test_a_readonly_agent_stays_in_use(town: Town) -> None:
    admin = await town.actor(ADMIN)
    readonly = next(agent.id for agent in (await town.services.agents.list(admin, Window())).items if agent.is_readonly)
    with pytest.raises(PermissionDenied):
        await town.services.agents.change(admin, readonly, AgentChange(is_trashed=True))


@pytest.mark.parametrize("sources", [[], [Source("shop", str(number)) for number in range(6)], [Source(" ", "x")]])
async def test_sources_that_are_given_are_one_to_five(town: Town, sources: list[Source]) -> None:
    admin = await town.actor(ADMIN)
    agent_id = await town.agent(admin)
    with pytest.raises(InvalidInput):
        await town.services.agents.create(admin, AgentChange(name="New", sources=sources))
    with pytest.raises(InvalidInput):
        await town.services.agents.change(admin, agent_id, AgentChange(sources=sources))
    changed = await town.services.agents.change(admin, agent_id, AgentChange(sources=[SOURCE]))
    assert changed.sources == [SOURCE]
    assert await searched(town, ADMIN) == ["Scribe"]


async def test_golden_queries_are_the_projects_when_they_are_given(town: Town) -> None:
    admin = await town.actor(ADMIN)
    own, foreign = await golden(town, ADMIN), await golden(town, STRANGER)
    agent = await town.services.agents.create(admin, AgentChange(name="Knowing", golden_serials=[own]))
    for unknown in (foreign, 999, 0, -1, 2**70):
        with pytest.raises(InvalidInput, match="not valid") as refused:
            await town.services.agents.change(admin, agent.id, AgentChange(golden_serials=[own, unknown]))
        assert str(unknown) in refused.value.fields["golden_query_ids"][0]

    await town.services.golden.delete(admin, own)
    renamed = await town.services.agents.change(admin, agent.id, AgentChange(name="Knew"))
    assert renamed.golden_serials == [own]
    with pytest.raises(InvalidInput):
        await town.services.agents.change(admin, agent.id, AgentChange(golden_serials=[own]))


async def test_an_agent_is_handed_to_a_member_of_the_project(town: Town) -> None:
    admin = await town.actor(ADMIN)
    agent_id = await town.agent(admin)

    async def handed(user_id: str) -> Agent:
        return await town.services.agents.change(admin, agent_id, AgentChange(creator_id=user_id))

    assert (await handed(town.users[MEMBER].id)).creator_id == town.users[MEMBER].id
    assert await searched(town, ADMIN, creator_serials=[town.users[MEMBER].serial]) == ["Scribe"]
    for outsider in (town.users[STRANGER].id, "unknown", ""):
        with pytest.raises(InvalidInput):
            await handed(outsider)


async def test_a_member_changes_no_agent(town: Town) -> None:
    agent_id = await town.agent(await town.actor(ADMIN))
    with pytest.raises(PermissionDenied):
        await town.services.agents.change(await town.actor(MEMBER), agent_id, AgentChange(is_trashed=True))
