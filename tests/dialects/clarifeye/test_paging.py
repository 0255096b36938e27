"""Windows are read leniently, and the addresses of other pages keep every filter."""

from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from tertulia.core.conversation import Window
from tertulia.dialects.clarifeye.paging import Links, Paging, clamped_limit, clamped_offset
from tertulia.settings import Settings

PATH = "/api/v1/projects/p/playground-conversations/"


def links(
    query: str, window: Window, total: int, *, public_url: str = "", path: str = PATH, scheme: str = "http"
) -> Links:
    services = SimpleNamespace(settings=Settings(public_url=public_url))
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": scheme,
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"box:8800")],
        "state": {"asked_path": path},
        "app": SimpleNamespace(state=SimpleNamespace(services=services)),
    }
    return Paging(Request(scope), window).links(total)


@pytest.mark.parametrize(
    ("given_limit", "limit"),
    [
        ("5", 5),
        ("0", 1),
        ("-3", 1),
        ("1001", 1000),
        ("", 100),
        ("ten", 100),
        ("9" * 5000, 100),
        (" 7 ", 7),
        ("1.5", 100),
    ],
)
def test_a_limit_is_moved_into_its_range(given_limit: str, limit: int) -> None:
    assert clamped_limit(given_limit) == limit


@pytest.mark.parametrize(("given_offset", "offset"), [("5", 5), ("-1", 0), ("x", 0), ("9" * 30, 2**31 - 1)])
def test_an_offset_is_moved_into_its_range(given_offset: str, offset: int) -> None:
    assert clamped_offset(given_offset) == offset


@given(st.text())
def test_any_text_gives_a_window(text: str) -> None:
    assert 1 <= clamped_limit(text) <= 1000
    assert clamped_offset(text) >= 0


def test_the_next_page_keeps_every_filter_and_its_order() -> None:
    found = links("tags=a&limit=2&tags=b%2Cc&text=%C3%A9+x&page_size=9", Window(limit=2, offset=2), 7)
    assert found.next is not None
    parts = urlsplit(found.next)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"http://box:8800{PATH}"
    assert parse_qsl(parts.query) == [
        ("tags", "a"),
        ("tags", "b,c"),
        ("text", "é x"),
        ("page_size", "9"),
        ("limit", "2"),
        ("offset", "4"),
    ]
    assert found.previous is not None
    assert found.previous.endswith("limit=2&offset=0")


def test_the_first_and_the_last_page_have_one_neighbour() -> None:
    assert links("", Window(limit=5, offset=0), 6).previous is None
    assert links("", Window(limit=5, offset=5), 10).next is None
    assert links("", Window(limit=5, offset=0), 5) == Links(None, None)


@given(st.integers(1, 50), st.integers(0, 60), st.integers(0, 200))
def test_following_next_visits_every_result_once(limit: int, offset: int, total: int) -> None:
    seen: list[int] = []
    window = Window(limit=limit, offset=offset)
    while True:
        seen.extend(range(window.offset, min(window.offset + window.limit, total)))
        found = links("", window, total).next
        if found is None:
            break
        query = dict(parse_qsl(urlsplit(found).query))
        window = Window(limit=clamped_limit(query["limit"]), offset=clamped_offset(query["offset"]))
    assert seen == list(range(offset, total))


def test_addresses_keep_the_form_of_the_path_and_the_public_address() -> None:
    bare = PATH.rstrip("/")
    found = links("", Window(limit=1), 2, public_url="https://example.org/t/", path=bare).next
    assert found == f"https://example.org/t{bare}?limit=1&offset=1"
    assert (links("", Window(limit=1), 2, scheme="https").next or "").startswith("https://box:8800/")
