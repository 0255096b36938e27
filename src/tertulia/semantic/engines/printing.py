"""From a tree to the text of a dialect: every name in quotes that would not be read as a name without."""

import re

from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.phrasebook import Phrasebook

_COUNT = re.compile(r"-?[0-9]+")
# what SQL calls without brackets: a name only behind a table's
_CALLED_BARE = frozenset({"user", "session_user", "current_user", "current_role", "localtime", "localtimestamp"})


def print_sql(phrases: Phrasebook, expression: exp.Expr) -> str:
    """Raises InvalidQuery for what the dialect has no words for. Comments are left out."""
    tree = expression.copy()
    for node in tree.find_all(exp.Table, exp.Alias):
        # sqlglot's own builders leave the name of a table as text, which it would print without a look
        alias = node.args.get("alias")
        if isinstance(alias, str) and alias:
            name = exp.to_identifier(alias)
            node.set("alias", exp.TableAlias(this=name) if isinstance(node, exp.Table) else name)
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.quoted and _needs_quotes(phrases, identifier):
            identifier.set("quoted", True)
    if phrases.has_counted_intervals:
        _count_intervals(tree)
    try:
        return tree.sql(dialect=phrases.dialect, comments=False, copy=False, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise InvalidQuery(f"This query cannot be said in {phrases.dialect}: {error}") from error
    except RecursionError as error:
        raise InvalidQuery("This query is nested too deeply.") from error


def _count_intervals(tree: exp.Expr) -> None:
    """Undo what sqlglot does to every interval: its number becomes a text."""
    for interval in tree.find_all(exp.Interval, exp.IntervalOp):
        place = "this" if isinstance(interval, exp.Interval) else "expression"
        amount = interval.args.get(place)
        if isinstance(amount, exp.Literal) and _COUNT.fullmatch(amount.name):
            interval.set(place, exp.Literal.number(amount.name))


def _needs_quotes(phrases: Phrasebook, identifier: exp.Identifier) -> bool:
    name = identifier.name
    if re.fullmatch(phrases.plain_name, name) is None:
        return True
    word = name.lower()
    if word not in phrases.reserved:
        return False
    column = identifier.parent
    is_bare = isinstance(column, exp.Column) and not column.table
    return not (is_bare and word in _CALLED_BARE)
