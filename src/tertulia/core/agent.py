"""Agents: instructions, tools and model under one name."""

from datetime import datetime
from typing import Any

from msgspec import Struct

BUILTIN_MODEL = "builtin"


class Agent(Struct, frozen=True, kw_only=True):
    """Who answers. `wire_fields` keeps what a client configured and we do not interpret, verbatim, for its dialect."""

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
    is_readonly: bool = False
    last_conversation_at: datetime | None = None
    wire_fields: dict[str, Any] = {}
