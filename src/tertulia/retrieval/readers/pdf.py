"""PDF: lines with their size and place, joined to paragraphs again, headings by size or weight.

Read with PDFium itself and not through kreuzberg, whose Markdown lost headings under a page header and took
"Page 1 of 4" and table rows for headings; its plain text has no sizes to tell headings by.
"""

import ctypes
import math
import re
from collections.abc import Iterator
from typing import Any, cast

import pypdfium2
import pypdfium2.raw as pdfium

from tertulia.retrieval.parse import ParseFailed, ParseLimits
from tertulia.retrieval.readers.file_kind import Kind, damaged
from tertulia.retrieval.readers.layout import Line, write_pages
from tertulia.retrieval.readers.manuscript import Manuscript

# The dots of a table of contents say nothing and fill a passage.
_LEADER = re.compile(r"(?:[ \t]*\.){5,}[ \t]*")
_BOLD = ("bold", "black", "heavy", "semibold", "demi")
_NO_TITLES = ("untitled", "(anonymous)", "(unspecified)", "microsoft word - ", "microsoft powerpoint - ", "slide 1")
_PASSWORD_WANTED = 4


def read(data: bytes, manuscript: Manuscript, limits: ParseLimits) -> None:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD_WANTED:
            raise ParseFailed("The PDF is protected by a password.") from None
        raise ParseFailed(damaged(Kind.PDF).message, detail=str(error)) from None
    with document:
        count = len(document)
        if not count:
            raise ParseFailed("The PDF has no pages.")
        if count > limits.pages:
            raise ParseFailed(f"The document has {count:,} pages; the limit is {limits.pages:,}.")
        manuscript.page_count = count
        manuscript.title = _title(cast("Any", document).get_metadata_value("Title"))
        write_pages([_lines(document, index) for index in range(count)], manuscript)


def _title(text: str) -> str | None:
    return None if not text.strip() or text.strip().lower().startswith(_NO_TITLES) else text


def _lines(document: Any, index: int) -> list[Line]:
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        # A damaged page among good ones: the others are still worth reading.
        return []
    try:
        words = page.get_textpage()
        try:
            return list(_page_lines(words))
        finally:
            words.close()
    finally:
        page.close()


def _page_lines(words: Any) -> Iterator[Line]:
    """Lines in the order they are written; places are in points from the lower left corner."""
    for start, text in _split(words):
        stripped = text.strip(" \t\r\n")
        if not stripped:
            continue
        first = start + len(text) - len(text.lstrip(" \t\r\n"))
        last = first + len(stripped) - 1
        left, bottom, right, _ = _box(words, first)
        other_left, other_bottom, other_right, _ = _box(words, last)
        yield Line(
            text=_LEADER.sub(" … ", stripped),
            size=_size(words, stripped, first),
            is_bold=_is_bold(words, first) and _is_bold(words, last),
            left=min(left, other_left),
            right=max(right, other_right),
            bottom=min(bottom, other_bottom),
        )


def _split(words: Any) -> Iterator[tuple[int, str]]:
    """Lines with the index of their first character, in PDFium's count."""
    count = words.count_chars()
    text = words.get_text_range() if count else ""
    if len(text) != count:
        # Characters beyond the basic plane count twice for PDFium; ask for them one by one.
        text = "".join(_character(cast("Any", pdfium).FPDFText_GetUnicode(words, at)) for at in range(count))
    start = 0
    for line in text.split("\n"):
        yield start, line.rstrip("\r")
        start += len(line) + 1


def _character(code: int) -> str:
    return chr(code) if 0 < code < 0x110000 else " "


def _box(words: Any, at: int) -> tuple[float, float, float, float]:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    cast("Any", pdfium).FPDFText_GetCharBox(words, at, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value


def _size(words: Any, text: str, first: int) -> float:
    """Points, to the half: the middle one of three letters, past a bullet or a raised number."""
    letters = [first + at for at, letter in enumerate(text) if letter.isalnum()] or [first]
    sizes = sorted(_letter_size(words, letters[len(letters) * part // 4]) for part in (1, 2, 3))
    return round(2 * sizes[1]) / 2


def _letter_size(words: Any, at: int) -> float:
    # Many programs write size 1 and scale the letters instead.
    matrix, calls = pdfium.FS_MATRIX(), cast("Any", pdfium)
    size = float(calls.FPDFText_GetFontSize(words, at))
    return size * (math.hypot(matrix.b, matrix.d) if calls.FPDFText_GetMatrix(words, at, matrix) else 1.0)


def _is_bold(words: Any, at: int) -> bool:
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    cast("Any", pdfium).FPDFText_GetFontInfo(words, at, name, 128, flags)
    return any(word in name.value.lower() for word in map(str.encode, _BOLD))
