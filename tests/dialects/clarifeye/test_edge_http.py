"""What every request passes: credentials, unknown paths, wrong methods, bodies that are too much, bugs."""

import socket
from urllib.parse import urlsplit

import pytest
import requests
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialects.clarifeye.conftest import Callers
from dialects.clarifeye.validated import PREFIX, TIMEOUT_S
from tertulia.dialects.clarifeye.edge import Edge

CONVERSATIONS = "/playground-conversations/"


def asked(callers: Callers, authorization: str | None) -> requests.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return requests.get(
        f"{callers.admin.url}{PREFIX}/projects/{callers.admin.project_id}{CONVERSATIONS}",
        headers=headers,
        timeout=TIMEOUT_S,
    )


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token", "BEARER", "Token "])
def test_both_schemes_open_the_door_in_any_case(callers: Callers, scheme: str) -> None:
    assert asked(callers, f"{scheme} {callers.admin.token}").status_code == 200


@pytest.mark.parametrize("authorization", [None, "", "Token", "Token wrong", "Basic dTpw", "ttl_x", "Bearer \xe9"])
def test_anything_else_does_not(callers: Callers, authorization: str | None) -> None:
    answer = asked(callers, authorization)
    assert answer.status_code == 401
    assert list(answer.json()) == ["error"]
    assert "Bearer" in answer.headers["www-authenticate"]
    assert "x-effective-user" not in answer.headers


def test_a_line_break_in_an_address_is_a_sign_like_any_other(callers: Callers) -> None:
    for path in ("/a{}b", f"/projects/{callers.admin.project_id}{{}}/", "/projects/{}/tools/"):
        broken, plain = (
            requests.get(f"{callers.admin.url}{PREFIX}{path.format(sign)}", timeout=TIMEOUT_S) for sign in ("%0A", "x")
        )
        assert (broken.status_code, broken.json()) == (plain.status_code, plain.json())
        assert broken.headers.keys() == plain.headers.keys(), path


def test_a_credential_is_asked_for_before_anything_else(callers: Callers) -> None:
    for path in ("/projects/not-an-id/playground-conversations/", "/projects/"):
        assert callers.nobody.call("GET", path, whole=True).status_code == 401
    assert callers.nobody.post(CONVERSATIONS, data=b"{").status_code == 401


@pytest.mark.parametrize("project", ["not-an-id", "00000000-0000-7000-8000-000000000000", "a%00b"])
def test_a_project_that_is_not_there_is_not_found(callers: Callers, project: str) -> None:
    answer = callers.admin.call("GET", f"/projects/{project}/playground-conversations/", whole=True)
    assert (answer.status_code, answer.json()) == (404, {"error": "Not found."})


@pytest.mark.parametrize("path", ["/", "/nope", "/nope/", "/projects/x/y/z/", "/openapi.yaml", "/docs"])
def test_an_unknown_path_is_answered_in_json(callers: Callers, path: str) -> None:
    answer = callers.admin.call("GET", path, whole=True)
    assert (answer.status_code, answer.json()) == (404, {"error": "Not found."})


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", CONVERSATIONS, "GET, HEAD, POST"),
        ("DELETE", CONVERSATIONS.rstrip("/"), "GET, HEAD, POST"),
        ("GET", f"{CONVERSATIONS}x/send_message_stream/", "POST"),
        ("POST", "/agent-settings/x/", "DELETE, GET, HEAD, PATCH, PUT"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(callers: Callers, method: str, path: str, allowed: str) -> None:
    answer = callers.admin.call(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert answer.json() == {"error": f'Method "{method}" not allowed.'}


def test_a_head_has_the_headers_and_no_body(callers: Callers) -> None:
    answer = requests.head(
        f"{callers.admin.url}{PREFIX}/projects/",
        headers={"Authorization": f"Token {callers.admin.token}"},
        timeout=TIMEOUT_S,
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_another_kind_of_body_is_refused(callers: Callers) -> None:
    answer = callers.admin.post(CONVERSATIONS, data=b"<a/>", headers={"Content-Type": "application/xml"})
    assert answer.status_code == 415


def test_a_body_beyond_the_limit_is_refused_in_shape(callers: Callers) -> None:
    """Only the head is sent: a body of the length it names would not be read."""
    parts = urlsplit(callers.admin.url)
    head = (
        f"POST {PREFIX}/projects/{callers.admin.project_id}{CONVERSATIONS} HTTP/1.1\r\n"
        f"Host: {parts.netloc}\r\nAuthorization: Token {callers.admin.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 99000000\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=TIMEOUT_S) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
    assert answer.startswith("HTTP/1.1 413 ")
    assert '{"error":' in answer


async def test_a_bug_is_answered_without_internals() -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("the password is hunter2")

    assert await through(broken) == (500, b'{"error":"Internal server error.","request_id":"r-1"}', [])


async def test_who_acted_is_named_in_plain_ascii() -> None:
    async def acted(scope: Scope, _receive: Receive, send: Send) -> None:
        scope["state"]["effective_user"] = "zoë+a@example.org"
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    assert await through(acted) == (204, b"", [b"zo%C3%AB+a@example.org"])


async def through(app: ASGIApp) -> tuple[int, bytes, list[bytes]]:
    """The status, body and effective users that a request gets from app behind the edge."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "path": "/x", "headers": [], "state": {"request_id": "r-1"}}
    await Edge(app)(scope, receive, send)
    users = [value for name, value in sent[0]["headers"] if name == b"x-effective-user"]
    return sent[0]["status"], sent[1]["body"], users
