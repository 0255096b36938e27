"""Agents, which this API calls agent settings."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from tertulia.core.agent import Agent, AgentChange
from tertulia.dialects.clarifeye import encode_library, wire_library
from tertulia.dialects.clarifeye.answers import json_answer, no_content
from tertulia.dialects.clarifeye.bodies import AgentFields, Given, NewAgent
from tertulia.dialects.clarifeye.entry import Entered, Entry, identifier, known
from tertulia.dialects.clarifeye.json_body import body_of
from tertulia.dialects.clarifeye.openapi import answers, body
from tertulia.dialects.clarifeye.paging import Paged

AGENTS = "/projects/{project_id}/agent-settings/"
AGENT = f"{AGENTS}{{agent_settings_id}}/"
AgentId = Annotated[str, identifier("agent settings")]
# wire name -> core name; every other field is kept for this dialect alone
_CORE_NAMES = {
    "name": "name",
    "description": "description",
    "additional_instructions": "instructions",
    "agent_conversation_starter": "starter",
    "model": "model",
    "tools": "tool_ids",
}

router = APIRouter(tags=["Agent settings"], default_response_class=Response)


@router.get(AGENTS, summary="List agent settings", responses=answers(200, wire_library.AgentSettingsPage, 403, 404))
async def list_agents(entry: Entered, paging: Paged) -> Response:
    """Most recently changed first."""
    found = await entry.services.agents.list(entry.actor, paging.window)
    links = paging.links(found.total)
    page = wire_library.AgentSettingsPage(
        count=found.total,
        next=links.next,
        previous=links.previous,
        results=[encode_library.agent(each) for each in found.items],
    )
    return json_answer(page)


@router.post(
    AGENTS,
    summary="Create agent settings",
    status_code=201,
    responses=answers(201, wire_library.AgentSettings, 400, 403, 404),
    openapi_extra=body(NewAgent),
)
async def create_agent(entry: Entered, given: Annotated[NewAgent, Depends(body_of(NewAgent))]) -> Response:
    """For admins."""
    agent = await entry.services.agents.create(entry.actor, _change_of(given.given()))
    return json_answer(encode_library.agent(agent), 201)


@router.get(AGENT, summary="Get agent settings", responses=answers(200, wire_library.AgentSettings, 403, 404))
async def get_agent(entry: Entered, agent_settings_id: AgentId) -> Response:
    agent = await entry.services.agents.get(entry.actor, known(agent_settings_id))
    return json_answer(encode_library.agent(agent))


@router.put(
    AGENT,
    summary="Change agent settings",
    responses=answers(200, wire_library.AgentSettings, 400, 403, 404),
    openapi_extra=body(AgentFields),
)
async def replace_agent(
    entry: Entered, agent_settings_id: AgentId, given: Annotated[AgentFields, Depends(body_of(AgentFields))]
) -> Response:
    """For admins. Fields that are left out stay. 403 for a readonly agent."""
    return json_answer(encode_library.agent(await _change(entry, agent_settings_id, given.given())))


@router.patch(
    AGENT,
    summary="Change agent settings (as PUT)",
    responses=answers(200, wire_library.AgentSettings, 400, 403, 404),
    openapi_extra=body(AgentFields),
)
async def change_agent(
    entry: Entered, agent_settings_id: AgentId, given: Annotated[AgentFields, Depends(body_of(AgentFields))]
) -> Response:
    """Extension. The same as PUT."""
    return json_answer(encode_library.agent(await _change(entry, agent_settings_id, given.given())))


@router.delete(AGENT, summary="Delete agent settings", status_code=204, responses=answers(204, None, 403, 404))
async def delete_agent(entry: Entered, agent_settings_id: AgentId) -> Response:
    """For admins. Its conversations stay readable. 403 for a readonly agent."""
    await entry.services.agents.delete(entry.actor, known(agent_settings_id))
    return no_content()


async def _change(entry: Entry, agent_id: str, given: Given) -> Agent:
    return await entry.services.agents.change(entry.actor, known(agent_id), _change_of(given))


def _change_of(given: Given) -> AgentChange:
    """Core's fields from the wire's; what core has no word for is kept for this dialect alone."""
    values: Given = {core: given[name] for name, core in _CORE_NAMES.items() if name in given}
    return AgentChange(**values, wire_fields={name: given[name] for name in given if name not in _CORE_NAMES})
