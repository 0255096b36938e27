"""Queries that were saved under a slug, and golden queries, as rows."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct, structs
from sqlalchemy import Connection

from tertulia.core.query import GoldenQuery, Query
from tertulia.store import codec
from tertulia.store.batches import batches
from tertulia.store.data_schema import golden_query, saved_query


class SavedQuery(Struct, frozen=True, kw_only=True):
    """A query under the number and the slug its project knows it by."""

    serial: int
    slug: str
    query: Query
    created_at: datetime


def save_query(connection: Connection, project_id: str, query: Query, now: datetime) -> SavedQuery:
    """The row of this query: an identical one is the same row."""
    found = find_by_slug(connection, project_id, query.slug)
    if found is not None:
        return found
    result = connection.execute(
        saved_query.insert()
        .values(project_id=project_id, slug=query.slug, body=codec.dump(query), created_at=now)
        .returning(saved_query.c.serial)
    )
    return SavedQuery(serial=result.scalar_one(), slug=query.slug, query=query, created_at=now)


def find_by_slug(connection: Connection, project_id: str, slug: str) -> SavedQuery | None:
    condition = sa.and_(saved_query.c.project_id == project_id, saved_query.c.slug == slug)
    return _one(connection, condition)


def find_by_serial(connection: Connection, project_id: str, serial: int) -> SavedQuery | None:
    condition = sa.and_(saved_query.c.project_id == project_id, saved_query.c.serial == serial)
    return _one(connection, condition)


def find_serials(connection: Connection, project_id: str, slugs: Collection[str]) -> dict[str, int]:
    """The serials of those that are saved, by slug."""
    found: dict[str, int] = {}
    for batch in batches(list(slugs)):
        statement = sa.select(saved_query.c.slug, saved_query.c.serial).where(
            saved_query.c.project_id == project_id, saved_query.c.slug.in_(batch)
        )
        found |= {row.slug: row.serial for row in connection.execute(statement)}
    return found


def insert_golden(connection: Connection, new: GoldenQuery) -> GoldenQuery:
    """Keeps it and gives it its serial, whatever the one given says."""
    result = connection.execute(
        golden_query.insert()
        .values(id=new.id, project_id=new.project_id, created_at=new.created_at, **_golden_values(new))
        .returning(golden_query.c.serial)
    )
    return structs.replace(new, serial=result.scalar_one())


def update_golden(connection: Connection, changed: GoldenQuery) -> None:
    connection.execute(
        golden_query.update()
        .where(golden_query.c.serial == changed.serial, golden_query.c.project_id == changed.project_id)
        .values(**_golden_values(changed))
    )


def delete_golden(connection: Connection, project_id: str, serial: int) -> bool:
    condition = sa.and_(golden_query.c.project_id == project_id, golden_query.c.serial == serial)
    return connection.execute(golden_query.delete().where(condition)).rowcount > 0


def find_golden(connection: Connection, project_id: str, serials: Sequence[int]) -> list[GoldenQuery]:
    """Those that exist of the ones named, in the order named."""
    found: dict[int, GoldenQuery] = {}
    for batch in batches(serials):
        statement = sa.select(golden_query).where(
            golden_query.c.project_id == project_id, golden_query.c.serial.in_(batch)
        )
        found |= {row.serial: _golden(row) for row in connection.execute(statement)}
    return [found[serial] for serial in dict.fromkeys(serials) if serial in found]


def _one(connection: Connection, condition: sa.ColumnElement[bool]) -> SavedQuery | None:
    row = connection.execute(sa.select(saved_query).where(condition)).first()
    if row is None:
        return None
    return SavedQuery(serial=row.serial, slug=row.slug, query=codec.load(row.body, Query), created_at=row.created_at)


def _golden_values(value: GoldenQuery) -> dict[str, Any]:
    return {
        "questions": codec.dump(value.questions),
        "query": codec.dump(value.query),
        "address": value.address,
        "creator_id": value.creator_id,
        "editor_id": value.editor_id,
        "updated_at": value.updated_at,
    }


def _golden(row: sa.Row[Any]) -> GoldenQuery:
    return GoldenQuery(
        id=row.id,
        serial=row.serial,
        project_id=row.project_id,
        questions=codec.load(row.questions, list[str]),
        query=codec.load(row.query, Query),
        created_at=row.created_at,
        updated_at=row.updated_at,
        creator_id=row.creator_id,
        editor_id=row.editor_id,
        address=row.address,
    )
