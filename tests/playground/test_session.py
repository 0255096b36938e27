"""Signing in for the pages that citations open: a cookie that only they honour."""

from http.cookies import SimpleCookie

import httpx
import pytest

from playground.conftest import HOSTILE, Desk


def cookie(answer: httpx.Response) -> dict[str, str]:
    """The attributes of the one cookie that an answer sets, its name and value among them."""
    [morsel] = SimpleCookie(answer.headers["set-cookie"]).values()
    return {"name": morsel.key, "value": morsel.value, **{key: str(value) for key, value in morsel.items() if value}}


async def test_a_token_sent_as_json_is_kept_in_a_cookie(desk: Desk) -> None:
    token = desk.library.tokens["member"]
    answer = await desk.client.post("/session", json={"token": token})
    assert answer.status_code == 200
    assert answer.json() == {"email": "member@example.org"}
    assert cookie(answer) == {
        "name": "tertulia_token",
        "value": token,
        "path": "/",
        "samesite": "lax",
        "httponly": "True",
    }


async def test_over_https_the_cookie_is_secure(desk: Desk) -> None:
    answer = await desk.client.post("https://tertulia.test/session", json={"token": desk.library.tokens["member"]})
    assert cookie(answer)["secure"] == "True"


async def test_a_form_leads_back_to_the_passage_which_then_opens(desk: Desk) -> None:
    path = desk.library.path(desk.library.hostile, "Before")
    answer = await desk.client.post("/session", data={"token": f" {desk.library.tokens['member']} ", "next": path})
    assert answer.status_code == 303
    assert answer.headers["location"] == path
    page = await desk.client.get(path)
    assert page.status_code == 200
    assert '<mark id="cited">Before</mark>' in page.text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test/",
        "\\\\evil.test",
        "javascript:alert(1)",
        "/\t/evil.test",
        "",
    ],
)
async def test_a_form_never_leads_to_another_site(desk: Desk, target: str) -> None:
    answer = await desk.client.post("/session", data={"token": desk.library.tokens["member"], "next": target})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("token", ["", "nonsense", "ttl_" + "x" * 5000, "a;b", "a\r\nSet-Cookie: x=y", "ü"])
async def test_a_token_that_opens_nothing_sets_no_cookie(desk: Desk, token: str) -> None:
    for answer in (
        await desk.client.post("/session", json={"token": token}),
        await desk.client.post("/session", data={"token": token, "next": "/a<b>"}),
    ):
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b'{"token": 1}'),
        ("application/json", b"\xff"),
        ("text/plain", b'{"token": "x"}'),
        ("application/x-www-form-urlencoded", b"next=/"),
        ("multipart/form-data; boundary=x", b"garbage"),
    ],
)
async def test_a_body_without_a_token_is_refused(desk: Desk, content_type: str, body: bytes) -> None:
    answer = await desk.client.post("/session", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://other.tertulia.test"}, False),
        ({"Origin": "https://evil.test"}, False),
        ({"Origin": "http://tertulia.test"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Origin": "null"}, True),
        ({}, True),
    ],
)
async def test_another_site_cannot_sign_a_reader_in(desk: Desk, headers: dict[str, str], *, is_let_in: bool) -> None:
    token = desk.library.tokens["member"]
    answer = await desk.client.post("/session", data={"token": token}, headers=headers)
    assert answer.status_code == (303 if is_let_in else 403)
    assert ("set-cookie" in answer.headers) is is_let_in


async def test_signing_out_takes_the_cookie_away(desk: Desk) -> None:
    await desk.client.post("/session", json={"token": desk.library.tokens["member"]})
    assert (await desk.client.delete("/session")).status_code == 204
    assert (await desk.client.get(desk.library.path(desk.library.hostile))).status_code == 401


async def test_a_header_wins_over_the_cookie(desk: Desk) -> None:
    await desk.client.post("/session", json={"token": desk.library.tokens["member"]})
    path = desk.library.path(desk.library.hostile)
    assert (await desk.read(path, "neighbour")).status_code == 403
    through_proxy = await desk.client.get(path, headers={"Authorization": "Basic dXNlcjpwYXNz"})
    assert through_proxy.status_code == 200
    assert HOSTILE.split()[0] in through_proxy.text
