"""Logging in, who one is then, acting as others, and logging out."""

import base64
from typing import Any

import pytest
import requests

from dialects.looker.conftest import ADMIN, DEPUTY, OUTSIDER, PUPIL, Stand, logged_in
from dialects.looker.validated import PREFIX, Api, error_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_credentials_open_their_project_for_an_hour(stand: Stand) -> None:
    answer = stand.nobody.call("POST", "/login", data=stand.credentials[PUPIL])
    assert answer.status_code == 200
    token = answer.json()
    assert (token["token_type"], token["refresh_token"]) == ("Bearer", None)
    assert 3500 < token["expires_in"] <= 3600
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("way", ["params", "json", "data", "auth"])
@pytest.mark.parametrize("path", ["/login", "/token"])
def test_credentials_are_taken_however_they_come(stand: Stand, path: str, way: str) -> None:
    given = stand.credentials[PUPIL]
    sent: dict[str, Any] = {way: (given["client_id"], given["client_secret"]) if way == "auth" else given}
    answer = requests.post(f"{stand.url}{PREFIX}{path}", timeout=30, **sent)
    assert answer.status_code == 200, answer.text
    assert Api(stand.url, answer.json()["access_token"], stand.pupil.document).found("/user")["email"] == PUPIL


@pytest.mark.parametrize(
    "given", [{"client_id": "nobody", "client_secret": "x"}, {"client_id": "", "client_secret": ""}]
)
def test_wrong_credentials_are_not_found(stand: Stand, given: dict[str, str]) -> None:
    assert "client_secret" in error_of(stand.nobody.call("POST", "/login", data=given), 404)["message"]


def test_a_secret_opens_nothing_under_another_name(stand: Stand) -> None:
    mixed = {**stand.credentials[PUPIL], "client_secret": stand.credentials[ADMIN]["client_secret"]}
    error_of(stand.nobody.call("POST", "/login", data=mixed), 404)


@pytest.mark.parametrize("sent", [b"", b"client_id=x", b"{}", b"\xff\x00", b"&" * 100])
def test_missing_credentials_are_named(stand: Stand, sent: bytes) -> None:
    answer = stand.nobody.call("POST", "/login", data=sent, headers=FORM)
    assert {each["field"] for each in error_of(answer, 422)["errors"]} <= {"client_id", "client_secret"}


@pytest.mark.parametrize("scheme", ["Bearer", "token", "Token", "bearer"])
def test_both_schemes_of_the_header_are_taken(stand: Stand, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {stand.pupil.token}"}
    assert stand.nobody.get("/user", headers=headers).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nothing", "Basic eDp5", "Bearer \xff", "nothing"])
@pytest.mark.parametrize("path", ["/user", "/conversations/search", "/agents/x"])
def test_without_a_token_that_opens_something_nothing_is_told(stand: Stand, path: str, header: str) -> None:
    answer = stand.nobody.get(path, headers={"Authorization": header} if header else {})
    error_of(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_of_the_other_api_that_opens_one_project_is_taken(stand: Stand) -> None:
    run = stand.demo.server.command
    one = run("token", "create", PUPIL, "--project", stand.project_id)["token"]
    every = run("token", "create", PUPIL)["token"]
    assert Api(stand.url, one, stand.pupil.document).found("/user")["email"] == PUPIL
    told = error_of(Api(stand.url, every, stand.pupil.document).get("/user"), 401)
    assert "API credentials" in told["message"]


def test_a_token_is_closed_by_logging_out(stand: Stand) -> None:
    for address in (f"{PREFIX}/logout", "/api/logout"):
        caller = Api(stand.url, logged_in(stand.url, stand.credentials[PUPIL]), stand.pupil.document)
        left = requests.delete(f"{stand.url}{address}", headers={"Authorization": f"Bearer {caller.token}"}, timeout=30)
        assert (left.status_code, left.content) == (204, b"")
        error_of(caller.get("/user"), 401)
    assert stand.pupil.get("/user").status_code == 200


def test_a_token_of_an_operators_is_not_closed_by_logging_out(stand: Stand) -> None:
    run = stand.demo.server.command
    caller = Api(stand.url, run("token", "create", PUPIL, "--project", stand.project_id)["token"], stand.pupil.document)
    told = error_of(caller.delete("/logout"), 403)["message"]
    assert caller.get("/user").status_code == 200
    advice, _, prefix = told.rpartition(" ")
    assert advice.endswith("tertulia token revoke")
    assert prefix
    assert (caller.token or "").startswith(prefix)


def test_who_may_impersonate_acts_as_another_member(stand: Stand) -> None:
    answer = stand.deputy.post(f"/login/{stand.ids[PUPIL]}", None)
    assert answer.status_code == 200
    acting = Api(stand.url, answer.json()["access_token"], stand.pupil.document)
    assert acting.found("/user")["email"] == PUPIL
    assert acting.found("/session")["sudo_user_id"] == stand.ids[DEPUTY]
    made = acting.conversation(name="Made by the deputy")
    assert made["user_id"] == stand.ids[PUPIL]
    assert stand.pupil.found(f"/conversations/{made['id']}")["id"] == made["id"]
    error_of(acting.post(f"/login/{stand.ids[ADMIN]}", None), 403)
    assert acting.delete("/logout").status_code == 204
    error_of(acting.get("/user"), 401)
    assert stand.deputy.get("/user").status_code == 200


@pytest.mark.parametrize("user_id", ["0", "999999999", "9" * 40, "x", "-1", "\u0664"])
def test_acting_as_somebody_unknown_is_not_possible(stand: Stand, user_id: str) -> None:
    error_of(stand.deputy.post(f"/login/{user_id}", None), 404)


def test_acting_as_others_needs_the_permission_and_a_member(stand: Stand) -> None:
    error_of(stand.pupil.post(f"/login/{stand.ids[ADMIN]}", None), 403)
    error_of(stand.deputy.post(f"/login/{stand.ids[OUTSIDER]}", None), 404)


def test_the_caller_is_told_who_they_are(stand: Stand) -> None:
    found = stand.pupil.found("/user")
    stand.pupil.document.check_whole("User", found)
    assert (found["email"], found["display_name"], found["first_name"]) == (PUPIL, PUPIL, "till")
    assert found["id"].isdigit()
    assert stand.pupil.found("/user?fields=id,email") == {"id": found["id"], "email": PUPIL}


def test_the_version_is_told_to_anybody(stand: Stand) -> None:
    found = stand.nobody.found("/versions")
    stand.pupil.document.check_whole("ApiVersion", found)
    assert found["current_version"]["version"] == "4.0"
    assert found["api_server_url"] == stand.url
    assert requests.get(found["current_version"]["swagger_url"], timeout=10).status_code == 200


def test_there_is_one_workspace(stand: Stand) -> None:
    assert stand.pupil.found("/session")["workspace_id"] == "production"
    assert stand.pupil.patch("/session", {"workspace_id": "production"}).status_code == 200
    error_of(stand.pupil.patch("/session", {"workspace_id": "dev"}), 422)


def test_whether_the_server_lives_is_told_at_the_root(stand: Stand) -> None:
    assert requests.get(f"{stand.url}/alive", timeout=10).status_code == 200
    assert requests.get(f"{stand.url}{PREFIX}/alive", timeout=10).status_code == 200


def test_a_grant_that_is_not_known_is_refused(stand: Stand) -> None:
    given = {**stand.credentials[PUPIL], "grant_type": "authorization_code"}
    answer = requests.post(f"{stand.url}/api/token", json=given, timeout=10)
    assert [each["field"] for each in error_of(answer, 422)["errors"]] == ["grant_type"]


def test_a_basic_header_that_is_none_is_passed_over(stand: Stand) -> None:
    for coded in ("%%%", base64.b64encode(b"\xff\xfe").decode(), ""):
        error_of(stand.nobody.call("POST", "/login", headers={"Authorization": f"Basic {coded}"}), 422)
