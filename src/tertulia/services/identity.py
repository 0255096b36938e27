"""From a credential to an Actor: tokens, memberships, impersonation."""

import hashlib
import secrets
from datetime import datetime, timedelta

from msgspec import Struct

from tertulia.core.access import Actor
from tertulia.core.clock import now
from tertulia.core.errors import NotFound, PermissionDenied, Unauthenticated
from tertulia.core.ids import new_id
from tertulia.core.project import Membership, Permission, Token, User
from tertulia.store import projects
from tertulia.store.database import Connection, Database

_TOUCH_EVERY = timedelta(minutes=5)


class Caller(Struct, frozen=True, kw_only=True):
    """Who holds a credential, before any project is entered."""

    user: User
    token: Token


class Identity:
    """Opens projects to the holders of tokens. Only SHA-256 of a token is stored; it is compared by index look-up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def caller(self, secret: str | None) -> Caller:
        """Raises Unauthenticated for a token that is missing, unknown, expired or revoked."""
        found = await self._database.read(_caller, secret)
        await self._touch(found)
        return found

    async def actor(self, secret: str | None, project_id: str, *, impersonate: str | None = None) -> Actor:
        """The caller as a member of the project, or whoever it may act for.

        Raises Unauthenticated; NotFound for an unknown project; PermissionDenied for one the token does not open.
        Impersonation never fails: where it is not possible, the caller acts as itself.
        """
        caller, own, target = await self._database.read(_enter, secret, project_id, impersonate)
        await self._touch(caller)
        if target is None:
            return own
        await self._database.write(
            projects.insert_audit_entry,
            project_id=project_id,
            actor_id=own.user_id,
            acted_as_id=target.user_id,
            action="impersonate",
            detail={"token": caller.token.prefix, "email": target.email},
            now=now(),
        )
        return target

    async def _touch(self, caller: Caller) -> None:
        """Notes the use of a token, at most every few minutes: a read stays a read."""
        moment = now()
        last = caller.token.last_used_at
        if last is None or moment - last > _TOUCH_EVERY:
            await self._database.write(projects.touch_tokens, [caller.token.id], moment)


def new_secret() -> str:
    """A token of 256 random bits; shown once, never stored."""
    return "ttl_" + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def may_act_as_others(connection: Connection, user: User, project_id: str) -> bool:
    """Whether user may act as any member of the project: its admins, and those who may impersonate."""
    own = _member(connection, user, project_id)
    return own is not None and (own.is_admin or Permission.IMPERSONATE in own.permissions)


def issue_token(
    connection: Connection,
    user: User,
    *,
    project_id: str | None = None,
    name: str = "",
    expires_at: datetime | None = None,
    impersonator_id: str | None = None,
) -> tuple[Token, str]:
    """A new token for user and its secret; with `project_id` it opens that project alone."""
    secret = new_secret()
    token = Token(
        id=new_id(),
        user_id=user.id,
        prefix=secret[:12],
        name=name,
        created_at=now(),
        project_id=project_id,
        expires_at=expires_at,
        impersonator_id=impersonator_id,
    )
    projects.insert_token(connection, token, hash_secret(secret))
    return token, secret


def _caller(connection: Connection, secret: str | None) -> Caller:
    if not secret:
        raise Unauthenticated
    found = projects.find_token(connection, hash_secret(secret))
    if found is None:
        raise Unauthenticated("Invalid token.")
    token, user = found
    if token.revoked_at is not None:
        raise Unauthenticated("This token was revoked.")
    if token.expires_at is not None and token.expires_at <= now():
        raise Unauthenticated("This token has expired.")
    return Caller(user=user, token=token)


def _enter(
    connection: Connection, secret: str | None, project_id: str, impersonate: str | None
) -> tuple[Caller, Actor, Actor | None]:
    caller = _caller(connection, secret)
    if projects.find_project(connection, project_id) is None:
        raise NotFound
    own = _member(connection, caller.user, project_id, impersonator_id=caller.token.impersonator_id)
    if own is None or caller.token.project_id not in (None, project_id):
        raise PermissionDenied
    if caller.token.impersonator_id is not None:
        _require_impersonator(connection, caller.token.impersonator_id, project_id)
    return caller, own, _target(connection, own, impersonate)


def _require_impersonator(connection: Connection, user_id: str, project_id: str) -> None:
    """Who acts as another by a token may do so for as long as they are permitted to."""
    user = projects.find_user(connection, user_id)
    if user is None or not may_act_as_others(connection, user, project_id):
        raise PermissionDenied


def _target(connection: Connection, own: Actor, email: str | None) -> Actor | None:
    """Who is acted for; nobody acts for another on behalf of a third."""
    if not email or Permission.IMPERSONATE not in own.permissions or own.impersonator_id is not None:
        return None
    user = projects.find_user_by_email(connection, email)
    if user is None or user.id == own.user_id:
        return None
    return _member(connection, user, own.project_id, impersonator_id=own.user_id)


def _member(connection: Connection, user: User, project_id: str, *, impersonator_id: str | None = None) -> Actor | None:
    membership: Membership | None = projects.find_membership(connection, project_id, user)
    if membership is None and not user.is_superuser:
        return None
    return Actor(
        user_id=user.id,
        email=user.email,
        project_id=project_id,
        permissions=membership.permissions if membership else frozenset(),
        is_superuser=user.is_superuser,
        impersonator_id=impersonator_id,
    )
