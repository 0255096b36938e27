"""A file is brought to this version's schema, whoever comes first, and a newer one is refused."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, Table
from sqlalchemy.dialects import postgresql

from tertulia.core.errors import Unavailable
from tertulia.store import data_schema, schema
from tertulia.store.columns import metadata
from tertulia.store.database import sqlite_engine
from tertulia.store.migration import HEAD, migrate, revision_of

# the modules that declare the tables
DECLARED = (schema, data_schema)
VIRTUAL = ("message_fts", "message_vocab", "chunk_fts", "alembic_version")


def test_the_migrated_schema_is_the_declared_one(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    migrate(path)

    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001 - Alembic's signature
        return not (kind == "table" and (name or "").startswith(VIRTUAL))

    with sqlite_engine(path).begin() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": False})
        assert compare_metadata(context, metadata) == []
    assert revision_of(path) == HEAD


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    migrate(path)
    before = path.read_bytes()
    migrate(path)
    assert path.read_bytes() == before


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [path] * 4))
    assert revision_of(path) == HEAD


def test_a_file_of_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    migrate(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(Unavailable, match="newer version of Tertulia"):
        migrate(path)


def test_the_declared_schema_compiles_for_postgresql() -> None:
    assert isinstance(metadata, MetaData)
    for table in metadata.sorted_tables:
        assert isinstance(table, Table)
        text = str(sa.schema.CreateTable(table).compile(dialect=postgresql.dialect()))
        assert text.strip().startswith("CREATE TABLE")
