"""A fresh database with two projects and a person in each."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from store.template import lay_schema
from tertulia.core.ids import new_id
from tertulia.core.project import Project, User
from tertulia.store import projects
from tertulia.store.database import sqlite_engine

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    path = lay_schema(tmp_path / "t.db")
    engine = sqlite_engine(path)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def project(connection: Connection) -> Project:
    return make_project(connection, "first")


@pytest.fixture
def user(connection: Connection) -> User:
    return projects.insert_user(connection, "ada@example.org", NOW, is_superuser=False)


def make_project(connection: Connection, name: str) -> Project:
    project = Project(id=new_id(), name=name, created_at=NOW, updated_at=NOW)
    projects.insert_project(connection, project)
    return project
