"""Agents: instructions, tools and model under one name."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from tertulia.core.query import Source

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
