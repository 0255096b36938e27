"""The `fields` parameter: names by comma, those of nested objects and lists in parentheses."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias, cast

from fastapi import Depends, Query

from tertulia.dialects.looker.errors import InvalidParameter

Selection: TypeAlias = dict[str, "Selection | None"]
"""The fields wanted, by name; None where the whole of one is."""

_LONGEST = 10_000
_DEEPEST = 20
_SIGN = re.compile(r"\s*([(),]|[^(),\s]+)\s*")
_DESCRIPTION = "The fields to answer with, by comma; those of nested objects in parentheses: `id,messages(id,type)`."


async def wanted_fields(fields: Annotated[str | None, Query(description=_DESCRIPTION)] = None) -> Selection | None:
    """None where all are wanted. Raises InvalidParameter."""
    return parse_fields(fields or "")


Fields = Annotated[Selection | None, Depends(wanted_fields)]


def parse_fields(text: str) -> Selection | None:
    """None where nothing is said. Raises InvalidParameter for parentheses that do not fit."""
    if len(text) > _LONGEST:
        raise InvalidParameter("fields", f"It has at most {_LONGEST:,} characters.")
    if not text.strip():
        return None
    found: Selection = {}
    open_ones = [found]
    last: str | None = None
    for sign in (*_signs(text), ","):
        if last is not None and sign != "(":
            open_ones[-1][last] = None
        match sign:
            case "(":
                if last is None or len(open_ones) > _DEEPEST:
                    raise InvalidParameter("fields", "A parenthesis opens after the name of a field.")
                # a name that stands alone somewhere is wanted whole: what is opened beside it changes nothing
                inside = open_ones[-1].setdefault(last, {})
                open_ones.append({} if inside is None else inside)
                last = None
            case ")":
                if len(open_ones) == 1:
                    raise InvalidParameter("fields", "A parenthesis closes that was not opened.")
                open_ones.pop()
                last = None
            case ",":
                last = None
            case name:
                last = name
    if len(open_ones) > 1:
        raise InvalidParameter("fields", "A parenthesis is not closed.")
    return found or None


def is_wanted(fields: Selection | None, name: str) -> bool:
    return fields is None or name in fields


def narrowed(value: Any, fields: Selection | None, kept: Sequence[str] = ()) -> Any:
    """A JSON value without what is not wanted; names that nothing has are passed over."""
    if not fields:
        return value
    if isinstance(value, list):
        return [narrowed(each, fields, kept) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    content = cast("Mapping[str, Any]", value)
    return {name: narrowed(content[name], fields.get(name)) for name in content if name in fields or name in kept}


def _signs(text: str) -> Sequence[str]:
    return [match[1] for match in _SIGN.finditer(text)]
