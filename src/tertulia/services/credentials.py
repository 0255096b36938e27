"""API credentials: a name and a secret that a member logs in with, for tokens that open one project for an hour."""

import secrets
import string
from collections.abc import Iterable
from datetime import timedelta

from tertulia.core.access import Actor
from tertulia.core.clock import now
from tertulia.core.errors import NotFound, PermissionDenied, Unauthenticated
from tertulia.core.ids import new_id
from tertulia.core.project import ApiCredential, Token, User
from tertulia.services.identity import Caller, hash_secret, issue_token, may_act_as_others, new_secret
from tertulia.services.projects import require_member
from tertulia.store import credentials, projects
from tertulia.store.database import Connection, Database

LIFETIME = timedelta(hours=1)
_LETTERS = string.ascii_letters + string.digits
_NAME_CHARACTERS = 20
_UNKNOWN = "These API credentials are not known."
_OF_AN_OPERATOR = "This token was not got by logging in, and stays. Whoever runs the server revokes it: tertulia token revoke {prefix}"


class Credentials:
    """What is stored of a secret is its SHA-256; it is compared by index look-up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, project_id: str, email: str) -> tuple[ApiCredential, str]:
        """A credential and its secret, for an operator. Raises NotFound for who is not a member of the project."""
        return await self._database.write(create_credential, project_id, email)

    async def all(self) -> list[tuple[ApiCredential, str]]:
        """Each with its user's e-mail address, newest first, for an operator."""
        return await self._database.read(credentials.list_credentials)

    async def revoke(self, client_id: str) -> int:
        """Closes a credential and the tokens its user got by logging in; how many credentials were open."""
        return await self._database.write(credentials.revoke_credential, client_id, now())

    async def login(self, client_id: str, secret: str) -> tuple[Token, str]:
        """A token for the credential's project and its secret. Raises Unauthenticated, whatever is wrong."""

        def work(connection: Connection) -> tuple[Token, str]:
            found = credentials.find_credential(connection, client_id, hashed)
            user = None if found is None else projects.find_user(connection, found.user_id)
            if found is None or user is None or not _belongs(connection, found.project_id, user):
                raise Unauthenticated(_UNKNOWN)
            return _issue(connection, user, found.project_id)

        if not (client_id.isascii() and secret.isascii()):
            raise Unauthenticated(_UNKNOWN)
        hashed = hash_secret(secret)
        return await self._database.write(work)

    async def login_as(self, caller: Caller, user_serial: int) -> tuple[Token, str]:
        """A token with which the caller acts as another member of the project their own token opens.

        Raises PermissionDenied for who may not act as others, or does so already; NotFound for who is no member.
        """
        return await self._database.write(_login_as, caller, user_serial)

    async def logout(self, secret: str) -> None:
        """Closes a token that was got by logging in. Raises Unauthenticated; PermissionDenied for an operator's token."""

        def work(connection: Connection) -> None:
            found = projects.find_token(connection, hashed)
            if found is None:
                raise Unauthenticated("Invalid token.")
            if found[0].expires_at is None:
                raise PermissionDenied(_OF_AN_OPERATOR.format(prefix=found[0].prefix))
            credentials.close_login(connection, found[0].id, now())

        hashed = hash_secret(secret)
        await self._database.write(work)

    async def user(self, actor: Actor) -> User:
        """Who is asking, or whom they act as. Raises NotFound."""
        found = await self._database.read(projects.find_user, actor.user_id)
        if found is None:
            raise NotFound
        return found

    async def users(self, user_ids: Iterable[str]) -> dict[str, User]:
        """Those that exist of the people whom rows of a project name."""
        return await self._database.read(projects.users_by_id, list(user_ids))

    async def member(self, actor: Actor, user_serial: int) -> User:
        """The member of the actor's project that has this number. Raises NotFound."""
        return await self._database.read(_member, actor.project_id, user_serial)


def create_credential(connection: Connection, project_id: str, email: str) -> tuple[ApiCredential, str]:
    """Raises NotFound for who is not a member of the project."""
    user = require_member(connection, project_id, email)
    secret = new_secret()
    credential = ApiCredential(
        id=new_id(),
        user_id=user.id,
        project_id=project_id,
        client_id="".join(secrets.choice(_LETTERS) for _ in range(_NAME_CHARACTERS)),
        created_at=now(),
    )
    credentials.insert_credential(connection, credential, hash_secret(secret))
    return credential, secret


def _login_as(connection: Connection, caller: Caller, user_serial: int) -> tuple[Token, str]:
    project_id, own = caller.token.project_id, caller.user
    is_permitted = project_id is not None and may_act_as_others(connection, own, project_id)
    if project_id is None or not is_permitted or caller.token.impersonator_id is not None:
        raise PermissionDenied
    target = _member(connection, project_id, user_serial)
    if target.id == own.id:
        return _issue(connection, own, project_id)
    issued = _issue(connection, target, project_id, impersonator_id=own.id)
    projects.insert_audit_entry(
        connection,
        project_id=project_id,
        actor_id=own.id,
        acted_as_id=target.id,
        action="login_as",
        detail={"token": caller.token.prefix, "issued": issued[0].prefix, "email": target.email},
        now=now(),
    )
    return issued


def _issue(
    connection: Connection, user: User, project_id: str, *, impersonator_id: str | None = None
) -> tuple[Token, str]:
    moment = now()
    credentials.delete_expired_tokens(connection, user.id, moment)
    return issue_token(
        connection,
        user,
        project_id=project_id,
        name="api login",
        expires_at=moment + LIFETIME,
        impersonator_id=impersonator_id,
    )


def _member(connection: Connection, project_id: str, user_serial: int) -> User:
    user = projects.find_user_by_serial(connection, user_serial)
    if user is None or projects.find_membership(connection, project_id, user) is None:
        raise NotFound
    return user


def _belongs(connection: Connection, project_id: str, user: User) -> bool:
    return user.is_superuser or projects.find_membership(connection, project_id, user) is not None
