"""A marker becomes a link where the proof holds, and nothing where it does not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.core.citing import marker
from tertulia.core.document import ChunkHit
from tertulia.core.message import Support
from tertulia.retrieval.citations import verify
from tertulia.runtime.citing import Citing, support_of

TEXT = "The notice period is 30 days. It begins on the day we hear of it."


def hit(chunk_id: str = "k", text: str = TEXT) -> ChunkHit:
    return ChunkHit(chunk_id=chunk_id, document_id="d", document_name="terms", text=text, score=1.0, first_page=3)


def citing() -> Citing:
    return Citing({1: hit(), 2: hit("j")}, verify=verify, link=lambda chunk, quote: f"/r/{chunk}?{quote or ''}")


def written(*pieces: str) -> tuple[str, Citing]:
    each = citing()
    deltas = [delta for piece in pieces for delta in each.feed(piece)] + list(each.flush())
    return "".join(delta.text for delta in deltas), each


def test_a_true_quote_becomes_a_link_and_a_citation() -> None:
    each = citing()
    deltas = list(each.feed("It is 30 days [[1|notice period is 30 days]]."))
    [citation] = [delta.citation for delta in deltas if delta.citation]
    assert (citation.number, citation.chunk_id, citation.quote, citation.page) == (
        1,
        "k",
        "notice period is 30 days",
        3,
    )
    assert "".join(delta.text for delta in deltas) == "It is 30 days [1](/r/k?notice period is 30 days)."


@pytest.mark.parametrize("wrong", ["[[1|notice period is 60 days]]", "[[9]]", "[[9|notice]]", "[[1|]]"])
def test_a_marker_without_proof_is_dropped_and_counted(wrong: str) -> None:
    text, each = written(f"It is so {wrong}.")
    assert text == "It is so ."
    assert each.dropped == 1


def test_what_only_looks_like_a_marker_stays_as_it_is() -> None:
    for text in ("a [[b]] c", "x = [[1, 2], [3]]", "[[1", "[", "[[", "]]", "[[1|never closed"):
        assert written(text)[0] == text


def test_chunks_are_numbered_in_the_order_they_are_first_cited() -> None:
    assert written("a [[2]] b [[1]] c [[2]]")[0] == "a [1](/r/j?) b [2](/r/k?) c [1](/r/j?)"


@given(st.data())
def test_text_cut_anywhere_resolves_the_same(data: st.DataObject) -> None:
    text = f"One {marker(1, 'It begins on the day')} two [[9]] three [[x]] four {marker(2)} [ [[ end"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert written(*pieces)[0] == written(text)[0]


def test_each_sentence_is_weighed_by_what_stands_behind_it() -> None:
    _, each = written(
        "The period is 30 days [[1|30 days]]. Nobody ever checked this claim. ",
        "This one pretends [[1|60 days]].\n- A bullet of its own [[1]]\nAnything else?",
    )
    assert each.support() == Support(
        cited=2, uncited=["Nobody ever checked this claim."], unverifiable=["This one pretends ."]
    )


def test_questions_headings_and_short_words_claim_nothing() -> None:
    assert support_of("# A heading of four words\nHello there.\nShall I look for more of it?\nYes.") == Support()


@given(st.text(max_size=200))
def test_weighing_never_fails_and_never_shows_its_marks(text: str) -> None:
    shown, each = written(text)
    support = each.support()
    assert re.search("[\ufdd0\ufdd1]", "".join([*support.uncited, *support.unverifiable])) is None
    assert "[[1]]" not in shown
