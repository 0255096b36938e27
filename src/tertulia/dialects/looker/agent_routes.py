"""Agents: search, create, read, change, delete, and one as LookML."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from msgspec import UNSET
from starlette.responses import Response

from tertulia.core.agent import Agent, AgentChange, AgentSearch
from tertulia.core.errors import InvalidInput, NotFound
from tertulia.dialects.looker import encode, wire
from tertulia.dialects.looker.answers import empty_answer, json_answer
from tertulia.dialects.looker.bodies import AgentPatch, GivenContext, WriteAgent
from tertulia.dialects.looker.conversation_routes import sources_of
from tertulia.dialects.looker.encode_lookml import agent_lookml
from tertulia.dialects.looker.entry import Visit, Visited, stored_id
from tertulia.dialects.looker.fields import Fields
from tertulia.dialects.looker.ids import listed_ids, serial_of
from tertulia.dialects.looker.json_body import body_of
from tertulia.dialects.looker.known import known_of
from tertulia.dialects.looker.openapi import answers, body
from tertulia.dialects.looker.search import agent_search
from tertulia.dialects.looker.workflows import workflow_change

router = APIRouter(prefix="/agents", tags=["Agents"], default_response_class=Response)

_CONTEXT_SETTINGS = ("show_analytical_details", "show_debug")


@router.get("/search", summary="Search agents", responses=answers(wire.Agent, is_list=True))
async def search_agents(
    visit: Visited, wanted: Annotated[AgentSearch, Depends(agent_search)], fields: Fields
) -> Response:
    """Of the project, whichever API they were made through."""
    found = await visit.services.agents.search(visit.actor, wanted)
    return json_answer(await _shown(visit, found), fields=fields)


@router.post(
    "",
    summary="Create an agent",
    responses=answers(wire.Agent, 403, 409, 413, 422),
    openapi_extra=body(WriteAgent),
)
async def create_agent(
    visit: Visited, given: Annotated[WriteAgent, Depends(body_of(WriteAgent))], fields: Fields
) -> Response:
    made = await visit.services.agents.create(visit.actor, await _change(visit, given))
    return json_answer((await _shown(visit, [made]))[0], fields=fields)


@router.delete("", summary="Delete agents", status_code=204, responses=answers(None, 403))
async def delete_agent(
    visit: Visited, wanted: Annotated[str, Query(alias="id", description="Ids, by comma.")]
) -> Response:
    """For good; their conversations stay and say `missing_agent`. Where one is not there, none is deleted."""
    ids = [stored_id(each) for each in listed_ids(wanted)]
    await visit.services.agents.remove(visit.actor, ids)
    return empty_answer()


@router.get("/lookml/{agent_id}", summary="Get an agent as LookML", responses=answers(wire.AgentLookml))
async def agent_as_lookml(visit: Visited, agent_id: str) -> Response:
    """The text of an `agent` block that says the same."""
    found = await visit.services.agents.get(visit.actor, stored_id(agent_id), include_trashed=True)
    return json_answer(wire.AgentLookml(agent_id=found.id, lookml=agent_lookml(found)))


@router.get("/{agent_id}", summary="Get an agent", responses=answers(wire.Agent))
async def agent(visit: Visited, agent_id: str, fields: Fields) -> Response:
    """A deleted one too, as long as it can be restored."""
    found = await visit.services.agents.get(visit.actor, stored_id(agent_id), include_trashed=True)
    return json_answer((await _shown(visit, [found]))[0], fields=fields)


@router.patch(
    "/{agent_id}",
    summary="Change an agent",
    responses=answers(wire.Agent, 403, 413, 422),
    openapi_extra=body(AgentPatch),
)
async def update_agent(
    visit: Visited, agent_id: str, given: Annotated[AgentPatch, Depends(body_of(AgentPatch))], fields: Fields
) -> Response:
    """`deleted` takes it out of use and brings it back; until then nothing else of it is changed."""
    changed = await visit.services.agents.change(visit.actor, stored_id(agent_id), await _change(visit, given))
    return json_answer((await _shown(visit, [changed]))[0], fields=fields)


async def _shown(visit: Visit, found: Sequence[Agent]) -> list[wire.Agent]:
    known = await known_of(visit, agents=found)
    return [encode.agent(visit.actor, each, known) for each in found]


async def _change(visit: Visit, given: WriteAgent | AgentPatch) -> AgentChange:
    """What the client gave; a null empties what may be empty."""
    said = given.model_fields_set
    context = _context(given)
    workflow = None if given.workflow_params is None else workflow_change(given.workflow_params)
    creator = given.created_by_user_id
    return AgentChange(
        name=given.name if "name" in said else UNSET,
        creator_id=await _member(visit, creator) if creator else UNSET,
        description=given.description or "" if "description" in said else UNSET,
        instructions=context.instructions or "" if "instructions" in context.model_fields_set else UNSET,
        sources=sources_of(given.sources) if "sources" in said else UNSET,
        golden_serials=list(dict.fromkeys(given.golden_query_ids or [])) if "golden_query_ids" in said else UNSET,
        can_run_code=bool(given.code_interpreter) if "code_interpreter" in said else UNSET,
        category=given.category if "category" in said else UNSET,
        workflow=workflow if "workflow_params" in said else UNSET,
        persists_chat=bool(given.persists_chat) if "persists_chat" in said else UNSET,
        is_trashed=bool(given.deleted) if "deleted" in said else UNSET,
        wire_fields={name: bool(value) for name, value in context.given().items() if name in _CONTEXT_SETTINGS},
    )


def _context(given: WriteAgent | AgentPatch) -> GivenContext:
    """Instructions, and settings of the client's own display; a null empties them all."""
    if "context" not in given.model_fields_set:
        return GivenContext()
    return given.context or GivenContext(instructions="", show_analytical_details=False, show_debug=False)


async def _member(visit: Visit, user_id: str) -> str:
    """The person with this number. Raises InvalidInput."""
    try:
        return (await visit.services.credentials.member(visit.actor, serial_of(user_id))).id
    except NotFound:
        raise InvalidInput(fields={"created_by_user_id": [f"There is no user {user_id} here."]}) from None
