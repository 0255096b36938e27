"""Chunks are exact spans, cover the text, and end where a reader would pause."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tertulia.retrieval.chunk import ChunkDraft, chunk
from tertulia.retrieval.parse import Heading, PageRange, ParsedDocument


def document(text: str, *, title: str | None = None, pages: list[PageRange] | None = None) -> ParsedDocument:
    """A text whose lines beginning with # are its headings."""
    headings = [
        Heading(found.start(), len(found[1]), found[2]) for found in re.finditer(r"^(#{1,6}) (.+)$", text, re.MULTILINE)
    ]
    return ParsedDocument(text=text, content_type="text/plain", headings=headings, title=title, pages=pages or [])


def check(parsed: ParsedDocument, drafts: list[ChunkDraft], size: int) -> None:
    """What holds of any text."""
    covered = 0
    for at, draft in enumerate(drafts):
        assert draft.ordinal == at
        assert draft.text == parsed.text[draft.start : draft.end]
        assert draft.text == draft.text.strip() != ""
        assert len(draft.text) <= size
        assert not parsed.text[covered : draft.start].strip()
        assert draft.end > covered
        covered = draft.end
    assert not parsed.text[covered:].strip()


@st.composite
def documents(draw: st.DrawFn) -> ParsedDocument:
    pieces = st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        st.sampled_from(["\n", "\n\n", " ", ". ", "Plan: Plus; Price: 12\n", "。", "e.g. this", "word " * 9, "x" * 90]),
    )
    parts = draw(st.lists(pieces, max_size=30))
    marked = draw(st.lists(st.booleans(), min_size=len(parts), max_size=len(parts)))
    text, headings, bounds = "", list[Heading](), list[int]()
    for part, is_heading in zip(parts, marked, strict=True):
        if is_heading:
            headings.append(Heading(len(text), draw(st.integers(1, 6)), part[:10] or "h"))
        bounds.append(len(text))
        text += part
    pages = [PageRange(n, a, b) for n, (a, b) in enumerate(pairwise(bounds), start=1)]
    pages = pages if draw(st.booleans()) else []
    return ParsedDocument(
        text=text, content_type="text/plain", headings=headings, pages=pages, title=draw(st.none() | st.just("T"))
    )


@given(documents(), st.integers(1, 120), st.integers(0, 60))
@example(document("a" * 300), 50, 10)
@example(document("# A\n\n# B\n\n# C"), 4, 0)
def test_chunks_are_exact_spans_in_order_that_cover_the_text(parsed: ParsedDocument, size: int, overlap: int) -> None:
    check(parsed, chunk(parsed, size=size, overlap=min(overlap, size - 1)), size)


@given(st.lists(st.text("abc", min_size=1, max_size=20), min_size=1, max_size=80), st.integers(20, 60))
def test_no_word_that_fits_is_cut(words: list[str], size: int) -> None:
    parsed = document(" ".join(words))
    assert {word for draft in chunk(parsed, size=size, overlap=10) for word in draft.text.split()} <= set(words)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60), st.integers(60, 300))
def test_no_row_that_fits_is_cut(prices: list[int], size: int) -> None:
    rows = [f"Plan: No. {price} plan; Price: {price}; Note: Ask first. Then buy" for price in prices]
    rows = [row[:size].strip() for row in rows]
    for draft in chunk(document("\n".join(rows)), size=size, overlap=50):
        assert set(draft.text.splitlines()) <= set(rows)


def test_a_short_text_is_one_chunk_and_none_is_none() -> None:
    assert [draft.text for draft in chunk(document("  Hello.\n"))] == ["Hello."]
    assert chunk(document(" \n ")) == []


def test_sections_of_some_length_stand_alone_with_their_heading_and_path() -> None:
    body = "Everyone has twenty-eight days of paid leave each year. " * 8
    parsed = document(f"# Handbook\n\n{body}\n\n## Holidays\n\n{body}\n\n## Travel\n\n{body}")
    drafts = chunk(parsed)
    assert [draft.text.split("\n")[0] for draft in drafts] == ["# Handbook", "## Holidays", "## Travel"]
    assert [draft.headings for draft in drafts] == [["Handbook"], ["Handbook", "Holidays"], ["Handbook", "Travel"]]


def test_small_sections_of_one_parent_share_a_chunk() -> None:
    small = "\n\n".join(f"## Rule {number}\n\nOne line of rule {number}." for number in range(6))
    drafts = chunk(document(f"# Rules\n\n{small}\n\n# Annex\n\n## A\n\n{'Annex words here. ' * 30}"))
    assert "Rule 0" in drafts[0].text
    assert "Rule 5" in drafts[0].text
    assert drafts[0].headings == ["Rules"]
    assert drafts[-1].text.startswith("# Annex\n\n## A")
    assert drafts[-1].headings == ["Annex", "A"]


def test_a_bare_heading_goes_with_the_long_section_below_it() -> None:
    drafts = chunk(document(f"# Travel\n\n## Trains\n\n{'Take the train, it is quicker. ' * 60}"))
    assert drafts[0].text.startswith("# Travel\n\n## Trains\n\nTake")
    assert {tuple(draft.headings) for draft in drafts} == {("Travel", "Trains")}


def test_the_title_leads_the_path_once() -> None:
    body = "Words of some length stand here to fill it. " * 10
    assert chunk(document(f"# One\n\n{body}", title="Guide"))[0].headings == ["Guide", "One"]
    assert chunk(document(f"# GUIDE\n\n{body}", title="Guide"))[0].headings == ["GUIDE"]
    assert chunk(document(body, title="Guide"))[0].headings == ["Guide"]


def test_a_long_section_breaks_between_paragraphs_before_it_breaks_inside_one() -> None:
    paragraphs = [f"Paragraph {number}. " + "It has several sentences. " * 10 for number in range(5)]
    text = "\n\n".join(paragraph.strip() for paragraph in paragraphs)
    drafts = chunk(document(text), overlap=0)
    assert [draft.text.count("Paragraph") for draft in drafts] == [2, 2, 1]
    assert all(draft.text.startswith("Paragraph") for draft in drafts)


def test_a_long_paragraph_breaks_between_sentences_and_not_behind_an_abbreviation() -> None:
    text = "Dr. Smith pays 3.50 EUR, e.g. for tea at No. 5 Main St. in town. " * 40
    for draft in chunk(document(text), overlap=0):
        assert draft.text.startswith("Dr. Smith")
        assert draft.text.endswith("in town.")


def test_the_overlap_is_whole_sentences_of_the_chunk_before() -> None:
    text = " ".join(f"This is sentence number {number} of the text." for number in range(100))
    drafts = chunk(document(text), size=400, overlap=100)
    for before, after in pairwise(drafts):
        shared = before.end - after.start
        assert 40 < shared <= 100
        assert after.text.startswith("This is sentence")


def test_text_without_spaces_breaks_at_its_own_full_stops() -> None:
    drafts = chunk(document("年假为二十八天，请提前两周申请。" * 100), overlap=0)
    assert all(draft.text.endswith("。") for draft in drafts)


def test_pages_are_those_of_the_first_and_last_character() -> None:
    first, second = "a " * 300, "b " * 300
    text = f"{first.strip()}\n\n{second.strip()}"
    cut = len(first) + 1
    pages = [PageRange(1, 0, len(first) - 1), PageRange(2, cut, cut), PageRange(3, cut, len(text))]
    drafts = chunk(document(text, pages=pages), size=400, overlap=0)
    assert [(draft.first_page, draft.last_page) for draft in drafts] == [(1, 1), (1, 3), (3, 3)]
    assert chunk(document(text, pages=pages), size=4000)[0].last_page == 3


@pytest.mark.parametrize("joint", ["\n\n", " ", "\n"])
def test_two_megabytes_are_cut_in_one_go(joint: str) -> None:
    words = ["alpha", "Beta", "e.g.", "end.", "What?", "(ok).", "gamma"] * 50_000
    text = joint.join(" ".join(words[at : at + 40]) for at in range(0, len(words), 40))
    parsed = document(text[:2_000_000])
    began = time.process_time()
    drafts = chunk(parsed)
    # what looks back at every cut takes minutes
    assert time.process_time() - began < 20
    check(parsed, drafts, 800)


def test_an_overlap_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        chunk(document("x"), size=100, overlap=100)
