"""Whether what this server documents, takes and answers fits the types of the vendor's client.

Faults are told as texts, so that a test shows all of them at once.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast, get_origin

from looker_sdk.rtl import hooks
from looker_sdk.rtl.model import DelimSequence, Model

from dialects.looker.vendor import Kind, bare, is_enum, is_list, is_model, is_optional, item_of, members, words_of

Json = dict[str, Any]

# fields of our own by the client's model; the document calls each of them an extension
EXTENSIONS: Mapping[str, frozenset[str]] = {
    "Agent": frozenset({"persists_chat"}),
    "DataQuery": frozenset({"goldenQueryId", "understood"}),
    "DataResult": frozenset({"formattedData", "isTruncated", "notes", "totals"}),
    "ErrorMessage": frozenset({"code"}),
    "Query": frozenset({"explore"}),
}
# what the API's own TypeScript client reads is no text, against the type that every other client has
AS_ANYTHING = frozenset({("ChartResult", "vegaConfig")})
_PLAIN: Mapping[Kind, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}
# older clients read six digits and an offset, and nothing else
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")


def value_faults(value: object, kind: Kind, place: str) -> Iterator[str]:
    """Where a JSON value is not what the client's type says, or has fields that it does not know."""
    if bare(kind) is Any:
        return
    if value is None:
        if not is_optional(kind):
            yield f"{place}: null for {kind}"
        return
    kind = bare(kind)
    if is_model(kind):
        yield from _object_faults(value, kind, place)
    elif is_enum(kind):
        if value not in words_of(kind):
            yield f"{place}: {value!r} is no {kind.__name__}"
    elif item_of(kind) is not None:
        yield from _collection_faults(value, kind, place)
    elif kind is dt.datetime:
        if (
            not isinstance(value, str)
            or not _INSTANT.fullmatch(value)
            or not hooks.datetime_structure_hook(value, kind)
        ):
            yield f"{place}: {value!r} is no time"
    elif kind not in _PLAIN or type(value) not in ((int, float) if kind is float else (kind,)):
        yield f"{place}: {value!r} for {kind}"


def _object_faults(value: object, model: type[Model], place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place}: {value!r} for {model.__name__}"
        return
    content, known = cast("Json", value), members(model)
    for name in content.keys() - known.keys() - EXTENSIONS.get(model.__name__, frozenset()):
        yield f"{place}: {model.__name__} has no {name}"
    for name, member in known.items():
        if name in content and (model.__name__, name) not in AS_ANYTHING:
            yield from value_faults(content[name], member.kind, f"{place}.{name}")
        elif member.is_required and name not in content:
            yield f"{place}: {name} is missing"


def _collection_faults(value: object, kind: Kind, place: str) -> Iterator[str]:
    if not isinstance(value, list if is_list(kind) else dict):
        yield f"{place}: {value!r} for {kind}"
        return
    inner = cast("list[object]", value) if is_list(kind) else list(cast("Json", value).values())
    for each in inner:
        yield from value_faults(each, item_of(kind), f"{place}[]")


class Fit:
    """The shapes of the server's document beside the client's models."""

    def __init__(self, shapes: Mapping[str, Json]) -> None:
        self._shapes = shapes
        self.met: dict[str, type[Model]] = {}
        """The shapes that were compared, each with its model."""

    def answer_faults(self, schema: Json, kind: Kind, place: str) -> Iterator[str]:
        """Where the document allows in an answer what the client's type has no room for."""
        name, shape = self._resolved(schema)
        if "anyOf" in shape or "oneOf" in shape:
            for each in shape.get("anyOf", []) + shape.get("oneOf", []):
                yield from self.answer_faults(each, kind, place)
        elif shape.get("type") == "null":
            yield from value_faults(None, kind, place)
        elif "enum" in shape:
            for each in shape["enum"]:
                yield from value_faults(each, kind, place)
        elif is_model(kind := bare(kind)):
            yield from self._model_faults(name, shape, kind, place)
        elif kind is not Any and item_of(kind) is not None:
            yield from self._collection_faults(shape, kind, place)
        elif kind is dt.datetime:
            if shape.get("format") != "date-time":
                yield f"{place}: {shape} for a time"
        elif kind is not Any and (kind not in _PLAIN or _PLAIN[kind] != shape.get("type")):
            yield f"{place}: {shape} for {kind}"

    def body_faults(self, schema: Json, kind: Kind, place: str) -> Iterator[str]:
        """Where the client may send what the document does not allow, limits of size aside."""
        _, shape = self._resolved(schema)
        kind = bare(kind)
        if "anyOf" in shape:
            told = [list(self.body_faults(each, kind, place)) for each in shape["anyOf"]]
            yield from min(told, key=len)
        elif is_model(kind):
            yield from self._given_model_faults(shape, kind)
        elif is_enum(kind):
            yield from (f"{place}: {each} is not taken" for each in sorted(words_of(kind) - set(shape.get("enum", ()))))
        elif kind is Any:
            if shape.keys() & {"type", "enum", "const", "properties"}:
                yield f"{place}: not everything is taken"
        elif _type_of(kind) not in _types(shape) or shape.keys() & {"enum", "const"}:
            yield f"{place}: {shape} for {kind}"
        elif _type_of(kind) != "string" and item_of(kind) is not None:
            inner: Any = shape.get("items" if is_list(kind) else "additionalProperties", True)
            # where nothing is said of what it holds, it holds anything
            yield from self.body_faults({} if inner is True else inner, item_of(kind), f"{place}[]")

    def _given_model_faults(self, shape: Json, model: type[Model]) -> Iterator[str]:
        taken = shape.get("properties", {})
        for name, member in members(model).items():
            if name in taken:
                yield from self.body_faults(taken[name], member.kind, f"{model.__name__}.{name}")
            else:
                yield f"{model.__name__}.{name}: is not taken"

    def _model_faults(self, name: str, shape: Json, model: type[Model], place: str) -> Iterator[str]:
        if name in self.met and self.met[name] is model:
            return
        if "properties" not in shape:
            yield f"{place}: {shape} for {model.__name__}"
            return
        if self.met.setdefault(name, model) is not model:
            yield f"{place}: {name} is {self.met[name].__name__} too"
        known, shown = members(model), shape["properties"]
        for each, schema in shown.items():
            where = f"{model.__name__}.{each}"
            if each in EXTENSIONS.get(model.__name__, frozenset()):
                if not schema.get("description", "").startswith("Extension"):
                    yield f"{where}: is not called an extension"
            elif each not in known:
                yield f"{where}: the client does not know it"
            elif (model.__name__, each) not in AS_ANYTHING:
                yield from self.answer_faults(schema, known[each].kind, where)
        for each, member in known.items():
            if member.is_required and each in shown and each not in shape["required"]:
                yield f"{model.__name__}.{each}: may be missing"

    def _collection_faults(self, shape: Json, kind: Kind, place: str) -> Iterator[str]:
        inner = shape.get("items" if is_list(kind) else "additionalProperties")
        if _type_of(kind) not in _types(shape):
            yield f"{place}: {shape} for {kind}"
        elif isinstance(inner, dict):
            yield from self.answer_faults(cast("Json", inner), item_of(kind), f"{place}[]")
        elif item_of(kind) is not Any and shape.get("maxItems") != 0:
            yield f"{place}: anything for {kind}"

    def _resolved(self, schema: Json) -> tuple[str, Json]:
        name = schema.get("$ref", "").rpartition("/")[2]
        return name, self._shapes[name] if name else schema


def _type_of(kind: Kind) -> str:
    """What it is in JSON."""
    # the client writes such a list as one text
    if get_origin(kind) is DelimSequence:
        return "string"
    if item_of(kind) is not None:
        return "array" if is_list(kind) else "object"
    return _PLAIN[kind]


def _types(shape: Json) -> list[str]:
    given = shape.get("type", [])
    return [given] if isinstance(given, str) else given
