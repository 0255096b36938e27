"""SQL that a modeller wrote, as a tree: one expression or one SELECT, and nothing that changes anything."""

from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.faithful import reader_of

_MOST_CHARACTERS = 200_000
_REFUSED = (
    exp.Command,
    exp.DDL,
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Drop,
    exp.Alter,
    exp.Set,
    exp.Use,
    exp.Pragma,
    exp.Attach,
    exp.Detach,
    exp.Copy,
    exp.LoadData,
    exp.TruncateTable,
    exp.Transaction,
    exp.Describe,
    exp.Summarize,
    exp.Into,
    exp.Lock,
    exp.Placeholder,
)


def read_expression(dialect: str, sql: str) -> exp.Expr:
    """A tree of the caller's own. Raises InvalidQuery."""
    return _expression(dialect, sql).copy()


def read_select(dialect: str, sql: str) -> exp.Query:
    """A tree of the caller's own. Raises InvalidQuery."""
    return _select(dialect, sql).copy()


@lru_cache(maxsize=4_096)
def _expression(dialect: str, sql: str) -> exp.Expr:
    tree = _single(dialect, sql, into=exp.Expr)
    if isinstance(tree, exp.Alias | exp.Aliases):
        raise InvalidQuery(f"This SQL gives its expression a name, which is for LookML to do: {_short(sql)}")
    if tree.is_star:
        raise InvalidQuery(f"This SQL names no column: {_short(sql)}")
    return tree


@lru_cache(maxsize=512)
def _select(dialect: str, sql: str) -> exp.Query:
    # sqlglot reads a set operation that begins with a bracket only as a whole statement
    tree = _single(dialect, sql, into=None if sql.lstrip().startswith("(") else exp.Select)
    if not isinstance(tree, exp.Query) or isinstance(tree, exp.Table | exp.Values):
        raise InvalidQuery(f"This SQL is no SELECT: {_short(sql)}")
    return tree


def _single(dialect: str, sql: str, *, into: type[exp.Expr] | None) -> exp.Expr:
    if len(sql) > _MOST_CHARACTERS:
        raise InvalidQuery(f"This SQL has more than {_MOST_CHARACTERS:,} characters.")
    reader = reader_of(dialect)
    try:
        found = reader.parse_into(into, sql) if into else reader.parse(sql)
    except SqlglotError as error:
        raise InvalidQuery(f"This SQL cannot be read as {dialect} ({_reason(error)}): {_short(sql)}") from error
    except RecursionError as error:
        raise InvalidQuery(f"This SQL is nested too deeply: {_short(sql)}") from error
    trees = [tree for tree in found if tree is not None and not isinstance(tree, exp.Semicolon)]
    if len(trees) != 1:
        what = "several statements" if trees else "nothing"
        raise InvalidQuery(f"This SQL has {what} where one expression or SELECT belongs: {_short(sql)}")
    refused = trees[0].find(*_REFUSED)
    if refused is not None:
        raise InvalidQuery(f"This SQL does more than read ({refused.key.upper()}): {_short(sql)}")
    return trees[0]


def _reason(error: SqlglotError) -> str:
    if not isinstance(error, ParseError) or not error.errors:
        return str(error).splitlines()[0]
    first = error.errors[0]
    what = str(first.get("description", "")).split("\n")[0].rstrip(".")
    return f"{what}, line {first.get('line', 1)}, column {first.get('col', 1)}"


def _short(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= 120 else f"{text[:120]}..."
