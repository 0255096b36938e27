"""From a connection's URL to the warehouse behind it. Nothing is opened before the first query."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from tertulia.core.errors import InvalidInput
from tertulia.semantic.execute.address import Address, read_address
from tertulia.semantic.execute.bigquery import BigquerySession
from tertulia.semantic.execute.clickhouse import ClickhouseSession
from tertulia.semantic.execute.databricks import DatabricksSession
from tertulia.semantic.execute.duckdb_warehouse import DuckdbWarehouse
from tertulia.semantic.execute.folder_warehouse import FolderWarehouse
from tertulia.semantic.execute.postgres import PostgresWarehouse
from tertulia.semantic.execute.snowflake import SnowflakeSession
from tertulia.semantic.execute.threaded import Session, ThreadedWarehouse
from tertulia.semantic.execute.trino import TrinoSession
from tertulia.semantic.execute.warehouse import Warehouse

SESSIONS: dict[str, Callable[[Address], Session]] = {
    "bigquery": BigquerySession,
    "clickhouse": ClickhouseSession,
    "databricks": DatabricksSession,
    "snowflake": SnowflakeSession,
    "trino": TrinoSession,
}
POSTGRES = ("postgresql", "postgres")
FILES = ("duckdb", "folder")


def open_warehouse(
    name: str, url: str, *, processes: int = 2, memory_megabytes: int = 1024, cache_dir: Path
) -> Warehouse:
    """`duckdb:///srv/shop.duckdb`, `folder:///srv/data` and `postgresql://`, `bigquery://`, ... ; raises InvalidInput.

    A path without the third slash counts from the current folder. `processes` is for each connection to files,
    `memory_megabytes` for each of its processes; `cache_dir` keeps the databases made from folders.
    """
    address = read_address(url)
    if address.scheme == "duckdb":
        return DuckdbWarehouse(_path(name, url), processes=processes, memory_megabytes=memory_megabytes)
    if address.scheme == "folder":
        return FolderWarehouse(_path(name, url), cache_dir, processes=processes, memory_megabytes=memory_megabytes)
    if address.scheme in POSTGRES:
        return PostgresWarehouse(url.strip(), address)
    if session := SESSIONS.get(address.scheme):
        if not address.host:
            raise InvalidInput(f"The URL of the connection {name} names no host.")
        return ThreadedWarehouse(address.scheme, partial(session, address), address=address)
    known = ", ".join(f"{each}://" for each in (*FILES, POSTGRES[0], *SESSIONS))
    raise InvalidInput(f"The connection {name} is of an unknown kind: {address.scheme}://. Known are {known}.")


def engine_of_url(url: str) -> str:
    """The dialect that SQL for this connection is written in. Raises InvalidInput."""
    scheme = read_address(url).scheme
    if scheme in FILES:
        return "duckdb"
    if scheme in POSTGRES:
        return "postgres"
    if scheme in SESSIONS:
        return scheme
    raise InvalidInput(f"There is no connection of the kind {scheme}://.")


def _path(name: str, url: str) -> Path:
    # Not read as a URL: a path may hold ? and # as they are.
    path = unquote(url.strip().partition("://")[2])
    if not path.strip("/") or path.startswith(":memory:"):
        raise InvalidInput(f"The URL of the connection {name} names no file, as in duckdb:///srv/shop.duckdb.")
    return Path("/" + path.lstrip("/") if path.startswith("/") else path).absolute()
