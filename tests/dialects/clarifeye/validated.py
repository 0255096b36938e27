"""A client that holds every answer against the OpenAPI document the server gives out."""

import json
import re
from functools import cached_property
from typing import Any, cast

import requests
from jsonschema import Draft202012Validator, FormatChecker

PREFIX = "/api/v1"
TIMEOUT_S = 30
Json = dict[str, Any]


class Document:
    """The server's OpenAPI document, closed: an object shows no property that it does not name."""

    def __init__(self, url: str) -> None:
        self.content: Json = requests.get(f"{url}{PREFIX}/openapi.json", timeout=TIMEOUT_S).json()
        for shape in self.schemas.values():
            if shape.get("type") == "object" and "properties" in shape:
                shape.setdefault("additionalProperties", False)

    @property
    def schemas(self) -> Json:
        return self.content["components"]["schemas"]

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], str]]:
        patterns = [(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)), path) for path in self.content["paths"]]
        # what is named exactly wins over what is filled in
        return [
            (re.compile(pattern), path) for pattern, path in sorted(patterns, key=lambda each: "[^/]+/$" in each[0])
        ]

    def operation(self, method: str, path: str) -> Json | None:
        slashed = f"{path.rstrip('/')}/"
        exact = self.content["paths"].get(slashed)
        matching = (self.content["paths"][name] for pattern, name in self._paths if pattern.fullmatch(slashed))
        found: Json | None = exact or next(matching, None)
        return found.get(method.lower()) if found else None

    def check(self, value: object, schema: Json) -> None:
        whole = {**schema, "components": self.content["components"]}
        validator: Any = Draft202012Validator(whole, format_checker=FormatChecker())
        validator.validate(value)

    def check_answer(self, method: str, path: str, answer: requests.Response) -> None:
        operation = self.operation(method, path)
        if operation is None:
            assert answer.status_code in (404, 405), f"{method} {path} is served but not documented"
            self.check(answer.json(), {"$ref": "#/components/schemas/Error"})
            return
        documented = operation["responses"]
        described = documented.get(str(answer.status_code))
        if described is None:
            assert answer.status_code >= 400, f"{method} {path}: {answer.status_code} is not documented"
            described = documented["default"]
        content: Json = described.get("content", {})
        if not content:
            assert answer.content == b""
            return
        kind = answer.headers["content-type"].partition(";")[0]
        if "*/*" not in content:
            assert kind in content, f"{method} {path}: {kind} is not documented"
        if kind == "application/json" and kind in content:
            self.check(json.loads(answer.content), content[kind]["schema"])

    def check_frame(self, frame: Json) -> None:
        shapes = ("InProgress", "Failed", "Completed")
        self.check(frame, {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in shapes]})


class Api:
    """One caller in one project. Every answer is validated before it is given back."""

    def __init__(self, url: str, project_id: str, token: str | None, document: Document) -> None:
        self.url = url
        self.project_id = project_id
        self.token = token
        self.document = document
        self._session = requests.Session()

    def as_caller(self, token: str | None) -> "Api":
        return Api(self.url, self.project_id, token, self.document)

    def call(
        self, method: str, path: str, *, whole: bool = False, headers: dict[str, str] | None = None, **sent: Any
    ) -> requests.Response:
        """`path` counts from the project, or with `whole` from the API's prefix."""
        full = f"{PREFIX}{path}" if whole else f"{PREFIX}/projects/{self.project_id}{path}"
        authorization = {"Authorization": f"Token {self.token}"} if self.token else {}
        answer = self._session.request(
            method, f"{self.url}{full}", headers={**authorization, **(headers or {})}, timeout=TIMEOUT_S, **sent
        )
        if not sent.get("stream") or answer.status_code != 200:
            self.document.check_answer(method, full.removeprefix(PREFIX).partition("?")[0], answer)
        return answer

    def get(self, path: str, **sent: Any) -> requests.Response:
        return self.call("GET", path, **sent)

    def post(self, path: str, **sent: Any) -> requests.Response:
        return self.call("POST", path, **sent)

    def create(self, agent_id: str, **fields: Any) -> str:
        """A new conversation's id."""
        made = self.post("/playground-conversations/", json={"agent_settings": agent_id, **fields})
        assert made.status_code == 201, made.text
        return cast("str", made.json()["id"])

    def open_stream(self, method: str, path: str, **sent: Any) -> requests.Response:
        answer = self.call(method, path, stream=True, **sent)
        if answer.status_code == 200:
            assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert answer.headers["cache-control"] == "no-cache"
            assert answer.headers["x-accel-buffering"] == "no"
        return answer

    def send(self, conversation_id: str, message: object, **sent: Any) -> list[Json]:
        """Sends a message, text or a script for the scripted model, and reads the answer's frames to the end."""
        text = message if isinstance(message, str) else json.dumps(message)
        path = f"/playground-conversations/{conversation_id}/send_message_stream/"
        answer = self.open_stream("POST", path, json={"message": text}, **sent)
        assert answer.status_code == 200, answer.text
        return self.frames(answer)

    def frames(self, answer: requests.Response) -> list[Json]:
        """The stream's frames, each one validated."""
        found: list[Json] = []
        for line in answer.iter_lines():
            assert line.isascii()
            if line.startswith(b"data: "):
                frame: Json = json.loads(line.removeprefix(b"data: "))
                self.document.check_frame(frame)
                found.append(frame)
            else:
                assert line == b"" or line.startswith((b"id: ", b": "))
        return found
