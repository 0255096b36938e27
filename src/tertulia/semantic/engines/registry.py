"""Which engines there are."""

from functools import cache
from importlib import import_module

from tertulia.core.errors import InvalidInput
from tertulia.semantic.engines.engine import Engine

_SPELLINGS = {
    "duckdb": ("duckdb", "motherduck", "md"),
    "postgres": ("postgres", "postgresql", "pg", "psycopg"),
    "bigquery": ("bigquery", "bigquery_standard_sql", "google_bigquery", "bq"),
    "snowflake": ("snowflake",),
    "trino": ("trino", "starburst", "athena"),
    "clickhouse": ("clickhouse", "clickhousedb", "ch"),
    "databricks": ("databricks", "databricks_sql"),
    "redshift": ("redshift", "amazon_redshift"),
}


def engine_of(name: str) -> Engine:
    """The engine of a database by its usual name or the scheme of its address. Raises InvalidInput naming the known ones."""
    wanted = name.strip().lower().split("+")[0].split(":")[0]
    for engine, spellings in _SPELLINGS.items():
        if wanted in spellings:
            return _built(engine)
    raise InvalidInput(f"There is no database engine {name!r}. There are: {', '.join(_SPELLINGS)}.")


@cache
def _built(engine: str) -> Engine:
    # sqlglot is heavy: nothing of it is read before the first engine is asked for
    phrased = import_module("tertulia.semantic.engines.phrased")
    phrases = import_module(f"tertulia.semantic.engines.{engine}")
    return phrased.PhrasedEngine(getattr(phrases, engine.upper()))
