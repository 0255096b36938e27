"""Requests that find no route, no JSON or no end are answered in the API's own shape."""

from typing import Any
from urllib.parse import unquote

import pytest
import requests

from conftest import Demo
from dialects.openai.conftest import Stand


@pytest.mark.parametrize("path", ["/embeddings", "/models/a/b", "/responses/x/y", "/chat", "/", "/a%0Ab"])
def test_an_unknown_path_is_said_to_be_one(stand: Stand, path: str) -> None:
    answer = stand.pupil.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown_url"
    assert unquote(path) in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/chat/completions", "POST"),
        ("PUT", "/models", "GET, HEAD"),
        ("PATCH", "/responses/x", "DELETE, GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(stand: Stand, method: str, path: str, allowed: str) -> None:
    answer = stand.pupil.call(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize("path", ["/chat/completions", "/responses"])
@pytest.mark.parametrize("sent", [b"{", b"[]", b"\xff", b"[" * 100_000, b"null", b""])
def test_a_body_that_is_no_object_is_refused(stand: Stand, path: str, sent: bytes) -> None:
    answer = stand.pupil.post(path, data=sent)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_body_over_the_limit_is_refused(stand: Stand) -> None:
    answer = stand.pupil.post("/responses", data=b" " * (33 * 1024 * 1024))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "request_too_large"


@pytest.mark.parametrize(
    ("path", "sent", "param"),
    [
        ("/chat/completions", {"model": "scribe"}, "messages"),
        ("/chat/completions", {"model": 5, "messages": []}, "model"),
        ("/responses", {"model": "scribe"}, "input"),
        ("/responses", {"model": "scribe", "input": {}}, "input"),
        ("/responses", {"model": "scribe", "input": "A", "conversation": 5}, "conversation"),
        ("/responses", {"model": "scribe", "input": "A", "metadata": {"a": 1}}, "metadata.a"),
    ],
)
def test_the_parameter_at_fault_is_named(stand: Stand, path: str, sent: dict[str, Any], param: str) -> None:
    answer = stand.pupil.post(path, json=sent)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_a_query_parameter_at_fault_is_named(stand: Stand) -> None:
    answer = stand.pupil.get("/responses/x?starting_after=y")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "starting_after")


def test_every_answer_carries_the_id_it_is_logged_under(demo: Demo) -> None:
    answer = requests.get(f"{demo.url}/v1/nowhere", headers={"X-Request-Id": "abc-1"}, timeout=10)
    assert answer.headers["x-request-id"] == "abc-1"


def test_the_head_of_an_answer_is_served_without_its_body(stand: Stand) -> None:
    answer = requests.head(
        f"{stand.url}/v1/models", headers={"Authorization": f"Bearer {stand.pupil.token}"}, timeout=10
    )
    assert (answer.status_code, answer.content) == (200, b"")
