"""Request bodies: read whatever content type a client forgot to set, judged in the words this API's clients know."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tertulia.core.errors import InvalidInput

Model = TypeVar("Model", bound=BaseModel)

_FORM = "application/x-www-form-urlencoded"
_JSON_LIKE = ("", "text/plain", "application/octet-stream", _FORM)
_NULL_CHARACTERS = "Null characters are not allowed."
_SENTENCES = {
    "missing": "This field is required.",
    "string_type": "Not a valid string.",
    "string_too_short": "This field may not be blank.",
    "bool_type": "Must be a valid boolean.",
    "bool_parsing": "Must be a valid boolean.",
    "int_type": "A valid integer is required.",
    "int_parsing": "A valid integer is required.",
    "int_from_float": "A valid integer is required.",
    "list_type": 'Expected a list of items but got type "{kind}".',
    "dict_type": 'Expected a dictionary of items but got type "{kind}".',
}


async def read_json(request: Request) -> Any:
    """The body's JSON value, an empty body being an empty object.

    Raises InvalidInput for what is no JSON, or has U+0000 in it, and HTTPException 415 for a body of another kind.
    """
    content = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not content.strip():
        return {}
    if kind not in _JSON_LIKE and not kind.endswith(("/json", "+json")):
        raise HTTPException(415, f'Unsupported media type "{kind}" in request.')
    value = _decoded(content, is_form=kind == _FORM)
    if b"\\u0000" in content or kind == _FORM:
        _refuse_null_characters(value)
    return value


async def read_object(request: Request) -> dict[str, Any]:
    """As `read_json`; raises InvalidInput for what is no object."""
    value = await read_json(request)
    if not isinstance(value, dict):
        kind = type(cast("object", value)).__name__
        raise InvalidInput(f"Invalid data. Expected a dictionary, but got {kind}.")
    return cast("dict[str, Any]", value)


def body_of(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """A dependency that reads a body as this model. It raises InvalidInput with each field's problems."""

    async def read(request: Request) -> Model:
        return as_model(model, await read_object(request))

    return read


def as_model(model: type[Model], value: Mapping[str, Any]) -> Model:
    """Raises InvalidInput with each field's problems."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for problem in error.errors(include_url=False):
            messages = fields.setdefault(str(problem["loc"][0]) if problem["loc"] else "non_field_errors", [])
            message = _in_words(problem)
            if message not in messages:
                messages.append(message)
        raise InvalidInput(fields=fields) from None


def plain(name: str, text: str) -> str:
    """A query parameter's text. Raises InvalidInput for U+0000, which no store takes."""
    if "\x00" in text:
        raise InvalidInput(fields={name: [_NULL_CHARACTERS]})
    return text


def _decoded(content: bytes, *, is_form: bool) -> Any:
    try:
        return msgspec.json.decode(content)
    except RecursionError:
        raise InvalidInput("JSON parse error - nested too deeply.") from None
    except ValueError as error:
        if is_form:
            return dict(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
        raise InvalidInput(f"JSON parse error - {error}") from None


def _in_words(problem: Mapping[str, Any]) -> str:
    kind, given, context = problem["type"], problem.get("input"), problem.get("ctx", {})
    if given is None and kind != "missing":
        return "This field may not be null."
    if kind == "string_too_long":
        return f"Ensure this field has no more than {context['max_length']} characters."
    if kind == "value_error":
        return str(context["error"])
    sentence = _SENTENCES.get(kind)
    return problem["msg"] if sentence is None else sentence.format(kind=type(given).__name__)


def _refuse_null_characters(value: Any) -> None:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        at_fault = [name for name, part in fields.items() if _has_null_character((name, part))]
        if at_fault:
            raise InvalidInput(fields={name.replace("\x00", ""): [_NULL_CHARACTERS] for name in at_fault})
    elif _has_null_character(value):
        raise InvalidInput(_NULL_CHARACTERS)


def _has_null_character(value: Any) -> bool:
    pending: list[Any] = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, str) and "\x00" in part:
            return True
        if isinstance(part, dict):
            pending.extend(cast("dict[str, Any]", part))
            pending.extend(cast("dict[str, Any]", part).values())
        elif isinstance(part, list | tuple):
            pending.extend(cast("Sequence[Any]", part))
    return False
