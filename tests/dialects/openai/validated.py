"""A client that holds every answer, and every frame of a stream, against the OpenAPI document the server gives out."""

import json
import re
from typing import Any

import requests
from jsonschema import Draft202012Validator, FormatChecker

PREFIX = "/v1"
TIMEOUT_S = 30
Json = dict[str, Any]


class Document:
    """The server's OpenAPI document, closed: an object shows no property that it does not name."""

    def __init__(self, content: Json) -> None:
        self.content = content
        self._validators: dict[int, Any] = {}
        for shape in self.schemas.values():
            if shape.get("type") == "object" and "properties" in shape:
                shape.setdefault("additionalProperties", False)

    @property
    def schemas(self) -> Json:
        return self.content["components"]["schemas"]

    def operation(self, method: str, path: str) -> Json | None:
        for name, operations in self.content["paths"].items():
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(name)), path.rstrip("/")):
                return operations.get(method.lower())
        return None

    def check(self, value: object, schema: Json) -> None:
        validator: Any = self._validators.get(id(schema))
        if validator is None:
            whole = {**schema, "components": self.content["components"]}
            validator = Draft202012Validator(whole, format_checker=FormatChecker())
            self._validators[id(schema)] = validator
        validator.validate(value)

    def check_answer(self, method: str, path: str, answer: requests.Response) -> None:
        operation = self.operation(method, path)
        if operation is None:
            assert answer.status_code in (404, 405), f"{method} {path} is served but not documented"
            self.check(answer.json(), self.schemas["Error"])
            return
        described = operation["responses"].get(str(answer.status_code))
        if described is None:
            assert answer.status_code >= 400, f"{method} {path}: {answer.status_code} is not documented"
            described = operation["responses"]["default"]
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind == "application/json"
        self.check(answer.json(), described["content"][kind]["schema"])

    def check_frame(self, method: str, path: str, frame: Json) -> None:
        operation = self.operation(method, path)
        assert operation is not None
        self.check(frame, operation["responses"]["200"]["content"]["text/event-stream"]["x-event-data"])


class Api:
    """One caller. Every answer is validated before it is given back."""

    def __init__(self, url: str, token: str | None, document: Document) -> None:
        self.url = url
        self.token = token
        self.document = document
        self._session = requests.Session()

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **sent: Any) -> requests.Response:
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self._session.request(
            method,
            f"{self.url}{PREFIX}{path}",
            headers={**authorization, **(headers or {})},
            timeout=TIMEOUT_S,
            **sent,
        )
        if not sent.get("stream") or answer.status_code != 200:
            self.document.check_answer(method, path.partition("?")[0], answer)
        return answer

    def get(self, path: str, **sent: Any) -> requests.Response:
        return self.call("GET", path, **sent)

    def post(self, path: str, **sent: Any) -> requests.Response:
        return self.call("POST", path, **sent)

    def chat(self, model: str, *texts: str, **fields: Any) -> Json:
        """The completion of a transcript that the user begins and ends."""
        answer = self.post("/chat/completions", json={"model": model, "messages": transcript(*texts), **fields})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def respond(self, **fields: Any) -> Json:
        answer = self.post("/responses", json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stream(self, method: str, path: str, **sent: Any) -> list[Json]:
        """A whole stream's frames, each validated, `[DONE]` left out."""
        answer = self.call(method, path, stream=True, **sent)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        return [frame for frame in self.frames(method, path, answer) if frame]

    def frames(self, method: str, path: str, answer: requests.Response) -> Any:
        """The frames as they come; an empty one for `[DONE]`."""
        for line in answer.iter_lines():
            assert line.isascii()
            if line == b"data: [DONE]":
                yield {}
            elif line.startswith(b"data: "):
                frame: Json = json.loads(line.removeprefix(b"data: "))
                self.document.check_frame(method, path.partition("?")[0], frame)
                yield frame
            else:
                assert line == b"" or line.startswith((b"event: ", b": "))


def transcript(*texts: str) -> list[Json]:
    """Messages of the user and the assistant in turn."""
    return [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(texts)]


def script(*actions: Json) -> str:
    """A message that the scripted model plays in one step."""
    return json.dumps({"steps": [list(actions)]})


def say(text: str) -> str:
    """A message that is answered with this text."""
    return script({"do": "say", "text": text})
