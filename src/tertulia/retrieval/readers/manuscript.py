"""Text as it is being read: clean pieces, with the pages and headings they came under."""

import re
import unicodedata

from tertulia.retrieval.parse import Heading, PageRange, ParsedDocument, ParseFailed
from tertulia.retrieval.readers.file_kind import Kind

_NEWLINES = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_SPACES = re.compile(r"[ \t]+\n")


def clean(text: str) -> str:
    r"""NFC, \\n, plain spaces for no-break ones; no control characters, lone surrogates or spaces before a newline."""
    text = _NEWLINES.sub("\n", text).replace("\xa0", " ").replace("\u202f", " ")
    text = _UNWANTED.sub("", text)
    return unicodedata.normalize("NFC", _SPACES.sub("\n", text))


class Manuscript:
    """Grows by paragraphs, lines and headings. Raises ParseFailed once it holds more than `limit` characters."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[str] = []
        self._pages: list[PageRange] = []
        self._headings: list[Heading] = []
        self._length = 0
        self.title: str | None = None
        self.page_count: int | None = None

    def paragraph(self, text: str) -> None:
        self._write(clean(text), "\n\n")

    def line(self, text: str) -> None:
        """One more line of the same block: a list item, a table row."""
        self._write(clean(text), "\n")

    def continuation(self, text: str) -> None:
        """The rest of a sentence that a page break cut."""
        self._write(clean(text), " ")

    def heading(self, level: int, title: str) -> None:
        title = " ".join(clean(title).split())
        start = self._write(title, "\n\n")
        if start is not None:
            self._headings.append(Heading(start, min(max(level, 1), 6), title))

    def verbatim(self, text: str, headings: list[Heading]) -> None:
        """A whole text, clean and without newlines at its ends, with headings at offsets into it."""
        start = self._write(text, "\n\n") or 0
        self._headings.extend(Heading(start + at, level, title) for at, level, title in headings)

    def page(self, number: int) -> None:
        """What follows stands on this page."""
        self._pages.append(PageRange(number, self._length, self._length))

    def finish(self, kind: Kind) -> ParsedDocument:
        """Raises ParseFailed where there is no text."""
        text = "".join(self._parts)
        if not text.strip():
            scanned = kind in {Kind.PDF, Kind.PPTX, Kind.DOCX}
            raise ParseFailed(
                "No text was found: the document may be scanned images."
                if scanned
                else "No text was found in the file."
            )
        return ParsedDocument(
            text=text,
            content_type=kind.content_type,
            pages=self._pages,
            page_count=self.page_count,
            headings=self._headings,
            title=self._title(text),
        )

    def _title(self, text: str) -> str | None:
        title = " ".join(clean(self.title or "").split())
        if title:
            return title[:300]
        # A heading that opens the text and stands above all others names it.
        if self._headings and not text[: self._headings[0].offset].strip():
            first, others = self._headings[0], self._headings[1:]
            return first.title if all(other.level > first.level for other in others) else None
        return None

    def _write(self, text: str, separator: str) -> int | None:
        text = text.strip("\n").rstrip()
        if not text.strip():
            return None
        if self._parts:
            text = separator + text
        start = self._length + (len(separator) if self._parts else 0)
        self._parts.append(text)
        self._length += len(text)
        if self._length > self._limit:
            raise ParseFailed(
                f"The document has more than {self._limit:,} characters of text. Split it into smaller files."
            )
        if self._pages:
            number, page_start, page_end = self._pages[-1]
            self._pages[-1] = PageRange(number, start if page_start == page_end else page_start, self._length)
        return start
