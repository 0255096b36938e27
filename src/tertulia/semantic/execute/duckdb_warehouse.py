"""A DuckDB file as a warehouse."""

from pathlib import Path

import msgspec

from tertulia.semantic.execute.duckdb_pool import DuckdbPool
from tertulia.semantic.execute.duckdb_protocol import Opening
from tertulia.semantic.execute.file_version import file_version
from tertulia.semantic.execute.warehouse import Ceiling, Fetched

THREADS = 2


class DuckdbWarehouse:
    """Any number of these may open the same file; while they do, no other program can write to it."""

    def __init__(self, path: Path, *, processes: int = 2, memory_megabytes: int = 1024) -> None:
        self._path = path
        opening = Opening(path=str(path), memory_megabytes=memory_megabytes, threads=THREADS)
        self.pool = DuckdbPool(opening, processes=processes)

    @property
    def engine(self) -> str:
        return "duckdb"

    async def warm_up(self) -> None:
        await self.pool.warm_up()

    async def run(self, sql: str, ceiling: Ceiling) -> Fetched:
        rows = await self.pool.run(sql, ceiling)
        return Fetched(
            names=rows.names,
            types=rows.types,
            rows=[msgspec.msgpack.decode(row) for row in rows.rows],
            is_truncated=rows.is_truncated,
            seconds=rows.seconds,
        )

    async def version(self) -> str:
        return file_version(self._path)

    async def close(self) -> None:
        await self.pool.close()
