"""Agents: search, create, read, change, delete, and one as LookML."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from tertulia.core.agent import Agent, AgentSearch
from tertulia.core.clock import now
from tertulia.core.errors import InvalidInput, NotFound
from tertulia.dialects.looker import encode, wire
from tertulia.dialects.looker.answers import empty_answer, json_answer
from tertulia.dialects.looker.bodies import AgentPatch, WriteAgent
from tertulia.dialects.looker.conversation_routes import sources_of
from tertulia.dialects.looker.encode_lookml import agent_lookml
from tertulia.dialects.looker.entry import Visit, Visited, stored_id
from tertulia.dialects.looker.fields import Fields
from tertulia.dialects.looker.ids import listed_ids, serial_of
from tertulia.dialects.looker.json_body import body_of
from tertulia.dialects.looker.known import known_of
from tertulia.dialects.looker.openapi import answers, body
from tertulia.dialects.looker.search import agent_search
from tertulia.dialects.looker.workflows import workflow_of

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
    made = await visit.services.agents.create(visit.actor, **await _values(visit, given, None))
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
    """`deleted` takes it out of use and brings it back."""
    agents = visit.services.agents
    found = await agents.get(visit.actor, stored_id(agent_id), include_trashed=True)
    changed = await agents.change(visit.actor, found.id, **await _values(visit, given, found))
    return json_answer((await _shown(visit, [changed]))[0], fields=fields)


async def _shown(visit: Visit, found: Sequence[Agent]) -> list[wire.Agent]:
    known = await known_of(visit, agents=found)
    return [encode.agent(visit.actor, each, known) for each in found]


async def _values(visit: Visit, given: WriteAgent | AgentPatch, found: Agent | None) -> dict[str, Any]:
    """The fields of core Agent that the client gave; a null empties what may be empty."""
    named = given.given()
    values: dict[str, Any] = {name: named[name] for name in ("name", "category") if name in named}
    if "description" in named:
        values["description"] = given.description or ""
    if "sources" in named:
        values["sources"] = sources_of(given.sources)
    if "golden_query_ids" in named:
        values["golden_serials"] = list(dict.fromkeys(given.golden_query_ids or []))
    if "created_by_user_id" in named and given.created_by_user_id:
        values["creator_id"] = await _member(visit, given.created_by_user_id)
    if "deleted" in named:
        values["trashed_at"] = _trashed_at(found, is_deleted=bool(given.deleted))
    if "code_interpreter" in named:
        values["can_run_code"] = bool(given.code_interpreter)
    if "persists_chat" in named:
        values["persists_chat"] = bool(given.persists_chat)
    if "workflow_params" in named:
        values["workflow"] = workflow_of(given.workflow_params, None if found is None else found.workflow)
        await _require_primary(visit, values["workflow"].primary_agent_id if values["workflow"] else None)
    return {**values, **_context(given, found)}


def _context(given: WriteAgent | AgentPatch, found: Agent | None) -> dict[str, Any]:
    """Instructions, and settings of the client's own display; what `context` does not name stays."""
    if "context" not in given.model_fields_set:
        return {}
    context = {} if given.context is None else given.context.given()
    kept = dict({} if found is None else found.wire_fields)
    if given.context is None:
        context = {"instructions": "", **dict.fromkeys(_CONTEXT_SETTINGS, False)}
    settings = {name: bool(context[name]) for name in _CONTEXT_SETTINGS if name in context}
    values: dict[str, Any] = {"wire_fields": kept | settings} if settings else {}
    if "instructions" in context:
        values["instructions"] = context["instructions"] or ""
    return values


def _trashed_at(found: Agent | None, *, is_deleted: bool) -> Any:
    if not is_deleted:
        return None
    return now() if found is None or found.trashed_at is None else found.trashed_at


async def _member(visit: Visit, user_id: str) -> str:
    """The person with this number. Raises InvalidInput."""
    try:
        return (await visit.services.credentials.member(visit.actor, serial_of(user_id))).id
    except NotFound:
        raise InvalidInput(fields={"created_by_user_id": [f"There is no user {user_id} here."]}) from None


async def _require_primary(visit: Visit, agent_id: str | None) -> None:
    if agent_id is None:
        return
    try:
        await visit.services.agents.get(visit.actor, stored_id(agent_id), include_trashed=True)
    except NotFound:
        problem = f"There is no agent {agent_id}."
        raise InvalidInput(fields={"workflow_params.primary_agent": [problem]}) from None
