"""Which engines there are, and what they are called."""

import subprocess
import sys

import pytest

from tertulia.core.errors import InvalidInput
from tertulia.semantic.engines.registry import engine_of


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("duckdb", "duckdb"),
        ("DuckDB", "duckdb"),
        ("duckdb:///shop.duckdb", "duckdb"),
        ("postgres", "postgres"),
        ("postgresql", "postgres"),
        ("postgresql+psycopg://localhost/shop", "postgres"),
        ("bigquery", "bigquery"),
        ("bigquery_standard_sql", "bigquery"),
        ("Snowflake", "snowflake"),
        ("trino", "trino"),
        ("clickhouse", "clickhouse"),
        ("databricks", "databricks"),
        ("redshift", "redshift"),
    ],
)
def test_an_engine_answers_to_its_usual_names(spelling: str, name: str) -> None:
    assert engine_of(spelling).name == name


@pytest.mark.parametrize("name", ["", "oracle", "duck db", "postgres; --"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(InvalidInput, match="duckdb, postgres, bigquery, snowflake, trino, clickhouse"):
        engine_of(name)


def test_there_is_one_engine_of_each() -> None:
    assert engine_of("postgres") is engine_of("postgresql")


def test_nothing_heavy_is_read_before_the_first_engine() -> None:
    said = "import sys, tertulia.semantic.engines.registry, tertulia.semantic.liquid; "
    said += "print([name for name in ('sqlglot', 'liquid', 'duckdb') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
