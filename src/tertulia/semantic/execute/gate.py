"""Which statements go to a database that has no gate of its own: one SELECT that changes nothing and calls nobody."""

from typing import TYPE_CHECKING

from tertulia.core.errors import InvalidQuery

if TYPE_CHECKING:
    from sqlglot import exp

MOST_CHARACTERS = 1_000_000
# Functions that read files, reach other machines, run SQL from text or hold a connection up. A read-only role is the
# first wall; this is the second.
_REFUSED: dict[str, tuple[str, ...]] = {
    "postgres": (
        "pg_*",
        "lo_*",
        "dblink*",
        "set_config",
        "current_setting",
        "query_to_*",
        "cursor_to_*",
        "table_to_*",
        "schema_to_*",
        "database_to_*",
        "nextval",
        "setval",
        "currval",
        "lastval",
    ),
    "bigquery": ("external_query",),
    "snowflake": ("system$*", "result_scan", "get_ddl"),
    "trino": ("query", "execute"),
    "clickhouse": (
        *("file", "url", "urlcluster", "s3", "s3cluster", "gcs", "azureblobstorage*", "hdfs*", "remote*", "cluster*"),
        *("mysql", "postgresql", "mongodb", "redis", "sqlite", "jdbc", "odbc", "executable", "input", "iceberg*"),
        *("deltalake*", "hudi*", "paimon*", "sleep*", "getsetting", "filesystem*", "dictget*"),
    ),
    "databricks": ("read_files", "remote_query", "http_request", "secret", "try_secret", "reflect", "java_method"),
}
_HARMLESS = frozenset({"pg_typeof", "pg_size_pretty"})


def require_single_select(sql: str, engine: str) -> None:
    """Raises InvalidQuery. `engine` is sqlglot's name of the dialect."""
    import sqlglot  # noqa: PLC0415 - heavy, and needed once a database is asked
    from sqlglot import exp  # noqa: PLC0415 - heavy, and needed once a database is asked
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - heavy, and needed once a database is asked

    if len(sql) > MOST_CHARACTERS:
        raise InvalidQuery(f"The SQL is longer than {MOST_CHARACTERS:,} characters.")
    try:
        statements = sqlglot.parse(sql, read=engine)
    except (SqlglotError, RecursionError):
        raise InvalidQuery("The SQL cannot be read.") from None
    statement = statements[0] if len(statements) == 1 else None
    if not isinstance(statement, exp.Query):
        raise InvalidQuery("Only a single SELECT statement can be run.")
    changing = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.DDL, exp.Command, exp.Into, exp.Lock)
    for node in statement.walk():
        if isinstance(node, changing) and not isinstance(node, exp.Query):
            raise InvalidQuery("Only a SELECT that changes and locks nothing can be run.")
        if node.args.get("settings") or node.args.get("format"):
            raise InvalidQuery("SETTINGS and FORMAT cannot be given in the SQL.")
        if isinstance(node, exp.Table) and node.name.startswith("@"):
            raise InvalidQuery("Staged files cannot be read.")
        if isinstance(node, exp.Func):
            _check_function(node, engine)


def _check_function(node: "exp.Func", engine: str) -> None:
    from sqlglot import exp  # noqa: PLC0415 - heavy, and needed once a database is asked

    name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
    if name in _HARMLESS:
        return
    for refused in _REFUSED.get(engine, ()):
        if name == refused or (refused.endswith("*") and name.startswith(refused[:-1])):
            raise InvalidQuery(f"The function {name} cannot be used.")
