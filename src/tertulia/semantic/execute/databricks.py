"""Databricks SQL: databricks://token:TOKEN@HOST?http_path=/sql/1.0/warehouses/ID&catalog=main&schema=sales."""

import math
from typing import Any

from tertulia.core.table import ColumnType
from tertulia.semantic.execute.address import Address
from tertulia.semantic.execute.harvest import Harvest
from tertulia.semantic.execute.threaded import driver
from tertulia.semantic.execute.warehouse import Ceiling, Fetched

EXTRA = "databricks"
ROWS_AT_ONCE = 1_000
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
_TYPES = {
    **dict.fromkeys(_NUMBERS, ColumnType.NUMBER),
    "boolean": ColumnType.YESNO,
    "date": ColumnType.DATE,
    "timestamp": ColumnType.TIME,
    "timestamp_ntz": ColumnType.TIME,
    "array": ColumnType.LIST,
}


class DatabricksSession:
    """The statement timeout is the session's: one session for each limit in use."""

    def __init__(self, address: Address) -> None:
        self._sql = driver("databricks.sql", EXTRA)
        self._address = address
        self._connection: Any = None
        self._seconds = 0
        self._cursor: Any = None

    def fetch(self, sql: str, ceiling: Ceiling) -> Fetched:
        with self._connected(ceiling).cursor() as cursor:
            self._cursor = cursor
            cursor.execute(sql)
            description: list[Any] = cursor.description or []
            types = [_TYPES.get(each[1], ColumnType.STRING) for each in description]
            harvest = Harvest([each[0] for each in description], types, ceiling)
            while not harvest.is_full and (rows := cursor.fetchmany(min(ROWS_AT_ONCE, ceiling.rows + 1))):
                harvest.take(rows)
        self._cursor = None
        return harvest.fetched()

    def cancel(self) -> None:
        if self._cursor is not None:
            self._cursor.cancel()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _connected(self, ceiling: Ceiling) -> Any:
        seconds = max(1, math.ceil(ceiling.seconds))
        if seconds != self._seconds:
            self.close()
            self._connection = self._sql.connect(
                server_hostname=self._address.host,
                http_path=self._address.option("http_path"),
                access_token=self._address.password,
                catalog=self._address.option("catalog") or None,
                schema=self._address.option("schema") or None,
                user_agent_entry="tertulia",
                query_tags={"application": "tertulia"},
                session_configuration={"STATEMENT_TIMEOUT": str(seconds), "TIMEZONE": "UTC", "ANSI_MODE": "true"},
            )
            self._seconds = seconds
        return self._connection
