"""Text, Markdown, CSV and JSON, read as they are written; tables and records become one line per row."""

import codecs
import csv
import json
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain
from statistics import mode
from typing import Any, cast

from tertulia.retrieval.parse import Heading, ParseFailed
from tertulia.retrieval.readers.file_kind import Kind, wide_encoding
from tertulia.retrieval.readers.manuscript import Manuscript, clean
from tertulia.retrieval.readers.rows import row_line, table_lines, tidy

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+|~{3,})[ \t]*")
_FENCE = re.compile(r" {0,3}(```+|~~~+)(.*)")
_SEPARATOR = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_CELL_BREAK = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"(?<!\w)(\*\*|__|\*|_|`)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_FRONT_TITLE = re.compile(r"^title:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_FLAT_FIELDS = 40


def decode(data: bytes, hint: str | None = None) -> str:
    """By byte order mark, then UTF-8, then `hint`, then UTF-16 by its zeros, then Windows-1252. Never fails."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    wide = wide_encoding(data[:4096])
    if wide:
        return data.decode(wide, "replace")
    for encoding in ("utf-8", hint or "utf-8"):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("cp1252", "replace") if b"\x81" not in data else data.decode("latin-1")


def read(data: bytes, kind: Kind, manuscript: Manuscript) -> None:
    text = decode(data)
    if kind is Kind.MARKDOWN:
        _markdown(clean(text).strip("\n"), manuscript)
    elif kind is Kind.CSV:
        _csv(text, manuscript)
    elif kind is Kind.JSON:
        _json(text, manuscript)
    else:
        text = clean(text).strip("\n")
        manuscript.verbatim(text, list(_underlined(text)))


def _underlined(text: str) -> Iterator[Heading]:
    """Titles of plain text: a short line with a line of === or --- of about its length below."""
    at, previous = 0, ""
    for line in text.split("\n"):
        found = _UNDERLINE.fullmatch(line)
        if found and previous.strip() and len(found[1]) >= 3 and abs(len(found[1]) - len(previous.rstrip())) <= 3:
            yield Heading(at - len(previous) - 1, 1 if found[1][0] == "=" else 2, previous.strip())
        at, previous = at + len(line) + 1, line


def _markdown(text: str, manuscript: Manuscript) -> None:
    front = ""
    if text.startswith("---\n") and (end := text.find("\n---\n", 3)) > 0:
        front = text[4:end]
    if found := _FRONT_TITLE.search(front):
        manuscript.title = found[1].strip("\"'")
    text = clean("\n".join(_with_rows(text.split("\n")))).strip("\n")
    headings: list[Heading] = []
    at, fence, previous = 0, "", ""
    body_starts = len(front) + 8 if front else 0
    for line in text.split("\n"):
        fence, was_fenced = _fence_after(line, fence), bool(fence)
        if not fence and not was_fenced and at >= body_starts:
            found = _ATX.fullmatch(line)
            if found:
                headings.append(Heading(at, len(found[1]), _plain(found[2])))
            elif previous.strip() and (found := _UNDERLINE.fullmatch(line)) and found[1][0] in "=-":
                headings.append(Heading(at - len(previous) - 1, 1 if found[1][0] == "=" else 2, _plain(previous)))
        is_prose = not fence and not was_fenced and not line.lstrip().startswith(("#", "-", "*", ">", "|", "+"))
        at, previous = at + len(line) + 1, line if is_prose else ""
    manuscript.verbatim(text, [heading for heading in headings if heading.title])


def _fence_after(line: str, fence: str) -> str:
    """The open code fence after this line, empty for none."""
    found = _FENCE.fullmatch(line)
    if not found:
        return fence
    if not fence:
        return found[1]
    closes = found[1].startswith(fence) and not found[2].strip()
    return "" if closes else fence


def _with_rows(lines: list[str]) -> Iterator[str]:
    """The lines, with every pipe table outside code turned into one line per row."""
    fence, at = "", 0
    while at < len(lines):
        line = lines[at]
        fence = _fence_after(line, fence)
        below = lines[at + 1] if at + 1 < len(lines) else ""
        if fence or "|" not in line or "|" not in below or not _SEPARATOR.fullmatch(below):
            yield line
            at += 1
            continue
        header = _cells(line)
        at += 2
        while at < len(lines) and "|" in lines[at]:
            yield row_line(header, _cells(lines[at]))
            at += 1


def _cells(line: str) -> list[str]:
    line = line.strip().removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return [tidy(_plain(cell.replace("\\|", "|"))) for cell in _CELL_BREAK.split(line)]


def _plain(text: str) -> str:
    return _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text)).strip()


def _csv(text: str, manuscript: Manuscript) -> None:
    csv.field_size_limit(1 << 27)
    text = clean(text)
    try:
        _write_lines(table_lines(csv.reader(StringIO(text), delimiter=_delimiter(text))), manuscript)
    except csv.Error as error:
        raise ParseFailed("The file is not a readable CSV table: it may be damaged.", detail=str(error)) from None


def _delimiter(text: str) -> str:
    """The one that cuts the first rows into the most columns, the same number in most of them."""
    sample = text[:16_384].splitlines()[:30]
    best, best_score = ",", 0.0
    for delimiter in ",;\t|":
        widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        usual = mode(widths) if widths else 1
        score = widths.count(usual) / len(widths) * (1 - 1 / usual) if usual > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _write_lines(lines: Iterable[str], manuscript: Manuscript) -> None:
    write = manuscript.paragraph
    for line in lines:
        write(line)
        write = manuscript.line if line else manuscript.paragraph


def _json(text: str, manuscript: Manuscript) -> None:
    try:
        value = _loads(text)
    except json.JSONDecodeError:
        value = _records(text)
    except RecursionError:
        raise ParseFailed("The JSON file is nested too deeply to be read.") from None
    if value is None:
        # Not JSON after all, but still something a person may search.
        manuscript.verbatim(clean(text).strip("\n"), [])
        return
    _write_lines(_json_lines(value, ""), manuscript)


def _loads(text: str) -> Any:
    # Numbers stay as they are written: 1.10 is not 1.1.
    return json.loads(text, parse_float=str, parse_int=str)


def _records(text: str) -> list[Any] | None:
    try:
        return [_loads(line) for line in text.splitlines() if line.strip()]
    except (json.JSONDecodeError, RecursionError):
        return None


def _json_lines(value: Any, path: str) -> Iterator[str]:
    """A record of plain values is one line after its path; what is nested deeper gets lines of its own."""
    if isinstance(value, dict):
        yield from _record_lines(cast("dict[str, Any]", value), path)
    elif isinstance(value, list):
        items = cast("list[Any]", value)
        line = _flat(items) if path else None
        if line is None:
            yield from chain.from_iterable(_json_lines(item, path) for item in items)
        elif line:
            yield f"{path}: {line}"
    elif said := _scalar(value):
        yield f"{path}: {said}" if path else said


def _record_lines(value: dict[str, Any], path: str) -> Iterator[str]:
    flat = {key: _flat(item) for key, item in value.items()}
    record = row_line([key for key in flat if flat[key]], [line for line in flat.values() if line])
    if record and len(flat) <= _FLAT_FIELDS:
        yield f"{path}: {record}" if path else record
    for key, item in value.items():
        if flat[key] is None or len(flat) > _FLAT_FIELDS:
            yield from _json_lines(item, f"{path}.{key}" if path else key)


def _flat(value: Any) -> str | None:
    """A plain value, or a list of them, on one line; None for what is nested."""
    if isinstance(value, dict):
        return None
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if any(isinstance(item, dict | list) for item in items):
            return None
        return ", ".join(filter(None, map(_scalar, items)))
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return tidy(value)
    return "" if value is None else str(value).lower()
