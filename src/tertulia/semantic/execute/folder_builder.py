"""The child process that makes one DuckDB file from a folder of data files: one request on stdin, one reply on stdout."""

import contextlib
import os
import re
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from tertulia.semantic.execute.folder_files import DataTable

if TYPE_CHECKING:
    import duckdb

THREADS = 2
HEADROOM_BYTES = 2 << 30


class BuildRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`target` does not exist yet."""

    target: str
    tables: list[DataTable]
    memory_megabytes: int


class BuildReply(msgspec.Struct, frozen=True, kw_only=True):
    """Table -> what was wrong with its files, for those that could not be read."""

    failures: dict[str, str]


def main() -> None:
    reply_to = os.dup(1)
    os.dup2(2, 1)
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=BuildRequest)
    memory = (request.memory_megabytes << 20) + HEADROOM_BYTES
    for kind, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))
    reply = BuildReply(failures=build(request))
    with os.fdopen(reply_to, "wb") as stdout:
        stdout.write(msgspec.json.encode(reply))


def build(request: BuildRequest) -> dict[str, str]:
    """Write the file. Nothing but the named files is read: patterns in their names stand for themselves."""
    import duckdb  # noqa: PLC0415 - only the child process loads it

    config: dict[str, Any] = {
        "memory_limit": f"{request.memory_megabytes}MB",
        "threads": THREADS,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
    }
    failures: dict[str, str] = {}
    with duckdb.connect(request.target, config=config) as connection:
        for table in request.tables:
            try:
                _reader(connection, table.kind)([_literal(each) for each in table.files]).create(_quoted(table.name))
            except duckdb.Error as error:
                failures[table.name] = _told(error, table)
    return failures


def _reader(connection: "duckdb.DuckDBPyConnection", kind: str) -> Callable[[list[str]], "duckdb.DuckDBPyRelation"]:
    if kind == "parquet":
        return lambda files: connection.from_parquet(files, union_by_name=True)
    if kind == "json":
        return lambda files: connection.read_json(cast(str, files), sample_size=-1)
    # Every row is looked at before a column gets its type: a late surprise would be a failed load.
    return lambda files: connection.read_csv(cast(str, files), sample_size=-1, union_by_name=len(files) > 1)


def _literal(path: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", path)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _told(error: Exception, table: DataTable) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    message = " ".join(lines[:2])[:300]
    for path in table.files:
        message = message.replace(path, Path(path).name)
    return message


if __name__ == "__main__":
    main()
