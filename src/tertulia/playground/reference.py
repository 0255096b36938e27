"""The passage a citation points to, as a page that needs no script and as JSON. Everything shown is escaped."""

from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from tertulia.core.document import Chunk, Document
from tertulia.services.documents import Reference

_PAGES = Path(__file__).parent / "page"
_KILO = 1024


class Mark(Struct, frozen=True, kw_only=True):
    """Where the cited words stand in a passage, in characters; without a place they do not stand there."""

    words: str
    start: int | None = None
    end: int | None = None


class CitedDocument(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    content_type: str
    page_count: int | None
    tags: list[str]
    file: str


class CitedPassage(Struct, frozen=True, kw_only=True):
    """The JSON of a reference. `is_verbatim` is None where no words were given."""

    project_id: str
    chunk_id: str
    document: CitedDocument
    headings: list[str]
    first_page: int | None
    last_page: int | None
    text: str
    verbatim: str | None
    is_verbatim: bool | None
    start: int | None
    end: int | None


def find_mark(text: str, words: str) -> Mark | None:
    """The first place where words stand in text, character by character; None where no words were given."""
    if not words:
        return None
    start = text.find(words)
    if start < 0:
        return Mark(words=words)
    return Mark(words=words, start=start, end=start + len(words))


def reference_json(reference: Reference, words: str) -> bytes:
    document, chunk = reference.document, reference.chunk
    mark = find_mark(chunk.text, words)
    return msgspec.json.encode(
        CitedPassage(
            project_id=document.project_id,
            chunk_id=chunk.id,
            document=CitedDocument(
                id=document.id,
                name=document.name,
                content_type=document.content_type,
                page_count=document.page_count,
                tags=document.tags,
                file=_file_path(document, chunk),
            ),
            headings=chunk.headings,
            first_page=chunk.first_page,
            last_page=chunk.last_page,
            text=chunk.text,
            verbatim=words or None,
            is_verbatim=None if mark is None else mark.start is not None,
            start=None if mark is None else mark.start,
            end=None if mark is None else mark.end,
        )
    )


def reference_html(reference: Reference, words: str) -> str:
    document, chunk = reference.document, reference.chunk
    mark = find_mark(chunk.text, words)
    return _filled(
        "passage.html",
        name=escape(document.name),
        headings=_headings_html(chunk.headings),
        facts=_facts_html(document, chunk),
        notice=_notice_html(mark),
        text=_text_html(chunk.text, mark),
        file=escape(_file_path(document, chunk)),
        size=_size_text(document.size_bytes),
    )


def message_html(*, title: str, message: str) -> str:
    """A page that only says something."""
    return _filled("message.html", title=escape(title), message=escape(message), form="")


def sign_in_html(*, title: str, message: str, next_path: str) -> str:
    """A page that asks for a token and leads to `next_path` with it."""
    form = _filled("sign-in.html", next=escape(next_path))
    return _filled("message.html", title=escape(title), message=escape(message), form=form)


def same_site_path(target: str) -> str:
    """Target where it is a path of this server, else "/": no other host, no scheme, no control character."""
    is_path = target.startswith("/") and not target.startswith(("//", "/\\"))
    is_plain = target.isascii() and target.isprintable() and "\\" not in target
    return target if is_path and is_plain else "/"


def reference_path(project_id: str, chunk_id: str, words: str = "") -> str:
    query = f"?{urlencode({'verbatim': words})}" if words else ""
    return f"/{project_id}/reference/{chunk_id}{query}"


def _file_path(document: Document, chunk: Chunk) -> str:
    return f"{reference_path(document.project_id, chunk.id)}/file"


def _filled(page: str, **fields: str) -> str:
    return _template(page).substitute(fields)


@cache
def _template(page: str) -> Template:
    return Template((_PAGES / page).read_text(encoding="utf-8"))


def _headings_html(headings: Sequence[str]) -> str:
    if not headings:
        return ""
    items = "".join(f"<li>{escape(heading)}</li>" for heading in headings)
    return f'<ol class="headings" aria-label="Where it stands">{items}</ol>'


def _facts_html(document: Document, chunk: Chunk) -> str:
    facts = [_pages_text(chunk, document.page_count), *(f"#{tag}" for tag in document.tags)]
    return "".join(f"<li>{escape(fact)}</li>" for fact in facts if fact)


def _pages_text(chunk: Chunk, page_count: int | None) -> str:
    if chunk.first_page is None:
        return f"Passage {chunk.ordinal + 1}"
    of_all = f" of {page_count}" if page_count else ""
    if chunk.last_page is None or chunk.last_page == chunk.first_page:
        return f"Page {chunk.first_page}{of_all}"
    return f"Pages {chunk.first_page}–{chunk.last_page}{of_all}"


def _notice_html(mark: Mark | None) -> str:
    if mark is None or mark.start is not None:
        return ""
    return (
        '<p class="notice" role="status">These words do not stand in this passage verbatim, so nothing is marked: '
        f"<q>{escape(mark.words)}</q></p>"
    )


def _text_html(text: str, mark: Mark | None) -> str:
    if mark is None or mark.start is None or mark.end is None:
        return escape(text)
    before, marked, after = text[: mark.start], text[mark.start : mark.end], text[mark.end :]
    return f'{escape(before)}<mark id="cited">{escape(marked)}</mark>{escape(after)}'


def _size_text(size_bytes: int) -> str:
    if size_bytes < _KILO:
        return f"{size_bytes} B"
    if size_bytes < _KILO * _KILO:
        return f"{size_bytes / _KILO:.0f} kB"
    return f"{size_bytes / _KILO / _KILO:.1f} MB"
