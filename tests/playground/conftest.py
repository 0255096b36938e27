"""A house with two projects and one document, its passages written by hand, behind the routes of the page."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette

from tertulia.core.document import Chunk, Document
from tertulia.core.ids import new_id
from tertulia.core.project import Permission
from tertulia.house import House
from tertulia.playground.routes import playground_routes
from tertulia.services.documents import Upload
from tertulia.settings import Settings
from tertulia.store import library

HOSTILE = "Before </blockquote><script>alert('1')</script> & \"quotes\" <mark>no</mark> after."
UNICODE = "Öffnung: 9–17 Uhr. Preis 12 € 🚲 für Mitglieder; 中文 文本。\nTwo\u2028lines, e\u0301 and é."
ORIGINAL = b"<script>the file itself</script>"
FILE_NAME = 'rules <b>"old" & done.html'


class Library(NamedTuple):
    """What the tests ask for, and the tokens they ask with."""

    project_id: str
    other_project_id: str
    document: Document
    hostile: Chunk
    unicode: Chunk
    tokens: dict[str, str]

    def path(self, chunk: Chunk, words: str = "") -> str:
        query = f"?verbatim={quote(words, safe='')}" if words else ""
        return f"/{self.project_id}/reference/{chunk.id}{query}"


class Desk(NamedTuple):
    """A client of the routes, without a cookie unless it signs in."""

    client: httpx.AsyncClient
    library: Library

    async def read(self, path: str, role: str | None = "admin", **headers: str) -> httpx.Response:
        if role is not None:
            headers["Authorization"] = f"Token {self.library.tokens[role]}"
        return await self.client.get(path, headers=headers)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Library]]:
    """Made once: no test changes anything in it."""
    house = House(Settings(data=tmp_path_factory.mktemp("playground"), embedder="none"))
    yield house, asyncio.run(_furnish(house))
    house.close()


@pytest.fixture
async def desk(furnished: tuple[House, Library]) -> AsyncIterator[Desk]:
    house, library_of_house = furnished
    transport = httpx.ASGITransport(Starlette(routes=playground_routes(house.services)))
    async with httpx.AsyncClient(transport=transport, base_url="http://tertulia.test") as client:
        yield Desk(client, library_of_house)


async def _furnish(house: House) -> Library:
    project = await house.setup.found("Rules", admin_email="admin@example.org")
    other = await house.setup.found("Elsewhere", admin_email="stranger@example.org")
    await house.people.add("member@example.org", project.project_id, frozenset({Permission.VIEW_DATA}))
    await house.people.add("neighbour@example.org", other.project_id, frozenset({Permission.VIEW_DATA}))
    # a token may be bound to a project its holder belongs to
    await house.people.add("admin@example.org", other.project_id, frozenset({Permission.VIEW_DATA}))
    actor = await house.services.identity.actor(project.admin_token, project.project_id)
    upload = Upload(name=FILE_NAME, content=io.BytesIO(ORIGINAL), content_type="text/html", metadata=[("tag", "<i>")])
    [document] = await house.services.documents.upload(actor, [upload], skip_parsing=True)
    text = HOSTILE + UNICODE
    hostile = _chunk(document, 0, HOSTILE, start=0)
    unicode = _chunk(document, 1, UNICODE, start=len(HOSTILE))
    await house.database.write(library.put_content, document, text, [hostile, unicode], None)
    tokens = {
        "admin": await _token(house, "admin@example.org", None),
        "member": await _token(house, "member@example.org", project.project_id),
        "neighbour": await _token(house, "neighbour@example.org", other.project_id),
        "member elsewhere": await _token(house, "admin@example.org", other.project_id),
    }
    return Library(project.project_id, other.project_id, document, hostile, unicode, tokens)


def _chunk(document: Document, ordinal: int, text: str, *, start: int) -> Chunk:
    return Chunk(
        id=new_id(),
        document_id=document.id,
        ordinal=ordinal,
        text=text,
        start=start,
        end=start + len(text),
        first_page=ordinal + 1,
        last_page=ordinal + 2,
        headings=["House rules", "<b>Bold</b> & brave"],
    )


async def _token(house: House, email: str, project_id: str | None) -> str:
    _, secret = await house.people.create_token(email, project_id=project_id)
    return secret
