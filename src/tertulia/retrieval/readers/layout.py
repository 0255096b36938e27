"""Lines placed on pages become paragraphs, list items and headings again."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple, TypeAlias

from tertulia.retrieval.readers.manuscript import Manuscript

_BULLET = re.compile(r"(?:[•◦▪●○■□–—‣·*\-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s")
_CLAUSE = re.compile(r"\d{1,2}(?:\.\d{1,2})+\.?\s+\S|[A-Z]{3,}:\s")
_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2}){0,4}\.?|[IVX]{1,5}\.|[A-Z]\.)\s+\S")
_DIGITS = re.compile(r"\d{1,6}")
_HYPHENS = "\xad\x02\ufffe"
_SENTENCE_END = (".", "!", "?", "…", ":", "。", "！", "？")
_WORD = re.compile(r"\w+")
_BIGGER = 1.12
Place: TypeAlias = tuple[str, int, int | None]
_OFTEN = 3
# The highest number a first page may bear; beyond it numbers are those of invoices, say.
_FIRST_PAGE = 500


class Line(NamedTuple):
    """`size` is the height of its letters; `bottom` grows upwards, as PDF counts."""

    text: str
    size: float
    is_bold: bool
    left: float
    right: float
    bottom: float


def write_pages(pages: Sequence[Sequence[Line]], manuscript: Manuscript) -> None:
    """Running headers, footers and page numbers are left out (a header's first appearance stays)."""
    body = _body_size(pages)
    bare = _without_furniture(pages, body)
    levels = _levels(bare, body)
    words = {word for page in bare for line in page for word in _WORD.findall(line.text.lower())}
    flow = _Flow(manuscript, levels, words)
    for number, page in enumerate(bare, start=1):
        flow.page(number, page, body)
    flow.end()


def _body_size(pages: Sequence[Sequence[Line]]) -> float:
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page:
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _levels(pages: Sequence[Sequence[Line]], body: float) -> dict[float, int]:
    """Letter size to heading level, 1 for the largest."""
    sizes = {line.size for page in pages for line in page if line.size >= body * _BIGGER and _has_word(line.text)}
    return {size: min(level, 6) for level, size in enumerate(sorted(sizes, reverse=True), start=1)}


def _without_furniture(pages: Sequence[Sequence[Line]], body: float) -> list[list[Line]]:
    """Without the outermost lines that stand in the same place on several pages, page numbers in them counting on."""
    edges = [_edges(page) for page in pages]
    places = Counter(
        place for at, page in enumerate(edges) for line in page for place in set[Place]().union(*_places(line, at))
    )
    inner = {line.text for page, edge in zip(pages, edges, strict=True) for line in page if line not in edge}
    bare: list[list[Line]] = []
    for at, (page, edge) in enumerate(zip(pages, edges, strict=True)):
        dropped: set[Line] = set()
        for line in edge:
            repeats, counts_on = (any(places[place] >= _OFTEN for place in found) for found in _places(line, at))
            # A header that is said nowhere else is kept once.
            if (counts_on and not _is_numbered_title(line, edge, body)) or (repeats and line.text in inner):
                dropped.add(line)
            inner.add(line.text)
        bare.append([line for line in page if line not in dropped])
    return bare


def _edges(page: Sequence[Line]) -> list[Line]:
    """The topmost and the lowest line, with what stands beside them."""
    if not page:
        return []
    ends = max(line.bottom for line in page), min(line.bottom for line in page)
    return [line for line in page if any(abs(line.bottom - end) < 3 for end in ends)]


def _places(line: Line, at: int) -> tuple[set[Place], set[Place]]:
    """What makes lines of different pages the same: words and height, or also how far a number is ahead of the page."""
    height, words = round(line.bottom / 4), _DIGITS.sub("#", line.text)
    ahead = {int(number) - at for number in _DIGITS.findall(line.text)}
    return {(line.text, height, None)}, {(words, height, pages) for pages in ahead if abs(pages) <= _FIRST_PAGE}


def _is_numbered_title(line: Line, edge: Sequence[Line], body: float) -> bool:
    """Large letters at the head of every page, as in "Chapter 3", are no page number."""
    is_head = line.bottom > min(other.bottom for other in edge) + 3
    return is_head and line.size >= body * _BIGGER and _DIGITS.search(line.text) is not None


def _has_word(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= 2


class _Flow:
    """The paragraph or heading being put together, across lines and pages."""

    def __init__(self, manuscript: Manuscript, levels: dict[float, int], words: set[str]) -> None:
        self._out = manuscript
        self._levels = levels
        self._words = words
        self._text = ""
        self._level: int | None = None
        self._write = manuscript.paragraph

    def page(self, number: int, lines: Sequence[Line], body: float) -> None:
        gap = _usual_gap(lines)
        headings = [self._heading_level(lines, at, body, gap) for at in range(len(lines))]
        for at, line in enumerate(lines):
            before = lines[at - 1] if at else None
            if before is None:
                write = self._out.continuation if self._is_cut(line, headings[at]) else self._out.paragraph
                self.end()
                self._out.page(number)
                self._begin(line, headings[at], write)
                continue
            space = before.bottom - line.bottom
            if headings[at] != headings[at - 1] or not self._goes_on(lines, at, gap, headings[at]):
                is_near = headings[at] is None and headings[at - 1] is None and 0 <= space <= 1.35 * gap
                self.end()
                self._begin(line, headings[at], self._out.line if is_near else self._out.paragraph)
            else:
                self._text = self._joined(self._text, line.text)
        if not lines:
            self.end()
            self._out.page(number)

    def end(self) -> None:
        text, level = self._text, self._level
        self._text, self._level = "", None
        if level is not None:
            self._out.heading(level, text)
        else:
            self._write(text)

    def _begin(self, line: Line, level: int | None, write: Callable[[str], None]) -> None:
        self._text, self._level, self._write = line.text, level, write

    def _heading_level(self, lines: Sequence[Line], at: int, body: float, gap: float) -> int | None:
        line = lines[at]
        if not _has_word(line.text) or len(line.text) > 200 or " … " in line.text:
            return None
        if line.size >= body * _BIGGER:
            return self._levels.get(line.size)
        if not line.is_bold or line.size < body * 0.95 or line.text.endswith((".", ",", ";")):
            return None
        # Bold at body size: a heading if it stands apart, above a paragraph or with a section number.
        below = lines[at + 1] if at + 1 < len(lines) else None
        stands_apart = at == 0 or not 0 <= lines[at - 1].bottom - line.bottom <= 1.2 * gap
        leads = below is not None and not below.is_bold and len(below.text) > max(30, 0.6 * len(line.text))
        if stands_apart and len(line.text) <= 120 and (leads or _NUMBERED.match(line.text)):
            return min(len(self._levels) + 1, 6)
        return None

    def _goes_on(self, lines: Sequence[Line], at: int, gap: float, level: int | None) -> bool:
        before, line = lines[at - 1], lines[at]
        space = before.bottom - line.bottom
        if level is not None:
            return before.size == line.size and 0 <= space <= 1.6 * line.size and not _NUMBERED.match(line.text)
        if _BULLET.match(line.text) or not 0 <= space <= 1.35 * gap or abs(before.size - line.size) > 0.15 * line.size:
            return False
        is_ended = before.text.endswith(_SENTENCE_END)
        if is_ended and (space > 1.12 * gap or _CLAUSE.match(line.text)):
            return False
        return _was_full(before, line, lines)

    def _is_cut(self, line: Line, level: int | None) -> bool:
        """Whether a page begins in the middle of a sentence."""
        if level is not None or self._level is not None or not self._text:
            return False
        return line.text[0].islower() and not self._text.endswith(_SENTENCE_END) and len(self._text) > 40

    def _joined(self, text: str, more: str) -> str:
        if text[-1] in _HYPHENS:
            return text[:-1] + more
        if text[-1] == "-" and text[-2:-1].isalpha() and more[0].islower():
            return (text[:-1] if self._is_one_word(text, more) else text) + more
        return text + more if _is_wide(text[-1]) and _is_wide(more[0]) else f"{text} {more}"

    def _is_one_word(self, text: str, more: str) -> bool:
        """Whether the parts around a hyphen at a line's end are written together elsewhere in the document."""
        left, right = _WORD.findall(text[-60:-1].lower()), _WORD.match(more.lower())
        return bool(left) and right is not None and left[-1] + right[0] in self._words


def _usual_gap(lines: Sequence[Line]) -> float:
    gaps = [gap for before, line in pairwise(lines) if 0 < (gap := before.bottom - line.bottom) < 4 * line.size]
    return min(median(gaps), median(line.size for line in lines) * 1.6) if gaps else 0.0


def _was_full(before: Line, line: Line, lines: Sequence[Line]) -> bool:
    """Whether the first word of `line` would not have fitted behind `before`: then only the margin broke them."""
    word = line.text[0] if _is_wide(line.text[0]) else line.text.split(maxsplit=1)[0]
    room = (len(word) + 2) * (line.right - line.left) / len(line.text)
    column = [other for other in lines if other.left < before.right and other.right > before.left]
    column = [other for other in column if abs(other.size - before.size) <= 0.15 * before.size]
    if unicodedata.bidirectional(line.text[0]) in {"R", "AL"}:
        return before.left - min(other.left for other in column) < room
    return max(other.right for other in column) - before.right < room


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in {"W", "F"}
