"""Chart specifications as clients keep them: an object, its JSON, or its Python repr."""

import ast
from typing import Any, cast

import msgspec

_MOST_CHARACTERS = 2_000_000


def chart_in(value: Any) -> dict[str, Any] | None:
    """None for what is no object in any of these forms."""
    if isinstance(value, str):
        value = _parsed(value)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _parsed(text: str) -> Any:
    if len(text) > _MOST_CHARACTERS:
        return None
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        pass
    # a typed Python client sends str(dict) back
    try:
        found = ast.literal_eval(text)
        return msgspec.json.decode(msgspec.json.encode(found))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
