"""Requests that find no route, no method or no end are answered in the API's own shape, and take nobody else's place."""

import pytest
import requests

from dialects.looker.conftest import Stand
from dialects.looker.validated import PREFIX, error_of


@pytest.mark.parametrize(
    "path", ["/dashboards", "/agents/a/b", "/", "", "/conversations/x/y", "/%00", "/agents//x", "/agents/a%0Ab", "/%0A"]
)
def test_an_unknown_path_of_the_api_is_told_in_its_shape(stand: Stand, path: str) -> None:
    told = error_of(stand.pupil.get(path), 404)
    assert told["message"].startswith("Not found")
    assert told["documentation_url"] == f"{stand.url}{PREFIX}/openapi.json"


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/v1/openapi.json", "/api/v1/openapi.json"])
def test_what_others_serve_stays_theirs(stand: Stand, path: str) -> None:
    assert requests.get(f"{stand.url}{path}", timeout=10).status_code == 200


@pytest.mark.parametrize("path", ["/nowhere", "/api", "/api/4.1/user", "/api/4.0x/user", "/api/3.1/user", "/alive/x"])
def test_an_unknown_path_beside_the_api_is_answered_as_before(stand: Stand, path: str) -> None:
    answer = requests.get(f"{stand.url}{path}", timeout=10)
    assert (answer.status_code, answer.json()) == (404, {"error": "Not found."})


@pytest.mark.parametrize("path", ["/api/v1/nowhere/", "/v1/nowhere"])
def test_the_other_apis_keep_their_own_errors(stand: Stand, path: str) -> None:
    answer = requests.get(f"{stand.url}{path}", timeout=10)
    assert answer.status_code in (401, 404)
    assert "documentation_url" not in answer.json()


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/conversations", "DELETE, POST"),
        ("POST", "/conversations/search", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/golden_queries", "POST"),
        ("POST", "/user", "GET, HEAD"),
        ("GET", "/golden_queries/1", "DELETE, PATCH"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(stand: Stand, method: str, path: str, allowed: str) -> None:
    answer = stand.pupil.call(method, path)
    error_of(answer, 405)
    assert set(answer.headers["allow"].split(", ")) >= set(allowed.split(", ")) - {"DELETE", "PATCH"}


def test_a_wrong_method_outside_the_version_is_told_in_the_apis_shape(stand: Stand) -> None:
    error_of(requests.get(f"{stand.url}/api/logout", timeout=10), 405)
    error_of(requests.delete(f"{stand.url}/api/logout", timeout=10), 401)
    error_of(requests.post(f"{stand.url}/alive", timeout=10), 405)


@pytest.mark.parametrize("path", ["/user/", "/conversations/search/", "/agents/search/"])
def test_a_slash_at_the_end_makes_no_difference(stand: Stand, path: str) -> None:
    assert stand.pupil.get(path).status_code == 200


def test_the_head_of_an_answer_is_served_without_its_body(stand: Stand) -> None:
    answer = stand.pupil.call("HEAD", "/user")
    assert (answer.status_code, answer.content) == (200, b"")


def test_every_answer_carries_the_id_it_is_logged_under(stand: Stand) -> None:
    answer = stand.pupil.get("/nowhere", headers={"X-Request-Id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"


@pytest.mark.parametrize("name", ["Content-Type", "X-Looker-Appid", "Accept", "User-Agent"])
def test_headers_say_what_they_like(stand: Stand, name: str) -> None:
    assert stand.pupil.get("/user", headers={name: "Ärger/¿;,"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/conversations/search?name=%FF%FE", "/conversations/search?name=%00", "/agents/search?id=%ED%A0%80"]
)
def test_an_address_that_is_no_text_is_answered(stand: Stand, path: str) -> None:
    assert stand.pupil.get(path).status_code in (200, 400)


def test_half_of_a_character_is_taken_as_its_replacement(stand: Stand) -> None:
    sent = b'{"name": "\\ud83d\\ude00 \\\\ud83d hi \\ud83d", "sources": [{"model": "m", "explore": "e"}]}'
    made = stand.pupil.call("POST", "/conversations", data=sent)
    assert made.status_code == 200, made.text
    assert made.json()["name"] == "\U0001f600 \\ud83d hi \ufffd"
