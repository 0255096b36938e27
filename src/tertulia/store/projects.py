"""Projects, people, memberships and tokens as rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.conversation import Page, Window
from tertulia.core.ids import new_id
from tertulia.core.project import Membership, Permission, Project, Token, User
from tertulia.store import codec
from tertulia.store.batches import batches
from tertulia.store.schema import audit_entry, membership, project, token, user_account

# built once: building a statement costs more than running it
_FIND_PROJECT = sa.select(project).where(project.c.id == sa.bindparam("id"))
_FIND_MEMBERSHIP = sa.select(membership).where(
    membership.c.project_id == sa.bindparam("project_id"), membership.c.user_id == sa.bindparam("user_id")
)
_USERS = sa.select(user_account).where(user_account.c.id.in_(sa.bindparam("ids", expanding=True)))
_FIND_TOKEN = (
    sa.select(token, *(column.label(f"holder_{column.name}") for column in user_account.c))
    .join(user_account, user_account.c.id == token.c.user_id)
    .where(token.c.secret_hash == sa.bindparam("secret_hash"))
)


def insert_project(connection: Connection, new: Project) -> None:
    connection.execute(
        project.insert().values(
            id=new.id,
            name=new.name,
            brief=new.brief,
            default_model=new.default_model,
            wire_fields=codec.dump(new.wire_fields),
            created_at=new.created_at,
            updated_at=new.updated_at,
        )
    )


def find_project(connection: Connection, project_id: str) -> Project | None:
    row = connection.execute(_FIND_PROJECT, {"id": project_id}).first()
    return None if row is None else _project(row)


def find_project_by_name(connection: Connection, name: str) -> Project | None:
    statement = sa.select(project).where(project.c.name == name).order_by(project.c.created_at).limit(1)
    row = connection.execute(statement).first()
    return None if row is None else _project(row)


def list_projects(connection: Connection, user: User, window: Window, *, only: str | None) -> Page[Project]:
    """The projects a user may open, newest first; `only` narrows them to one id."""
    condition = sa.true()
    if not user.is_superuser:
        condition = project.c.id.in_(sa.select(membership.c.project_id).where(membership.c.user_id == user.id))
    if only is not None:
        condition = sa.and_(condition, project.c.id == only)
    total = connection.execute(sa.select(sa.func.count()).select_from(project).where(condition)).scalar_one()
    statement = (
        sa.select(project)
        .where(condition)
        .order_by(project.c.created_at.desc(), project.c.id.desc())
        .limit(window.limit)
        .offset(window.offset)
    )
    return Page(items=[_project(row) for row in connection.execute(statement)], total=total)


def update_project(connection: Connection, changed: Project) -> None:
    connection.execute(
        project.update()
        .where(project.c.id == changed.id)
        .values(
            name=changed.name,
            brief=changed.brief,
            default_model=changed.default_model,
            wire_fields=codec.dump(changed.wire_fields),
            updated_at=changed.updated_at,
        )
    )


def delete_project(connection: Connection, project_id: str) -> None:
    """Deletes the project's row; what hangs on it goes by foreign key. Text indexes are the caller's to clear first."""
    connection.execute(project.delete().where(project.c.id == project_id))


def insert_user(connection: Connection, email: str, now: datetime, *, is_superuser: bool) -> User:
    serial = connection.execute(sa.select(sa.func.coalesce(sa.func.max(user_account.c.serial), 0) + 1)).scalar_one()
    user = User(id=new_id(), serial=serial, email=email, joined_at=now, is_superuser=is_superuser)
    connection.execute(
        user_account.insert().values(
            id=user.id,
            serial=user.serial,
            email=user.email,
            email_folded=_fold_email(email),
            is_superuser=user.is_superuser,
            joined_at=user.joined_at,
        )
    )
    return user


def find_user_by_email(connection: Connection, email: str) -> User | None:
    statement = sa.select(user_account).where(user_account.c.email_folded == _fold_email(email))
    row = connection.execute(statement).first()
    return None if row is None else _user(row)


def find_user(connection: Connection, user_id: str) -> User | None:
    return users_by_id(connection, [user_id]).get(user_id)


def find_user_by_serial(connection: Connection, serial: int) -> User | None:
    if not 0 < serial < 2**63:
        return None
    row = connection.execute(sa.select(user_account).where(user_account.c.serial == serial)).first()
    return None if row is None else _user(row)


def users_by_id(connection: Connection, user_ids: Sequence[str]) -> dict[str, User]:
    """Those that exist of the ones named."""
    rows = (connection.execute(_USERS, {"ids": some}) for some in batches(user_ids))
    return {row.id: _user(row) for some in rows for row in some}


def put_membership(connection: Connection, new: Membership, now: datetime) -> None:
    """Makes the user a member, or replaces permissions and profile of one who is."""
    values = {"permissions": codec.dump(sorted(new.permissions)), "profile": new.profile}
    changed = connection.execute(
        membership.update()
        .where(membership.c.project_id == new.project_id, membership.c.user_id == new.user.id)
        .values(**values)
    )
    if changed.rowcount == 0:
        connection.execute(
            membership.insert().values(
                id=new.id,
                project_id=new.project_id,
                user_id=new.user.id,
                created_at=now,
                **values,
            )
        )


def find_membership(connection: Connection, project_id: str, user: User) -> Membership | None:
    row = connection.execute(_FIND_MEMBERSHIP, {"project_id": project_id, "user_id": user.id}).first()
    if row is None:
        return None
    return Membership(
        id=row.id,
        project_id=row.project_id,
        user=user,
        permissions=codec.load(row.permissions, frozenset[Permission]),
        profile=row.profile,
    )


def is_admin_anywhere(connection: Connection, user: User) -> bool:
    statement = sa.select(membership.c.permissions).where(membership.c.user_id == user.id)
    return any(
        Permission.ADMINISTER in codec.load(text, frozenset[Permission])
        for text in connection.execute(statement).scalars()
    )


def insert_token(connection: Connection, new: Token, secret_hash: str) -> None:
    connection.execute(
        token.insert().values(
            id=new.id,
            user_id=new.user_id,
            project_id=new.project_id,
            secret_hash=secret_hash,
            prefix=new.prefix,
            name=new.name,
            created_at=new.created_at,
            expires_at=new.expires_at,
            impersonator_id=new.impersonator_id,
        )
    )


def find_token(connection: Connection, secret_hash: str) -> tuple[Token, User] | None:
    row = connection.execute(_FIND_TOKEN, {"secret_hash": secret_hash}).first()
    if row is None:
        return None
    user = User(
        id=row.holder_id,
        serial=row.holder_serial,
        email=row.holder_email,
        joined_at=row.holder_joined_at,
        is_superuser=row.holder_is_superuser,
    )
    return _token(row), user


def list_tokens(connection: Connection) -> list[tuple[Token, str]]:
    """All tokens with their user's e-mail address, newest first."""
    statement = (
        sa.select(token, user_account.c.email)
        .join(user_account, user_account.c.id == token.c.user_id)
        .order_by(token.c.created_at.desc())
    )
    return [(_token(row), row.email) for row in connection.execute(statement)]


def touch_tokens(connection: Connection, token_ids: Iterable[str], now: datetime) -> None:
    connection.execute(token.update().where(token.c.id.in_(list(token_ids))).values(last_used_at=now))


def revoke_tokens(connection: Connection, prefix: str, now: datetime) -> int:
    """Revokes the tokens whose id or prefix this is; returns how many were open."""
    changed = connection.execute(
        token.update()
        .where(sa.or_(token.c.id == prefix, token.c.prefix == prefix), token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return changed.rowcount


def insert_audit_entry(  # noqa: PLR0913 - the columns of a record
    connection: Connection,
    *,
    project_id: str | None,
    actor_id: str | None,
    acted_as_id: str | None,
    action: str,
    detail: dict[str, Any],
    now: datetime,
) -> None:
    connection.execute(
        audit_entry.insert().values(
            id=new_id(),
            project_id=project_id,
            actor_id=actor_id,
            acted_as_id=acted_as_id,
            action=action,
            detail=codec.dump(detail),
            created_at=now,
        )
    )


def list_audit_entries(connection: Connection, project_id: str, limit: int) -> list[dict[str, Any]]:
    """The newest records of a project: action, who, as whom, detail, when."""
    statement = (
        sa.select(audit_entry)
        .where(audit_entry.c.project_id == project_id)
        .order_by(audit_entry.c.created_at.desc())
        .limit(limit)
    )
    return [
        {**row, "detail": codec.load(row["detail"], dict[str, Any])} for row in connection.execute(statement).mappings()
    ]


def _fold_email(email: str) -> str:
    return email.strip().casefold()


def _project(row: sa.Row[Any]) -> Project:
    return Project(
        id=row.id,
        name=row.name,
        brief=row.brief,
        default_model=row.default_model,
        wire_fields=codec.load(row.wire_fields, dict[str, Any]),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _user(row: sa.Row[Any]) -> User:
    return User(id=row.id, serial=row.serial, email=row.email, joined_at=row.joined_at, is_superuser=row.is_superuser)


def _token(row: sa.Row[Any]) -> Token:
    return Token(
        id=row.id,
        user_id=row.user_id,
        prefix=row.prefix,
        name=row.name,
        created_at=row.created_at,
        project_id=row.project_id,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        impersonator_id=row.impersonator_id,
    )
