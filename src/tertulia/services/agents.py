"""Agents: who answers, with which instructions, tools and model."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from msgspec import UNSET, Struct, structs

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.agent import Agent, AgentChange, AgentSearch, Workflow, WorkflowChange
from tertulia.core.clock import now
from tertulia.core.conversation import Page, Window
from tertulia.core.errors import InvalidInput, NotFound, PermissionDenied
from tertulia.core.ids import new_id
from tertulia.services.conversations import clean_sources
from tertulia.store import agents, projects, queries, search
from tertulia.store.database import Connection, Database

_MOST_AT_ONCE = 1_000
_LARGEST_SERIAL = 2**63
_Find: TypeAlias = Callable[[Connection, str, str], Agent | None]


class Agents:
    """Reading is for every member, writing for admins; a readonly agent is changed by nobody.

    One that is out of use is not found, but by `search`, by who asks for it, and to bring it back or delete it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, actor: Actor, window: Window) -> Page[Agent]:
        return await self._database.read(agents.list_agents, actor.project_id, window)

    async def search(self, actor: Actor, wanted: AgentSearch) -> "list[Agent]":
        """One page of the project's. Raises InvalidInput."""

        def work(connection: Connection) -> "list[Agent]":
            ids = search.search_agents(connection, actor.project_id, wanted)
            return agents.find_kept_agents(connection, actor.project_id, ids)

        return await self._database.read(work)

    async def get(self, actor: Actor, agent_id: str, *, include_trashed: bool = False) -> Agent:
        find = agents.find_kept_agent if include_trashed else agents.find_agent
        return await self._database.read(_found, find, actor.project_id, agent_id)

    async def of(self, actor: Actor, ids: Iterable[str]) -> dict[str, Agent]:
        """Those that exist of the ones named, in use or not."""
        found = await self._database.read(agents.find_kept_agents, actor.project_id, list(ids))
        return {agent.id: agent for agent in found}

    async def create(self, actor: Actor, given: AgentChange) -> Agent:
        """Raises InvalidInput for tools, golden queries, another agent or a person that are not the project's, and for
        sources that are given but are not 1 to 5.
        """

        def work(connection: Connection) -> Agent:
            _require_writer(actor)
            moment = now()
            begun = Agent(
                id=new_id(),
                project_id=actor.project_id,
                name="",
                creator_id=actor.user_id,
                created_at=moment,
                updated_at=moment,
            )
            agent = _merged(begun, given, moment)
            _check(connection, agent, given)
            agents.insert_agent(connection, agent)
            return agent

        return await self._database.write(work)

    async def change(self, actor: Actor, agent_id: str, change: AgentChange) -> Agent:
        """Changes what is given; also where it is out of use, if `is_trashed` is among it.

        Raises NotFound; PermissionDenied for a readonly agent; InvalidInput as `create`.
        """

        def work(connection: Connection) -> Agent:
            agent = _writable(actor, _found(connection, agents.find_kept_agent, actor.project_id, agent_id))
            if agent.trashed_at is not None and change.is_trashed is UNSET:
                raise NotFound("This agent is deleted. Restore it first.")
            changed = _merged(agent, change, now())
            _check(connection, changed, change, before=agent)
            agents.update_agent(connection, changed)
            return changed

        return await self._database.write(work)

    async def delete(self, actor: Actor, agent_id: str) -> None:
        """Its conversations stay readable and keep its name. Raises NotFound; PermissionDenied for a readonly agent."""

        def work(connection: Connection) -> None:
            agent = _writable(actor, _found(connection, agents.find_agent, actor.project_id, agent_id))
            agents.delete_agents(connection, [agent.id], now())

        await self._database.write(work)

    async def remove(self, actor: Actor, ids: Sequence[str]) -> None:
        """Deletes these, in use or not, or none of them.

        Raises NotFound naming those that are not there; PermissionDenied where one is readonly; InvalidInput for none,
        or too many.
        """
        if not 1 <= len(ids) <= _MOST_AT_ONCE:
            raise InvalidInput(fields={"id": [f"Name 1 to {_MOST_AT_ONCE:,} agents."]})

        def work(connection: Connection) -> None:
            _require_writer(actor)
            found = agents.find_kept_agents(connection, actor.project_id, ids)
            missing = set(ids) - {each.id for each in found}
            if missing:
                named = ", ".join(each for each in dict.fromkeys(ids) if each in missing)
                raise NotFound(f"There is no agent {named}.")
            for each in found:
                _writable(actor, each)
            agents.delete_agents(connection, ids, now())

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


def _found(connection: Connection, find: _Find, project_id: str, agent_id: str) -> Agent:
    found = find(connection, project_id, agent_id)
    if found is None:
        raise NotFound
    return found


def _writable(actor: Actor, agent: Agent) -> Agent:
    _require_writer(actor)
    if agent.is_readonly:
        raise PermissionDenied("This agent is read-only. Create an agent of your own instead.")
    return agent


def _require_writer(actor: Actor) -> None:
    if not allowed(actor, Verb.WRITE_AGENTS):
        raise PermissionDenied


def _merged(agent: Agent, change: AgentChange, moment: datetime) -> Agent:
    values = _given(change)
    if "is_trashed" in values:
        values["trashed_at"] = (agent.trashed_at or moment) if values.pop("is_trashed") else None
    if isinstance(change.workflow, WorkflowChange):
        values["workflow"] = structs.replace(agent.workflow or Workflow(), **_given(change.workflow))
    if change.wire_fields is not UNSET:
        values["wire_fields"] = agent.wire_fields | change.wire_fields
    return structs.replace(agent, **values, updated_at=moment)


def _given(change: Struct) -> dict[str, Any]:
    return {name: value for name, value in structs.asdict(change).items() if value is not UNSET}


def _check(connection: Connection, agent: Agent, given: AgentChange, *, before: Agent | None = None) -> None:
    """What is given must be there now; what was there before may have gone since."""
    if not agent.name.strip():
        raise InvalidInput(fields={"name": ["This field may not be blank."]})
    found = agents.tools_by_id(connection, agent.project_id, agent.tool_ids)
    missing = set(agent.tool_ids) - {tool.id for tool in found}
    if missing:
        raise InvalidInput(
            fields={"tools": [f'Invalid pk "{tool_id}" - object does not exist.' for tool_id in missing]}
        )
    kept = [] if before is None else before.sources
    if given.sources is not UNSET and not clean_sources(agent.sources, kept=kept):
        raise InvalidInput(fields={"sources": ["Give at least one source."]})
    if given.golden_serials is not UNSET:
        _check_golden(connection, agent)
    if given.creator_id is not UNSET:
        _check_creator(connection, agent)
    if isinstance(given.workflow, WorkflowChange) and given.workflow.primary_agent_id:
        _check_primary(connection, agent, given.workflow.primary_agent_id)


def _check_golden(connection: Connection, agent: Agent) -> None:
    possible = [serial for serial in agent.golden_serials if 0 < serial < _LARGEST_SERIAL]
    found = {golden.serial for golden in queries.find_golden(connection, agent.project_id, possible)}
    missing = [str(serial) for serial in agent.golden_serials if serial not in found]
    if missing:
        raise InvalidInput(fields={"golden_query_ids": [f"There is no golden query {', '.join(missing)}."]})


def _check_creator(connection: Connection, agent: Agent) -> None:
    user = projects.find_user(connection, agent.creator_id or "")
    if user is None or projects.find_membership(connection, agent.project_id, user) is None:
        raise InvalidInput(fields={"created_by_user_id": ["This user is not a member of the project."]})


def _check_primary(connection: Connection, agent: Agent, primary_id: str) -> None:
    problem = ""
    if primary_id == agent.id:
        problem = "An agent's workflow belongs to another agent."
    elif agents.find_kept_agent(connection, agent.project_id, primary_id) is None:
        problem = f"There is no agent {primary_id}."
    if problem:
        raise InvalidInput(fields={"workflow_params.primary_agent": [problem]})
