"""Which statements DuckDB may run: one SELECT over the file's own tables, with no way to the machine it runs on."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

import msgspec

from tertulia.core.errors import InvalidQuery

if TYPE_CHECKING:
    import duckdb

MOST_CHARACTERS = 1_000_000
# Everything else that stands in FROM reads files, settings or the catalog.
TABLE_FUNCTIONS = frozenset(
    {"range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "histogram"}
)
_REFUSED_FUNCTIONS = frozenset(
    {"current_setting", "current_query", "getenv", "getvariable", "in_search_path", "get_block_size", "write_log"}
    | {"nextval", "currval", "setval", "setseed", "sleep_ms", "txid_current"}
    | {"current_transaction_id", "current_connection_id", "current_query_id"}
)
# pg_typeof says what a value is and nothing else.
_HARMLESS_FUNCTIONS = frozenset({"pg_typeof", "pg_size_pretty"})
_REFUSED_PREFIXES = ("pg_", "duckdb_", "pragma_", "inet_", "has_", "read_")

Path = tuple[str, ...]


class Gate:
    """What the file of one connection holds, read once when it is opened."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection") -> None:
        self._cursor = connection.cursor()
        self._tables = frozenset(_tables(self._cursor))
        self._functions = TABLE_FUNCTIONS | frozenset(_own_macros(self._cursor))

    def statement(self, sql: str) -> "duckdb.Statement":
        """The only statement in `sql`. Raises InvalidQuery, and DuckDB's own error for what it cannot read."""
        import duckdb  # noqa: PLC0415 - only the child process loads it

        if len(sql) > MOST_CHARACTERS:
            raise InvalidQuery(f"The SQL is longer than {MOST_CHARACTERS:,} characters.")
        statements = self._cursor.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise InvalidQuery("Only a single SELECT statement can be run.")
        self._check(_syntax(self._cursor, sql))
        return statements[0]

    def _check(self, tree: Any) -> None:
        nodes = list(_nodes(tree))
        named = {key.lower() for node in nodes for key in _with_names(node)}
        for node in nodes:
            kind = node.get("type")
            if kind == "SHOW_REF":
                raise InvalidQuery("DESCRIBE, SHOW and SUMMARIZE cannot be run.")
            if kind == "BASE_TABLE":
                self._check_table(_path(node), named)
            elif kind == "TABLE_FUNCTION":
                self._check_source(_path(node["function"]))
            elif node.get("class") == "FUNCTION":
                _check_function(_path(node))

    def _check_table(self, path: Path, named: set[str]) -> None:
        if path in self._tables:
            return
        is_named_here = len(path) == 1 and path[0] in named
        if not is_named_here or path[0].startswith(("duckdb_", "pg_", "pragma_", "sqlite_")):
            raise InvalidQuery(f"There is no table {'.'.join(path)} in this database.")

    def _check_source(self, path: Path) -> None:
        if path[-1] not in self._functions:
            raise InvalidQuery(f"The function {path[-1]} cannot be used as a table.")


def _check_function(path: Path) -> None:
    name = path[-1]
    if name in _REFUSED_FUNCTIONS or (name.startswith(_REFUSED_PREFIXES) and name not in _HARMLESS_FUNCTIONS):
        raise InvalidQuery(f"The function {name} cannot be used.")


def _syntax(cursor: "duckdb.DuckDBPyConnection", sql: str) -> Any:
    row = cursor.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    try:
        tree = msgspec.json.decode(cast(tuple[str], row)[0])
    except (msgspec.DecodeError, RecursionError):
        raise InvalidQuery("The SQL is nested too deeply.") from None
    if tree.get("error"):
        raise InvalidQuery(str(tree.get("error_message") or "The SQL cannot be read."))
    return tree


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield cast(dict[str, Any], node)
            waiting.extend(cast(dict[str, Any], node).values())
        elif isinstance(node, list):
            waiting.extend(cast(list[Any], node))


def _with_names(node: dict[str, Any]) -> Iterable[str]:
    """The names that a WITH of this node gives."""
    names = node.get("cte_map")
    entries = cast(dict[str, list[dict[str, str]]], names).get("map", []) if isinstance(names, dict) else []
    return [entry["key"] for entry in entries]


def _path(node: dict[str, Any]) -> Path:
    return tuple(str(part).lower() for part in node["qualified_name"]["path"])


def _tables(cursor: "duckdb.DuckDBPyConnection") -> Iterator[Path]:
    """Every way to name a table or view of the file."""
    for source, name in (("duckdb_tables", "table_name"), ("duckdb_views", "view_name")):
        listing = cursor.table_function(source).filter("NOT internal")
        for row in listing.project(f"database_name, schema_name, {name}").fetchall():
            database, schema, table = (str(part).lower() for part in row)
            yield from ((table,), (schema, table), (database, table), (database, schema, table))


def _own_macros(cursor: "duckdb.DuckDBPyConnection") -> Iterator[str]:
    listing = cursor.table_function("duckdb_functions").filter("NOT internal AND function_type = 'table_macro'")
    own = {str(row[0]).lower() for row in listing.project("function_name").fetchall()}
    # A macro of the file must not lend its name to what the gate exists to stop.
    built_in = cursor.table_function("duckdb_functions").filter("internal").project("function_name").fetchall()
    yield from own - {str(row[0]).lower() for row in built_in}
