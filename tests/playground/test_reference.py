"""The page a citation opens: who may read it, that it marks exactly the cited words, that it shows text as text."""

import html
import re

import httpx
import pytest

from playground.conftest import FILE_NAME, HOSTILE, ORIGINAL, UNICODE, Desk

JSON = {"Accept": "application/json"}


def passage(page: httpx.Response) -> str:
    """The passage as a reader sees it, the marked words between ⟦ and ⟧."""
    found = re.search(r'<blockquote class="passage"[^>]*>(.*?)</blockquote>', page.text, re.DOTALL)
    assert found, page.text
    marked = re.sub(r'<mark id="cited">(.*?)</mark>', r"⟦\1⟧", found[1], flags=re.DOTALL)
    assert "<" not in marked
    return html.unescape(marked)


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("member", 200), ("neighbour", 403), ("member elsewhere", 403), (None, 401)],
)
@pytest.mark.parametrize("suffix", ["", "/file"])
async def test_only_members_read(desk: Desk, role: str | None, status: int, suffix: str) -> None:
    answer = await desk.read(desk.library.path(desk.library.hostile) + suffix, role)
    assert answer.status_code == status
    assert ("House rules" in answer.text or ORIGINAL in answer.content) is (status == 200)


@pytest.mark.parametrize("authorization", ["Token nonsense", "Bearer nonsense", "Token ", "Basic dXNlcjpwYXNz"])
async def test_a_credential_that_opens_nothing_is_401_with_a_form(desk: Desk, authorization: str) -> None:
    path = desk.library.path(desk.library.hostile, "a & b")
    answer = await desk.client.get(path, headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert 'action="/session"' in answer.text
    [target] = re.findall(r'name="next" value="([^"]*)"', answer.text)
    assert html.unescape(target) == path.replace("%20", "+")


@pytest.mark.parametrize("scheme", ["Token", "token", "Bearer", "BEARER"])
async def test_both_schemes_of_the_api_open_it(desk: Desk, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {desk.library.tokens['member']}"}
    answer = await desk.client.get(desk.library.path(desk.library.hostile), headers=headers)
    assert answer.status_code == 200


async def test_hostile_text_name_and_headings_are_shown_as_text(desk: Desk) -> None:
    page = await desk.read(desk.library.path(desk.library.hostile, "<script>alert('1')</script>"))
    assert passage(page) == HOSTILE.replace("<script>alert('1')</script>", "⟦<script>alert('1')</script>⟧")
    assert "<script" not in page.text
    assert f"<h1>{html.escape(FILE_NAME)}</h1>" in page.text
    assert "<li>&lt;b&gt;Bold&lt;/b&gt; &amp; brave</li>" in page.text
    assert "<li>#&lt;i&gt;</li>" in page.text
    assert "Pages 1–2" in page.text


@pytest.mark.parametrize("words", ["12 € 🚲 für", "中文 文本。\nTwo\u2028lines", "e\u0301", "é", UNICODE, "Öffnung"])
async def test_the_cited_words_are_marked_character_by_character(desk: Desk, words: str) -> None:
    page = await desk.read(desk.library.path(desk.library.unicode, words))
    start = UNICODE.index(words)
    assert passage(page) == f"{UNICODE[:start]}⟦{words}⟧{UNICODE[start + len(words) :]}"
    assert "verbatim" not in page.text


@pytest.mark.parametrize("words", ["12  € 🚲", "öffnung", "<script>x</script>", "E\u0301"])
async def test_words_that_do_not_stand_there_are_not_marked_and_said_so(desk: Desk, words: str) -> None:
    page = await desk.read(desk.library.path(desk.library.unicode, words))
    assert passage(page) == UNICODE
    assert "do not stand in this passage verbatim" in page.text
    assert f"<q>{html.escape(words)}</q>" in page.text


async def test_without_words_nothing_is_marked_and_nothing_complained_about(desk: Desk) -> None:
    page = await desk.read(desk.library.path(desk.library.unicode) + "?verbatim=")
    assert passage(page) == UNICODE
    assert "verbatim" not in page.text


async def test_json_says_the_same(desk: Desk) -> None:
    library = desk.library
    answer = await desk.read(library.path(library.unicode, "12 €"), **JSON)
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert said == {
        "project_id": library.project_id,
        "chunk_id": library.unicode.id,
        "document": {
            "id": library.document.id,
            "name": FILE_NAME,
            "content_type": "text/html",
            "page_count": None,
            "tags": ["<i>"],
            "file": f"/{library.project_id}/reference/{library.unicode.id}/file",
        },
        "headings": ["House rules", "<b>Bold</b> & brave"],
        "first_page": 2,
        "last_page": 3,
        "text": UNICODE,
        "verbatim": "12 €",
        "is_verbatim": True,
        "start": UNICODE.index("12 €"),
        "end": UNICODE.index("12 €") + 4,
    }
    missing = (await desk.read(library.path(library.unicode, "13 €"), **JSON)).json()
    assert (missing["is_verbatim"], missing["start"], missing["end"]) == (False, None, None)
    unasked = (await desk.read(library.path(library.unicode), **JSON)).json()
    assert (unasked["verbatim"], unasked["is_verbatim"]) == (None, None)


async def test_a_passage_of_another_project_is_unknown_in_this_one(desk: Desk) -> None:
    path = f"/{desk.library.other_project_id}/reference/{desk.library.hostile.id}"
    assert (await desk.read(path, "neighbour")).status_code == 404
    assert (await desk.read(path, "member")).status_code == 403


@pytest.mark.parametrize(
    "chunk", ["0198c0de-0000-7000-8000-000000000000", "not-an-id", "%00", "%F0%9F%9A%B2", "1e" * 40]
)
async def test_an_unknown_or_malformed_id_is_404(desk: Desk, chunk: str) -> None:
    for path in (f"/{desk.library.project_id}/reference/{chunk}", f"/{chunk}/reference/{desk.library.hostile.id}"):
        for suffix in ("", "/file"):
            answer = await desk.read(path + suffix)
            assert answer.status_code == 404
            assert "<h1>Not found</h1>" in answer.text
        refusal = await desk.read(path, **JSON)
        assert refusal.status_code == 404
        assert isinstance(refusal.json()["error"], str)


async def test_an_id_in_capitals_and_a_slash_at_the_end_lead_to_the_same(desk: Desk) -> None:
    path = f"/{desk.library.project_id.upper()}/reference/{desk.library.hostile.id.upper()}/"
    assert passage(await desk.read(path)) == HOSTILE


async def test_the_file_comes_as_it_was_and_is_never_shown_inside_this_origin(desk: Desk) -> None:
    answer = await desk.read(desk.library.path(desk.library.hostile) + "/file", "member")
    assert answer.content == ORIGINAL
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_page_of_one_reader_is_not_kept_for_another(desk: Desk) -> None:
    for role in ("member", None):
        answer = await desk.read(desk.library.path(desk.library.hostile), role)
        assert answer.headers["cache-control"].startswith("private")
        assert {"Cookie", "Authorization", "Accept"} <= set(answer.headers["vary"].split(", "))
