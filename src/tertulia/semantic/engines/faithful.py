"""A dialect's reader that keeps the functions which sqlglot would turn into others of another meaning."""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

# in Databricks, exact percentiles would become approximate, and days between dates whole days between timestamps
_KEPT = {"databricks": {"PERCENTILE_CONT": (1,), "PERCENTILE_DISC": (1,), "DATEDIFF": (2,), "DATE_DIFF": (2,)}}


@cache
def reader_of(dialect: str) -> Dialect:
    reader = type(Dialect.get_or_raise(dialect))()
    if dialect in _KEPT:
        known = cast("dict[str, Any]", getattr(reader.parser_class, "FUNCTIONS"))  # noqa: B009 - sqlglot types it in part
        kept = {name: _kept(name, counts, known.get(name)) for name, counts in _KEPT[dialect].items()}
        reader.parser_class = type("FaithfulParser", (reader.parser_class,), {"FUNCTIONS": {**known, **kept}})
    return reader


def _kept(name: str, counts: Sequence[int], otherwise: Any) -> Any:
    """Builds a call of the function as it is written, where it has so many arguments."""

    def build(arguments: list[exp.Expr]) -> exp.Expr:
        if len(arguments) in counts or otherwise is None:
            return exp.Anonymous(this=name, expressions=arguments)
        return otherwise(arguments)

    return build
