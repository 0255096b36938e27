"""API credentials as rows: a name and a secret that log a member in to one project."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.project import ApiCredential
from tertulia.store.schema import api_credential, token, user_account


def insert_credential(connection: Connection, new: ApiCredential, secret_hash: str) -> None:
    connection.execute(
        api_credential.insert().values(
            id=new.id,
            project_id=new.project_id,
            user_id=new.user_id,
            client_id=new.client_id,
            secret_hash=secret_hash,
            created_at=new.created_at,
        )
    )


def find_credential(connection: Connection, client_id: str, secret_hash: str) -> ApiCredential | None:
    """The open credential of that name and secret."""
    row = connection.execute(
        sa.select(api_credential).where(
            api_credential.c.client_id == client_id,
            api_credential.c.secret_hash == secret_hash,
            api_credential.c.revoked_at.is_(None),
        )
    ).first()
    return None if row is None else _credential(row)


def list_credentials(connection: Connection) -> list[tuple[ApiCredential, str]]:
    """All of them with their user's e-mail address, newest first."""
    statement = (
        sa.select(api_credential, user_account.c.email)
        .join(user_account, user_account.c.id == api_credential.c.user_id)
        .order_by(api_credential.c.created_at.desc())
    )
    return [(_credential(row), row.email) for row in connection.execute(statement)]


def revoke_credential(connection: Connection, client_id: str, now: datetime) -> int:
    """Closes it, and what its user opened by logging in; returns how many were open."""
    closed = connection.execute(
        api_credential.update()
        .where(api_credential.c.client_id == client_id, api_credential.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(api_credential.c.user_id, api_credential.c.project_id)
    ).all()
    for user_id, project_id in closed:
        connection.execute(
            token.update()
            .where(
                sa.func.coalesce(token.c.impersonator_id, token.c.user_id) == user_id,
                token.c.project_id == project_id,
                token.c.expires_at.is_not(None),
                token.c.revoked_at.is_(None),
            )
            .values(revoked_at=now)
        )
    return len(closed)


def close_login(connection: Connection, token_id: str, now: datetime) -> None:
    """Revokes a token that runs out by itself: one without an end was not got by logging in."""
    connection.execute(
        token.update().where(token.c.id == token_id, token.c.expires_at.is_not(None)).values(revoked_at=now)
    )


def delete_expired_tokens(connection: Connection, user_id: str, before: datetime) -> None:
    """Drops the tokens of a user that ran out before then: each login leaves one."""
    connection.execute(token.delete().where(token.c.user_id == user_id, token.c.expires_at < before))


def _credential(row: sa.Row[Any]) -> ApiCredential:
    return ApiCredential(
        id=row.id,
        user_id=row.user_id,
        project_id=row.project_id,
        client_id=row.client_id,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
