"""The OpenAPI document: what is served and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from msgspec import Struct
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tertulia import __version__
from tertulia.dialects.clarifeye import bodies, wire, wire_data, wire_library, wire_results, wire_stream

Json = dict[str, Any]
_REF = "#/components/schemas/{name}"
_DESCRIPTION = """\
Conversations with agents over documents. Fields, paths and headers whose description begins with "Extension" are \
additions of this server; everything else follows the Clarifeye Platform API.

Paths are served with and without their trailing slash. `Authorization: Token <token>` and `Bearer <token>` are equal."""
_MEANINGS = {
    400: "The request is not valid: a business rule, or each field's problems",
    401: "No credential, or one that opens nothing",
    403: "The caller may not do this",
    404: "There is no such thing in this project",
    409: "The state of things forbids it",
    413: "The request is too large",
    429: "A limit was reached",
}
_ACTED = {
    "description": "Extension: e-mail address of the user the request was carried out as.",
    "schema": {"type": "string"},
}
_SHOWN = (wire_stream.InProgress, wire_stream.Failed, wire_stream.Completed)


def ref(shape: type[Struct | BaseModel]) -> Json:
    return {"$ref": _REF.format(name=shape.__name__)}


def array_of(shape: type[Struct]) -> Json:
    return {"type": "array", "items": ref(shape)}


def answers(
    status: int, schema: type[Struct] | Json | None, *errors: int, faults: type[Struct] = wire.Error
) -> dict[int | str, Json]:
    """What an operation answers: its success, the errors named, and those that every operation has."""
    done: Json = {"description": "Done"}
    if schema is not None:
        done["content"] = _json(schema if isinstance(schema, dict) else ref(schema))
    found: dict[int | str, Json] = {status: done}
    for each in sorted({401, *errors}):
        found[each] = {"description": _MEANINGS[each], "content": _json(_fault(each, faults))}
    # what the server refuses before a tool is reached has the common shape
    other = ref(faults) if faults is wire.Error else {"oneOf": [ref(faults), ref(wire.Error)]}
    found["default"] = {"description": "Any other error", "content": _json(other)}
    return found


def event_stream(*errors: int) -> dict[int | str, Json]:
    """A stream of frames; `x-event-data` is the schema of the JSON in each frame's `data:`."""
    found = answers(200, None, *errors)
    schema = {"type": "string", "description": "Server-sent events; see x-event-data for what each one holds."}
    events = {"oneOf": [ref(shape) for shape in _SHOWN]}
    found[200]["content"] = {"text/event-stream": {"schema": schema, "x-event-data": events}}
    found[200]["headers"] = {"X-Query-Id": {"description": "Extension: the turn.", "schema": {"type": "integer"}}}
    return found


def body(model: type[BaseModel]) -> Json:
    """The declaration of a request body that the route reads by itself."""
    return {"requestBody": {"required": True, "content": _json(ref(model))}}


def document(app: FastAPI, prefix: str) -> Json:
    """The document of all routes of app; `prefix` is where it is mounted."""
    found = get_openapi(
        title="Tertulia: Clarifeye dialect",
        version=__version__,
        description=_DESCRIPTION,
        routes=app.routes,
        servers=[{"url": prefix}],
    )
    found["components"] = {
        "schemas": dict(sorted((_request_shapes() | _answer_shapes()).items())),
        "securitySchemes": {
            "BearerAuth": {"type": "http", "scheme": "bearer"},
            "TokenAuth": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "`Token <token>`",
            },
        },
    }
    found["security"] = [{"BearerAuth": []}, {"TokenAuth": []}]
    for path, operations in cast("dict[str, Json]", found["paths"]).items():
        if "{project_id}" in path:
            _name_who_acted(operations)
    return found


def _fault(status: int, faults: type[Struct]) -> Json:
    if faults is wire_results.ToolError and status in (401, 403):
        return ref(wire.Error)
    if faults is wire_results.ToolError and status == 404:
        # the tool, or the whole project
        return {"oneOf": [ref(faults), ref(wire.Error)]}
    if status == 400 and faults is wire.Error:
        fields = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
        return {"oneOf": [ref(wire.Error), fields]}
    return ref(faults)


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _name_who_acted(operations: Mapping[str, Json]) -> None:
    for operation in operations.values():
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                answer.setdefault("headers", {})["X-Effective-User"] = _ACTED


def _request_shapes() -> Json:
    models = [model for model in vars(bodies).values() if _is_shape(model, BaseModel)]
    _, found = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    return cast("Json", found.get("$defs", {}))


def _answer_shapes() -> Json:
    modules = (wire, wire_results, wire_data, wire_stream, wire_library)
    structs = [shape for module in modules for shape in vars(module).values() if _is_shape(shape, Struct)]
    _, found = msgspec.json.schema_components(list(dict.fromkeys(structs)), ref_template=_REF)
    for shape in found.values():
        _require_what_is_always_served(shape)
    return found


def _require_what_is_always_served(shape: Json) -> None:
    """A field with a default is written out like any other; only an unset one is left out."""
    properties: dict[str, Json] = shape.get("properties", {})
    required: Sequence[str] = shape.get("required", ())
    defaulted = [name for name, schema in properties.items() if "default" in schema]
    for name in defaulted:
        del properties[name]["default"]
    shape["required"] = [name for name in properties if name in {*required, *defaulted}]


def _is_shape(thing: object, kind: type) -> bool:
    return isinstance(thing, type) and issubclass(thing, kind) and thing is not kind
