"""Ids as clients list them."""

from tertulia.core.errors import NotFound
from tertulia.dialects.looker.errors import InvalidParameter

_MOST = 1_000
_LONGEST_SERIAL = 9


def listed_ids(text: str) -> list[str]:
    """The ids in a list by comma, each once. Raises InvalidParameter for none and for too many."""
    found = list(dict.fromkeys(each.strip() for each in text.replace("\x00", "").split(",") if each.strip()))
    if not 1 <= len(found) <= _MOST:
        raise InvalidParameter("id", f"Give 1 to {_MOST:,} ids, with commas between them.")
    return found


def serial_of(text: str) -> int:
    """The number of a person or a golden query. Raises NotFound for what can be none."""
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_SERIAL):
        raise NotFound
    return int(text)
