"""HTML: what a reader of the page reads, with headings, list items and table rows on lines of their own.

Read here and not by kreuzberg, which writes metadata and link targets into the text and loses quotes and merged cells.
"""

import re
from html.parser import HTMLParser

from tertulia.retrieval.readers.manuscript import Manuscript
from tertulia.retrieval.readers.plain import decode
from tertulia.retrieval.readers.rows import row_line, table_lines, tidy

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_SILENT = frozenset(
    {"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "nav", "select", "button", "canvas"}
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "ol",
        "optgroup",
        "p",
        "pre",
        "section",
        "summary",
        "ul",
    ]
)
_SECTIONS = frozenset({"thead", "tbody", "tfoot"})
_LAYOUT_CELL = 1_500
_MAX_SPAN = 200


def read(data: bytes, manuscript: Manuscript) -> None:
    found = _CHARSET.search(data[:4096])
    write_page(decode(data, found[1].decode("ascii") if found else None), manuscript)


def write_page(markup: str, manuscript: Manuscript) -> None:
    page = _Page(manuscript)
    page.feed(markup)
    page.close()
    page.flush()


class _Table:
    """A table as it is read; `is_frame` when it holds another table and so lays out a page."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.header_rows = 0
        self.is_frame = False
        self.cell: list[str] | None = None
        self._names_only = True
        self._span = (1, 1)
        self._below: dict[int, tuple[int, str]] = {}

    def start_section(self) -> None:
        self.end_row()
        self._below.clear()

    def start_row(self) -> None:
        self.end_row()
        self.rows.append([])
        self._names_only = True

    def start_cell(self, *, is_name: bool, columns: int, rows: int) -> None:
        self.end_cell()
        if not self.rows:
            self.start_row()
        self._names_only = self._names_only and is_name
        self._span = columns, rows
        self.cell = []

    def end_cell(self) -> None:
        if self.cell is None:
            return
        text = "".join(self.cell).strip()
        self.cell = None
        columns, rows = self._span
        self._fill_from_above()
        row = self.rows[-1]
        for offset in range(columns):
            if rows > 1:
                self._below[len(row)] = (rows - 1, text)
            # A name spans its columns; a value is said once.
            row.append(text if self._names_only or not offset else "")

    def end_row(self) -> None:
        self.end_cell()
        if not self.rows:
            return
        self._fill_from_above()
        if self._names_only and self.rows[-1] and self.header_rows == len(self.rows) - 1:
            self.header_rows += 1

    def lines(self) -> list[str]:
        header = self.rows[: self.header_rows]
        body = [[tidy(cell) for cell in row] for row in self.rows[self.header_rows :]]
        if not header:
            return [line for line in table_lines(body) if line]
        width = max(map(len, header))
        columns = [[tidy(row[at]) for row in header if at < len(row)] for at in range(width)]
        names = [" ".join(dict.fromkeys(filter(None, column))) for column in columns]
        return [line for row in body if (line := row_line(names, row))] or [row_line([], names)]

    def is_data(self) -> bool:
        cells = [cell for row in self.rows for cell in row]
        wide = max(map(len, self.rows), default=0) >= 2
        return wide and not self.is_frame and max(map(len, cells)) <= _LAYOUT_CELL

    def _fill_from_above(self) -> None:
        row = self.rows[-1]
        while len(row) in self._below:
            at = len(row)
            left, text = self._below.pop(at)
            if left > 1:
                self._below[at] = (left - 1, text)
            row.append(text)


class _Page(HTMLParser):
    def __init__(self, manuscript: Manuscript) -> None:
        super().__init__(convert_charrefs=True)
        self._out = manuscript
        self._buffer: list[str] = []
        self._tables: list[_Table] = []
        self._silent: tuple[str, int] | None = None
        self._heading: int | None = None
        self._title: list[str] | None = None
        self._preformatted = 0
        self._lists: list[int | None] = []
        self._mark: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent is not None:
            name, depth = self._silent
            self._silent = (name, depth + (tag == name))
        elif tag in _SILENT:
            self._silent = (tag, 1)
        elif tag == "title":
            self._title = []
        elif tag in _SECTIONS:
            self._start_section()
        elif tag in {"table", "tr", "td", "th"}:
            self._start_table_part(tag, dict(attrs))
        elif tag == "br":
            self._text("\n")
        elif tag in _HEADINGS or tag in _BLOCKS:
            self._start_block(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent is not None:
            name, depth = self._silent
            depth -= tag == name
            self._silent = (name, depth) if depth else None
        elif tag == "title":
            self._out.title = self._out.title or " ".join("".join(self._title or ()).split())
            self._title = None
        elif tag == "table":
            self._end_table()
        elif tag in _SECTIONS:
            self._start_section()
        elif tag in {"tr", "td", "th"} and self._tables:
            table = self._tables[-1]
            (table.end_row if tag == "tr" else table.end_cell)()
        elif tag in _HEADINGS or tag in _BLOCKS:
            self._end_block(tag)

    def handle_data(self, data: str) -> None:
        if self._silent is not None:
            return
        if self._title is not None:
            self._title.append(data)
        else:
            self._text(data if self._preformatted else _SPACE.sub(" ", data))

    def flush(self) -> None:
        """Write what has been read of the current block."""
        text = "".join(self._buffer)
        self._buffer = []
        if not self._preformatted:
            text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
        if not text.strip():
            return
        if self._heading is not None:
            self._out.heading(self._heading, text)
        elif self._mark is not None:
            self._out.line(self._mark + text.strip())
            self._mark = None
        else:
            self._out.paragraph(text)

    def _text(self, text: str) -> None:
        cell = self._tables[-1].cell if self._tables else None
        if cell is not None:
            cell.append(text)
        elif not self._tables or text.strip():
            self._buffer.append(text)

    def _start_block(self, tag: str) -> None:
        if self._in_cell():
            self._text("\n")
            return
        self.flush()
        if tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag == "pre":
            self._preformatted += 1
        elif tag in {"ul", "ol", "menu"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._mark = self._next_mark()

    def _end_block(self, tag: str) -> None:
        if self._in_cell():
            self._text("\n")
            return
        self.flush()
        if tag in _HEADINGS:
            self._heading = None
        elif tag == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        elif tag in {"ul", "ol", "menu"} and self._lists:
            self._lists.pop()
            self._mark = None

    def _next_mark(self) -> str:
        indent = "  " * max(0, len(self._lists) - 1)
        if not self._lists or self._lists[-1] is None:
            return f"{indent}- "
        self._lists[-1] += 1
        return f"{indent}{self._lists[-1]}. "

    def _in_cell(self) -> bool:
        return bool(self._tables) and self._tables[-1].cell is not None

    def _start_section(self) -> None:
        if self._tables:
            self._tables[-1].start_section()

    def _start_table_part(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "table":
            if self._tables:
                self._tables[-1].is_frame = True
            else:
                self.flush()
            self._tables.append(_Table())
        elif self._tables and tag == "tr":
            self._tables[-1].start_row()
        elif self._tables:
            self._tables[-1].start_cell(
                is_name=tag == "th",
                columns=_span(attributes.get("colspan")),
                rows=_span(attributes.get("rowspan")),
            )

    def _end_table(self) -> None:
        if not self._tables:
            return
        table = self._tables.pop()
        table.end_row()
        if table.is_data():
            lines = table.lines()
        else:
            texts = (cell for row in table.rows for cell in row)
            lines = [line for text in texts if (line := re.sub(r"[ \t]*\n\s*", "\n", text).strip())]
        if self._in_cell():
            self._text("\n" + "\n".join(lines) + "\n")
            return
        for at, line in enumerate(lines):
            (self._out.line if at and table.is_data() else self._out.paragraph)(line)


def _span(value: str | None) -> int:
    return min(max(int(value), 1), _MAX_SPAN) if value and value.strip().isdecimal() else 1
