"""Chart specifications as clients keep them: an object, its JSON, or its Python repr."""

import ast
from typing import Any, cast

import msgspec

from tertulia.dialects.looker.depth import is_too_deep

_MOST_CHARACTERS = 2_000_000
# Python's own parser needs hundreds of bytes of memory for each character
_MOST_OF_PYTHON = 100_000


def chart_in(value: Any) -> dict[str, Any] | None:
    """None for what is no object in any of these forms, and for one that is nested too deeply."""
    if isinstance(value, str):
        value = _parsed(value.lstrip())
    return cast("dict[str, Any]", value) if isinstance(value, dict) and not is_too_deep(value) else None


def _parsed(text: str) -> Any:
    if not text.startswith("{") or len(text) > _MOST_CHARACTERS:
        return None
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        # a typed Python client sends str(dict) back
        return _parsed_as_python(text) if len(text) <= _MOST_OF_PYTHON else None


def _parsed_as_python(text: str) -> Any:
    try:
        return msgspec.json.decode(msgspec.json.encode(ast.literal_eval(text)))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
