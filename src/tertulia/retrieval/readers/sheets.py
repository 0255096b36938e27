"""XLSX: a page and a heading for each sheet with cells, a line for each row, values as the sheet shows them.

Read here and not by kreuzberg, which gives 0.125 for a cell that shows 12.5 % and no currency.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from tertulia.retrieval.parse import ParseFailed, ParseLimits
from tertulia.retrieval.readers.file_kind import Kind
from tertulia.retrieval.readers.manuscript import Manuscript
from tertulia.retrieval.readers.package import Element, Package, relation_id
from tertulia.retrieval.readers.rows import table_lines

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_MAX_COLUMNS = 16_384
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_PERCENTS = frozenset({9, 10})
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[h+\]|\[m+\]", re.IGNORECASE)
_CURRENCY = re.compile(r"\[\$([^\]\-]+)|([€£¥$])")
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001 - a cell has no time zone


def read(data: bytes, manuscript: Manuscript, limits: ParseLimits) -> None:
    package = Package(data, Kind.XLSX)
    main = "xl/workbook.xml"
    workbook, links = package.xml(main), package.links(main)
    sheets = list(workbook.iter(f"{_S}sheet"))
    if len(sheets) > limits.pages:
        raise ParseFailed(f"The workbook has {len(sheets):,} sheets; the limit is {limits.pages:,}.")
    properties = workbook.find(f"{_S}workbookPr")
    is_1904 = properties is not None and properties.get("date1904") in {"1", "true"}
    parts = dict(links.values())
    values = _Values(package, parts, is_1904=is_1904)
    manuscript.page_count = len(sheets)
    for number, sheet in enumerate(sheets, start=1):
        kind, part = links.get(relation_id(sheet), ("", ""))
        if kind == "worksheet":
            manuscript.page(number)
            _write_sheet(sheet.get("name", ""), values.rows(part), manuscript)


def _write_sheet(name: str, rows: Iterator[list[str]], manuscript: Manuscript) -> None:
    write = manuscript.paragraph
    is_empty = True
    for line in table_lines(rows):
        if is_empty:
            # An empty sheet gets no heading either.
            manuscript.heading(1, name)
            is_empty = False
        write(line)
        write = manuscript.line if line else manuscript.paragraph


class _Values:
    """Cells as text: shared strings and number formats looked up."""

    def __init__(self, package: Package, parts: dict[str, str], *, is_1904: bool) -> None:
        self._package = package
        self._epoch = _EPOCHS[is_1904]
        self._strings: list[str] = []
        self._formats: list[tuple[int, str]] = []
        if "sharedStrings" in parts:
            self._strings = [_rich_text(item) for item in package.stream(parts["sharedStrings"], f"{_S}si")]
        if "styles" in parts:
            self._formats = list(_number_formats(package.xml(parts["styles"])))

    def rows(self, part: str) -> Iterator[list[str]]:
        """One list for each row, an empty one for each run of rows left out."""
        expected = 1
        for row in self._package.stream(part, f"{_S}row"):
            number = int(row.get("r") or expected)
            if number > expected:
                yield []
            expected = number + 1
            cells: list[str] = []
            for cell in row.iter(f"{_S}c"):
                column = _column(cell.get("r", "")) or len(cells) + 1
                if column <= _MAX_COLUMNS:
                    cells += [""] * (column - len(cells))
                    cells[column - 1] = self._text(cell)
            yield cells

    def _text(self, cell: Element) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _rich_text(cell)
        value = cell.findtext(f"{_S}v", "")
        if kind == "s":
            at = int(value) if value.isdecimal() else -1
            return self._strings[at] if 0 <= at < len(self._strings) else ""
        if kind == "b":
            return "true" if value == "1" else "false"
        return self._number(value, cell.get("s", "")) if kind == "n" and value else value

    def _number(self, value: str, style: str) -> str:
        try:
            number = float(value)
        except ValueError:
            return value
        at = int(style) if style.isdecimal() else 0
        code, pattern = self._formats[at] if at < len(self._formats) else (0, "")
        bare = _LITERAL.sub("", pattern)
        if code in _PERCENTS or "%" in bare:
            return f"{number * 100:.12g}%"
        if code in _DATES or _ELAPSED.search(pattern) or re.search(r"[dmyhs]", bare.partition(";")[0].lower()):
            return self._date(number, is_elapsed=_ELAPSED.search(pattern) is not None)
        symbol = _CURRENCY.search(pattern)
        plain = f"{number:.15g}"
        return f"{plain} {symbol[1] or symbol[2]}" if symbol else plain

    def _date(self, number: float, *, is_elapsed: bool) -> str:
        if is_elapsed:
            minutes = round(number * 1_440)
            return f"{minutes // 60}:{minutes % 60:02}"
        try:
            moment = self._epoch + timedelta(seconds=round(number * 86_400))
        except OverflowError:
            return f"{number:.15g}"
        clock = f"{moment:%H:%M:%S}".removesuffix(":00")
        if 0 <= number < 1:
            return clock
        return f"{moment:%Y-%m-%d}" if clock == "00:00" else f"{moment:%Y-%m-%d} {clock}"


def _rich_text(item: Element) -> str:
    """The text of all runs; how it is pronounced (rPh) is not part of it."""
    return "".join(
        child.text or "" if child.tag == f"{_S}t" else _rich_text(child) for child in item if child.tag != f"{_S}rPh"
    )


def _number_formats(styles: Element) -> Iterator[tuple[int, str]]:
    """Number format id and pattern of each cell style."""
    patterns = {format_.get("numFmtId"): format_.get("formatCode", "") for format_ in styles.iter(f"{_S}numFmt")}
    for style in styles.findall(f"{_S}cellXfs/{_S}xf"):
        code = style.get("numFmtId", "0")
        yield int(code) if code.isdecimal() else 0, patterns.get(code, "")


def _column(reference: str) -> int:
    """`C5` is column 3; 0 where there is no letter."""
    column = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
    return column
