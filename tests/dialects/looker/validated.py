"""A client that holds every answer against the OpenAPI document the server gives out, and against the types of the
vendor's own client.
"""

import re
from typing import Any

import requests
from jsonschema import Draft202012Validator, FormatChecker
from looker_sdk.sdk.api40 import models

from dialects.looker.vendor import is_text, operations
from dialects.looker.vendor_fit import value_faults

PREFIX = "/api/4.0"
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

    def place(self, method: str, path: str) -> str | None:
        """The declared path of an operation; where several fit, the one with the fewest names to fill in."""
        fitting = [
            name
            for name in self.content["paths"]
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(name)), path.rstrip("/"))
        ]
        for name in sorted(fitting, key=lambda each: each.count("{")):
            if method.lower() in self.content["paths"][name]:
                return name
        return None

    def check(self, value: object, schema: Json) -> None:
        validator: Any = self._validators.get(id(schema))
        if validator is None:
            whole = {**schema, "components": self.content["components"]}
            validator = Draft202012Validator(whole, format_checker=FormatChecker())
            self._validators[id(schema)] = validator
        validator.validate(value)

    def check_whole(self, name: str, value: Json) -> None:
        """That nothing is missing of a shape where no `fields` narrowed it."""
        assert set(value) == set(self.schemas[name]["properties"])

    def check_answer(self, method: str, path: str, answer: requests.Response) -> None:
        place = self.place(method, path)
        if place is None:
            assert answer.status_code in (404, 405), f"{method} {path} is served but not documented"
            self.check(answer.json(), self.schemas["Error"])
            return
        operation = self.content["paths"][place][method.lower()]
        described = operation["responses"].get(str(answer.status_code))
        if described is None:
            assert answer.status_code >= 400, f"{method} {path}: {answer.status_code} is not documented"
            described = operation["responses"]["default"]
        if "content" not in described:
            assert answer.content == b""
            return
        kind = answer.headers["content-type"].partition(";")[0]
        self.check(answer.json(), described["content"][kind]["schema"])
        faults = list(value_faults(answer.json(), _vendor_kind(method, place, answer.status_code), place))
        assert not faults, faults


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
        if method != "HEAD":
            self.document.check_answer(method, path.partition("?")[0], answer)
        return answer

    def get(self, path: str, **sent: Any) -> requests.Response:
        return self.call("GET", path, **sent)

    def post(self, path: str, body: object, **sent: Any) -> requests.Response:
        return self.call("POST", path, json=body, **sent)

    def patch(self, path: str, body: object, **sent: Any) -> requests.Response:
        return self.call("PATCH", path, json=body, **sent)

    def delete(self, path: str, **sent: Any) -> requests.Response:
        return self.call("DELETE", path, **sent)

    def made(self, path: str, body: object, **sent: Any) -> Any:
        """What a creation answers with."""
        answer = self.post(path, body, **sent)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def found(self, path: str, **sent: Any) -> Any:
        answer = self.get(path, **sent)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def agent(self, **fields: Any) -> Json:
        return self.made("/agents", {"name": "Till", "description": "", "sources": [SALES], **fields})

    def conversation(self, **fields: Any) -> Json:
        return self.made("/conversations", {"name": "Untitled", "sources": [SALES], **fields})


def _vendor_kind(method: str, place: str, status: int) -> Any:
    """As what the vendor's client reads such an answer; anything where it reads none or leaves it as text."""
    if status >= 400:
        return models.ValidationError if status == 422 else models.Error
    known = operations().get((method.lower(), place))
    return Any if known is None or is_text(known) else known.answer


SALES = {"model": "shop", "explore": "order_items"}
CUSTOMERS = {"model": "shop", "explore": "customers"}


def error_of(answer: requests.Response, status: int) -> Json:
    """The error that an answer is, in the shape that this API's clients decode."""
    assert answer.status_code == status, answer.text
    body: Json = answer.json()
    assert set(body) - {"errors"} == {"message", "documentation_url"}
    assert "looker.com" not in body["documentation_url"]
    return body


def faults_of(answer: requests.Response) -> dict[str, str]:
    """The fields at fault, each with what is said of it."""
    body = error_of(answer, 422)
    assert body["message"] == "Validation Failed"
    assert all(each["documentation_url"] for each in body["errors"])
    return {each["field"]: each["message"] for each in body["errors"]}
