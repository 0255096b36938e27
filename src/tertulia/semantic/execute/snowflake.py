"""Snowflake: snowflake://USER:PASSWORD@ACCOUNT/DATABASE/SCHEMA?warehouse=WH&role=READER."""

import math
from typing import Any

from tertulia.core.table import ColumnType
from tertulia.semantic.execute.address import Address
from tertulia.semantic.execute.harvest import Harvest
from tertulia.semantic.execute.threaded import driver
from tertulia.semantic.execute.warehouse import Ceiling, Fetched

EXTRA = "snowflake"
ROWS_AT_ONCE = 1_000
# The connector's numbers of types.
_TYPES = {
    0: ColumnType.NUMBER,
    1: ColumnType.NUMBER,
    3: ColumnType.DATE,
    **dict.fromkeys((4, 6, 7, 8), ColumnType.TIME),
    13: ColumnType.YESNO,
}


class SnowflakeSession:
    def __init__(self, address: Address) -> None:
        connector = driver("snowflake.connector", EXTRA)
        database, schema, *_ = [*address.parts, "", ""]
        options = {name: value for name, value in address.options.items() if value}
        self._connection: Any = connector.connect(
            account=address.host,
            user=address.user,
            **({"password": address.password} if address.password else {}),
            **({"database": database} if database else {}),
            **({"schema": schema} if schema else {}),
            **options,
            application="tertulia",
            session_parameters={"QUERY_TAG": "tertulia", "TIMEZONE": "UTC"},
        )
        self._running: Any = None

    def fetch(self, sql: str, ceiling: Ceiling) -> Fetched:
        with self._connection.cursor() as cursor:
            seconds = max(1, math.ceil(ceiling.seconds))
            cursor.execute(f"ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {seconds}")
            self._running = cursor
            cursor.execute(sql, num_statements=1)
            types = [_TYPES.get(each[1], ColumnType.STRING) for each in cursor.description]
            harvest = Harvest([each[0] for each in cursor.description], types, ceiling)
            while not harvest.is_full and (rows := cursor.fetchmany(min(ROWS_AT_ONCE, ceiling.rows + 1))):
                harvest.take(rows)
        self._running = None
        return harvest.fetched()

    def cancel(self) -> None:
        if self._running is not None and self._running.sfqid:
            with self._connection.cursor() as cursor:
                cursor.abort_query(self._running.sfqid)

    def close(self) -> None:
        self._connection.close()
