"""Results as a workbook with one sheet: typed cells, written as the XML they are.

A text is a text to the reader of a workbook, whatever it begins with: no cell here is a formula.
"""

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from msgspec import Struct

from tertulia.core.table import Column, ColumnType
from tertulia.dialects.looker.formats_text import total_texts
from tertulia.dialects.looker.grid import Grid

_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
# the calendar of workbooks has a day too many before this one
_FIRST = datetime(1900, 3, 1, tzinfo=UTC)
_DAY_FORMAT, _TIME_FORMAT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
_NAMED = re.compile(r"(decimal|percent|usd|gbp|eur)(?:_(\d{1,3}))?(?:_(\w+))?", re.ASCII)
_THOUSANDS, _MILLIONS, _BILLIONS = '," K"', ',," M"', ',,," B"'
_SCALES = {
    "k": _THOUSANDS,
    "thousands": _THOUSANDS,
    "m": _MILLIONS,
    "millions": _MILLIONS,
    "b": _BILLIONS,
    "billions": _BILLIONS,
}
_MOST_PLACES = 10
_LONGEST_TEXT = 32_767
_LONGEST_NAME = 31
_MOST_DIGITS = 2**53
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LIKE_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


class _Named(Struct, frozen=True, kw_only=True):
    """What stands around the digits of a named format, and how many follow the point where it does not say."""

    sign: str = ""
    end: str = ""
    places: int = 0


_NAMES = {
    "decimal": _Named(),
    "percent": _Named(end="%"),
    "usd": _Named(sign='"$"', places=2),
    "gbp": _Named(sign='"£"', places=2),
    "eur": _Named(sign='"€"', places=2),
}


def workbook(grid: Grid, title: str) -> bytes:
    styles = _Styles()
    sheet = _sheet(grid, styles)
    name = _attribute(re.sub(r"[\[\]:*?/\\]", " ", title).strip("' ")[:_LONGEST_NAME] or "Result")
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations({"officeDocument": "xl/workbook.xml"}),
        "xl/workbook.xml": f'<workbook xmlns="{_NAMESPACE}" xmlns:r="{_RELATIONS}"><sheets>'
        f'<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations({"worksheet": "worksheets/sheet1.xml", "styles": "styles.xml"}),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/styles.xml": styles.part(),
    }
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for path, part in parts.items():
            archive.writestr(ZipInfo(path), f"{_HEAD}{part}".encode(), ZIP_DEFLATED)
    return packed.getvalue()


class _Styles:
    """The formats of cells by number. 0 is none, 1 that of headers."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def of(self, code: str) -> int:
        return self._numbers.setdefault(code, len(self._numbers) + 2) if code else 0

    def part(self) -> str:
        # the first numbers are those of formats that every reader knows
        formats = "".join(
            f'<numFmt numFmtId="{164 + place}" formatCode="{_attribute(code)}"/>'
            for place, code in enumerate(self._numbers)
        )
        listed = f'<numFmts count="{len(self._numbers)}">{formats}</numFmts>' if formats else ""
        used = "".join(
            f'<xf numFmtId="{164 + place}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
            for place in range(len(self._numbers))
        )
        return (
            f'<styleSheet xmlns="{_NAMESPACE}">{listed}'
            '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
            '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
            '<fills count="2"><fill><patternFill patternType="none"/></fill>'
            '<fill><patternFill patternType="gray125"/></fill></fills>'
            '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            f'<cellXfs count="{len(self._numbers) + 2}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
            '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
            f"{used}</cellXfs>"
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
        )


def _sheet(grid: Grid, styles: _Styles) -> str:
    formats = [number_format(column) for column in grid.columns]
    lines: list[str] = []
    for line in grid.headers:
        lines.append(_line(len(lines), (_text(text, 1) for text in line)))
    totals = [] if grid.totals is None else [_totals(grid)]
    for row in [*grid.rows, *totals]:
        cells = (
            _cell(value, column, code, styles) for value, column, code in zip(row, grid.columns, formats, strict=True)
        )
        lines.append(_line(len(lines), cells))
    top = len(grid.headers)
    frozen = f'<pane ySplit="{top}" topLeftCell="A{top + 1}" activePane="bottomLeft" state="frozen"/>'
    return (
        f'<worksheet xmlns="{_NAMESPACE}"><sheetViews><sheetView workbookViewId="0">{frozen}</sheetView></sheetViews>'
        f"<sheetData>{''.join(lines)}</sheetData></worksheet>"
    )


def _totals(grid: Grid) -> Sequence[Any]:
    values = list(grid.totals or [])
    return [total_texts(grid)[0], *values[1:]] if values and values[0] in (None, "") else values


def _line(number: int, cells: Iterator[str]) -> str:
    placed = "".join(
        cell.replace("<c", f'<c r="{_column_name(place)}{number + 1}"', 1) for place, cell in enumerate(cells) if cell
    )
    return f'<row r="{number + 1}">{placed}</row>'


def _cell(value: Any, column: Column, code: str, styles: _Styles) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if math.isfinite(value) and abs(value) <= _MOST_DIGITS:
            return f'<c s="{styles.of(code)}"><v>{value!r}</v></c>'
        # a workbook would round it
        return _text(str(value))
    moment = _moment(value, column)
    if moment is not None:
        days = (moment - _EPOCH).total_seconds() / 86_400
        is_day = column.type is ColumnType.DATE
        shown_days = int(days) if is_day else days
        return f'<c s="{styles.of(_DAY_FORMAT if is_day else _TIME_FORMAT)}"><v>{shown_days!r}</v></c>'
    return _text(str(value))


def _moment(value: Any, column: Column) -> datetime | None:
    if not isinstance(value, str) or column.type not in (ColumnType.DATE, ColumnType.TIME):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        # a week, month or year stands for itself
        return None
    if moment.tzinfo is not None:
        return None
    # the clock on the wall, whatever the zone: UTC only has no gaps
    moment = moment.replace(tzinfo=UTC)
    return moment if moment >= _FIRST else None


def _text(text: str, style: int = 0) -> str:
    kept = f' s="{style}"' if style else ""
    return f'<c{kept} t="inlineStr"><is><t xml:space="preserve">{_content(text[:_LONGEST_TEXT])}</t></is></c>'


def _content(text: str) -> str:
    """What XML cannot hold is written by its number, as workbooks do; what only looks like that is told apart."""
    text = _LIKE_ESCAPED.sub("_x005F_", text).replace("\r", "_x000D_")
    return escape(_NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_" if ord(found[0]) < 0xD800 else "", text))


def _attribute(text: str) -> str:
    return escape(_NOT_XML.sub("", text), {'"': "&quot;", "\n": " ", "\t": " ", "\r": " "})


def _column_name(place: int) -> str:
    """A to Z, then AA and on."""
    name = ""
    number = place + 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(65 + letter) + name
    return name


def number_format(column: Column) -> str:
    """The code of a spreadsheet's format for a column's numbers, "" for none: LookML's formats are such codes, but for
    its named ones.
    """
    written = column.value_format.strip()
    if written.lower() == "id":
        return "0"
    found = _NAMED.fullmatch(written.lower())
    if found is None:
        return written
    kind, digits, scale = found.groups()
    named = _NAMES[kind]
    places = min(int(digits), _MOST_PLACES) if digits else named.places
    decimals = f".{'0' * places}" if places else ""
    return f"{named.sign}#,##0{decimals}{named.end or _SCALES.get(scale, '')}"


def _relations(targets: Mapping[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{place}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for place, (kind, target) in enumerate(targets.items(), start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/></Types>'
)
