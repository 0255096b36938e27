"""The OpenAPI document: what is served and nothing else."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, cast, get_args

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from msgspec import Struct
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tertulia import __version__
from tertulia.dialects.openai import bodies, wire, wire_events, wire_responses

Json = dict[str, Any]
_REF = "#/components/schemas/{name}"
_DESCRIPTION = """\
Agents as models of the OpenAI API. Fields whose description begins with "Extension" are additions of this server; \
request fields that are not described are taken and ignored."""
_MEANINGS = {
    400: "The request is not valid; `param` names what is wrong",
    401: "No token, or one that opens nothing",
    403: "The caller may not do this",
    404: "There is no such thing for this caller",
    409: "The conversation is still answering",
    413: "The request is too large",
    429: "A limit was reached; Retry-After says when to come back",
}


def answers(shape: type[Struct], *errors: int) -> dict[int | str, Json]:
    """What an operation answers: its success, the errors named, and those that every operation has."""
    found: dict[int | str, Json] = {200: {"description": "Done", "content": _json(_ref(shape))}}
    for each in sorted({400, 401, *errors}):
        found[each] = {"description": _MEANINGS[each], "content": _json(_ref(wire.Error))}
    found["default"] = {"description": "Any other error", "content": _json(_ref(wire.Error))}
    return found


def answers_or_stream(shape: type[Struct], event: Any, *errors: int) -> dict[int | str, Json]:
    """As `answers`, or a stream; `x-event-data` is the schema of the JSON in each frame's `data:`."""
    found = answers(shape, *errors)
    events = [_ref(each) for each in get_args(event)] or [_ref(event), _ref(wire.Error)]
    text = {"type": "string", "description": "Server-sent events; see x-event-data for what each one holds."}
    found[200]["content"]["text/event-stream"] = {"schema": text, "x-event-data": {"oneOf": events}}
    return found


def body(model: type[BaseModel]) -> Json:
    """The declaration of a request body that the route reads by itself."""
    return {"requestBody": {"required": True, "content": _json(_ref(model))}}


def document(app: FastAPI, prefix: str) -> Json:
    """The document of all routes of app; `prefix` is where it is mounted."""
    found = get_openapi(
        title="Tertulia: OpenAI dialect",
        version=__version__,
        description=_DESCRIPTION,
        routes=app.routes,
        servers=[{"url": prefix}],
    )
    found["components"] = {
        "schemas": dict(sorted((_request_shapes() | _answer_shapes()).items())),
        "securitySchemes": {"BearerAuth": {"type": "http", "scheme": "bearer"}},
    }
    found["security"] = [{"BearerAuth": []}]
    for operations in cast("dict[str, Json]", found["paths"]).values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
    return found


def _ref(shape: type[Struct | BaseModel]) -> Json:
    return {"$ref": _REF.format(name=shape.__name__)}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _request_shapes() -> Json:
    models = [shape for shape in vars(bodies).values() if isinstance(shape, type) and issubclass(shape, bodies.Body)]
    _, found = models_json_schema(
        [(model, "validation") for model in models if model is not bodies.Body],
        ref_template="#/components/schemas/{model}",
    )
    return cast("Json", found.get("$defs", {}))


def _answer_shapes() -> Json:
    structs = [shape for module in (wire, wire_responses, wire_events) for shape in _structs_of(module)]
    _, found = msgspec.json.schema_components(structs, ref_template=_REF)
    for shape in found.values():
        _require_what_is_always_served(shape)
    return found


def _structs_of(module: ModuleType) -> Sequence[type[Struct]]:
    """The shapes that a module defines, without those that only lend their fields."""
    shapes = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Struct)]
    lenders = {parent for shape in shapes for parent in shape.__bases__}
    return [shape for shape in shapes if shape.__module__ == module.__name__ and shape not in lenders]


def _require_what_is_always_served(shape: Json) -> None:
    """A field with a default is written out like any other; only an unset one is left out."""
    properties: dict[str, Json] = shape.get("properties", {})
    required: Sequence[str] = shape.get("required", ())
    defaulted = [name for name, schema in properties.items() if "default" in schema]
    for name in defaulted:
        del properties[name]["default"]
    shape["required"] = [name for name in properties if name in {*required, *defaulted}]
