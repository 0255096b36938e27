"""Request bodies: read as JSON whatever the content type says, judged field by field."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from tertulia.core.errors import InvalidInput
from tertulia.dialects.looker.errors import MissingField, Unreadable

Model = TypeVar("Model", bound=BaseModel)


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
        value = msgspec.json.decode(content)
    except RecursionError:
        raise Unreadable("The JSON of the body is nested too deeply.") from None
    except ValueError as error:
        raise Unreadable(f"The body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Unreadable("The body must be a JSON object.")
    return cast("dict[str, Any]", value)


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
    message = str(problem["msg"])
    return message if message.endswith(".") else f"{message}."
