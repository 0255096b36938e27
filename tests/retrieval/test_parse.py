"""Every format as it really comes, and every way a file goes wrong."""

import asyncio
import os
import time
import unicodedata
import zipfile
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path

import psutil
import pytest

from retrieval import samples
from tertulia.core.errors import ToolFailed
from tertulia.retrieval.chunk import chunk
from tertulia.retrieval.parse import ParsedDocument, ParseFailed, ParseLimits, parse

Read = Callable[..., Awaitable[ParsedDocument]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    async def read(data: bytes, name: str, content_type: str = "", **limits: float) -> ParsedDocument:
        path = tmp_path / "original"
        path.write_bytes(data)
        return await parse(path, name=name, content_type=content_type, limits=ParseLimits(**limits))  # pyright: ignore[reportArgumentType]

    return read


async def refusal(reading: Awaitable[ParsedDocument]) -> str:
    with pytest.raises(ParseFailed) as failure:
        await reading
    return failure.value.message


def titles(document: ParsedDocument) -> list[tuple[int, str]]:
    for heading in document.headings:
        assert document.text[heading.offset :].lstrip("# ").startswith(heading.title[:20])
    return [(heading.level, heading.title) for heading in document.headings]


def on_page(document: ParsedDocument, number: int) -> str:
    page = document.pages[number - 1]
    assert page.number == number
    return document.text[page.start : page.end]


async def test_docx_gives_headings_lists_tabs_and_rows_with_their_names(read: Read) -> None:
    document = await read(samples.docx_handbook(), "handbook.docx")
    assert titles(document) == [(1, "Employee Handbook"), (1, "Holidays"), (2, "Remote work")]
    assert document.title == "Employee Handbook"
    assert "- Two days a week" in document.text
    assert "Total\t12" in document.text
    assert "Plan: Plus; Price per month (EUR): 12" in document.text.splitlines()
    assert "Running header" not in document.text
    assert document.pages == []


async def test_pptx_gives_slides_as_pages_with_titles_notes_and_rows(read: Read) -> None:
    document = await read(samples.pptx_deck(3), "deck.pptx")
    assert document.page_count == 3
    assert titles(document) == [(1, f"Slide {number} title") for number in (1, 2, 3)]
    assert on_page(document, 2) == "Slide 2 title\n\nFirst point of 2\nSecond point of 2"
    assert "Plan: Basic; Price per month (EUR): 5" in on_page(document, 3)
    assert on_page(document, 3).endswith("Notes:\nRemember the numbers")


async def test_xlsx_gives_sheets_as_pages_and_values_as_shown(read: Read) -> None:
    document = await read(samples.xlsx_prices(), "prices.xlsx")
    assert document.page_count == 3
    assert titles(document) == [(1, "Prices"), (1, "People")]
    assert on_page(document, 1).splitlines() == [
        "Prices",
        "",
        "Price list 2026",
        (
            "Plan: Basic; Price per month (EUR): 5; Valid from: 2026-01-01; Discount: 12.5%; Annual: 54.5 €; "
            "On sale: true; Meeting: 2026-02-01 09:30; Overtime: 26:30"
        ),
        "Plan: Plus; Price per month (EUR): 0.3",
    ]
    assert on_page(document, 2) == "People\n\nName: Ann Lee; City: Bern"


async def test_pdf_gives_pages_headings_and_whole_paragraphs_without_running_lines(read: Read) -> None:
    document = await read(samples.pdf_guide(4), "guide.pdf")
    assert document.page_count == 4
    assert document.title == "Travel guide"
    expected = [(1, f"{number}. Travel expenses") for number in range(1, 5)]
    assert [heading for heading in titles(document) if heading[0] == 1] == expected
    assert samples.TRAVEL in document.text.splitlines()
    assert f"• {samples.RECEIPTS}" in document.text.splitlines()
    assert "Germany 30" in on_page(document, 3).splitlines()
    assert "marigold-3." in on_page(document, 3)
    assert "Page 2 of 4" not in document.text
    assert document.text.count("Acme Handbook 2026") == 1


async def test_html_gives_what_a_reader_sees(read: Read) -> None:
    document = await read(samples.html_page(), "plans.html")
    assert document.title == "Plans & prices"
    assert titles(document) == [(1, "Our plans"), (2, "Prices")]
    assert document.text == (
        "Our plans\n\nAll plans come with support; 2*3*4 is twentyfour.\n\nPrices\n\n"
        "Plan: Basic; Price (EUR) month: 5; Price (EUR) year: 54\n"
        "Plan: Plus; Price (EUR) month: 12; Price (EUR) year: 129\n"
        "- one\n  1. deep\n- two\n\nSaid so.\n\n  kept   as\nit is\n\nA frame\n\nunclosed"
    )


async def test_markdown_stays_as_written_but_for_its_tables(read: Read) -> None:
    source = (
        b"---\ntitle: Front\n---\n# Head #\n\npara *em*\n\n```\n# no heading\n| a | b |\n|---|---|\n```\n\n"
        b"Below\n-----\n| **A** | B |\n|---|:-:|\n| 1 | x\\|y |\n"
    )
    document = await read(source, "notes.md")
    assert document.title == "Front"
    assert titles(document) == [(1, "Head"), (2, "Below")]
    assert document.text.startswith("---\ntitle: Front\n---\n# Head #\n\npara *em*\n\n```\n# no heading\n| a | b |\n")
    assert document.text.endswith("Below\n-----\nA: 1; B: x|y")


async def test_plain_text_keeps_its_lines_and_finds_underlined_titles(read: Read) -> None:
    document = await read(b"Release notes\r\n=============\r\n\r\nFirst.\r\nSecond.\r\n", "notes.txt")
    assert document.text == "Release notes\n=============\n\nFirst.\nSecond."
    assert titles(document) == [(1, "Release notes")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_csv_rows_carry_the_names_of_their_columns(read: Read, delimiter: str) -> None:
    rows = [["Plan", "Price", "Note"], ["Basic", "5", ""], ["Plus", "12", "two\nlines"], ["Max", "1,5; or 2", "x"]]
    document = await read(samples.csv_of(rows, delimiter=delimiter), "plans.csv")
    assert document.text.splitlines() == [
        "Plan: Basic; Price: 5",
        "Plan: Plus; Price: 12; Note: two lines",
        "Plan: Max; Price: 1,5; or 2; Note: x",
    ]


async def test_csv_without_names_gives_its_values(read: Read) -> None:
    document = await read(samples.csv_of([["2026-01-01", "5"], ["2026-01-02", "6"]]), "log.csv")
    assert document.text == "2026-01-01; 5\n2026-01-02; 6"


async def test_json_records_become_lines_with_their_path(read: Read) -> None:
    value = {"shop": "Acme", "plans": [{"name": "Plus", "price": 1.10, "tags": ["a", "b"]}], "hq": {"city": "Bern"}}
    document = await read(samples.json_of(value), "shop.json")
    assert document.text.splitlines() == ["shop: Acme", "plans: name: Plus; price: 1.1; tags: a, b", "hq: city: Bern"]
    lines = await read(b'{"a": 1.10}\n{"a": 2}\n', "shop.jsonl")
    assert lines.text == "a: 1.10\na: 2"


async def test_json_that_is_none_is_still_searchable_text(read: Read) -> None:
    assert (await read(b"{not: json", "x.json")).text == "{not: json"
    assert "nested too deeply" in await refusal(read(b"[" * 200_000, "deep.json"))


async def test_eml_gives_subject_people_body_and_attachment_names(read: Read) -> None:
    document = await read(samples.eml(), "mail.eml")
    assert document.title == "Grüße aus Köln"
    assert document.text == (
        "Grüße aus Köln\n\nFrom: Zoë <zoe@example.com>\nTo: team@example.com\nDate: Thu, 01 Jan 2026 10:00:00 +0000\n\n"
        "The picnic is on Friday.\nBring a cake.\n\nAttachments: guests.csv"
    )
    page = await read(samples.eml(html_only=True), "mail.eml")
    assert "\n\nThe picnic is on Friday.\n\n" in page.text
    assert page.title == "Grüße aus Köln"


@pytest.mark.parametrize(
    ("encoding", "prefix", "text"),
    [
        ("utf-8", b"", "Ωμέγα, привет, 你好, مرحبا"),
        ("utf-8", b"\xef\xbb\xbf", "naïve"),
        ("utf-16-le", b"\xff\xfe", "Ωμέγα, 你好"),
        ("utf-16-be", b"\xfe\xff", "привет"),
        ("utf-16-le", b"", "plain words in wide letters"),
        ("cp1252", b"", "Der Preis: 5 € für „Grüße“"),
        ("latin-1", b"", "déjà vu à Málaga"),
    ],
)
async def test_text_is_read_in_its_encoding(read: Read, encoding: str, prefix: bytes, text: str) -> None:
    assert (await read(prefix + text.encode(encoding), "words.txt")).text == text


@pytest.mark.parametrize(
    "text", ["Η άδεια είναι 28 ημέρες", "Отпуск длится 28 дней", "年假为28天。", "الإجازة 28 يوما"]
)
async def test_other_scripts_survive_in_office_files_and_pages(read: Read, text: str) -> None:
    assert text in (await read(samples.docx_of("Before", text), "x.docx")).text
    page = f"<html><meta charset=utf-8><p>{text}</p></html>".encode()
    assert (await read(page, "x.html")).text == text


async def test_a_page_in_an_old_encoding_is_read_by_its_own_word(read: Read) -> None:
    page = '<html><meta charset="windows-1251"><p>Отпуск</p></html>'.encode("cp1251")
    assert (await read(page, "x.html")).text == "Отпуск"


async def test_japanese_in_a_pdf_is_read(read: Read) -> None:
    assert (await read(samples.pdf_japanese("有給休暇は二十八日です。"), "x.pdf")).text == "有給休暇は二十八日です。"


async def test_text_is_normalised_and_free_of_what_a_store_cannot_hold(read: Read) -> None:
    source = 'e\u0301\r\nnext\u2028line\x00 \u00a0x \t\n"'.encode()
    document = await read(source, "x.txt")
    assert document.text == 'é\nnext\nline  x\n"'
    lone = await read(b'{"a": "\\ud800b\\u0000c"}', "x.json")
    assert lone.text == "a: bc"
    assert unicodedata.is_normalized("NFC", document.text)


@pytest.mark.parametrize(
    ("data", "name", "content_type"),
    [
        (samples.pdf_guide(1), "guide.docx", "application/pdf"),
        (samples.docx_handbook(), "handbook.pdf", samples.DOCX_TYPE),
        (samples.html_page(), "page.pdf", "text/html"),
        (b"just words", "words.pdf", "text/plain"),
    ],
)
async def test_a_wrong_extension_is_read_by_content_and_said(
    read: Read, data: bytes, name: str, content_type: str
) -> None:
    document = await read(data, name)
    assert document.content_type == content_type
    assert document.note is not None
    assert document.note.startswith("The name says ")


async def test_a_right_name_needs_no_note_and_a_missing_one_no_harm(read: Read) -> None:
    assert (await read(samples.pdf_guide(1), "guide.PDF")).note is None
    nameless = await read(samples.csv_of(samples.PLANS), "upload", "text/csv; charset=utf-8")
    assert nameless.text.startswith("Plan: Basic; ")


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(100)
ELF = b"\x7fELF\x02\x01\x01" + bytes(100)


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (PNG, "scan.pdf", "The file is a PNG image"),
        (ELF, "readme.txt", "The file is a program"),
        (bytes(range(256)) * 20, "data.bin", "The file is binary data"),
        (b"", "empty.pdf", "The file is empty."),
        (b" \r\n\t ", "empty.txt", "The file is empty."),
        (b"<html><body><script>1</script></body></html>", "x.html", "No text was found in the file."),
        (samples.pdf_scan(), "scan.pdf", "No text was found: the document may be scanned images."),
        (samples.encrypted_pdf(), "secret.pdf", "The PDF is protected by a password."),
        (samples.pdf_guide(3)[:300], "cut.pdf", "The file is not a readable PDF: it may be damaged or have the wrong"),
        (b"%PDF-1.7\n" + b"rubbish " * 100, "rubbish.pdf", "The file is not a readable PDF"),
        (samples.docx_handbook()[:5000], "cut.docx", "The file is not a readable DOCX: it may be damaged or have"),
        (samples.xlsx_prices()[:-200], "cut.xlsx", "The file is not a readable XLSX"),
        (samples.docx_with_entities(), "laughs.docx", "The file is not a readable DOCX"),
        (b"\x00\x01\x02\x03" * 400, "noise.pptx", "The file is not a readable PPTX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.doc", "The file is in an old binary Office format."),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "secret.xlsx",
            "The XLSX is protected by a password.",
        ),
        (b"{\\rtf1 hello}", "letter.rtf", "The file is an RTF document"),
    ],
)
async def test_what_cannot_be_read_is_refused_in_words(read: Read, data: bytes, name: str, said: str) -> None:
    assert (await refusal(read(data, name))).startswith(said)


async def test_an_archive_of_files_is_named(read: Read) -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("a.txt", "hello")
    assert "a ZIP archive" in await refusal(read(file.getvalue(), "files.zip"))
    assert "not a readable DOCX" in await refusal(read(file.getvalue(), "files.docx"))


async def test_a_zip_bomb_is_refused_at_once(read: Read) -> None:
    bomb = samples.docx_bomb(600)
    assert len(bomb) < 1 << 20
    began = time.perf_counter()
    assert "unpacks to more than the 256 MB allowed" in await refusal(read(bomb, "bomb.docx"))
    assert time.perf_counter() - began < 5


async def test_a_zip_bomb_that_lies_about_its_size_is_refused(read: Read) -> None:
    bomb = samples.docx_bomb(20, declared=1000)
    assert "unpacks to more than" in await refusal(read(bomb, "bomb.docx", expanded_bytes=4 << 20))


async def test_limits_on_pages_and_characters_are_named(read: Read) -> None:
    assert "has 3 pages; the limit is 2" in await refusal(read(samples.pdf_guide(3), "x.pdf", pages=2))
    assert "has 3 slides; the limit is 2" in await refusal(read(samples.pptx_deck(3), "x.pptx", pages=2))
    assert "more than 1,000 characters" in await refusal(read(b"word " * 300, "x.txt", characters=1000))


async def test_two_hundred_pages_are_read_with_the_right_page_for_each_passage(read: Read) -> None:
    document = await read(samples.pdf_guide(200), "long.pdf")
    assert document.page_count == 200
    found = {
        page: draft
        for draft in chunk(document)
        for page in range(1, 201)
        if f"marigold-{page}." in draft.text and draft.first_page == draft.last_page
    }
    assert [draft.first_page for draft in found.values()] == list(found)
    assert len(found) > 190


async def test_memory_beyond_the_limit_ends_the_child_with_a_reason(read: Read) -> None:
    said = await refusal(read(b"many words " * 8_000_000, "x.txt", memory_bytes=192 << 20, characters=1 << 30))
    assert "192 MB of memory" in said


async def test_a_hanging_parse_is_killed_at_the_time_limit(tmp_path: Path) -> None:
    # Reading a pipe that nobody writes to waits for ever.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    began = time.perf_counter()
    said = await refusal(parse(pipe, name="x.txt", content_type="", limits=ParseLimits(seconds=0.7)))
    assert said.startswith("Reading the document took longer than 0.7 seconds.")
    assert time.perf_counter() - began < 5
    assert children() == []


async def test_a_cancelled_parse_leaves_no_child(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    parsing = asyncio.create_task(parse(pipe, name="x.txt", content_type="", limits=ParseLimits()))
    writer = await opened(pipe)
    assert children() != []
    parsing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await parsing
    assert children() == []
    os.close(writer)


async def opened(pipe: Path) -> int:
    """The pipe's writing end, once the child reads it."""
    for _ in range(500):
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            await asyncio.sleep(0.02)
    raise AssertionError("the child never opened the file")


def children() -> list[int]:
    """The parsers that run; other tests' servers and browsers are none."""
    return [child.pid for child in psutil.Process().children(recursive=True) if _is_parser(child)]


def _is_parser(process: psutil.Process) -> bool:
    try:
        return any("parse_worker" in word for word in process.cmdline())
    except psutil.Error:
        return False


async def test_a_missing_file_is_a_parse_failure_of_a_tool(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="cannot be opened"):
        await parse(tmp_path / "gone", name="x.txt", content_type="", limits=ParseLimits())


async def test_several_files_are_read_at_once(read: Read, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.txt" for number in range(4)]
    for path in paths:
        path.write_text(f"I am {path.stem}")
    limits = ParseLimits()
    documents = await asyncio.gather(*(parse(path, name=path.name, content_type="", limits=limits) for path in paths))
    assert [document.text for document in documents] == [f"I am {number}" for number in range(4)]
