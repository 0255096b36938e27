"""Agents: who answers, with which instructions, tools and model."""

from datetime import datetime
from typing import Any

import msgspec

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.agent import Agent
from tertulia.core.clock import now
from tertulia.core.conversation import Page, Window
from tertulia.core.errors import InvalidInput, NotFound, PermissionDenied
from tertulia.core.ids import new_id
from tertulia.store import agents
from tertulia.store.database import Connection, Database


class Agents:
    """Reading is for every member, writing for admins; a readonly agent is changed by nobody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, actor: Actor, window: Window) -> Page[Agent]:
        return await self._database.read(agents.list_agents, actor.project_id, window)

    async def get(self, actor: Actor, agent_id: str) -> Agent:
        return await self._database.read(_get, actor.project_id, agent_id)

    async def create(self, actor: Actor, **values: Any) -> Agent:
        """An agent from the fields of core Agent given. Raises InvalidInput for a tool that is not the project's."""

        def work(connection: Connection) -> Agent:
            _require_writer(actor)
            moment = now()
            agent = Agent(
                id=new_id(),
                project_id=actor.project_id,
                creator_id=actor.user_id,
                created_at=moment,
                updated_at=moment,
                **values,
            )
            _check(connection, agent)
            agents.insert_agent(connection, agent)
            return agent

        return await self._database.write(work)

    async def change(self, actor: Actor, agent_id: str, **changes: Any) -> Agent:
        """Replaces the fields given. Raises NotFound; PermissionDenied for a readonly agent."""

        def work(connection: Connection) -> Agent:
            agent = _writable(connection, actor, agent_id)
            changed = msgspec.structs.replace(agent, **changes, updated_at=now())
            _check(connection, changed)
            agents.update_agent(connection, changed)
            return changed

        return await self._database.write(work)

    async def delete(self, actor: Actor, agent_id: str) -> None:
        """Its conversations stay readable and keep its name. Raises NotFound; PermissionDenied for a readonly agent."""

        def work(connection: Connection) -> None:
            agent = _writable(connection, actor, agent_id)
            agents.delete_agent(connection, agent.id, now())

        await self._database.write(work)


def default_agent(project_id: str, moment: datetime) -> Agent:
    """The agent every project begins with: all tools, the server's default model."""
    return Agent(
        id=new_id(),
        project_id=project_id,
        name="Default agent",
        description="Answers questions from the documents of this project and cites them.",
        starter="Ask me anything about the documents of this project.",
        is_readonly=True,
        created_at=moment,
        updated_at=moment,
    )


def _get(connection: Connection, project_id: str, agent_id: str) -> Agent:
    found = agents.find_agent(connection, project_id, agent_id)
    if found is None:
        raise NotFound
    return found


def _writable(connection: Connection, actor: Actor, agent_id: str) -> Agent:
    _require_writer(actor)
    agent = _get(connection, actor.project_id, agent_id)
    if agent.is_readonly:
        raise PermissionDenied("This agent is read-only. Create an agent of your own instead.")
    return agent


def _require_writer(actor: Actor) -> None:
    if not allowed(actor, Verb.WRITE_AGENTS):
        raise PermissionDenied


def _check(connection: Connection, agent: Agent) -> None:
    if not agent.name.strip():
        raise InvalidInput(fields={"name": ["This field may not be blank."]})
    found = agents.tools_by_id(connection, agent.project_id, agent.tool_ids)
    missing = set(agent.tool_ids) - {tool.id for tool in found}
    if missing:
        raise InvalidInput(
            fields={"tools": [f'Invalid pk "{tool_id}" - object does not exist.' for tool_id in missing]}
        )
