"""BigQuery: bigquery://PROJECT[/DATASET]?location=EU&maximum_gigabytes=10&credentials=/path/key.json."""

from typing import Any

from tertulia.core.errors import InvalidQuery
from tertulia.core.table import ColumnType
from tertulia.semantic.execute.address import Address
from tertulia.semantic.execute.harvest import Harvest
from tertulia.semantic.execute.threaded import driver
from tertulia.semantic.execute.warehouse import Ceiling, Fetched

EXTRA = "bigquery"
# What one query may read when the URL says nothing: BigQuery bills by it.
GIGABYTES = "10"
_NUMBERS = ("INTEGER", "INT64", "FLOAT", "FLOAT64", "NUMERIC", "BIGNUMERIC")
_TYPES = {
    **dict.fromkeys(_NUMBERS, ColumnType.NUMBER),
    "BOOLEAN": ColumnType.YESNO,
    "BOOL": ColumnType.YESNO,
    "DATE": ColumnType.DATE,
    "DATETIME": ColumnType.TIME,
    "TIMESTAMP": ColumnType.TIME,
}


class BigquerySession:
    def __init__(self, address: Address) -> None:
        bigquery = driver("google.cloud.bigquery", EXTRA)
        settings = {"project": address.host, "location": address.option("location") or None}
        key = address.option("credentials")
        client = bigquery.Client
        self._client: Any = client.from_service_account_json(key, **settings) if key else client(**settings)
        self._config: Any = bigquery.QueryJobConfig
        self._dataset = f"{address.host}.{address.parts[0]}" if address.parts else None
        self._most_bytes = int(float(address.option("maximum_gigabytes", GIGABYTES)) * 1e9)
        self._job: Any = None

    def fetch(self, sql: str, ceiling: Ceiling) -> Fetched:
        # BigQuery's own parser says what kind of statement it is, and at no cost.
        kind = self._client.query(sql, job_config=self._settings(ceiling, dry_run=True)).statement_type
        if kind != "SELECT":
            raise InvalidQuery("Only a single SELECT statement can be run.")
        self._job = self._client.query(sql, job_config=self._settings(ceiling, dry_run=False))
        result = self._job.result(max_results=ceiling.rows + 1, timeout=ceiling.seconds)
        types = [ColumnType.LIST if each.mode == "REPEATED" else _type(each.field_type) for each in result.schema]
        harvest = Harvest([each.name for each in result.schema], types, ceiling)
        harvest.take(row.values() for row in result)
        return harvest.fetched()

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        self._client.close()

    def _settings(self, ceiling: Ceiling, *, dry_run: bool) -> Any:
        config = self._config(
            dry_run=dry_run,
            use_legacy_sql=False,
            maximum_bytes_billed=self._most_bytes,
            job_timeout_ms=int(ceiling.seconds * 1000),
            labels={"application": "tertulia"},
        )
        if self._dataset:
            config.default_dataset = self._dataset
        return config


def _type(name: str) -> ColumnType:
    return _TYPES.get(name, ColumnType.STRING)
