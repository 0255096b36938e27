"""Request bodies: read as JSON whatever the content type says, judged field by field."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from tertulia.core.errors import InvalidInput
from tertulia.dialects.looker.depth import DEEPEST, is_too_deep
from tertulia.dialects.looker.errors import MissingField, Unreadable

Model = TypeVar("Model", bound=BaseModel)
# whole pairs and other escapes first, so that what is left of the surrogates stands alone
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
_LENGTHS = ("too_long", "too_short", "string_too_long", "string_too_short")
_TOO_DEEP = f"The JSON of the body is nested too deeply: at most {DEEPEST} lists and objects in each other."


def body_of(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """A dependency that reads a body as this model. It raises Unreadable, and InvalidInput naming every field at fault."""

    async def read(request: Request) -> Model:
        return as_model(model, await json_object(request))

    return read


def as_model(model: type[Model], value: Mapping[str, Any]) -> Model:
    """Raises InvalidInput naming every field at fault; MissingField where some are missing and no other is wrong."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = error.errors(include_url=False)
    kind = MissingField if all(each["type"] == "missing" for each in problems) else InvalidInput
    fields: dict[str, list[str]] = {}
    for each in problems:
        fields.setdefault(_path(each["loc"]), []).append(_in_words(each))
    raise kind(fields=fields)


async def json_object(request: Request) -> dict[str, Any]:
    """Raises Unreadable."""
    content = await request.body()
    try:
        value = _decoded(content)
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None
    except ValueError as error:
        raise Unreadable(f"The body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Unreadable("The body must be a JSON object.")
    if is_too_deep(value):
        raise Unreadable(_TOO_DEEP)
    if b"\\u0000" in content and _has_nul_in_name(value):
        raise Unreadable("The name of a field holds U+0000, which cannot be stored.")
    return cast("dict[str, Any]", value)


def _decoded(content: bytes) -> Any:
    """With U+FFFD for half of a character, as JavaScript leaves it where it cuts a text."""
    try:
        return msgspec.json.decode(content)
    except ValueError:
        whole = _ESCAPES.sub(lambda found: b"\\ufffd" if found["half"] else found[0], content)
        if whole == content:
            raise
    return msgspec.json.decode(whole)


def _has_nul_in_name(value: Any) -> bool:
    match value:
        case dict():
            inner = cast("dict[str, Any]", value)
            return any("\x00" in name for name in inner) or any(map(_has_nul_in_name, inner.values()))
        case list():
            return any(map(_has_nul_in_name, cast("list[Any]", value)))
        case _:
            return False


def _path(places: tuple[int | str, ...]) -> str:
    """`sources[0].model` for a place in a body."""
    path = ""
    for place in places:
        if isinstance(place, int):
            path += f"[{place}]"
        else:
            path += f".{place}" if path else place
    return path


def _in_words(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "missing":
        return "This field is required."
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    if problem["type"] in _LENGTHS and isinstance(problem["input"], str):
        most = problem["ctx"].get("max_length")
        return f"Give at most {most} characters." if most else "This field may not be blank."
    message = str(problem["msg"])
    return message if message.endswith(".") else f"{message}."
