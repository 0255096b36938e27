"""API credentials as rows: a name and a secret that log a member in to one project."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.project import ApiCredential
from tertulia.store.schema import api_credential, token


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
    if row is None:
        return None
    return ApiCredential(
        id=row.id,
        user_id=row.user_id,
        project_id=row.project_id,
        client_id=row.client_id,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


def delete_expired_tokens(connection: Connection, user_id: str, before: datetime) -> None:
    """Drops the tokens of a user that ran out before then: each login leaves one."""
    connection.execute(token.delete().where(token.c.user_id == user_id, token.c.expires_at < before))
