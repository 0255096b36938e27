"""Request bodies: read as JSON whatever the content type says, judged in words that name the parameter."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from tertulia.core.errors import InvalidInput
from tertulia.dialects.openai.errors import ParameterMissing

Model = TypeVar("Model", bound=BaseModel)


def body_of(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """A dependency that reads a body as this model. It raises InvalidInput naming the first parameter at fault."""

    async def read(request: Request) -> Model:
        return as_model(model, await _object(request))

    return read


def as_model(model: type[Model], value: Mapping[str, Any]) -> Model:
    """Raises InvalidInput, or ParameterMissing, naming the first parameter at fault."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        kind = ParameterMissing if problem["type"] == "missing" else InvalidInput
        raise kind(fields={_path(problem["loc"]): [_in_words(problem)]}) from None


async def _object(request: Request) -> dict[str, Any]:
    content = await request.body()
    try:
        value = msgspec.json.decode(content)
    except RecursionError:
        raise InvalidInput("The JSON body of your request is nested too deeply.") from None
    except ValueError as error:
        raise InvalidInput(f"The JSON body of your request could not be parsed: {error}") from None
    if not isinstance(value, dict):
        raise InvalidInput("The body of your request must be a JSON object.")
    return cast("dict[str, Any]", value)


def _path(places: tuple[int | str, ...]) -> str:
    """`messages[0].content` for a place in a body; names of the types that were tried are left out."""
    path = ""
    for place in places:
        if isinstance(place, int):
            path += f"[{place}]"
        elif place.isidentifier() and place not in ("str", "bool", "int"):
            path += f".{place}" if path else place
    return path


def _in_words(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "missing":
        return "This parameter is required."
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    message = str(problem["msg"])
    return message if message.endswith(".") else f"{message}."
