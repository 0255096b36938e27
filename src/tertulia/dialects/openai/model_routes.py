"""Models: the agents that the caller's token opens."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from tertulia.dialects.openai import wire
from tertulia.dialects.openai.answers import json_answer
from tertulia.dialects.openai.entry import Visited
from tertulia.dialects.openai.model_names import model_names
from tertulia.dialects.openai.openapi import answers
from tertulia.services.transcripts import OpenAgent

router = APIRouter(tags=["Models"], default_response_class=Response)


@router.get("/models", summary="List models", responses=answers(wire.ModelList))
async def list_models(visit: Visited) -> Response:
    """The agents of all projects that the token opens, oldest first."""
    agents = await visit.services.transcripts.open_agents(visit.caller)
    names = model_names(agents)
    return json_answer(wire.ModelList(data=[_model(agent, names) for agent in agents]))


@router.get("/models/{model}", summary="Get a model", responses=answers(wire.Model, 404))
async def get_model(visit: Visited, model: str) -> Response:
    """By any of its names, or by the agent's UUID."""
    found = await visit.agent(model)
    names = model_names(await visit.services.transcripts.open_agents(visit.caller))
    return json_answer(_model(found, names))


def _model(agent: OpenAgent, names: Mapping[str, str]) -> wire.Model:
    return wire.Model(
        id=names[agent.id],
        created=int(agent.created_at.timestamp()),
        owned_by=agent.project_name,
        name=agent.name,
        description=agent.description,
        agent_id=agent.id,
        project_id=agent.project_id,
    )
