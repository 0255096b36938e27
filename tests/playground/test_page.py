"""The page and its files: complete, from nowhere else, cached by their content, within their policy."""

import re
from pathlib import Path

import pytest

from playground.conftest import Desk

PAGES = Path(__file__).parents[2] / "src/tertulia/playground/page"
SCRIPTS = sorted(PAGES.glob("*.js"))
FILES = sorted(path for path in PAGES.iterdir() if path.suffix in (".js", ".css"))
MARKUP_SINKS = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|Function)\b|createContextual"
)


async def test_the_page_names_only_files_that_are_served(desk: Desk) -> None:
    page = await desk.client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    named = re.findall(r'(?:src|href)="(/[^"]*)"', page.text)
    assert "/page/app.js" in named
    for path in named:
        assert (await desk.client.get(path)).status_code == 200, path


async def test_every_module_imports_only_modules_that_are_served(desk: Desk) -> None:
    imported = {"app.js"}
    for script in SCRIPTS:
        answer = await desk.client.get(f"/page/{script.name}")
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        imported.update(re.findall(r'from "\./([^"]+)"', answer.text))
    assert imported == {script.name for script in SCRIPTS}


async def test_a_file_that_did_not_change_is_not_sent_again(desk: Desk) -> None:
    for path in ["/", *(f"/page/{each.name}" for each in FILES)]:
        first = await desk.client.get(path)
        assert first.headers["cache-control"] == "private, no-cache"
        again = await desk.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        changed = await desk.client.get(path, headers={"If-None-Match": '"another"'})
        assert changed.content == first.content


@pytest.mark.parametrize("name", ["passage.html", "index.html", "nothing.js", "../routes.py", "%2e%2e/routes.py", ""])
async def test_nothing_else_is_served(desk: Desk, name: str) -> None:
    assert (await desk.client.get(f"/page/{name}")).status_code == 404


async def test_every_answer_is_fenced(desk: Desk) -> None:
    reference = desk.library.path(desk.library.hostile)
    answers = [
        await desk.client.get("/"),
        await desk.client.get("/page/app.js"),
        await desk.client.get(reference),
        await desk.read(reference),
        await desk.read(reference, "neighbour"),
        await desk.read(f"{reference}/file"),
        await desk.read(f"/{desk.library.project_id}/reference/unknown"),
        await desk.client.post("/session", json={"token": "x"}),
        await desk.client.post("/session", json={"token": desk.library.tokens["admin"]}),
        await desk.client.delete("/session"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"].startswith("private")


@pytest.mark.parametrize("path", [*SCRIPTS, *PAGES.glob("*.css"), *PAGES.glob("*.html")], ids=lambda path: path.name)
def test_no_file_reaches_outside_or_writes_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"""["'(](https?:)?//[a-z]""", text)
    assert not MARKUP_SINKS.search(text)
    assert not re.search(r"\s(style|on[a-z]+)=", text) or path.suffix != ".html"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_module_can_be_read_whole(script: Path) -> None:
    assert len(script.read_text(encoding="utf-8").splitlines()) < 300
