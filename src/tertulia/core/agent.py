"""Agents: instructions, tools and model under one name."""

from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from tertulia.core.query import Source
from tertulia.core.search import Pattern, Sort

BUILTIN_MODEL = "builtin"


class Workflow(Struct, frozen=True, kw_only=True):
    """How a workflow agent runs: for another agent, as often as a crontab says, with its findings sent somewhere.

    `destination_type` is `email` or `action_hub`; `destination_parameters` is JSON text.
    """

    primary_agent_id: str | None = None
    cron: str = ""
    destination_type: str = ""
    destination_parameters: str = ""


class Agent(Struct, frozen=True, kw_only=True):
    """Who answers. `wire_fields` keeps what a client configured and we do not interpret, verbatim, for its dialect.

    With no `tool_ids` it has the tools its `sources` need, and all of the project's where it has no sources either.
    One with `trashed_at` is out of use and may come back; `persists_chat` keeps turns that a client would keep itself.
    `golden_serials` are the approved queries it knows; `synonyms` are words of its users for fields and values.
    """

    id: str
    project_id: str
    name: str
    created_at: datetime
    updated_at: datetime
    creator_id: str | None = None
    description: str = ""
    instructions: str = ""
    starter: str = ""
    model: str = ""
    tool_ids: list[str] = []
    sources: list[Source] = []
    golden_serials: list[int] = []
    synonyms: dict[str, list[str]] = {}
    can_run_code: bool = False
    category: str | None = None
    workflow: Workflow | None = None
    persists_chat: bool = False
    trashed_at: datetime | None = None
    is_readonly: bool = False
    last_conversation_at: datetime | None = None
    wire_fields: dict[str, Any] = {}


class WorkflowChange(Struct, frozen=True, kw_only=True):
    """What is given of a workflow; unset fields stay."""

    primary_agent_id: str | UnsetType | None = UNSET
    cron: str | UnsetType = UNSET
    destination_type: str | UnsetType = UNSET
    destination_parameters: str | UnsetType = UNSET


class AgentChange(Struct, frozen=True, kw_only=True):
    """What is given of an agent that is made or changed; unset fields begin as `Agent` says, or stay.

    `workflow` and `wire_fields` are merged into what stands there; a `workflow` of None is taken away.
    """

    name: str | UnsetType = UNSET
    creator_id: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    instructions: str | UnsetType = UNSET
    starter: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    tool_ids: list[str] | UnsetType = UNSET
    sources: list[Source] | UnsetType = UNSET
    golden_serials: list[int] | UnsetType = UNSET
    can_run_code: bool | UnsetType = UNSET
    category: str | UnsetType | None = UNSET
    workflow: WorkflowChange | UnsetType | None = UNSET
    persists_chat: bool | UnsetType = UNSET
    is_trashed: bool | UnsetType = UNSET
    wire_fields: dict[str, Any] | UnsetType = UNSET


class AgentSearch(Struct, frozen=True, kw_only=True):
    """Which of a project's agents are wanted: all that is given must hold, or with `is_any` some of it.

    Empty lists and None ask nothing. A list and its `is_null` are one condition: any of these, or none at all; with
    `primary_is_null` what is no agent's workflow. `creator_serials` are numbers of users; `is_not_owned` turns that
    condition round. `is_trashed` always holds. Sorts by id, name, description, category, creator_id, created_at,
    updated_at; without any the most recently changed comes first.
    """

    ids: list[str] = []
    name: Pattern | None = None
    description: Pattern | None = None
    creator_serials: list[int] = []
    creator_is_null: bool | None = None
    is_not_owned: bool = False
    categories: list[str] = []
    category_is_null: bool | None = None
    primary_agent_ids: list[str] = []
    primary_is_null: bool | None = None
    is_trashed: bool | None = None
    is_any: bool = False
    sorts: list[Sort] = []
    limit: int = 100
    offset: int = 0
