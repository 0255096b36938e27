"""The gate before databases that have none of their own."""

import pytest

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.execute.gate import require_single_select

ENGINES = ("postgres", "bigquery", "snowflake", "trino", "clickhouse", "databricks")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT a, COUNT(*) FROM t WHERE b = 'x; DROP TABLE t' GROUP BY 1 ORDER BY 2 DESC LIMIT 501;",
        "WITH a AS (SELECT 1 AS x) SELECT x FROM a UNION ALL SELECT 2",
    ],
)
def test_one_select_passes(engine: str, sql: str) -> None:
    require_single_select(sql, engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE t",
        "DROP TABLE t",
        "DELETE FROM t",
        "UPDATE t SET a = 1",
        "INSERT INTO t SELECT 1",
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE",
        "CREATE TABLE x AS SELECT 1",
        "TRUNCATE TABLE t",
        "GRANT SELECT ON t TO PUBLIC",
        "SET x = 1",
        "CALL p()",
        "EXPLAIN SELECT 1",
        "SHOW TABLES",
        "SELECT FROM WHERE",
        "SELECT " + "(" * 3_000 + "1" + ")" * 3_000,
        "SELECT 1" + " " * 1_000_000,
    ],
)
def test_anything_else_is_refused_for_every_engine(engine: str, sql: str) -> None:
    with pytest.raises(InvalidQuery):
        require_single_select(sql, engine)


@pytest.mark.parametrize(
    ("engine", "sql"),
    [
        ("postgres", "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x"),
        ("postgres", "SELECT * INTO copy FROM t"),
        ("postgres", "SELECT * FROM t FOR UPDATE"),
        ("postgres", "COPY t TO PROGRAM 'sh'"),
        ("postgres", "DO $$ BEGIN END $$"),
        ("postgres", "SELECT pg_read_file('/etc/passwd')"),
        ("postgres", "SELECT pg_sleep(60)"),
        ("postgres", "SELECT * FROM dblink('host=x', 'SELECT 1') AS t(a INT)"),
        ("postgres", "SELECT lo_import('/etc/passwd')"),
        ("postgres", "SELECT query_to_xml('DELETE FROM t', true, true, '')"),
        ("postgres", "SELECT set_config('statement_timeout', '0', false)"),
        ("postgres", "SELECT a FROM (SELECT PG_TERMINATE_BACKEND(1) AS a) AS s"),
        ("bigquery", "SELECT * FROM EXTERNAL_QUERY('c', 'SELECT 1')"),
        ("bigquery", "DECLARE x INT64; SELECT x"),
        ("snowflake", "SELECT SYSTEM$CANCEL_QUERY('x')"),
        ("snowflake", "SELECT * FROM TABLE(RESULT_SCAN('x'))"),
        ("snowflake", "SELECT * FROM @stage/file"),
        ("snowflake", "EXECUTE IMMEDIATE 'SELECT 1'"),
        ("trino", "SELECT * FROM TABLE(pg.system.query(query => 'DELETE FROM t'))"),
        ("clickhouse", "SELECT * FROM url('http://example.org', CSV)"),
        ("clickhouse", "SELECT * FROM file('/etc/passwd')"),
        ("clickhouse", "SELECT * FROM remote('host', db.t)"),
        ("clickhouse", "SELECT * FROM executable('sh', CSV, 'a String')"),
        ("clickhouse", "SELECT 1 SETTINGS max_execution_time = 0"),
        ("clickhouse", "SELECT 1 FORMAT CSV"),
        ("clickhouse", "SELECT 1 INTO OUTFILE 'x'"),
        ("databricks", "SELECT * FROM READ_FILES('/etc')"),
        ("databricks", "SELECT SECRET('a', 'b')"),
    ],
)
def test_what_reaches_further_than_tables_is_refused(engine: str, sql: str) -> None:
    with pytest.raises(InvalidQuery):
        require_single_select(sql, engine)
