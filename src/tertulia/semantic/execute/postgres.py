"""PostgreSQL through psycopg: read-only transactions, a cursor at the server, its own statement timeout."""

import asyncio
from typing import TYPE_CHECKING, Any, cast

from tertulia.core.errors import InvalidQuery, QueryTimeout, SourceUnavailable
from tertulia.core.table import ColumnType
from tertulia.semantic.execute.address import Address
from tertulia.semantic.execute.gate import require_single_select
from tertulia.semantic.execute.harvest import Harvest
from tertulia.semantic.execute.warehouse import Ceiling, Fetched

if TYPE_CHECKING:
    from psycopg import AsyncConnection

CONNECT_SECONDS = 10
ROWS_AT_ONCE = 1_000
# A server that neither answers nor ends the statement is left after this.
GRACE_SECONDS = 3.0
_TYPES = {
    **dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "numeric", "oid"), ColumnType.NUMBER),
    "bool": ColumnType.YESNO,
    "date": ColumnType.DATE,
    "timestamp": ColumnType.TIME,
    "timestamptz": ColumnType.TIME,
    "point": ColumnType.LOCATION,
}
# What PostgreSQL writes is what we show: months of an interval, the year 0044 BC and infinity survive only as text.
_AS_TEXT = ("date", "timestamp", "time", "timetz", "interval", "json", "jsonb", "point")


class PostgresWarehouse:
    """Keeps up to `connections` open. The role should be allowed to read and nothing else."""

    def __init__(self, url: str, address: Address, *, connections: int = 4) -> None:
        self._url = url
        self._address = address
        self._slots = asyncio.Semaphore(connections)
        self._free: list[AsyncConnection[Any]] = []

    @property
    def engine(self) -> str:
        return "postgres"

    async def run(self, sql: str, ceiling: Ceiling) -> Fetched:
        require_single_select(sql, self.engine)
        try:
            async with asyncio.timeout(ceiling.seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise QueryTimeout("The database is busy with other queries. Try again shortly.") from None
        try:
            return await self._run(sql, ceiling)
        finally:
            self._slots.release()

    async def version(self) -> str:
        """Always the same: what changes in a running database only time can tell."""
        return ""

    async def close(self) -> None:
        while self._free:
            await self._free.pop().close()

    async def _run(self, sql: str, ceiling: Ceiling) -> Fetched:
        import psycopg  # noqa: PLC0415 - heavy, and needed once a database is asked

        connection = await self._connection()
        try:
            async with asyncio.timeout(ceiling.seconds + GRACE_SECONDS):
                fetched = await self._fetched(connection, sql, ceiling)
        except (TimeoutError, psycopg.errors.QueryCanceled):
            await connection.close()
            raise QueryTimeout(f"The query took longer than {ceiling.seconds:g} seconds.") from None
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            await connection.close()
            raise SourceUnavailable(self._told("The database ended the query", error)) from None
        except psycopg.Error as error:
            self._keep(connection)
            raise InvalidQuery(self._told("The database refused the query", error)) from None
        except BaseException:
            # psycopg has asked the server to cancel what ran.
            await connection.close()
            raise
        self._keep(connection)
        return fetched

    async def _connection(self) -> "AsyncConnection[Any]":
        while self._free:
            connection = self._free.pop()
            if not connection.closed and not connection.broken:
                return connection
        return await self._connected()

    def _keep(self, connection: "AsyncConnection[Any]") -> None:
        if not connection.closed:
            self._free.append(connection)

    async def _connected(self) -> "AsyncConnection[Any]":
        import psycopg  # noqa: PLC0415 - heavy, and needed once a database is asked
        from psycopg.types.string import TextLoader  # noqa: PLC0415 - heavy, and needed once a database is asked

        try:
            connection = await psycopg.AsyncConnection.connect(
                self._url, connect_timeout=CONNECT_SECONDS, application_name="tertulia", prepare_threshold=None
            )
            await connection.set_read_only(True)
            async with connection.transaction():
                for name, value in (("TimeZone", "UTC"), ("DateStyle", "ISO, YMD"), ("IntervalStyle", "postgres")):
                    await connection.execute("SELECT set_config(%s, %s, false)", (name, value))
                # Every row is read: a plan that is quick to the first few is not wanted.
                await connection.execute("SELECT set_config('cursor_tuple_fraction', '1', false)")
        except psycopg.Error as error:
            raise SourceUnavailable(self._told("The database cannot be reached", error)) from None
        for name in _AS_TEXT:
            connection.adapters.register_loader(name, TextLoader)
        return connection

    async def _fetched(self, connection: "AsyncConnection[Any]", sql: str, ceiling: Ceiling) -> Fetched:
        milliseconds = max(1, int(ceiling.seconds * 1000))
        async with connection.transaction(force_rollback=True):
            await connection.execute("SELECT set_config('statement_timeout', %s, true)", (str(milliseconds),))
            async with connection.cursor(name="tertulia") as cursor:
                await cursor.execute(cast(Any, sql))
                columns = cursor.description or []
                names = [column.name for column in columns]
                harvest = Harvest(names, [_type(connection, column.type_code) for column in columns], ceiling)
                while not harvest.is_full:
                    wanted = min(ROWS_AT_ONCE, ceiling.rows + 1)
                    if not (rows := await cursor.fetchmany(wanted)):
                        break
                    harvest.take(rows)
        return harvest.fetched()

    def _told(self, beginning: str, error: Exception) -> str:
        return f"{beginning}: {self._address.scrubbed(str(error)).strip().partition(chr(10))[0]}"


def _type(connection: "AsyncConnection[Any]", oid: int) -> ColumnType:
    known = connection.adapters.types.get(oid)
    if known is None:
        return ColumnType.STRING
    return ColumnType.LIST if oid == known.array_oid else _TYPES.get(known.name, ColumnType.STRING)
