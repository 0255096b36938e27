"""The demo documents, and whether the questions asked of them are fair: what is expected really stands there."""

import csv
import email
import email.policy
import importlib.resources
import io
import itertools
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import docx
import msgspec
import openpyxl
import pptx
import pypdf
import pytest
from msgspec import Struct
from pptx.shapes.autoshape import Shape

ROOT = Path(__file__).resolve().parents[2]
BUILDER = ROOT / "scripts" / "build_demo_documents.py"
BUILT_SUFFIXES = {".docx", ".pdf", ".pptx", ".xlsx"}
SUFFIXES = BUILT_SUFFIXES | {".html", ".csv", ".md", ".eml", ".txt", ".json"}


class Question(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["answerable", "contradiction", "follow_up", "unanswerable", "smalltalk"]
    split: Literal["tune", "held_out"]
    text: str
    after: str | None = None
    expect: list[str] = []
    document: list[str] = []
    absent: list[str] = []


def load_documents() -> dict[str, bytes]:
    folder = importlib.resources.files("tertulia.demo") / "documents"
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir(), key=lambda file: file.name)}


def load_questions() -> list[Question]:
    loaded = tomllib.loads((ROOT / "tests" / "golden" / "demo_questions.toml").read_text("utf-8"))
    return msgspec.convert(loaded["question"], list[Question])


DOCUMENTS = load_documents()
QUESTIONS = load_questions()


class _VisibleText(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def read_html(content: bytes) -> str:
    parser = _VisibleText()
    parser.feed(content.decode())
    return "\n".join(parser.pieces)


def read_docx(content: bytes) -> str:
    return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs)


def read_pdf(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def read_pptx(content: bytes) -> str:
    slides = pptx.Presentation(io.BytesIO(content)).slides
    return "\n".join(shape.text_frame.text for slide in slides for shape in slide.shapes if isinstance(shape, Shape))


def read_xlsx(content: bytes) -> str:
    sheets = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    rows = (row for sheet in sheets for row in sheet.iter_rows(values_only=True))
    return "\n".join(" | ".join(str(cell) for cell in row if cell is not None) for row in rows)


def read_csv(content: bytes) -> str:
    return "\n".join(" | ".join(row) for row in csv.reader(io.StringIO(content.decode())))


def read_eml(content: bytes) -> str:
    message = email.message_from_bytes(content, policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return f"{message['Subject']}\n{body.get_content()}"


READERS: dict[str, Callable[[bytes], str]] = {
    ".docx": read_docx,
    ".pdf": read_pdf,
    ".pptx": read_pptx,
    ".xlsx": read_xlsx,
    ".html": read_html,
    ".csv": read_csv,
    ".eml": read_eml,
}


def read(name: str, content: bytes) -> str:
    """The document's text, every run of white space as one space."""
    text = READERS.get(Path(name).suffix, bytes.decode)(content)
    return " ".join(text.split())


@cache
def text_of(name: str) -> str:
    return read(name, DOCUMENTS[name])


def found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def asked(*kinds: str) -> list[Question]:
    return [question for question in QUESTIONS if question.kind in kinds]


def name_question(question: Question) -> str:
    return question.text


def passages(text: str, length: int = 600) -> Iterator[str]:
    return (text[start : start + length] for start in range(0, max(1, len(text) - length // 2), length // 4))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def runs_of_words(text: str, length: int) -> set[tuple[str, ...]]:
    spoken = words(text)
    return {tuple(spoken[start : start + length]) for start in range(len(spoken) - length + 1)}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_demo_document_is_small_and_has_text(name: str) -> None:
    assert len(DOCUMENTS[name]) < 60_000
    assert len(text_of(name)) > 900


def test_the_demo_documents_come_in_every_format_and_stay_light() -> None:
    assert {Path(name).suffix for name in DOCUMENTS} == SUFFIXES
    assert sum(map(len, DOCUMENTS.values())) < 400_000


def test_building_the_documents_again_gives_the_same_text_and_twice_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        subprocess.run([sys.executable, BUILDER, tmp_path / folder], check=True, capture_output=True, timeout=60)
    built = {file.name: file.read_bytes() for file in (tmp_path / "first").iterdir()}

    assert built.keys() == {name for name in DOCUMENTS if Path(name).suffix in BUILT_SUFFIXES}
    assert {name: read(name, content) for name, content in built.items()} == {name: text_of(name) for name in built}
    assert built == {file.name: file.read_bytes() for file in (tmp_path / "second").iterdir()}


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.endswith(".docx")])
def test_word_documents_have_real_headings(name: str) -> None:
    styles = Counter(
        paragraph.style.name for paragraph in docx.Document(io.BytesIO(DOCUMENTS[name])).paragraphs if paragraph.style
    )
    assert styles["Title"] == 1
    assert styles["Heading 1"] >= 8


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.endswith(".pdf")])
def test_pdf_pages_are_numbered_and_headings_are_larger(name: str) -> None:
    pages = pypdf.PdfReader(io.BytesIO(DOCUMENTS[name])).pages
    assert len(pages) >= 3
    for number, page in enumerate(pages, start=1):
        assert f"Page {number}" in page.extract_text()
    sizes = set[float]()

    def note_size(_text: str, _current: object, _matrix: object, _font: object, size: float) -> None:
        sizes.add(size)

    pages[0].extract_text(visitor_text=note_size)
    assert {11, 16, 23} <= sizes


def test_every_slide_has_a_title_of_its_own() -> None:
    slides = pptx.Presentation(io.BytesIO(DOCUMENTS["volunteer-onboarding.pptx"])).slides
    titles = [slide.shapes.title.text for slide in slides if slide.shapes.title is not None]
    assert len(set(titles)) == len(slides) == 8


def test_the_fleet_adds_up_to_the_bikes_at_the_sites() -> None:
    fleet = json.loads(DOCUMENTS["fleet-inventory.json"])
    at_sites = Counter[str]()
    for model in fleet["models"]:
        assert sum(model["sites"].values()) == model["count"]
        at_sites.update(model["sites"])
    rows = csv.DictReader(io.StringIO(DOCUMENTS["sites-and-opening-hours.csv"].decode()))
    assert at_sites == {row["Site"]: int(row["Bikes"]) for row in rows if row["Bikes"]}
    assert at_sites.total() == fleet["total_bikes"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_addresses_and_telephone_numbers_lead_nowhere(name: str) -> None:
    text = text_of(name)
    assert set(re.findall(r"@([\w.-]*\w)", text)) <= {"osierwheel.test"}
    assert all(re.fullmatch(r"020 910 01\d\d", number) for number in re.findall(r"\b0\d[\d ]{7,}\d\b", text))


@pytest.mark.parametrize("question", asked("answerable", "follow_up"), ids=name_question)
def test_each_named_document_holds_the_whole_answer_in_one_place(question: Question) -> None:
    assert question.expect
    assert question.document
    for name in question.document:
        fitting = (all(found(pattern, passage) for pattern in question.expect) for passage in passages(text_of(name)))
        assert any(fitting), name


@pytest.mark.parametrize("question", asked("contradiction"), ids=name_question)
def test_each_side_of_a_contradiction_stands_in_its_own_document_only(question: Question) -> None:
    assert len(question.expect) == len(question.document) == 2
    for pattern, name in itertools.product(question.expect, question.document):
        is_its_own = question.expect.index(pattern) == question.document.index(name)
        assert found(pattern, text_of(name)) == is_its_own, (pattern, name)


@pytest.mark.parametrize("question", asked("unanswerable"), ids=name_question)
def test_what_an_unanswerable_question_needs_is_in_no_document(question: Question) -> None:
    assert question.absent
    assert not question.expect
    for pattern, name in itertools.product(question.absent, DOCUMENTS):
        assert not found(pattern, text_of(name)), (pattern, name)


def test_a_follow_up_comes_after_a_question_of_the_same_split() -> None:
    split_of = {question.text: question.split for question in QUESTIONS}
    for question in QUESTIONS:
        assert (question.after is not None) == (question.kind == "follow_up"), question.text
        assert question.after is None or split_of.get(question.after) == question.split, question.text


def test_no_question_stands_twice_or_repeats_a_documents_words() -> None:
    assert len({question.text for question in QUESTIONS}) == len(QUESTIONS)
    written = set[tuple[str, ...]]().union(*(runs_of_words(text_of(name), 5) for name in DOCUMENTS))
    assert {question.text for question in QUESTIONS if runs_of_words(question.text, 5) & written} == set()


def test_there_are_enough_questions_of_each_kind_and_half_of_each_are_held_out() -> None:
    counts = Counter((question.kind, question.split) for question in QUESTIONS)
    least = {"answerable": 40, "contradiction": 6, "follow_up": 16, "unanswerable": 18, "smalltalk": 5}
    for kind, number in least.items():
        assert counts[kind, "tune"] + counts[kind, "held_out"] >= number, kind
        assert abs(counts[kind, "tune"] - counts[kind, "held_out"]) <= 1, kind
