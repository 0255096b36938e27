"""ClickHouse over HTTP: clickhouse://USER:PASSWORD@HOST:8443/DATABASE?secure=true."""

import math
import re
import uuid
from typing import Any

from tertulia.core.table import ColumnType
from tertulia.semantic.execute.address import Address
from tertulia.semantic.execute.harvest import Harvest
from tertulia.semantic.execute.threaded import driver
from tertulia.semantic.execute.warehouse import Ceiling, Fetched

EXTRA = "clickhouse"
_WRAPPED = re.compile(r"^(?:Nullable|LowCardinality)\((.*)\)$")
_TYPES = (
    (re.compile(r"^U?Int\d|^Float|^Decimal|^BFloat"), ColumnType.NUMBER),
    (re.compile(r"^Bool"), ColumnType.YESNO),
    (re.compile(r"^DateTime"), ColumnType.TIME),
    (re.compile(r"^Date"), ColumnType.DATE),
    (re.compile(r"^Array"), ColumnType.LIST),
    (re.compile(r"^Point"), ColumnType.LOCATION),
)


class ClickhouseSession:
    def __init__(self, address: Address) -> None:
        connect = driver("clickhouse_connect", EXTRA)
        # A user whose own profile is read-only may not set limits: then the profile's hold.
        driver("clickhouse_connect.common", EXTRA).set_setting("invalid_setting_action", "drop")
        is_secure = address.option("secure", "true" if address.port in {443, 8443} else "false") == "true"
        self._client: Any = connect.get_client(
            host=address.host,
            port=address.port or (8443 if is_secure else 8123),
            username=address.user or "default",
            password=address.password,
            database=address.parts[0] if address.parts else None,
            secure=is_secure,
            client_name="tertulia",
            # Without a session of its own, a second request can end the first one's query.
            autogenerate_session_id=False,
        )
        self._query_id = ""

    def fetch(self, sql: str, ceiling: Ceiling) -> Fetched:
        self._query_id = str(uuid.uuid4())
        settings = {
            "query_id": self._query_id,
            "log_comment": "tertulia",
            "readonly": 1,
            "max_execution_time": max(1, math.ceil(ceiling.seconds)),
        }
        with self._client.query_row_block_stream(sql, settings=settings, query_tz="UTC") as stream:
            source = stream.source
            types = [_type(each.name) for each in source.column_types]
            harvest = Harvest(source.column_names, types, ceiling)
            for block in stream:
                harvest.take(block)
                if harvest.is_full:
                    break
        return harvest.fetched()

    def cancel(self) -> None:
        if self._query_id:
            self._client.command("KILL QUERY WHERE query_id = {id:String}", parameters={"id": self._query_id})

    def close(self) -> None:
        self._client.close()


def _type(name: str) -> ColumnType:
    while wrapped := _WRAPPED.match(name):
        name = wrapped[1]
    return next((told for pattern, told in _TYPES if pattern.match(name)), ColumnType.STRING)
