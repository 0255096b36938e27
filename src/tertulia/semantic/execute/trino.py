"""Trino: trino://USER[:PASSWORD]@HOST:8443/CATALOG/SCHEMA?scheme=https."""

import math
from typing import Any

from tertulia.core.table import ColumnType
from tertulia.semantic.execute.address import Address
from tertulia.semantic.execute.harvest import Harvest
from tertulia.semantic.execute.threaded import driver
from tertulia.semantic.execute.warehouse import Ceiling, Fetched

EXTRA = "trino"
ROWS_AT_ONCE = 1_000
_TYPES = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint", "real", "double", "decimal"), ColumnType.NUMBER),
    "boolean": ColumnType.YESNO,
    "date": ColumnType.DATE,
    "timestamp": ColumnType.TIME,
    "array": ColumnType.LIST,
}


class TrinoSession:
    """Trino takes its limits with the connection, and a connection costs nothing: each query makes its own."""

    def __init__(self, address: Address) -> None:
        self._dbapi = driver("trino.dbapi", EXTRA)
        self._auth = driver("trino.auth", EXTRA)
        self._address = address
        self._cursor: Any = None

    def fetch(self, sql: str, ceiling: Ceiling) -> Fetched:
        connection = self._connected(ceiling)
        try:
            self._cursor = connection.cursor()
            self._cursor.execute(sql)
            description: list[Any] = self._cursor.description or []
            harvest = Harvest([each[0] for each in description], [_type(each[1]) for each in description], ceiling)
            while not harvest.is_full and (rows := self._cursor.fetchmany(min(ROWS_AT_ONCE, ceiling.rows + 1))):
                harvest.take(rows)
            if harvest.is_full:
                self._cursor.cancel()
        finally:
            connection.close()
        return harvest.fetched()

    def cancel(self) -> None:
        if self._cursor is not None:
            self._cursor.cancel()

    def close(self) -> None:
        self._cursor = None

    def _connected(self, ceiling: Ceiling) -> Any:
        address = self._address
        catalog, schema, *_ = [*address.parts, None, None]
        scheme = address.option("scheme") or ("https" if address.password or address.port in {443, 8443} else "http")
        seconds = f"{max(1, math.ceil(ceiling.seconds))}s"
        return self._dbapi.connect(
            host=address.host,
            port=address.port or (443 if scheme == "https" else 8080),
            user=address.user or "tertulia",
            auth=self._auth.BasicAuthentication(address.user, address.password) if address.password else None,
            http_scheme=scheme,
            catalog=catalog,
            schema=schema,
            source="tertulia",
            client_tags=["tertulia"],
            timezone="UTC",
            request_timeout=ceiling.seconds,
            session_properties={"query_max_run_time": seconds, "query_max_execution_time": seconds},
        )


def _type(name: str) -> ColumnType:
    return _TYPES.get(name.partition("(")[0].partition(" ")[0].lower(), ColumnType.STRING)
