"""A folder of CSV, Parquet and JSON files as a warehouse: loaded into a DuckDB file once, and again when one changes."""

import asyncio
import contextlib
import hashlib
import os
import uuid
from pathlib import Path

import msgspec

from tertulia.core.errors import InvalidQuery, SourceUnavailable
from tertulia.semantic.execute.child_process import end_child, start_child
from tertulia.semantic.execute.duckdb_warehouse import DuckdbWarehouse
from tertulia.semantic.execute.folder_builder import BuildReply, BuildRequest
from tertulia.semantic.execute.folder_files import DataFolder, read_data_folder
from tertulia.semantic.execute.warehouse import Ceiling, Fetched

BUILD_SECONDS = 600.0


class FolderWarehouse:
    """Several servers may share `cache_dir`: a file there is complete when it has its name."""

    def __init__(self, folder: Path, cache_dir: Path, *, processes: int = 2, memory_megabytes: int = 1024) -> None:
        self._folder = folder
        self._cache_dir = cache_dir
        self._stem = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        self._processes = processes
        self._memory_megabytes = memory_megabytes
        self._lock = asyncio.Lock()
        self._database: DuckdbWarehouse | None = None
        self._retired: list[DuckdbWarehouse] = []
        self._fingerprint = ""
        self._failures: dict[str, str] = {}

    @property
    def engine(self) -> str:
        return "duckdb"

    async def failures(self) -> dict[str, str]:
        """Table -> why its files could not be loaded."""
        await self._current()
        return self._failures

    async def warm_up(self) -> None:
        await (await self._current()).warm_up()

    async def run(self, sql: str, ceiling: Ceiling) -> Fetched:
        database = await self._current()
        try:
            return await database.run(sql, ceiling)
        except InvalidQuery as error:
            if hidden := [name for name in self._failures if name.lower() in error.message.lower()]:
                told = "; ".join(f"{name}: {self._failures[name]}" for name in hidden)
                raise SourceUnavailable(f"Some files could not be loaded. {told}") from None
            raise

    async def version(self) -> str:
        return (await asyncio.to_thread(read_data_folder, self._folder)).fingerprint

    async def close(self) -> None:
        for database in (self._database, *self._retired):
            if database:
                await database.close()

    async def _current(self) -> DuckdbWarehouse:
        async with self._lock:
            found = await asyncio.to_thread(read_data_folder, self._folder)
            if self._database is None or found.fingerprint != self._fingerprint:
                path = self._cache_dir / f"{self._stem}-{found.fingerprint}.duckdb"
                if not path.exists():
                    await self._build(found, path)
                if self._database:
                    # Its queries may still run; its processes end by themselves when they idle.
                    self._retired = [*self._retired[-1:], self._database]
                self._failures = _told_failures(path)
                self._fingerprint = found.fingerprint
                self._database = DuckdbWarehouse(
                    path, processes=self._processes, memory_megabytes=self._memory_megabytes
                )
                self._drop_others(path)
            return self._database

    async def _build(self, found: DataFolder, path: Path) -> None:
        if not found.tables:
            told = "; ".join(f"{name}: {why}" for name, why in found.failures.items())
            raise SourceUnavailable(told or "The folder of this connection holds no CSV, Parquet or JSON files.")
        self._cache_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.stem}.{uuid.uuid4().hex}.draft")
        request = BuildRequest(target=str(draft), tables=found.tables, memory_megabytes=self._memory_megabytes)
        try:
            reply = await _built(request)
            failures = found.failures | reply.failures
            _failures_path(path).write_bytes(msgspec.json.encode(failures))
            draft.replace(path)
        finally:
            for leftover in (draft, draft.with_name(f"{draft.name}.wal")):
                leftover.unlink(missing_ok=True)

    def _drop_others(self, keep: Path) -> None:
        """Files of older states. Another server that still reads one keeps it until it closes it."""
        for path in self._cache_dir.glob(f"{self._stem}-*"):
            if path.stem != keep.stem and path.suffix in {".duckdb", ".json"}:
                with contextlib.suppress(OSError):
                    path.unlink()


async def _built(request: BuildRequest) -> BuildReply:
    child = await start_child("tertulia.semantic.execute.folder_builder")
    try:
        async with asyncio.timeout(BUILD_SECONDS):
            answer, _ = await child.communicate(msgspec.json.encode(request))
        return msgspec.json.decode(answer, type=BuildReply)
    except TimeoutError:
        raise SourceUnavailable(f"Loading the folder took longer than {BUILD_SECONDS:g} seconds.") from None
    except (msgspec.DecodeError, OSError):
        raise SourceUnavailable("The files of this folder could not be loaded.") from None
    finally:
        await end_child(child)


def _failures_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _told_failures(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(_failures_path(path).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}
