"""Ids, and lists by comma, as clients write them."""

from tertulia.core.errors import NotFound
from tertulia.core.ids import canonical_id
from tertulia.dialects.looker.errors import InvalidParameter

_MOST = 1_000
_LONGEST_SERIAL = 9


def as_stored(text: str) -> str:
    """An id in the form it is stored in; what can be none stays, and names nothing."""
    return canonical_id(text) or text


def listed(name: str, text: str) -> list[str]:
    """The items of a list by comma, each once. Raises InvalidParameter for too many."""
    found = list(dict.fromkeys(each.strip() for each in text.replace("\x00", "").split(",") if each.strip()))
    if len(found) > _MOST:
        raise InvalidParameter(name, f"It has at most {_MOST:,} items.")
    return found


def listed_ids(text: str) -> list[str]:
    """The ids in a list by comma, each once. Raises InvalidParameter for none and for too many."""
    found = listed("id", text)
    if not found:
        raise InvalidParameter("id", f"Give 1 to {_MOST:,} ids, with commas between them.")
    return found


def serial_in(text: str) -> int | None:
    """The number of a person or a golden query, None for what can be none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_SERIAL
    return int(text) if is_number else None


def serial_of(text: str) -> int:
    """As `serial_in`. Raises NotFound for what can be none."""
    found = serial_in(text)
    if found is None:
        raise NotFound
    return found
