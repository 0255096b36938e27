"""DOCX: paragraphs, headings by style, tables as rows, foot- and endnotes last.

Read here and not by kreuzberg, which drops tabs (`Total<tab>12` became `Total12`) and repeats merged cells.
"""

import re
from collections.abc import Iterator

from tertulia.retrieval.readers.file_kind import Kind
from tertulia.retrieval.readers.manuscript import Manuscript
from tertulia.retrieval.readers.package import Element, Package
from tertulia.retrieval.readers.rows import table_lines

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DC_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_TITLE = 0
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING_STYLE = re.compile(r"heading (\d)", re.IGNORECASE)
_CHARACTERS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-", f"{_W}ptab": "\t"}
# Deleted and moved-away text is not what the document says.
_UNSAID = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", _FALLBACK})
_NOTES = {"footnotes": f"{_W}footnote", "endnotes": f"{_W}endnote"}


def read(data: bytes, manuscript: Manuscript) -> None:
    package = Package(data, Kind.DOCX)
    main = "word/document.xml"
    links = dict(package.links(main).values())
    styles = _heading_levels(package.xml(links["styles"])) if "styles" in links else {}
    if package.has("docProps/core.xml"):
        manuscript.title = package.xml("docProps/core.xml").findtext(_DC_TITLE)
    for block in _blocks(package.xml(main).find(f"{_W}body")):
        _write(block, styles, manuscript)
    for kind, tag in _NOTES.items():
        if kind in links:
            _write_notes(package.xml(links[kind]), tag, manuscript)


def _heading_levels(styles: Element) -> dict[str, int]:
    """Style id to heading level, 0 for the title; a style inherits the level of the one it is based on."""
    levels: dict[str, int] = {}
    parents: dict[str, str] = {}
    for style in styles.iter(f"{_W}style"):
        key = style.get(f"{_W}styleId", "")
        name = _value(style, "name")
        outline = _value(style, "pPr/outlineLvl")
        parents[key] = _value(style, "basedOn")
        if found := _HEADING_STYLE.fullmatch(name):
            levels[key] = int(found[1])
        elif name.lower() == "title":
            levels[key] = _TITLE
        elif outline.isdigit() and int(outline) < 9:
            levels[key] = int(outline) + 1
    for key in parents:
        ancestor = key
        for _ in range(10):
            if ancestor in levels:
                levels[key] = levels[ancestor]
                break
            ancestor = parents.get(ancestor, "")
    return levels


def _blocks(parent: Element | None) -> Iterator[Element]:
    for child in () if parent is None else parent:
        if child.tag in {f"{_W}p", f"{_W}tbl"}:
            yield child
        elif child.tag not in _UNSAID:
            yield from _blocks(child)


def _write(block: Element, styles: dict[str, int], manuscript: Manuscript) -> None:
    if block.tag == f"{_W}tbl":
        _write_table(block, manuscript)
        return
    text = _text(block).strip()
    style = _value(block, "pPr/pStyle")
    outline = _value(block, "pPr/outlineLvl")
    level = int(outline) + 1 if outline.isdigit() and int(outline) < 9 else styles.get(style)
    if level is not None and 0 < len(text) <= 300:
        if level == _TITLE:
            manuscript.title = text
        manuscript.heading(level, text)
    elif block.find(f"{_W}pPr/{_W}numPr") is not None or style.lower().startswith("list"):
        manuscript.line(f"- {text}" if text else "")
    else:
        manuscript.paragraph(text)
    for box in _text_boxes(block):
        manuscript.paragraph(box)


def _write_table(table: Element, manuscript: Manuscript) -> None:
    rows = list(_rows(table))
    if max((len(row) for row in rows), default=0) < 2:
        # A frame around text, not a table.
        for row in rows:
            for cell in row:
                manuscript.paragraph(cell)
        return
    write = manuscript.paragraph
    for line in table_lines(rows):
        write(line)
        write = manuscript.line if line else manuscript.paragraph


def _rows(table: Element) -> Iterator[list[str]]:
    above: list[str] = []
    for row in _children(table, "tr"):
        cells: list[str] = []
        for cell in _children(row, "tc"):
            merged = cell.find(f"{_W}tcPr/{_W}vMerge")
            text = "\n".join(filter(None, (_block_text(block) for block in _blocks(cell))))
            if merged is not None and merged.get(f"{_W}val") != "restart" and len(cells) < len(above):
                text = above[len(cells)]
            span = _value(cell, "tcPr/gridSpan")
            cells += [text, *[""] * (min(int(span), 200) - 1 if span.isdigit() else 0)]
        above = cells
        yield cells


def _children(parent: Element, name: str) -> Iterator[Element]:
    """Children of that name, also inside content controls and tracked insertions."""
    for child in parent:
        if child.tag == f"{_W}{name}":
            yield child
        elif child.tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"}:
            yield from _children(child, name)


def _block_text(block: Element) -> str:
    if block.tag == f"{_W}tbl":
        return "\n".join(", ".join(filter(None, row)) for row in _rows(block))
    return _text(block).strip()


def _text(element: Element) -> str:
    parts: list[str] = []
    _collect(element, parts)
    return "".join(parts)


def _collect(element: Element, parts: list[str]) -> None:
    for child in element:
        if child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag in _CHARACTERS:
            parts.append(_CHARACTERS[child.tag])
        elif child.tag not in _UNSAID and child.tag not in {f"{_W}txbxContent", f"{_W}pPr", f"{_W}rPr"}:
            _collect(child, parts)


def _text_boxes(block: Element) -> Iterator[str]:
    for child in block:
        if child.tag == f"{_W}txbxContent":
            yield "\n".join(filter(None, (_block_text(inner) for inner in _blocks(child))))
        elif child.tag != _FALLBACK:
            yield from _text_boxes(child)


def _write_notes(notes: Element, tag: str, manuscript: Manuscript) -> None:
    for note in notes.iter(tag):
        if note.get(f"{_W}type") is None:
            manuscript.paragraph(" ".join(_block_text(block) for block in _blocks(note)))


def _value(element: Element, path: str) -> str:
    found = element.find("/".join(f"{_W}{step}" for step in path.split("/")))
    return "" if found is None else found.get(f"{_W}val", "")
