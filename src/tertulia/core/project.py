"""Projects, the people in them, and the tokens that open them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct


class Permission(StrEnum):
    """What a membership allows beyond being a member."""

    ADMINISTER = "administer"
    VIEW_DATA = "view_data"
    RUN_TASKS = "run_tasks"
    VIEW_TECHNICAL = "view_technical"
    IMPERSONATE = "impersonate"


class Project(Struct, frozen=True, kw_only=True):
    """The fence around everything. `wire_fields` keeps settings we do not interpret, verbatim, for their dialect."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    brief: str = ""
    default_model: str | None = None
    wire_fields: dict[str, Any] = {}


class User(Struct, frozen=True, kw_only=True):
    """A person. `serial` is the number some clients know users by; e-mail addresses are unique without case."""

    id: str
    serial: int
    email: str
    joined_at: datetime
    is_superuser: bool = False


class Membership(Struct, frozen=True, kw_only=True):
    id: str
    project_id: str
    user: User
    permissions: frozenset[Permission]
    profile: str = "contributor"


class ApiCredential(Struct, frozen=True, kw_only=True):
    """A name and a secret that log a member in to one project; the secret itself is never stored."""

    id: str
    user_id: str
    project_id: str
    client_id: str
    created_at: datetime
    revoked_at: datetime | None = None


class Token(Struct, frozen=True, kw_only=True):
    """A credential's record; the secret itself is never stored. `project_id` None opens all projects of the user.

    `impersonator_id` is who acts as the user with it.
    """

    id: str
    user_id: str
    prefix: str
    name: str
    created_at: datetime
    project_id: str | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    impersonator_id: str | None = None
