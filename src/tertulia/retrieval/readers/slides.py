"""PPTX: a page for each slide, its title as heading, tables as rows, speaker notes last.

Read here and not by kreuzberg, whose Markdown has no notes and whose slide ranges do not fit its text.
"""

from collections.abc import Iterator

from tertulia.retrieval.parse import ParseFailed, ParseLimits
from tertulia.retrieval.readers.file_kind import Kind
from tertulia.retrieval.readers.manuscript import Manuscript
from tertulia.retrieval.readers.package import Element, Package, relation_id
from tertulia.retrieval.readers.rows import table_lines

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_DIAGRAM_POINT = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}pt"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DC_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_TEXTUAL = frozenset({f"{_A}t", f"{_A}br"})
_TITLES = frozenset({"title", "ctrTitle"})
_FURNITURE = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})
# What presentation programs write into the title of every new file.
_EMPTY_TITLES = frozenset({"powerpoint presentation", "presentation", "slide 1"})


def read(data: bytes, manuscript: Manuscript, limits: ParseLimits) -> None:
    package = Package(data, Kind.PPTX)
    main = "ppt/presentation.xml"
    links = package.links(main)
    order = [relation_id(slide) for slide in package.xml(main).iter(f"{_P}sldId")]
    slides = [links[key][1] for key in order if key in links]
    if len(slides) > limits.pages:
        raise ParseFailed(f"The presentation has {len(slides):,} slides; the limit is {limits.pages:,}.")
    manuscript.page_count = len(slides)
    if package.has("docProps/core.xml"):
        title = package.xml("docProps/core.xml").findtext(_DC_TITLE) or ""
        manuscript.title = None if title.strip().lower() in _EMPTY_TITLES else title
    for number, slide in enumerate(slides, start=1):
        manuscript.page(number)
        _write_slide(package, slide, manuscript)


def _write_slide(package: Package, name: str, manuscript: Manuscript) -> None:
    shapes = list(_shapes(package.xml(name)))
    # A title may stand anywhere in the file; readers see it first.
    for shape in sorted(shapes, key=lambda shape: _placeholder(shape) not in _TITLES):
        _write_shape(shape, manuscript)
    for kind, part in package.links(name).values():
        if kind == "diagramData":
            points = ("\n".join(_paragraphs(point)) for point in package.xml(part).iter(_DIAGRAM_POINT))
            _write_lines(list(filter(None, points)), manuscript)
        elif kind == "notesSlide":
            notes = [line for shape in _shapes(package.xml(part)) for line in _paragraphs(shape)]
            _write_lines(["Notes:", *notes] if notes else [], manuscript)


def _shapes(root: Element) -> Iterator[Element]:
    for child in root:
        if child.tag in {f"{_P}sp", f"{_P}graphicFrame"}:
            if _placeholder(child) not in _FURNITURE:
                yield child
        elif child.tag != _FALLBACK:
            yield from _shapes(child)


def _placeholder(shape: Element) -> str:
    found = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return "" if found is None else found.get("type", "body")


def _write_shape(shape: Element, manuscript: Manuscript) -> None:
    tables = list(shape.iter(f"{_A}tbl"))
    for table in tables:
        rows = ([" ".join(_paragraphs(cell)) for cell in row.iter(f"{_A}tc")] for row in table.iter(f"{_A}tr"))
        _write_lines(list(table_lines(rows)), manuscript)
    if tables:
        return
    lines = _paragraphs(shape)
    if _placeholder(shape) in _TITLES:
        title = " ".join(lines)
        if _placeholder(shape) == "ctrTitle":
            manuscript.title = manuscript.title or title
        manuscript.heading(1, title)
    else:
        _write_lines(lines, manuscript)


def _write_lines(lines: list[str], manuscript: Manuscript) -> None:
    for at, line in enumerate(lines):
        (manuscript.line if at else manuscript.paragraph)(line)


def _paragraphs(element: Element) -> list[str]:
    return [text for paragraph in element.iter(f"{_A}p") if (text := _paragraph(paragraph))]


def _paragraph(paragraph: Element) -> str:
    parts = (part.text or "" if part.tag == f"{_A}t" else "\n" for part in paragraph.iter() if part.tag in _TEXTUAL)
    return "".join(parts).strip()
