"""What a statement may do to the machine it runs on: nothing. Everything goes through the real child process."""

import os
from pathlib import Path
from typing import Any

import psutil
import pytest

from tertulia.core.errors import InvalidQuery, ToolFailed
from tertulia.semantic.execute.duckdb_warehouse import DuckdbWarehouse
from tertulia.semantic.execute.warehouse import Ceiling

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = [
    # files and the network
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_parquet('https://example.org/x.parquet')",
    "SELECT * FROM parquet_metadata('x.parquet')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM 'other.csv'",
    "FROM 'other.parquet'",
    "COPY boats TO '/tmp/boats.csv'",
    "COPY boats FROM '/etc/passwd'",
    "COPY (SELECT 1) TO '/tmp/boats.csv'",
    "EXPORT DATABASE '/tmp/boats'",
    "IMPORT DATABASE '/tmp/boats'",
    "ATTACH '/tmp/other.duckdb' AS other",
    "ATTACH ':memory:' AS other",
    "DETACH shop",
    "USE memory",
    # extensions and settings
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'",
    "RESET memory_limit",
    "PRAGMA database_list",
    "PRAGMA memory_limit = '100GB'",
    "SET VARIABLE x = 1",
    "CALL pragma_database_size()",
    "CHECKPOINT",
    "VACUUM",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    # the catalog: paths, settings, what runs
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_databases()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_logs()",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM pg_class",
    "SELECT * FROM pg_catalog.pg_settings",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM system.main.duckdb_databases",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_table_info('boats')",
    "WITH duckdb_databases AS (SELECT 1) SELECT * FROM duckdb_databases",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "DESCRIBE boats",
    "SUMMARIZE boats",
    "EXPLAIN SELECT 1",
    "SELECT current_setting('memory_limit')",
    "SELECT getvariable('x')",
    "SELECT current_query()",
    "SELECT pg_sleep(100)",
    "SELECT sleep_ms(100000)",
    "SELECT write_log('x')",
    # SQL inside SQL
    "SELECT * FROM query('SELECT * FROM duckdb_settings()')",
    "SELECT * FROM query('SELECT * FROM boats')",
    "SELECT * FROM query_table('boats')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "SELECT (SELECT x FROM (SELECT count(*) AS x FROM glob('/*')))",
    "SELECT * FROM boats WHERE id IN (SELECT count(*) FROM read_text('/etc/passwd'))",
    "SELECT 1 UNION ALL SELECT count(*) FROM duckdb_settings()",
    "WITH a AS (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM a",
    # more than one statement, and what changes data
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE boats",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE VIEW x AS SELECT 1",
    "CREATE MACRO x() AS 1",
    "ALTER TABLE boats ADD COLUMN x INTEGER",
    "DROP TABLE boats",
    "TRUNCATE boats",
    "INSERT INTO boats VALUES (1, 2, 'x')",
    "INSERT INTO boats VALUES (1, 2, 'x') RETURNING id",
    "UPDATE boats SET id = 1",
    "DELETE FROM boats",
    "BEGIN TRANSACTION",
    "PIVOT boats ON harbour USING count(*)",
    # no statement at all
    "",
    ";",
    "-- nothing",
    "SELEC 1",
    "SELECT * FROM warehouse",
    "SELECT ?",
]


@pytest.mark.parametrize("sql", HOSTILE)
async def test_a_statement_that_is_no_plain_select_of_the_tables_is_refused(
    warehouse: DuckdbWarehouse, sql: str
) -> None:
    with pytest.raises(InvalidQuery) as caught:
        await warehouse.run(sql, Ceiling(seconds=5))
    assert str(warehouse._path.parent) not in caught.value.message


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT count(*) FROM boats;", [[100_000]]),
        ("SELECT count(*) FROM shop.main.boats", [[100_000]]),
        ("SELECT count(*) FROM Main.BOATS", [[100_000]]),
        ('SELECT a FROM dock."odd name"', [[1]]),
        ("SELECT count(*) FROM big_boats", [[9]]),
        ("SELECT doubled(21)", [[42]]),
        ("SELECT count(*) FROM first_boats(3)", [[3]]),
        ("WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a) SELECT x FROM b", [[2]]),
        ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT max(n) FROM t", [[4]]),
        ("SELECT * FROM range(2)", [[0], [1]]),
        ("SELECT u FROM (SELECT unnest([1, 2]) AS u)", [[1], [2]]),
        ("FROM harbours SELECT city ORDER BY id -- the cities", [["Porto"], ["Cádiz"]]),
        ("VALUES (1), (2)", [[1], [2]]),
        ("SELECT pg_typeof(1)", [["integer"]]),
        ("SELECT 'it''s; DROP TABLE boats --'", [["it's; DROP TABLE boats --"]]),
        ("SELECT json_extract('{\"a\": 5}', '$.a')::INTEGER", [[5]]),
        ("SELECT timezone('America/New_York', TIMESTAMPTZ '2024-06-01 00:00:00+00')", [["2024-05-31 20:00:00"]]),
    ],
)
async def test_an_ordinary_select_runs(warehouse: DuckdbWarehouse, sql: str, rows: list[list[Any]]) -> None:
    assert (await warehouse.run(sql, Ceiling())).rows == rows


async def test_what_a_hostile_statement_was_to_write_is_not_there(warehouse: DuckdbWarehouse, tmp_path: Path) -> None:
    target = tmp_path / "boats.csv"
    with pytest.raises(InvalidQuery):
        await warehouse.run(f"COPY boats TO '{target}'", Ceiling())
    assert not target.exists()


async def test_sql_nested_beyond_reason_is_refused_and_not_fatal(warehouse: DuckdbWarehouse) -> None:
    before = warehouse.pool.pids
    with pytest.raises(ToolFailed):
        await warehouse.run("SELECT " + "(" * 5_000 + "1" + ")" * 5_000, Ceiling(seconds=5))
    with pytest.raises(InvalidQuery):
        await warehouse.run("SELECT 1" + " " * 1_000_000, Ceiling(seconds=5))
    assert (await warehouse.run("SELECT 1", Ceiling())).rows == [[1]]
    assert warehouse.pool.pids == before


async def test_the_child_has_none_of_the_servers_environment(warehouse: DuckdbWarehouse) -> None:
    names = psutil.Process(warehouse.pool.pids[0]).environ().keys()
    assert names - {"LC_CTYPE"} == {"PYTHONPATH", "PYTHONUTF8"}
    assert "PATH" in os.environ
