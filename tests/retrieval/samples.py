"""Real files of every format, written by other people's libraries."""

import csv
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any, cast

import docx
import openpyxl
import pptx
import pypdf
from pptx.util import Inches
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas
from reportlab.platypus import ListFlowable, ListItem, PageBreak, Paragraph, SimpleDocTemplate, Table

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PLANS = [["Plan", "Price per month (EUR)"], ["Basic", "5"], ["Plus", "12"]]
TRAVEL = (
    "Employees may book rail travel in second class. A well-known exception applies to journeys of more than four "
    "hours, for which first class is permitted when approved in advance by the team lead or the office manager."
)
RECEIPTS = (
    "Keep every receipt, also for small amounts, because the auditors ask for them each year and nobody remembers "
    "what they were for afterwards."
)
DEADLINE = "Send it within 30 days"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def _saved(save: Callable[[Any], object]) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def docx_handbook() -> bytes:
    document: Any = docx.Document()
    document.add_heading("Employee Handbook", 0)
    document.add_heading("Holidays", 1)
    document.add_paragraph("Everyone has 28 days of paid leave.")
    document.add_heading("Remote work", 2)
    document.add_paragraph("Two days a week", style="List Bullet")
    document.add_paragraph("Total\t12")
    table = document.add_table(rows=0, cols=2)
    for row in PLANS:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.sections[0].header.paragraphs[0].text = "Running header"
    return _saved(document.save)


def docx_of(*paragraphs: str) -> bytes:
    document: Any = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return _saved(document.save)


def pptx_deck(slides: int = 3) -> bytes:
    deck: Any = pptx.Presentation()
    slide: Any = None
    for number in range(1, slides + 1):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.placeholders[1].text = f"First point of {number}\nSecond point of {number}"
        slide.shapes.title.text = f"Slide {number} title"
    slide.notes_slide.notes_text_frame.text = "Remember the numbers"
    table = slide.shapes.add_table(3, 2, Inches(1), Inches(4), Inches(5), Inches(1)).table
    for at, row in enumerate(PLANS):
        for column, text in enumerate(row):
            table.cell(at, column).text = text
    return _saved(deck.save)


def xlsx_prices() -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Prices"
    sheet.append(["Price list 2026"])
    sheet.append([])
    sheet.append(
        ["Plan", "Price per month (EUR)", "Valid from", "Discount", "Annual", "On sale", "Meeting", "Overtime"]
    )
    sheet.append(
        [
            "Basic",
            5,
            date(2026, 1, 1),
            0.125,
            54.5,
            True,
            datetime(2026, 2, 1, 9, 30),  # noqa: DTZ001 - a cell has no time zone
            timedelta(hours=26.5),
        ]
    )
    sheet["D4"].number_format = "0.0%"
    sheet["E4"].number_format = "#,##0.00 [$€-407]"
    sheet.append(["Plus", 0.1 + 0.2])
    people: Any = book.create_sheet("People")
    people["C5"], people["D5"], people["C6"], people["D6"] = "Name", "City", "Ann\nLee", "Bern"
    book.create_sheet("Empty")
    return _saved(book.save)


def pdf_guide(pages: int = 3, *, title: str | None = "Travel guide") -> bytes:
    style = getSampleStyleSheet()
    flow: list[Any] = []
    for number in range(1, pages + 1):
        flow += [
            Paragraph(f"{number}. Travel expenses", style["Heading1"]),
            Paragraph(TRAVEL, style["BodyText"]),
            Paragraph(f"The code word of page {number} is marigold-{number}.", style["BodyText"]),
            Paragraph("Receipts", style["Heading2"]),
            ListFlowable(
                cast("Any", [ListItem(Paragraph(text, style["BodyText"])) for text in (RECEIPTS, DEADLINE)]),
                bulletType="bullet",
            ),
            Table([["Country", "Per day (EUR)"], ["Germany", str(27 + number)]]),
            PageBreak(),
        ]

    def furniture(page: Any, document: Any) -> None:
        page.drawString(50, 820, "Acme Handbook 2026")
        page.drawString(280, 20, f"Page {document.page} of {pages}")

    def save(file: Any) -> None:
        SimpleDocTemplate(file, title=title).build(flow, onFirstPage=furniture, onLaterPages=furniture)

    return _saved(save)


def pdf_scan() -> bytes:
    def save(file: Any) -> None:
        page = canvas.Canvas(file)
        page.rect(100, 100, 200, 200, fill=1)
        page.save()

    return _saved(save)


def pdf_japanese(text: str) -> bytes:
    def save(file: Any) -> None:
        cast("Any", pdfmetrics).registerFont(UnicodeCIDFont("HeiseiMin-W3"))
        page = canvas.Canvas(file)
        page.setFont("HeiseiMin-W3", 12)
        page.drawString(72, 700, text)
        page.save()

    return _saved(save)


def encrypted_pdf() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_guide(1)))
    writer.encrypt("secret", algorithm="RC4-128")
    return _saved(writer.write)


def html_page() -> bytes:
    return b"""<!doctype html><html><head><title>Plans &amp; prices</title><meta name="description" content="hidden">
<style>p { color: red }</style><script>alert("no")</script></head><body><nav><a href="/">Menu</a></nav>
<h1>Our plans</h1><p>All plans come <b>with</b> <a href="/support">support</a>;
2*3*4 is <em>twenty</em>four.</p><h2>Prices</h2>
<table><thead><tr><th rowspan="2">Plan</th><th colspan="2">Price (EUR)</th></tr><tr><th>month</th><th>year</th></tr></thead>
<tbody><tr><td>Basic</td><td>5</td><td>54</td></tr><tr><td>Plus</td><td>12</td><td>129</td></tr></tbody></table>
<ul><li>one<ol><li>deep</li></ol></li><li>two</li></ul><blockquote>Said so.</blockquote>
<pre>  kept   as
it is</pre><table><tr><td><p>A frame</p></td></tr></table><p>unclosed</body></html>"""


def eml(*, html_only: bool = False) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Zoë <zoe@example.com>", "team@example.com", "Grüße aus Köln"
    mail["Date"] = "Thu, 01 Jan 2026 10:00:00 +0000"
    if html_only:
        mail.set_content("<title>x</title><p>The <b>picnic</b> is on Friday.</p>", subtype="html")
    else:
        mail.set_content("The picnic is on Friday.\nBring a cake.\n")
        mail.add_alternative("<p>other</p>", subtype="html")
    mail.add_attachment(b"a,b", maintype="text", subtype="csv", filename="guests.csv")
    return mail.as_bytes()


def csv_of(rows: Iterable[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue().encode(encoding)


def json_of(value: object) -> bytes:
    return json.dumps(value).encode()


def docx_bomb(megabytes: int, *, declared: int | None = None) -> bytes:
    """A DOCX whose main part unpacks to that size; `declared` is what its directory says instead."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        types = f'<Types><Override PartName="/word/document.xml" ContentType="{_MAIN_TYPE}"/></Types>'
        package.writestr("[Content_Types].xml", types)
        with package.open("word/document.xml", "w", force_zip64=False) as part:
            for _ in range(megabytes):
                part.write(b" " * (1 << 20))
    data = bytearray(file.getvalue())
    if declared is not None:
        directory = data.rindex(b"PK\x01\x02")
        data[directory + 24 : directory + 28] = struct.pack("<I", declared)
    return bytes(data)


def docx_with_entities() -> bytes:
    """A billion laughs, in the main part of a DOCX."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(9))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("word/document.xml", f'<?xml version="1.0"?><!DOCTYPE d [{entities}]><d>&e8;</d>')
    return file.getvalue()
