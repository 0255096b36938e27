"""Parsed text cut into passages of about equal size, each an exact span of it."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from tertulia.retrieval.parse import PageRange, ParsedDocument

_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_LINE = re.compile(r"\n")
_SENTENCE = re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？]+[」』”]?")
_SPACE = re.compile(r"\s+")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|Mrs?|Ms|Dr|Prof|St|No|Nr|Art|Fig|Sec|vs|etc|approx|incl|e\.g|i\.e|z\.\s?B|bzw|ca)\.\s+$"
)
_ROW = re.compile(r"[^\n:;]{1,80}: [^\n;]*; ")
_TEXT = re.compile(r"\S")


class ChunkDraft(Struct, frozen=True, kw_only=True):
    """A chunk before it is stored; the fields mean what they mean in core/document.py."""

    ordinal: int
    text: str
    start: int
    end: int
    first_page: int | None = None
    last_page: int | None = None
    headings: list[str] = []


class _Section(NamedTuple):
    """From one heading to the next; `is_bare` when nothing stands under the heading."""

    start: int
    end: int
    path: tuple[str, ...]
    is_bare: bool


def chunk(parsed: ParsedDocument, *, size: int = 800, overlap: int = 100) -> list[ChunkDraft]:
    """Chunks of at most `size` characters that together hold all of the text but white space between them.

    They end at sections, else paragraphs, lines, sentences, words; only a word longer than `size` is cut. Within a
    section a chunk may begin with up to `overlap` characters of whole sentences or lines of the one before.
    """
    if not 0 <= overlap < size:
        message = f"overlap {overlap} must be less than size {size}"
        raise ValueError(message)
    sections = _sections(parsed)
    pages = [page for page in parsed.pages if page.end > page.start]
    drafts: list[ChunkDraft] = []
    for start, end in _merged(sections, size):
        for piece_start, piece_end in _pieces(parsed.text, start, end, size=size, overlap=overlap):
            first, last = _pages(pages, piece_start, piece_end)
            draft = ChunkDraft(
                ordinal=len(drafts),
                text=parsed.text[piece_start:piece_end],
                start=piece_start,
                end=piece_end,
                first_page=first,
                last_page=last,
                headings=_headings(sections, piece_start, piece_end),
            )
            drafts.append(draft)
    return drafts


def _sections(parsed: ParsedDocument) -> list[_Section]:
    """Sections with text, in order, without the white space around them."""
    text, title = parsed.text, parsed.title
    root = (title,) if title else ()
    stack: list[tuple[int, str]] = []
    sections: list[_Section] = []
    offsets = [heading.offset for heading in parsed.headings]
    if span := _trimmed(text, 0, offsets[0] if offsets else len(text)):
        sections.append(_Section(*span, root, is_bare=False))
    for at, heading in enumerate(parsed.headings):
        while stack and stack[-1][0] >= heading.level:
            stack.pop()
        stack.append((heading.level, heading.title))
        path = tuple(name for _, name in stack)
        if title and path[0].casefold() != title.casefold():
            path = root + path
        end = offsets[at + 1] if at + 1 < len(offsets) else len(text)
        if span := _trimmed(text, heading.offset, end):
            sections.append(_Section(*span, path, is_bare=text.find("\n", *span) < 0))
    return sections


def _merged(sections: Sequence[_Section], size: int) -> Iterator[tuple[int, int]]:
    """Spans of one or more sections: one too small to stand alone joins its neighbour under the same parent."""
    tiny = size // 4
    at = 0
    while at < len(sections):
        first = sections[at]
        end, bare = first.end, first.is_bare
        at += 1
        while at < len(sections):
            after = sections[at]
            parent = first.path[: max(len(first.path) - 1, 0)]
            related = after.path[: len(parent)] == parent
            small = end - first.start < tiny or after.end - after.start < tiny
            fits = after.end - first.start <= size
            # A heading with nothing below belongs to what follows it, however long that is.
            opens = bare and _is_below(after, first)
            leads = after.is_bare and at + 1 < len(sections) and _is_below(sections[at + 1], after)
            if not (related and (opens or (small and fits and not leads))):
                break
            end, bare = after.end, bare and after.is_bare
            at += 1
        yield first.start, end


def _is_below(section: _Section, other: _Section) -> bool:
    return section.path[: len(other.path)] == other.path


def _pieces(text: str, start: int, end: int, *, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    if end - start <= size:
        yield start, end
        return
    piece_start = piece_end = start
    for atom_start, atom_end in _atoms(text, start, end, size):
        if piece_end > piece_start and atom_end - piece_start > size:
            yield piece_start, piece_end
            back = _overlap_start(text, piece_start, piece_end, overlap)
            piece_start = back if back < piece_end and atom_end - back <= size else atom_start
        piece_end = atom_end
    if piece_end > piece_start:
        yield piece_start, piece_end


def _atoms(text: str, start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    """The largest natural units that fit, in order: paragraphs, else lines, sentences, words, parts of a word."""
    for paragraph in _split(_PARAGRAPH, text, start, end):
        for line in [paragraph] if _fits(paragraph, size) else _split(_LINE, text, *paragraph):
            for sentence in [line] if _fits(line, size) else _sentences(text, *line):
                for word in [sentence] if _fits(sentence, size) else _split(_SPACE, text, *sentence):
                    yield from [word] if _fits(word, size) else _cut(text, *word, size)


def _fits(span: tuple[int, int], size: int) -> bool:
    return span[1] - span[0] <= size


def _split(separator: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for found in separator.finditer(text, start, end):
        if span := _trimmed(text, at, found.start()):
            yield span
        at = found.end()
    if span := _trimmed(text, at, end):
        yield span


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for stop in _sentence_ends(text, start, end):
        if span := _trimmed(text, at, stop):
            yield span
        at = stop
    if span := _trimmed(text, at, end):
        yield span


def _sentence_ends(text: str, start: int, end: int) -> Iterator[int]:
    for found in _SENTENCE.finditer(text, start, end):
        stop = found.end()
        if stop < end and text[stop].islower():
            continue
        if not _ABBREVIATED.search(text, max(start, stop - 12), stop):
            yield stop


def _cut(text: str, start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    while end - start > size:
        stop = start + size
        while stop > start + 1 and unicodedata.combining(text[stop]):
            stop -= 1
        yield start, stop
        start = stop
    yield start, end


def _overlap_start(text: str, start: int, end: int, overlap: int) -> int:
    """Where the last whole lines, or sentences of the last line, of at most `overlap` characters begin; else `end`."""
    window = max(start + 1, end - overlap)
    line = text.find("\n", window - 1, end)
    if line >= 0 and (span := _trimmed(text, line, end)):
        return span[0]
    line_start = max(text.rfind("\n", start, end) + 1, start)
    if _ROW.match(text, line_start, end):
        return end
    # Sentences are found from a little before the window, so that an abbreviation is seen whole.
    ends = (stop for stop in _sentence_ends(text, max(line_start, window - 20), end) if window <= stop < end)
    return next(ends, end)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    found = _TEXT.search(text, start, end)
    if found is None:
        return None
    while text[end - 1].isspace():
        end -= 1
    return found.start(), end


def _pages(pages: Sequence[PageRange], start: int, end: int) -> tuple[int | None, int | None]:
    if not pages:
        return None, None
    return _page_at(pages, start), _page_at(pages, end - 1)


def _page_at(pages: Sequence[PageRange], offset: int) -> int:
    return pages[max(bisect_right(pages, offset, key=_start) - 1, 0)].number


def _headings(sections: Sequence[_Section], start: int, end: int) -> list[str]:
    """The path that all sections with text in [start, end) share."""
    first = max(bisect_right(sections, start, key=_start) - 1, 0)
    touched = sections[first : bisect_right(sections, end - 1, key=_start)]
    paths = [section.path for section in touched if not section.is_bare] or [section.path for section in touched]
    shared = paths[0]
    for path in paths[1:]:
        length = 0
        while length < min(len(shared), len(path)) and shared[length] == path[length]:
            length += 1
        shared = shared[:length]
    return list(shared)


def _start(span: _Section | PageRange) -> int:
    return span.start
