"""From a URL to a warehouse."""

import sys
from pathlib import Path

import pytest

from tertulia.core.errors import InvalidInput, SourceUnavailable
from tertulia.semantic.execute.registry import SESSIONS, engine_of_url, open_warehouse
from tertulia.semantic.execute.warehouse import Ceiling

URLS = {
    "bigquery": ("bigquery://project/dataset", "google.cloud.bigquery"),
    "snowflake": ("snowflake://ana:s3cret@account/db/schema?warehouse=wh", "snowflake.connector"),
    "trino": ("trino://ana:s3cret@db.example.org/hive/sales", "trino.dbapi"),
    "clickhouse": ("clickhouse://ana:s3cret@db.example.org/sales", "clickhouse_connect"),
    "databricks": ("databricks://token:s3cret@host?http_path=/sql/1", "databricks.sql"),
}


@pytest.mark.parametrize(
    ("url", "engine"),
    [
        ("duckdb:///srv/shop.duckdb", "duckdb"),
        ("folder:///srv/data", "duckdb"),
        ("postgresql://db/shop", "postgres"),
        ("postgres://db/shop", "postgres"),
        *((url, engine) for engine, (url, _) in URLS.items()),
    ],
)
async def test_the_scheme_says_the_engine_and_nothing_is_opened_yet(tmp_path: Path, url: str, engine: str) -> None:
    warehouse = open_warehouse("shop", url, cache_dir=tmp_path)
    assert warehouse.engine == engine_of_url(url) == engine
    await warehouse.close()


@pytest.mark.parametrize("engine", SESSIONS)
async def test_a_missing_driver_says_what_to_install_and_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    url, module = URLS[engine]
    monkeypatch.setitem(sys.modules, module, None)
    warehouse = open_warehouse("shop", url, cache_dir=tmp_path)
    with pytest.raises(SourceUnavailable, match=rf"pip install 'tertulia\[{engine}\]'") as caught:
        await warehouse.run("SELECT 1", Ceiling())
    assert "s3cret" not in caught.value.message
    await warehouse.close()


@pytest.mark.parametrize(
    "url", ["mysql://ana:s3cret@h/db", "duckdb://", "duckdb:///", "duckdb://:memory:", "folder://", "trino://", "shop"]
)
def test_a_url_that_leads_nowhere_is_refused_without_its_secrets(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        open_warehouse("shop", url, cache_dir=tmp_path)
    assert "s3cret" not in caught.value.message


def test_an_unknown_kind_is_told_which_kinds_there_are() -> None:
    with pytest.raises(InvalidInput, match="oracle"):
        engine_of_url("oracle://h/db")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("duckdb:///srv/a%20b.duckdb", Path("/srv/a b.duckdb")),
        ("duckdb:////srv/a?b#c.duckdb", Path("/srv/a?b#c.duckdb")),
        ("duckdb://data/shop.duckdb", Path.cwd() / "data/shop.duckdb"),
    ],
)
def test_a_path_is_taken_as_it_is_written(tmp_path: Path, url: str, expected: Path) -> None:
    assert vars(open_warehouse("shop", url, cache_dir=tmp_path))["_path"] == expected
