"""SQL that modellers write: what is read, what is refused, and how names are printed."""

import pytest
from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.engine import Engine
from tertulia.semantic.engines.registry import engine_of


@pytest.mark.parametrize(
    ("sql", "printed"),
    [
        ("orders.amount", "orders.amount"),
        ("CASE WHEN a THEN 1 ELSE 0 END", "CASE WHEN a THEN 1 ELSE 0 END"),
        ("replace(a, 'x', 'y')", "REPLACE(a, 'x', 'y')"),
        ("a;", "a"),
        ("-- why\n a /* because */ -- so", "a"),
        ("(SELECT MAX(b) FROM t)", "(SELECT MAX(b) FROM t)"),
        ("a IN (SELECT b FROM t)", "a IN (SELECT b FROM t)"),
        ("sum(a) OVER (PARTITION BY b)", "SUM(a) OVER (PARTITION BY b)"),
        ("'; DROP TABLE x'", "'; DROP TABLE x'"),
        ("count(*)", "COUNT(*)"),
        ("comment", "comment"),
    ],
)
def test_one_expression_is_read(engine: Engine, sql: str, printed: str) -> None:
    assert engine.print(engine.parse(sql)) == printed


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "  -- nothing",
        "a; b",
        "a, b",
        "a) OR (b",
        "a FROM t",
        "a ORDER BY b",
        "a LIMIT 1",
        "a UNION SELECT 1",
        "a AS b",
        "a b",
        "SELECT 1",
        "DROP TABLE x",
        "SET x = 1",
        "a /* open",
        "'open",
        "CASE WHEN",
        "*",
        "t.*",
        "${TABLE}.a",
        "?",
        "(" * 5_000 + "a" + ")" * 5_000,
        "a" * 200_001,
    ],
)
def test_what_is_no_single_expression_is_refused(engine: Engine, sql: str) -> None:
    with pytest.raises(InvalidQuery):
        engine.parse(sql)


def test_a_refusal_says_where_and_what(engine: Engine) -> None:
    with pytest.raises(InvalidQuery) as refused:
        engine.parse("SUM(\n amount")
    assert "line 2" in refused.value.message
    assert "SUM( amount" in refused.value.message
    assert "\x1b" not in refused.value.message


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "select a from t where b order by c limit 3;",
        "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
        "SELECT 1 UNION ALL SELECT 2 ORDER BY 1",
        "(SELECT 1) UNION (SELECT 2)",
        "(SELECT 1)",
        "FROM t",
    ],
)
def test_a_select_is_read(engine: Engine, sql: str) -> None:
    tree = engine.parse_select(sql)
    assert isinstance(tree, exp.Query)
    assert engine.print(engine.parse_select(engine.print(tree))) == engine.print(tree)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "a + 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE t",
        "DROP TABLE t",
        "INSERT INTO t VALUES (1)",
        "WITH x AS (INSERT INTO t SELECT 1) SELECT 1",
        "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
        "SELECT * INTO y FROM t",
        "SELECT * FROM t FOR UPDATE",
        "CREATE TABLE t AS SELECT 1",
        "DESCRIBE t",
        "SUMMARIZE t",
        "SELECT * FROM (SUMMARIZE t)",
        "EXPLAIN SELECT 1",
        "PRAGMA database_list",
        "ATTACH 'x' AS y",
        "COPY t TO 'x'",
        "CALL f()",
        "VALUES (1)",
        "SELECT * FROM t WHERE",
        "SELECT '",
    ],
)
def test_what_is_no_select_or_does_more_is_refused(engine: Engine, sql: str) -> None:
    with pytest.raises(InvalidQuery):
        engine.parse_select(sql)


def test_a_tree_belongs_to_who_asked_for_it(engine: Engine) -> None:
    first = engine.parse("a + b")
    first.find(exp.Column).replace(exp.column("changed"))  # pyright: ignore[reportOptionalMemberAccess] - there are two
    assert engine.print(engine.parse("a + b")) == "a + b"
    query = engine.parse_select("SELECT a FROM t")
    query.set("expressions", [])
    assert engine.print(engine.parse_select("SELECT a FROM t")) == "SELECT a FROM t"


@pytest.mark.parametrize(
    ("name", "alias", "printed"),
    [
        ("duckdb", "plain_1", "plain_1"),
        ("duckdb", "orders.created_month", '"orders.created_month"'),
        ("duckdb", "order", '"order"'),
        ("duckdb", "1st", '"1st"'),
        ("duckdb", 'quo"te', '"quo""te"'),
        ("postgres", "user", '"user"'),
        ("postgres", "Mixed", "Mixed"),
        ("snowflake", "order", '"order"'),
        ("bigquery", "my-project", "`my-project`"),
        ("bigquery", "tick`ed", "`tick\\`ed`"),
        ("bigquery", "größe", "`größe`"),
        ("databricks", "group", "`group`"),
        ("clickhouse", "final", '"final"'),
        ("trino", "table", '"table"'),
        ("redshift", "tag", '"tag"'),
    ],
)
def test_a_name_that_is_no_plain_word_is_quoted(name: str, alias: str, printed: str) -> None:
    engine = engine_of(name)
    assert engine.print(exp.column("x", table=alias)) == f"{printed}.x"


@pytest.mark.parametrize("name", ["snowflake", "postgres", "redshift"])
def test_a_modeller_s_word_that_the_dialect_folds_stays_without_quotes(name: str) -> None:
    """In quotes it would be another name there: theirs fold to one case without."""
    engine = engine_of(name)
    assert engine.print(engine.parse("Total$Amount")) == "Total$Amount"


def test_a_name_is_quoted_wherever_it_stands(engine: Engine) -> None:
    query = exp.select(exp.column("id", table="order")).from_(exp.to_table("orders", alias="order"))
    assert engine.print(query) == 'SELECT "order".id FROM orders AS "order"'


def test_a_modeller_s_dashed_project_is_quoted_too() -> None:
    engine = engine_of("bigquery")
    assert engine.print(engine.parse_select("SELECT a FROM my-project.shop.orders")) == (
        "SELECT a FROM `my-project`.shop.orders"
    )


def test_an_interval_of_bigquery_stays_a_number() -> None:
    engine = engine_of("bigquery")
    for sql in ("DATE_ADD(a, INTERVAL 7 DAY)", "DATE_SUB(a, INTERVAL 1 MONTH)", "a + INTERVAL 3 HOUR"):
        assert engine.print(engine.parse(sql)) == sql


@pytest.mark.parametrize(
    "sql",
    [
        "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a)",
        "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY a DESC)",
        "DATEDIFF(a, b)",
        "DATEDIFF(DAY, a, b)",
        "SUM(DATEDIFF(orders.a, orders.b)) / 2",
    ],
)
def test_databricks_keeps_what_would_become_another_number(sql: str) -> None:
    """Left alone, sqlglot makes PERCENTILE_APPROX of the first two, and whole days of the difference of dates."""
    engine = engine_of("databricks")
    assert engine.print(engine.parse(sql)) == sql
    assert engine.print(engine.parse_select(f"SELECT {sql}")) == f"SELECT {sql}"


def test_what_sql_calls_by_name_alone_is_not_quoted() -> None:
    engine = engine_of("postgres")
    assert engine.print(engine.parse("session_user")).lower() == "session_user"


def test_printing_changes_nothing_about_the_tree(engine: Engine) -> None:
    tree = exp.select(exp.column("id", table="order")).from_(exp.to_table("orders", alias="order"))
    before = repr(tree)
    engine.print(tree)
    assert repr(tree) == before


def test_comments_are_left_out(engine: Engine) -> None:
    assert engine.print(engine.parse_select("SELECT a /* x */ -- y\nFROM t")) == "SELECT a FROM t"
