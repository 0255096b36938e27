"""Projects and the people in them."""

from typing import Any

import msgspec

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.agent import Agent
from tertulia.core.clock import now
from tertulia.core.conversation import Page, Window
from tertulia.core.errors import AlreadyExists, InvalidInput, NotFound, PermissionDenied
from tertulia.core.ids import new_id
from tertulia.core.project import Membership, Permission, Project, Token, User
from tertulia.services.agents import default_agent
from tertulia.services.identity import Caller, issue_token
from tertulia.services.tools import default_tools
from tertulia.store import agents, library, projects
from tertulia.store.database import Connection, Database

_ADMIN = frozenset({Permission.ADMINISTER, Permission.VIEW_DATA, Permission.RUN_TASKS, Permission.VIEW_TECHNICAL})


class Projects:
    """Creating, reading and changing projects, and who belongs to them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, caller: Caller, window: Window) -> Page[Project]:
        return await self._database.read(projects.list_projects, caller.user, window, only=caller.token.project_id)

    async def create(self, caller: Caller, *, name: str, brief: str = "", default_model: str | None = None) -> Project:
        """A project with the caller as its admin, the default tools and the default agent.

        Raises PermissionDenied unless the caller administers some project and holds a token for all of its projects.
        """

        def work(connection: Connection) -> Project:
            may = caller.user.is_superuser or projects.is_admin_anywhere(connection, caller.user)
            if not may or caller.token.project_id is not None:
                raise PermissionDenied
            return create_project(connection, caller.user, name=name, brief=brief, default_model=default_model)

        return await self._database.write(work)

    async def get(self, actor: Actor) -> Project:
        found = await self._database.read(projects.find_project, actor.project_id)
        if found is None:
            raise NotFound
        return found

    async def change(self, actor: Actor, **changes: Any) -> Project:
        """Changes name, brief, default_model or wire_fields. Raises PermissionDenied unless actor is an admin."""

        def work(connection: Connection) -> Project:
            _require_admin(actor)
            found = projects.find_project(connection, actor.project_id)
            if found is None:
                raise NotFound
            changed = msgspec.structs.replace(found, **changes, updated_at=now())
            projects.update_project(connection, changed)
            return changed

        return await self._database.write(work)

    async def delete(self, actor: Actor) -> None:
        """Deletes the project and everything in it. Raises PermissionDenied unless actor is an admin."""

        def work(connection: Connection) -> None:
            _require_admin(actor)
            delete_project(connection, actor.project_id)

        await self._database.write(work)


class People:
    """What an operator does from the command line: users, memberships, tokens. No actor is asked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, email: str, project_id: str, permissions: frozenset[Permission], *, is_superuser: bool = False
    ) -> User:
        """Makes the person a member of the project, creating the user where there is none; raises NotFound."""

        def work(connection: Connection) -> User:
            if projects.find_project(connection, project_id) is None:
                raise NotFound(f"There is no project {project_id}.")
            return _join(connection, email, project_id, permissions, is_superuser=is_superuser)

        return await self._database.write(work)

    async def create_token(self, email: str, *, project_id: str | None, name: str = "") -> tuple[Token, str]:
        """A token and its secret. Raises NotFound for an unknown user, or one who is not in the project."""

        def work(connection: Connection) -> tuple[Token, str]:
            user = require_member(connection, project_id, email)
            return issue_token(connection, user, project_id=project_id, name=name)

        return await self._database.write(work)

    async def tokens(self) -> list[tuple[Token, str]]:
        return await self._database.read(projects.list_tokens)

    async def revoke(self, prefix: str) -> int:
        return await self._database.write(projects.revoke_tokens, prefix, now())

    async def find_project(self, name_or_id: str) -> Project:
        """The project with this id or name. Raises NotFound."""

        def work(connection: Connection) -> Project | None:
            found = projects.find_project(connection, name_or_id)
            return found or projects.find_project_by_name(connection, name_or_id)

        project = await self._database.read(work)
        if project is None:
            raise NotFound(f"There is no project {name_or_id}.")
        return project


def require_member(connection: Connection, project_id: str | None, email: str) -> User:
    """The user of this address, who must be a member of the project where one is named. Raises NotFound."""
    user = projects.find_user_by_email(connection, email)
    if user is None:
        raise NotFound(f"There is no user {email}. Add one with: tertulia user add {email} --project PROJECT")
    outside = project_id is not None and projects.find_membership(connection, project_id, user) is None
    if outside and not user.is_superuser:
        raise NotFound(f"{email} is not a member of project {project_id}.")
    return user


def create_project(
    connection: Connection, admin: User, *, name: str, brief: str = "", default_model: str | None = None
) -> Project:
    """Inserts a project with its admin, tools and agent. Raises InvalidInput for an empty name."""
    if not name.strip():
        raise InvalidInput(fields={"name": ["This field may not be blank."]})
    moment = now()
    project = Project(
        id=new_id(),
        name=name.strip(),
        brief=brief,
        default_model=default_model,
        created_at=moment,
        updated_at=moment,
    )
    projects.insert_project(connection, project)
    permissions = _ADMIN | {Permission.IMPERSONATE}
    membership = Membership(id=new_id(), project_id=project.id, user=admin, permissions=permissions, profile="tech")
    projects.put_membership(connection, membership, moment)
    for tool in default_tools(project.id, moment):
        agents.insert_tool(connection, tool)
    agent: Agent = default_agent(project.id, moment)
    agents.insert_agent(connection, agent)
    return project


def delete_project(connection: Connection, project_id: str) -> None:
    """Deletes a project with its index entries; the originals' files are swept by the library."""
    library.delete_project_documents(connection, project_id)
    projects.delete_project(connection, project_id)


def _join(
    connection: Connection, email: str, project_id: str, permissions: frozenset[Permission], *, is_superuser: bool
) -> User:
    if "@" not in email.strip("@") or any(character.isspace() for character in email.strip()):
        raise InvalidInput(f"{email!r} is not an e-mail address.", fields={"email": ["Enter a valid email address."]})
    user = projects.find_user_by_email(connection, email)
    if user is not None and is_superuser and not user.is_superuser:
        raise AlreadyExists(f"{email} exists already and is not a superuser.")
    if user is None:
        user = projects.insert_user(connection, email.strip(), now(), is_superuser=is_superuser)
    profile = "tech" if Permission.ADMINISTER in permissions else "contributor"
    membership = Membership(id=new_id(), project_id=project_id, user=user, permissions=permissions, profile=profile)
    projects.put_membership(connection, membership, now())
    return user


def _require_admin(actor: Actor) -> None:
    if not allowed(actor, Verb.ADMINISTER_PROJECT):
        raise PermissionDenied
