"""Brings a data file to the schema this version speaks, and refuses one from a newer version."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.errors import Unavailable
from tertulia.store.database import sqlite_engine

HEAD = "0003"
_KNOWN = frozenset({"0001", "0002", HEAD})


def migrate(path: Path) -> None:
    """Creates or upgrades the file. Safe when several processes do it at once.

    Raises Unavailable where the file was written by a newer version of the server.
    """
    with _only_one(path.with_suffix(".lock")):
        engine = sqlite_engine(path)
        with engine.begin() as connection:
            if _revision(connection, path) != HEAD:
                _upgrade(connection)


def revision_of(path: Path) -> str | None:
    """The schema of an existing file, None for an empty one. Raises Unavailable for one from a newer version."""
    with sqlite_engine(path, is_reader=True).begin() as connection:
        return _revision(connection, path)


def _revision(connection: Connection, path: Path) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if found not in _KNOWN:
        raise Unavailable(
            f"The data in {path} was written by a newer version of Tertulia (schema {found}; this version knows "
            f"{HEAD}). Start the newer version, or point TERTULIA_DATA at another folder."
        )
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - heavy, and needed once per new schema
    from alembic.config import Config  # noqa: PLC0415 - heavy, and needed once per new schema

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def _only_one(lock: Path) -> Generator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
