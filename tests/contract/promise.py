"""What the served OpenAPI document promises, and whether an answer keeps it."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from jsonschema import Draft202012Validator, FormatChecker

Json = dict[str, Any]
PREFIX = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")
# what must be named where it can happen; anything rarer may be the operation's "any other error"
_NAMED = (400, 401, 403, 404, 409)
_ERROR = {"$ref": "#/components/schemas/Error"}
_EVENTS = "x-event-data"

_formats = FormatChecker(("uuid",))


class Endpoint(NamedTuple):
    """A method and a path template of the document, without the prefix."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Promise:
    """The document, with every object closed: a field that it does not name breaks it."""

    def __init__(self, document: Json) -> None:
        self._document = copy.deepcopy(document)
        for shape in self._document["components"]["schemas"].values():
            _close(shape)
        self._paths = sorted(self._document["paths"], key=lambda path: (path.count("{"), path))
        self._validator = cache(self._make_validator)

    @property
    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(method.upper(), path)
            for path, operations in self._document["paths"].items()
            for method in operations
            if method in METHODS
        ]

    def operations(self, path: str) -> Json:
        """What a path without prefix takes, by method, whether or not it ends in a slash; the closest template first."""
        found: Json = {}
        for template in self._paths:
            if _pattern(template).fullmatch(path):
                found = self._document["paths"][template] | found
        return found

    def check(self, response: requests.Response) -> None:
        """Raises AssertionError for an answer that the document does not allow; of a stream only its head is looked at."""
        method = response.request.method or ""
        path = urlsplit(response.request.url or "").path
        told = f"{method} {path} -> {response.status_code}"
        assert response.status_code != 500, f"{told}: {response.text[:500]}"
        assert response.headers.get("X-Request-Id"), f"{told}: no request id"
        operations = self.operations(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else {}
        if not operations:
            assert response.status_code == 404, f"{told}: this path is not documented"
            self._check_error(response, told)
            return
        operation = operations.get("get" if method == "HEAD" else method.lower())
        if operation is None:
            assert response.status_code == 405, f"{told}: this method is not documented"
            assert response.headers["Allow"]
            self._check_error(response, told)
            return
        self._check_operation(response, operation, told)

    def check_frame(self, frame: object) -> None:
        """Raises AssertionError for what no documented stream may send as the JSON of a frame."""
        problems = "; ".join(self._problems({"oneOf": self._shown}, frame))
        assert not problems, f"{json.dumps(frame)[:500]}: {problems}"

    @property
    def _shown(self) -> list[Json]:
        send = self._document["paths"]["/projects/{project_id}/playground-conversations/{conversation_id}/stream/"]
        return send["get"]["responses"]["200"]["content"]["text/event-stream"][_EVENTS]["oneOf"]

    def _check_operation(self, response: requests.Response, operation: Json, told: str) -> None:
        status = response.status_code
        documented = operation["responses"].get(str(status))
        if documented is None:
            assert status >= 400, f"{told}: this status is not documented"
            assert status not in _NAMED, f"{told}: this status should be documented by name"
            documented = operation["responses"]["default"]
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        content = documented.get("content")
        if content is None:
            assert response.content == b"", f"{told}: there should be no body"
            return
        media = content.get(kind) or content.get("*/*")
        assert media is not None, f"{told}: {kind!r} is not documented"
        if kind == "application/json" and response.request.method != "HEAD":
            problems = "; ".join(self._problems(media["schema"], response.json()))
            assert not problems, f"{told}: {response.text[:500]}: {problems}"

    def _check_error(self, response: requests.Response, told: str) -> None:
        assert response.headers["Content-Type"].partition(";")[0] == "application/json", told
        if response.request.method != "HEAD":
            problems = "; ".join(self._problems(_ERROR, response.json()))
            assert not problems, f"{told}: {response.text[:500]}: {problems}"

    def _problems(self, schema: Mapping[str, Any], value: Any) -> Iterator[str]:
        validator = self._validator(json.dumps(schema, sort_keys=True))
        for error in validator.iter_errors(value):  # pyright: ignore[reportUnknownMemberType] - the stub leaves it open
            place = "/".join(str(step) for step in error.absolute_path)
            yield f"{place or 'the whole'}: {error.message[:500]}"

    def _make_validator(self, schema: str) -> Draft202012Validator:
        whole = {**json.loads(schema), "components": self._document["components"]}
        return Draft202012Validator(whole, format_checker=_formats)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", template.rstrip("/"))
    return re.compile("[^/]+".join(re.escape(part) for part in parts) + "/?")


def _close(shape: Json) -> None:
    if shape.get("type") == "object" and "properties" in shape:
        shape.setdefault("additionalProperties", False)


@_formats.checks("date-time", ValueError)
def _is_instant(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


@_formats.checks("uri", ValueError)
def _is_absolute(text: object) -> bool:
    return not isinstance(text, str) or bool(urlsplit(text).netloc)
