"""How deep JSON may be nested: what recurses over it must not reach the interpreter's own end."""

from collections.abc import Iterable
from typing import Any, cast

DEEPEST = 100


def is_too_deep(value: Any) -> bool:
    """Whether lists and objects stand in each other more than DEEPEST times."""
    level = [value]
    for _ in range(DEEPEST):
        level = [each for outer in level for each in _inside(outer) if isinstance(each, (dict, list))]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).values()
    return cast("list[Any]", value) if isinstance(value, list) else ()
