"""A quote counts only where it stands in the text; the address of a passage carries it unharmed."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.retrieval.citations import reference_url, verify

TEXT = "Fees are due\n  on the first. They are 10.50 EUR (net).\n\nNo refunds."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("Fees are due", "Fees are due"),
        ("due on the first.", "due\n  on the first."),
        ("  due on\tthe first. ", "due\n  on the first."),
        ("(net). No refunds.", "(net).\n\nNo refunds."),
        ("10.50 EUR", "10.50 EUR"),
        ("10x50 EUR", None),
        ("fees are due", None),
        ("Fees are not due", None),
        ("Feesare due", None),
        ("", None),
        (" \n", None),
    ],
)
def test_a_quote_is_given_back_as_it_stands_in_the_text(quote: str, found: str | None) -> None:
    assert verify(quote, TEXT) == found


@given(text=st.text(), quote=st.text())
def test_what_is_given_back_is_always_verbatim(text: str, quote: str) -> None:
    found = verify(quote, text)
    assert found is None or (found in text and found.split() == quote.split())


@given(text=st.text(min_size=1), data=st.data())
def test_every_span_with_words_is_recognised(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    span = text[start : data.draw(st.integers(start + 1, len(text)))]
    assert verify(span, text) == (span if span.strip() else None)


@given(quote=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_an_address_carries_one_quote_that_reads_back_the_same(quote: str) -> None:
    url = urlsplit(reference_url("http://host:8800/", "p-1", "c-1", quote))
    assert (url.netloc, url.path, url.fragment) == ("host:8800", "/p-1/reference/c-1", "")
    assert parse_qs(url.query, keep_blank_values=True) == {"verbatim": [quote]}


def test_an_address_without_a_quote_names_the_passage_alone() -> None:
    assert reference_url("http://host", "p", "c") == "http://host/p/reference/c"
