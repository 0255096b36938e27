"""Brings together what resources refer to, in a few reads however many there are."""

from collections.abc import Iterable, Sequence

from tertulia.core.agent import Agent
from tertulia.core.conversation import Conversation
from tertulia.core.query import GoldenQuery
from tertulia.dialects.looker.encode import Known
from tertulia.dialects.looker.entry import Visit


async def known_of(
    visit: Visit,
    *,
    agents: Iterable[Agent] = (),
    conversations: Iterable[Conversation] = (),
    golden: Sequence[GoldenQuery] = (),
) -> Known:
    """What these agents, conversations and golden queries refer to."""
    services, actor = visit.services, visit.actor
    agents = list(agents)
    serials = list(dict.fromkeys(serial for agent in agents for serial in agent.golden_serials))
    found = {each.serial: each for each in [*golden, *await services.golden.of(actor, serials)]}
    referred = {agent.creator_id for agent in agents} | {each.creator_id for each in conversations}
    referred |= {user_id for each in found.values() for user_id in (each.creator_id, each.editor_id)}
    has_sources = any(agent.sources for agent in agents)
    return Known(
        people=await services.credentials.users({each for each in referred if each}),
        golden=found,
        saved=await services.queries.serials(actor, {each.query.slug for each in found.values()}) if found else {},
        explores=await services.queries.sources(actor) if has_sources else (),
    )


async def agents_of(visit: Visit, conversations: Iterable[Conversation]) -> dict[str, Agent]:
    """The agents of these conversations by id, those out of use among them."""
    return await visit.services.agents.of(visit.actor, {each.agent_id for each in conversations if each.agent_id})
