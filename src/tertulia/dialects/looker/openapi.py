"""The OpenAPI document: what is served and nothing else."""

import re
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, cast

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from msgspec import Struct
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tertulia import __version__
from tertulia.dialects.looker import bodies, chat_bodies, query_bodies, wire, wire_chat, wire_models, wire_queries

Json = dict[str, Any]
# modules that hold shapes: every Struct or Body in them is a schema of the document
ANSWER_SHAPES: tuple[ModuleType, ...] = (wire, wire_chat, wire_models, wire_queries)
BODY_SHAPES: tuple[ModuleType, ...] = (bodies, chat_bodies, query_bodies)
# what `fields` never takes away
KEPT: dict[str, Sequence[str]] = {"Query": ("model", "view")}
_REF = "#/components/schemas/{name}"
_DESCRIPTION = """\
Looker's API 4.0 around Conversational Analytics. Fields whose description begins with "Extension" are additions of this \
server. `fields` narrows answers to the fields it names."""
_IGNORED = "Taken and ignored."
_MEANINGS = {
    400: "The request is not valid",
    401: "No token, or one that opens nothing",
    403: "The caller may not do this",
    404: "There is no such thing for this caller",
    409: "The thing is in a state that forbids it",
    413: "The request is too large",
    422: "A field of the body is not valid; `errors` has one entry for each",
    429: "A limit was reached; Retry-After says when to come back",
}


def answers(shape: type[Struct] | None, *errors: int, is_list: bool = False) -> dict[int | str, Json]:
    """What an operation answers: 204 without a shape, the errors named, and those that every operation has."""
    if shape is None:
        found: dict[int | str, Json] = {204: {"description": "Done"}}
    else:
        schema = {"type": "array", "items": _ref(shape)} if is_list else _ref(shape)
        found = {200: {"description": "Done", "content": _json(schema)}}
    for each in sorted({400, 401, 404, 429, *errors}):
        fault = wire.ValidationError if each == 422 else wire.Error
        found[each] = {"description": _MEANINGS[each], "content": _json(_ref(fault))}
    found["default"] = {"description": "Any other error", "content": _json(_ref(wire.Error))}
    return found


def body(model: type[BaseModel], *, media_type: str = "application/json") -> Json:
    """The declaration of a request body that the route reads by itself."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": _ref(model)}}}}


def ignored(*flags: str, texts: Sequence[str] = ()) -> Json:
    """The declaration of parameters that clients may send, and that change nothing here."""
    kinds = dict.fromkeys(flags, "boolean") | dict.fromkeys(texts, "string")
    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "description": _IGNORED, "schema": {"type": kind}}
            for name, kind in kinds.items()
        ]
    }


# results are made anew for every run, from the one model there is, and link nowhere
IGNORED_BY_RUNS = ignored(
    "cache",
    "cache_only",
    "force_production",
    "generate_drill_links",
    "rebuild_pdts",
    "server_table_calcs",
    texts=("path_prefix",),
)


def document(app: FastAPI, prefix: str) -> Json:
    """The document of all routes of app; `prefix` is where it is mounted."""
    found = get_openapi(
        title="Tertulia: Looker dialect",
        version=__version__,
        description=_DESCRIPTION,
        routes=app.routes,
        servers=[{"url": prefix}],
    )
    operations = [each for path in cast("dict[str, Json]", found["paths"]).values() for each in path.values()]
    for operation in operations:
        _without_defaults(operation)
    shapes = dict(sorted((_request_shapes() | _answer_shapes()).items()))
    for name in _narrowed(operations, shapes):
        shapes[name]["required"] = list(KEPT.get(name, ()))
    found["components"] = {
        "schemas": shapes,
        "securitySchemes": {"BearerAuth": {"type": "http", "scheme": "bearer"}},
    }
    found["security"] = [{"BearerAuth": []}]
    return found


def _ref(shape: type[Struct | BaseModel]) -> Json:
    return {"$ref": _REF.format(name=shape.__name__)}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _without_defaults(operation: Json) -> None:
    """Takes away the answer to wrong parameters that the framework declares by itself: 422 is for bodies."""
    if "HTTPValidationError" in str(operation["responses"].get("422")):
        del operation["responses"]["422"]


def _narrowed(operations: Sequence[Json], shapes: Json) -> set[str]:
    """The shapes that an operation with `fields` answers with, and all that hang on them."""
    todo = [
        name
        for operation in operations
        if any(each["name"] == "fields" for each in operation.get("parameters", ()))
        for name in _named(operation["responses"].get("200", {}))
    ]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo.extend(_named(shapes[name]))
    return found


def _named(part: object) -> Iterator[str]:
    return (match[1] for match in re.finditer(r"#/components/schemas/(\w+)", str(part)))


def _request_shapes() -> Json:
    models = [
        shape
        for module in BODY_SHAPES
        for shape in vars(module).values()
        if isinstance(shape, type) and issubclass(shape, bodies.Body) and shape not in (bodies.Body, bodies.AgentFields)
    ]
    _, found = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)], ref_template="#/components/schemas/{model}"
    )
    return cast("Json", found.get("$defs", {}))


def _answer_shapes() -> Json:
    structs = [shape for module in ANSWER_SHAPES for shape in _structs_of(module)]
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
