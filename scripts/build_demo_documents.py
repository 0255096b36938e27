#!/usr/bin/env python3
"""Builds the demo documents that are not plain text (DOCX, PDF, PPTX, XLSX) from scripts/demo_sources.

The same sources give the same bytes on the same library versions: dates and identifiers are fixed.
"""

import argparse
import io
import re
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
from docx.shared import Pt as DocxPt
from docx.styles.style import ParagraphStyle as DocxStyle
from msgspec import Struct
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from pptx.util import Pt as SlidePt
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "scripts" / "demo_sources"
DOCUMENTS = ROOT / "src" / "tertulia" / "demo" / "documents"

PUBLISHER = "Osier Wheel Co-operative"
BUILT_AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
GREEN = HexColor("#1f5c46")


class Block(Struct, frozen=True):
    """A line of a source file: `title`, `heading`, `subheading`, `bullet`, `step`, `warning` or `paragraph`."""

    kind: str
    text: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DOCUMENTS, help="where to write the documents")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, build in BUILDERS.items():
        content = build()
        (folder / name).write_bytes(content)
        sys.stdout.write(f"{name}: {len(content)} bytes\n")


def build_docx(source: str) -> bytes:
    document = docx.Document()
    for style in document.styles:
        if isinstance(style, DocxStyle) and style.name == "Normal":
            style.font.name, style.font.size = "Calibri", DocxPt(11)
    styles = {"title": "Title", "heading": "Heading 1", "subheading": "Heading 2", "bullet": "List Bullet"}
    blocks = read_blocks(source)
    for block in blocks:
        document.add_paragraph(block.text, style=styles.get(block.kind, "Normal"))
    properties = document.core_properties
    properties.title, properties.author, properties.comments = blocks[0].text, PUBLISHER, ""
    properties.created = properties.modified = BUILT_AT
    written = io.BytesIO()
    document.save(written)
    return with_fixed_dates(written.getvalue())


def build_pptx(source: str) -> bytes:
    presentation = pptx.Presentation()
    for number, (title, lines) in enumerate(read_slides(source)):
        slide = presentation.slides.add_slide(presentation.slide_layouts[0 if number == 0 else 1])
        if slide.shapes.title is not None:
            slide.shapes.title.text = title
        body: Any = slide.placeholders[1]
        body.text_frame.text = "\n".join(lines)
        for paragraph in body.text_frame.paragraphs:
            paragraph.font.size = SlidePt(24)
    properties = presentation.core_properties
    properties.title, properties.author = "Volunteer onboarding", PUBLISHER
    properties.created = properties.modified = BUILT_AT
    properties.last_modified_by = PUBLISHER
    written = io.BytesIO()
    presentation.save(written)
    return with_fixed_dates(written.getvalue())


def build_xlsx(source: str) -> bytes:
    described: dict[str, Any] = tomllib.loads((SOURCES / source).read_text("utf-8"))
    workbook = openpyxl.Workbook()
    if workbook.active is not None:
        workbook.remove(workbook.active)
    for described_sheet in described["sheets"]:
        sheet = workbook.create_sheet(described_sheet["name"])
        sheet.append([described_sheet["title"]])
        sheet.append(described_sheet["columns"])
        for row in described_sheet["rows"]:
            sheet.append([cell or None for cell in row])
        sheet["A1"].font = Font(bold=True, size=14)
        for column, width in enumerate(described_sheet["widths"], start=1):
            sheet.column_dimensions[get_column_letter(column)].width = width
            sheet.cell(row=2, column=column).font = Font(bold=True)
            sheet.cell(row=2, column=column).alignment = Alignment(wrap_text=True)
        sheet.freeze_panes = "B3"
    workbook.properties.creator, workbook.properties.title = PUBLISHER, "Price list 2026"
    workbook.properties.created = BUILT_AT
    written = io.BytesIO()
    workbook.save(written)
    return with_fixed_dates(written.getvalue())


def build_pdf(source: str) -> bytes:
    blocks = read_blocks(source)
    written = io.BytesIO()
    document = SimpleDocTemplate(
        written,
        pagesize=A4,
        leftMargin=25 * mm,
        rightMargin=25 * mm,
        topMargin=22 * mm,
        bottomMargin=24 * mm,
        title=blocks[0].text,
        author=PUBLISHER,
        invariant=1,
    )
    styles = paragraph_styles()
    flow: list[Flowable] = [Paragraph(block.text, styles[block.kind]) for block in blocks]
    number_page = partial(draw_page_number, title=blocks[0].text)
    document.build(flow, onFirstPage=number_page, onLaterPages=number_page)
    return written.getvalue()


def paragraph_styles() -> dict[str, ParagraphStyle]:
    text = ParagraphStyle("text", fontName="Helvetica", fontSize=11, leading=16, spaceAfter=6)
    bold = "Helvetica-Bold"
    return {
        "paragraph": text,
        "title": ParagraphStyle("title", text, fontName=bold, fontSize=23, leading=29, spaceAfter=12, textColor=GREEN),
        "heading": ParagraphStyle(
            "heading", text, fontName=bold, fontSize=16, leading=20, spaceBefore=14, keepWithNext=1
        ),
        "subheading": ParagraphStyle(
            "sub", text, fontName=bold, fontSize=13, leading=17, spaceBefore=8, keepWithNext=1
        ),
        "bullet": ParagraphStyle("bullet", text, leftIndent=14, spaceAfter=3),
        "step": ParagraphStyle("step", text, leftIndent=18, firstLineIndent=-18, spaceAfter=4),
        "warning": ParagraphStyle(
            "warning",
            text,
            fontName=bold,
            borderColor=GREEN,
            borderWidth=1,
            borderPadding=5,
            spaceBefore=12,
            spaceAfter=12,
        ),
    }


def draw_page_number(canvas: Canvas, _document: SimpleDocTemplate, *, title: str) -> None:
    canvas.setFont("Helvetica", 9)
    canvas.drawString(25 * mm + 6, 13 * mm, title)
    canvas.drawRightString(A4[0] - 25 * mm - 6, 13 * mm, f"Page {canvas.getPageNumber()}")


def read_blocks(source: str) -> list[Block]:
    lines = (SOURCES / source).read_text("utf-8").splitlines()
    return [_block(line.strip()) for line in lines if line.strip()]


def read_slides(source: str) -> Iterator[tuple[str, list[str]]]:
    """Each title or heading with the lines under it."""
    title, lines = "", list[str]()
    for block in read_blocks(source):
        if block.kind not in {"title", "heading"}:
            lines.append(block.text)
            continue
        if title:
            yield title, lines
        title, lines = block.text, []
    yield title, lines


def with_fixed_dates(archive: bytes) -> bytes:
    """The same Office file, with nothing in it that depends on when it was written."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(written, "w") as after:
        for member in before.infolist():
            content = before.read(member)
            if member.filename == "docProps/core.xml":
                stamp = BUILT_AT.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            entry = zipfile.ZipInfo(member.filename, date_time=BUILT_AT.timetuple()[:6])
            after.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def _block(line: str) -> Block:
    for mark, kind in (("### ", "subheading"), ("## ", "heading"), ("# ", "title"), ("- ", "bullet")):
        if line.startswith(mark):
            return Block(kind, line.removeprefix(mark))
    if line.startswith("WARNING: "):
        return Block("warning", line)
    if re.match(r"\d+\. ", line):
        return Block("step", line)
    return Block("paragraph", line)


BUILDERS: dict[str, Callable[[], bytes]] = {
    "staff-handbook.docx": partial(build_docx, "staff-handbook.md"),
    "travel-and-expenses.docx": partial(build_docx, "travel-and-expenses.md"),
    "member-terms.pdf": partial(build_pdf, "member-terms.md"),
    "information-security-policy.pdf": partial(build_pdf, "information-security-policy.md"),
    "heron-cargo-bike-manual.pdf": partial(build_pdf, "heron-manual.md"),
    "volunteer-onboarding.pptx": partial(build_pptx, "volunteer-onboarding.md"),
    "price-list-2026.xlsx": partial(build_xlsx, "price-list-2026.toml"),
}

if __name__ == "__main__":
    main()
