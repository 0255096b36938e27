"""LookML files, connections to databases, and what users may see of their data, as rows."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from tertulia.core.ids import new_id
from tertulia.core.query import UserAttribute
from tertulia.store import codec
from tertulia.store.data_schema import connection as connection_table
from tertulia.store.data_schema import lookml_file, lookml_project, user_attribute
from tertulia.store.schema import project

# built once: building a statement costs more than running it
_VERSION = sa.select(project.c.data_version).where(project.c.id == sa.bindparam("project_id"))
_ATTRIBUTES = sa.select(user_attribute).where(
    user_attribute.c.project_id == sa.bindparam("project_id"), user_attribute.c.user_id == sa.bindparam("user_id")
)


class StoredConnection(Struct, frozen=True, kw_only=True):
    """A connection as an operator gave it; the URL may name variables of the environment as `${NAME}`."""

    project_id: str
    name: str
    url: str

    def __repr__(self) -> str:
        return f"StoredConnection(project_id={self.project_id!r}, name={self.name!r}, url='***')"


def data_version(connection: Connection, project_id: str) -> int:
    """Grows with every change of a project's LookML and connections."""
    return connection.execute(_VERSION, {"project_id": project_id}).scalar() or 0


def put_lookml(connection: Connection, project_id: str, name: str, files: Mapping[str, str], now: datetime) -> bool:
    """Replaces the files of one LookML project, by path; False where nothing differs."""
    if lookml_files(connection, project_id).get(name) == dict(files):
        return False
    delete_lookml(connection, project_id, name)
    identity = new_id()
    connection.execute(
        lookml_project.insert().values(id=identity, project_id=project_id, name=name, created_at=now, updated_at=now)
    )
    rows = [{"lookml_project_id": identity, "path": path, "text": text} for path, text in files.items()]
    if rows:
        connection.execute(lookml_file.insert(), rows)
    _changed(connection, project_id)
    return True


def delete_lookml(connection: Connection, project_id: str, name: str) -> bool:
    condition = sa.and_(lookml_project.c.project_id == project_id, lookml_project.c.name == name)
    gone = connection.execute(lookml_project.delete().where(condition)).rowcount > 0
    if gone:
        _changed(connection, project_id)
    return gone


def lookml_files(connection: Connection, project_id: str) -> dict[str, dict[str, str]]:
    """The text of every file by LookML project and path."""
    statement = (
        sa.select(lookml_project.c.name, lookml_file.c.path, lookml_file.c.text)
        .select_from(lookml_project.outerjoin(lookml_file))
        .where(lookml_project.c.project_id == project_id)
        .order_by(lookml_project.c.name, lookml_file.c.path)
    )
    found: dict[str, dict[str, str]] = {}
    for name, path, text in connection.execute(statement):
        files = found.setdefault(name, {})
        if path is not None:
            files[path] = text
    return found


def put_connection(connection: Connection, given: StoredConnection, now: datetime) -> None:
    """Makes a connection, or gives the one of that name another URL."""
    values = {"url": given.url, "updated_at": now}
    condition = sa.and_(connection_table.c.project_id == given.project_id, connection_table.c.name == given.name)
    changed = connection.execute(connection_table.update().where(condition).values(**values))
    if changed.rowcount == 0:
        connection.execute(
            connection_table.insert().values(
                id=new_id(), project_id=given.project_id, name=given.name, created_at=now, **values
            )
        )
    _changed(connection, given.project_id)


def delete_connection(connection: Connection, project_id: str, name: str) -> bool:
    condition = sa.and_(connection_table.c.project_id == project_id, connection_table.c.name == name)
    gone = connection.execute(connection_table.delete().where(condition)).rowcount > 0
    if gone:
        _changed(connection, project_id)
    return gone


def list_connections(connection: Connection, project_id: str) -> list[StoredConnection]:
    """By name."""
    statement = (
        sa.select(connection_table).where(connection_table.c.project_id == project_id).order_by(connection_table.c.name)
    )
    return [
        StoredConnection(project_id=row.project_id, name=row.name, url=row.url) for row in connection.execute(statement)
    ]


def attributes_of(connection: Connection, project_id: str, user_id: str) -> dict[str, UserAttribute]:
    """A user's attributes in a project, by name."""
    rows = connection.execute(_ATTRIBUTES, {"project_id": project_id, "user_id": user_id})
    return {
        row.name: UserAttribute(
            name=row.name, values=codec.load(row.values, list[str]), is_expression=row.is_expression
        )
        for row in rows
    }


def put_attributes(connection: Connection, project_id: str, user_id: str, given: Iterable[UserAttribute]) -> None:
    """Sets these attributes; one without values is taken away."""
    for each in given:
        connection.execute(
            user_attribute.delete().where(
                user_attribute.c.project_id == project_id,
                user_attribute.c.user_id == user_id,
                user_attribute.c.name == each.name,
            )
        )
        if each.values:
            connection.execute(
                user_attribute.insert().values(
                    project_id=project_id,
                    user_id=user_id,
                    name=each.name,
                    values=codec.dump(each.values),
                    is_expression=each.is_expression,
                )
            )


def _changed(connection: Connection, project_id: str) -> None:
    connection.execute(
        project.update().where(project.c.id == project_id).values(data_version=project.c.data_version + 1)
    )
