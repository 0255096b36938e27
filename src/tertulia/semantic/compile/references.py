"""`${...}` in a modeller's SQL: what it names, and the text that stands in its place."""

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from tertulia.semantic.lookml.model import Field

TABLE = "TABLE"
TABLE_NAME = "SQL_TABLE_NAME"
_REFERENCE = re.compile(r"\$\{\s*([^{}]*?)\s*\}")
_SIMPLE = re.compile(r"[\w\"`]+(\.[\w\"`]+)*")


class Reference(Struct, frozen=True):
    """`view` is "" where none is named; `cast` is what follows `::`, the type wanted of the field."""

    view: str
    field: str
    cast: str = ""


def expand(sql: str, resolve: Callable[[Reference], str]) -> str:
    """The text with what `resolve` gives for each reference, as it is."""
    return _REFERENCE.sub(lambda found: resolve(_read(found[1])), sql)


def bracketed(text: str) -> str:
    """SQL that can stand in other SQL: in brackets where it is more than a name."""
    if _SIMPLE.fullmatch(text):
        return text
    # a comment at the end would swallow the bracket
    return f"({text}\n)" if "--" in text or "#" in text else f"({text})"


def references_in(sql: str) -> Iterator[Reference]:
    return (_read(found[1]) for found in _REFERENCE.finditer(sql))


def references_of(alias: str, field: Field) -> Iterator[str]:
    """The full names of the fields that a field's own SQL names, seen from its view."""
    texts = [
        field.sql,
        field.sql_start,
        field.sql_end,
        field.sql_latitude,
        field.sql_longitude,
        field.sql_distinct_key,
        *(when.sql for when in field.whens),
    ]
    for text in texts:
        for reference in references_in(text):
            yield f"{reference.view or alias}.{reference.field}"
    named = [field.list_field, field.based_on, field.based_on_time, *(each.field for each in field.filters)]
    yield from (name if "." in name else f"{alias}.{name}" for name in named if name)


def _read(text: str) -> Reference:
    name, _, cast = text.partition("::")
    view, _, field = name.rpartition(".")
    return Reference(view.strip(), field.strip(), cast.strip().lower())
