"""Agents and the tools they may call, as rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.agent import Agent, Workflow
from tertulia.core.conversation import Page, Window
from tertulia.core.document import DocumentScope
from tertulia.core.query import Source
from tertulia.core.tool import Fusion, SearchMode, Tool, ToolKind
from tertulia.store import codec
from tertulia.store.batches import batches
from tertulia.store.schema import agent, tool

# built once: building a statement costs more than running it
_FIND_KEPT_AGENT = sa.select(agent).where(
    agent.c.id == sa.bindparam("id"), agent.c.project_id == sa.bindparam("project_id"), agent.c.deleted_at.is_(None)
)
_FIND_AGENT = _FIND_KEPT_AGENT.where(agent.c.trashed_at.is_(None))
_TOUCH_AGENT = (
    agent.update().where(agent.c.id == sa.bindparam("agent_id")).values(last_conversation_at=sa.bindparam("at"))
)
_ALL_TOOLS = (
    sa.select(tool).where(tool.c.project_id == sa.bindparam("project_id")).order_by(tool.c.created_at, tool.c.id)
)


def insert_agent(connection: Connection, new: Agent) -> None:
    connection.execute(agent.insert().values(id=new.id, project_id=new.project_id, **_agent_values(new)))


def update_agent(connection: Connection, changed: Agent) -> None:
    connection.execute(agent.update().where(agent.c.id == changed.id).values(**_agent_values(changed)))


def find_agent(connection: Connection, project_id: str, agent_id: str) -> Agent | None:
    """An agent in use."""
    row = connection.execute(_FIND_AGENT, {"id": agent_id, "project_id": project_id}).first()
    return None if row is None else _agent(row)


def find_kept_agent(connection: Connection, project_id: str, agent_id: str) -> Agent | None:
    """An agent in use, or out of use."""
    row = connection.execute(_FIND_KEPT_AGENT, {"id": agent_id, "project_id": project_id}).first()
    return None if row is None else _agent(row)


def find_kept_agents(connection: Connection, project_id: str, ids: Sequence[str]) -> list[Agent]:
    """Those that exist of the ones named, in use or not, in that order."""
    found: dict[str, Agent] = {}
    for some in batches(ids):
        statement = sa.select(agent).where(
            agent.c.project_id == project_id, agent.c.deleted_at.is_(None), agent.c.id.in_(some)
        )
        found |= {row.id: _agent(row) for row in connection.execute(statement)}
    return [found[each] for each in dict.fromkeys(ids) if each in found]


def list_agents(connection: Connection, project_id: str, window: Window) -> Page[Agent]:
    """Agents of a project that are in use, most recently changed first."""
    condition = sa.and_(agent.c.project_id == project_id, agent.c.deleted_at.is_(None), agent.c.trashed_at.is_(None))
    total = connection.execute(sa.select(sa.func.count()).select_from(agent).where(condition)).scalar_one()
    statement = (
        sa.select(agent)
        .where(condition)
        .order_by(agent.c.updated_at.desc(), agent.c.id.desc())
        .limit(window.limit)
        .offset(window.offset)
    )
    return Page(items=[_agent(row) for row in connection.execute(statement)], total=total)


def delete_agents(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """Hides the agents for good; conversations keep their names."""
    for some in batches(ids):
        connection.execute(agent.update().where(agent.c.id.in_(some)).values(deleted_at=now))


def touch_agent(connection: Connection, agent_id: str, now: datetime) -> None:
    connection.execute(_TOUCH_AGENT, {"agent_id": agent_id, "at": now})


def insert_tool(connection: Connection, new: Tool) -> None:
    connection.execute(tool.insert().values(id=new.id, project_id=new.project_id, **_tool_values(new)))


def update_tool(connection: Connection, changed: Tool) -> None:
    connection.execute(tool.update().where(tool.c.id == changed.id).values(**_tool_values(changed)))


def delete_tool(connection: Connection, tool_id: str) -> None:
    connection.execute(tool.delete().where(tool.c.id == tool_id))


def find_tool(connection: Connection, project_id: str, tool_id: str) -> Tool | None:
    row = connection.execute(sa.select(tool).where(tool.c.id == tool_id, tool.c.project_id == project_id)).first()
    return None if row is None else _tool(row)


def list_tools(connection: Connection, project_id: str, window: Window, *, kind: str | None = None) -> Page[Tool]:
    """Tools of a project, oldest first."""
    condition = tool.c.project_id == project_id
    if kind is not None:
        condition = sa.and_(condition, tool.c.kind == kind)
    total = connection.execute(sa.select(sa.func.count()).select_from(tool).where(condition)).scalar_one()
    statement = (
        sa.select(tool)
        .where(condition)
        .order_by(tool.c.created_at, tool.c.id)
        .limit(window.limit)
        .offset(window.offset)
    )
    return Page(items=[_tool(row) for row in connection.execute(statement)], total=total)


def all_tools(connection: Connection, project_id: str) -> list[Tool]:
    return [_tool(row) for row in connection.execute(_ALL_TOOLS, {"project_id": project_id})]


def tools_of_agent(connection: Connection, of: Agent) -> list[Tool]:
    """The tools an agent may call: those it names that still exist; else those its sources need; else all.

    Code runs only for an agent that may run it.
    """
    if of.tool_ids:
        found = tools_by_id(connection, of.project_id, of.tool_ids)
    else:
        found = [each for each in all_tools(connection, of.project_id) if each.kind.reads_data or not of.sources]
    return [each for each in found if of.can_run_code or each.kind is not ToolKind.RUN_CODE]


def tools_by_id(connection: Connection, project_id: str, tool_ids: list[str]) -> list[Tool]:
    """The tools that exist of those named, in the order named."""
    statement = sa.select(tool).where(tool.c.project_id == project_id, tool.c.id.in_(tool_ids))
    found = {row.id: _tool(row) for row in connection.execute(statement)}
    return [found[tool_id] for tool_id in tool_ids if tool_id in found]


def _agent_values(value: Agent) -> dict[str, Any]:
    return {
        "creator_id": value.creator_id,
        "name": value.name,
        "description": value.description,
        "instructions": value.instructions,
        "starter": value.starter,
        "model": value.model,
        "tool_ids": codec.dump(value.tool_ids),
        "sources": codec.dump(value.sources),
        "golden_serials": codec.dump(value.golden_serials),
        "synonyms": codec.dump(value.synonyms),
        "can_run_code": value.can_run_code,
        "category": value.category,
        "workflow": None if value.workflow is None else codec.dump(value.workflow),
        "persists_chat": value.persists_chat,
        "trashed_at": value.trashed_at,
        "is_readonly": value.is_readonly,
        "last_conversation_at": value.last_conversation_at,
        "wire_fields": codec.dump(value.wire_fields),
        "created_at": value.created_at,
        "updated_at": value.updated_at,
    }


def _agent(row: sa.Row[Any]) -> Agent:
    return Agent(
        id=row.id,
        project_id=row.project_id,
        name=row.name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        creator_id=row.creator_id,
        description=row.description,
        instructions=row.instructions,
        starter=row.starter,
        model=row.model,
        tool_ids=codec.load(row.tool_ids, list[str]),
        sources=codec.load(row.sources, list[Source]),
        golden_serials=codec.load(row.golden_serials, list[int]),
        synonyms=codec.load(row.synonyms, dict[str, list[str]]),
        can_run_code=row.can_run_code,
        category=row.category,
        workflow=None if row.workflow is None else codec.load(row.workflow, Workflow),
        persists_chat=row.persists_chat,
        trashed_at=row.trashed_at,
        is_readonly=row.is_readonly,
        last_conversation_at=row.last_conversation_at,
        wire_fields=codec.load(row.wire_fields, dict[str, Any]),
    )


def _tool_values(value: Tool) -> dict[str, Any]:
    return {
        "name": value.name,
        "description": value.description,
        "kind": value.kind.value,
        "mode": value.mode.value,
        "fusion": value.fusion.value,
        "result_limit": value.result_limit,
        "scope": codec.dump(value.scope),
        "is_readonly": value.is_readonly,
        "settings": codec.dump(value.settings),
        "created_at": value.created_at,
        "updated_at": value.updated_at,
    }


def _tool(row: sa.Row[Any]) -> Tool:
    return Tool(
        id=row.id,
        project_id=row.project_id,
        name=row.name,
        description=row.description,
        kind=ToolKind(row.kind),
        created_at=row.created_at,
        updated_at=row.updated_at,
        mode=SearchMode(row.mode),
        fusion=Fusion(row.fusion),
        result_limit=row.result_limit,
        scope=codec.load(row.scope, DocumentScope),
        is_readonly=row.is_readonly,
        settings=codec.load(row.settings, dict[str, Any]),
    )
