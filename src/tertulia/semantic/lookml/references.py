"""What texts of LookML refer to: `${field}`, `${view.field}`, `{% parameter name %}`."""

import re
from collections.abc import Iterable, Iterator

from tertulia.semantic.lookml.model import Field

TABLE_NAME = "SQL_TABLE_NAME"
_REFERENCE = re.compile(r"\$\{\s*([\w.]+)(?:::\w+)?\s*\}")
_OWN = frozenset({"TABLE", "EXTENDED"})
_TAG = re.compile(r"\{%-?\s*(?:parameter|condition)\s+([\w.]+)\s*-?%\}")
_LIQUID = re.compile(r"\{[%{].*?[%}]\}", re.DOTALL)
_WORDS = re.compile(r"[A-Za-z_][\w.]*")


def references(text: str) -> list[str]:
    """Names in the order they stand, each once: `field`, `view.field` or `view.SQL_TABLE_NAME`."""
    if "${" not in text:
        return []
    return list(dict.fromkeys(name for name in _REFERENCE.findall(text) if name not in _OWN))


def asked_by(text: str) -> list[str]:
    """The filters and parameters that liquid tags name."""
    return list(dict.fromkeys(_TAG.findall(text))) if "{%" in text else []


def liquid_words(text: str) -> Iterator[str]:
    """All words within liquid: a field may be meant by any of them."""
    if "{%" in text or "{{" in text:
        for part in _LIQUID.findall(text):
            yield from _WORDS.findall(part)


def texts_of(field: Field) -> Iterator[str]:
    """Every text of a field that becomes SQL."""
    yield from (field.sql, field.sql_start, field.sql_end, field.sql_latitude, field.sql_longitude)
    yield field.sql_distinct_key
    yield from (when.sql for when in field.whens)


def views_named(text: str) -> list[str]:
    """The views of `${view.field}`."""
    return list(dict.fromkeys(name.partition(".")[0] for name in references(text) if "." in name))


def all_references(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for text in texts for name in references(text)))
