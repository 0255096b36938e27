"""Search: by words, by meaning and both; scopes hold, copies do not crowd, and it says what it could not do."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from services.shelf import Shelf, WordHashing, new_document, put_document
from tertulia.core.access import Actor
from tertulia.core.document import DocumentScope
from tertulia.core.errors import ProviderTimeout
from tertulia.core.tool import Fusion, SearchMode
from tertulia.providers.embedder import Vectors
from tertulia.retrieval.search import Question, Rankings, fused, terms_of
from tertulia.store import library
from tertulia.store.database import Connection

SEMANTIC, FULLTEXT, HYBRID = SearchMode.SEMANTIC, SearchMode.FULLTEXT, SearchMode.HYBRID


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Shelf(tmp_path, embedder=WordHashing()) as opened:
        yield opened


@pytest.fixture
async def ana(shelf: Shelf) -> Actor:
    """Of a project with four documents about animals."""
    ana = await shelf.found_project()
    await put(shelf, ana, "dogs.txt", ["A dog may come to the office.", "A dog needs a leash in the lift."], ["Pets"])
    await put(shelf, ana, "cats.txt", ["A cat may not come to the office."], ["Pets", "old"])
    await put(shelf, ana, "fees.txt", ["The yearly fee is ten euros."])
    await put(shelf, ana, "rules.txt", ["Hounds are welcome on Fridays."], ["House"])
    return ana


async def put(shelf: Shelf, ana: Actor, name: str, texts: list[str], tags: Sequence[str] = ()) -> str:
    embedder = WordHashing()
    document = new_document(ana.project_id, name, tags)
    vectors = library.Vectors(embedder.id, embedder.vectors(texts))

    def insert(connection: Connection) -> None:
        put_document(connection, document, texts, vectors)

    await shelf.database.write(insert)
    return document.id


def question(text: str) -> Question:
    embedder = WordHashing()
    return Question(terms_of(text), embedder.vectors([text])[0], embedder.id)


async def texts_of(
    shelf: Shelf, ana: Actor, query: str, mode: SearchMode, scope: DocumentScope | None = None
) -> list[str]:
    found = await shelf.search.search(ana.project_id, query, mode=mode, scope=scope or DocumentScope())
    return [hit.text for hit in found.hits]


async def test_words_find_what_says_it_and_meaning_also_what_says_it_otherwise(shelf: Shelf, ana: Actor) -> None:
    assert await texts_of(shelf, ana, "hound", FULLTEXT) == ["Hounds are welcome on Fridays."]
    by_meaning = await texts_of(shelf, ana, "hound", SEMANTIC)
    assert set(by_meaning[:3]) == {
        "Hounds are welcome on Fridays.",
        "A dog may come to the office.",
        "A dog needs a leash in the lift.",
    }
    both = await texts_of(shelf, ana, "hound fridays", HYBRID)
    assert both[0] == "Hounds are welcome on Fridays."
    assert "A dog may come to the office." in both


@pytest.mark.parametrize("mode", SearchMode)
@pytest.mark.parametrize("fusion", Fusion)
async def test_scores_fall_from_at_most_one_to_at_least_zero(
    shelf: Shelf, ana: Actor, mode: SearchMode, fusion: Fusion
) -> None:
    found = await shelf.search.search(ana.project_id, "dog in the office", mode=mode, fusion=fusion)
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1
    assert found.note is None


@pytest.mark.parametrize("mode", SearchMode)
@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (DocumentScope(included_tags=["pets"]), {"dogs.txt", "cats.txt"}),
        (DocumentScope(included_tags=["PETS"], excluded_tags=["OLD"]), {"dogs.txt"}),
        (DocumentScope(excluded_tags=["pets"]), set[str]()),
        (DocumentScope(included_tags=["house", "old"]), {"cats.txt"}),
        (DocumentScope(included_tags=["unknown"]), set[str]()),
    ],
)
async def test_a_scope_holds_in_every_mode(
    shelf: Shelf, ana: Actor, mode: SearchMode, scope: DocumentScope, expected: set[str]
) -> None:
    found = await shelf.search.search(ana.project_id, "come office", mode=mode, scope=scope)
    named = {hit.document_name for hit in found.hits if "office" in hit.text or "leash" in hit.text}
    assert named - {"dogs.txt"} == expected - {"dogs.txt"}
    assert ("dogs.txt" in named) is ("dogs.txt" in expected)


@pytest.mark.parametrize("mode", SearchMode)
async def test_one_document_can_be_searched_alone(shelf: Shelf, ana: Actor, mode: SearchMode) -> None:
    alone = await put(shelf, ana, "alone.txt", ["A dog sleeps."])
    assert await texts_of(shelf, ana, "dog", mode, DocumentScope(document_ids=[alone])) == ["A dog sleeps."]


@pytest.mark.parametrize("mode", SearchMode)
async def test_copies_of_a_text_come_once_and_leave_room_for_others(shelf: Shelf, ana: Actor, mode: SearchMode) -> None:
    copies = [await put(shelf, ana, f"copy {n}.txt", ["A dog, a dog, and yet a dog."]) for n in range(120)]
    texts = await texts_of(shelf, ana, "dog", mode)
    assert texts.count("A dog, a dog, and yet a dog.") == 1
    assert "A dog may come to the office." in texts
    last = DocumentScope(document_ids=[copies[-1]])
    assert await texts_of(shelf, ana, "dog", mode, last) == ["A dog, a dog, and yet a dog."]


async def test_what_only_words_found_is_weighed_by_its_meaning_too(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    nearer = [f"Dog dog {n}." for n in range(150)]
    apart = "Parking for one two three four five six seven eight."
    near = "Parking for one two three four five six seven dogs."
    await put(shelf, ana, "all.txt", [apart, near, *nearer])
    by_meaning = await shelf.search.search(ana.project_id, "hound parking", mode=SEMANTIC, limit=100)
    assert not {apart, near} & {hit.text for hit in by_meaning.hits}
    assert [apart, near] == await texts_of(shelf, ana, "hound parking", FULLTEXT)
    texts = await texts_of(shelf, ana, "hound parking", HYBRID)
    assert texts.index(near) < texts.index(apart)


async def test_what_only_meaning_found_is_weighed_by_its_words_too(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    wordier = [f"Parking, parking, parking: one two three four five six seven eight nine ten {n}." for n in range(101)]
    nearest, with_the_word = "Dog.", "Dog parking one two three."
    await put(shelf, ana, "all.txt", [nearest, with_the_word, *wordier])
    by_words = await shelf.search.search(ana.project_id, "hound parking", mode=FULLTEXT, limit=100)
    assert with_the_word not in [hit.text for hit in by_words.hits]
    assert (await texts_of(shelf, ana, "hound parking", SEMANTIC))[:2] == [nearest, with_the_word]
    assert (await texts_of(shelf, ana, "hound parking", HYBRID))[0] == with_the_word


@pytest.mark.parametrize("scope", [DocumentScope(), DocumentScope(included_tags=["some"])])
async def test_every_candidate_has_the_scores_that_a_reading_of_everything_gives(
    shelf: Shelf, scope: DocumentScope
) -> None:
    ana, ben = await shelf.found_project(), await shelf.found_project()
    words = ["dog", "cat", "hound", "leash", "office", "lift", "fee"]
    texts = [f"{words[n % 7]} {words[n % 5]} {words[n % 3]} {n}" for n in range(90)]
    for place in (ana, ben):
        await put(shelf, place, "some.txt", texts[:60], ["some"])
        await put(shelf, place, "other.txt", texts[60:])
    asked = question("hound leash fee")
    everything = await shelf.library.rank(ana.project_id, scope, asked, 1_000)
    few = await shelf.library.rank(ana.project_id, scope, asked, 7)
    candidates = {key for key, _ in [*everything.lexical[:7], *few.dense]}
    assert len(candidates) > 7
    for part, whole in zip(few, everything, strict=True):
        assert dict(part) == pytest.approx({key: score for key, score in whole if key in candidates})
        assert [score for _, score in part] == sorted((score for _, score in part), reverse=True)


@pytest.mark.parametrize("fusion", Fusion)
async def test_a_smaller_limit_gives_the_beginning_of_a_larger_one(shelf: Shelf, ana: Actor, fusion: Fusion) -> None:
    await put(shelf, ana, "many.txt", [f"{'dog ' * (n % 9)}in office {n}{' and so on' * (n % 4)}." for n in range(300)])
    ranked = [
        (await shelf.search.search(ana.project_id, "hound dog office", fusion=fusion, limit=limit)).hits
        for limit in (5, 100)
    ]
    assert ranked[0] == ranked[1][:5]


async def test_a_limit_is_kept_between_one_and_a_hundred(shelf: Shelf, ana: Actor) -> None:
    await put(shelf, ana, "many.txt", [f"Number {n} of the dogs." for n in range(130)])
    for limit, expected in [(0, 1), (3, 3), (500, 100)]:
        found = await shelf.search.search(ana.project_id, "dogs", limit=limit)
        assert len(found.hits) == expected


async def test_without_an_embedder_it_searches_by_words_and_says_so(tmp_path: Path, shelf: Shelf, ana: Actor) -> None:
    with Shelf(tmp_path) as without:
        for mode in (SEMANTIC, HYBRID):
            found = await without.search.search(ana.project_id, "dog leash", mode=mode)
            assert found.hits[0].text == "A dog needs a leash in the lift."
            assert "no embedding model is installed" in (found.note or "")
        assert (await without.search.search(ana.project_id, "dog", mode=FULLTEXT)).note is None


async def test_where_the_embedder_does_not_answer_it_searches_by_words_and_says_so(
    tmp_path: Path, shelf: Shelf, ana: Actor
) -> None:
    class Silent(WordHashing):
        async def embed(self, texts: Sequence[str]) -> Vectors:
            raise ProviderTimeout(f"No answer for {len(texts)} texts.")

    with Shelf(tmp_path, embedder=Silent()) as silent:
        found = await silent.search.search(ana.project_id, "dog leash")
        assert found.hits[0].text == "A dog needs a leash in the lift."
        assert "did not answer" in (found.note or "")


@pytest.mark.parametrize("query", ["", "???", "the", '" OR dog', "\ud800", "x" * 100_000, "word " * 5_000, "\x00"])
@pytest.mark.parametrize("mode", SearchMode)
async def test_no_query_breaks_a_search(shelf: Shelf, ana: Actor, mode: SearchMode, query: str) -> None:
    found = await shelf.search.search(ana.project_id, query, mode=mode)
    assert all(0 <= hit.score <= 1 for hit in found.hits)


async def test_an_empty_project_has_no_hits_and_no_note(shelf: Shelf) -> None:
    ben = await shelf.found_project()
    for mode in SearchMode:
        found = await shelf.search.search(ben.project_id, "dog", mode=mode)
        assert (found.hits, found.note) == ([], None)


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("What is the notice period?", ["notice", "period"]),
        ("What is it?", ["what", "is", "it"]),
        ("Who writes the IT policy?", ["writes", "it", "policy"]),
        ("WHO IS IT FOR", ["who", "is", "it", "for"]),
        ("dog's e-mail, 4.5 %", ["dog", "e", "mail", "4", "5"]),
        ("fee FEE Fee", ["fee"]),
        ("वापसी की नीति", ["वापसी", "की", "नीति"]),
        ("返品 期限", ["返品", "期限"]),
        ("", []),
    ],
)
def test_a_query_is_its_telling_words(query: str, terms: list[str]) -> None:
    assert terms_of(query) == terms


def test_weighted_fusion_takes_half_of_the_share_of_the_best_bm25_and_half_of_where_the_cosine_stands() -> None:
    both = fused(Rankings([(1, 8.0), (2, 4.0), (3, 2.0)], [(2, 0.8), (4, 0.6), (1, 0.4)]), Fusion.WEIGHTED)
    assert both == [(2, 0.75), (1, 0.5), (4, pytest.approx(0.25)), (3, 0.125)]


def test_reciprocal_ranks_favour_what_both_rankings_have() -> None:
    both = fused(Rankings([(1, 9.0), (2, 5.0)], [(3, 0.8), (2, 0.6)]), Fusion.RRF)
    assert [key for key, _ in both] == [2, 1, 3]
    assert both[0][1] == pytest.approx(61 / 62)
    assert fused(Rankings([(1, 9.0)], [(1, 0.1)]), Fusion.RRF) == [(1, 1.0)]


def test_a_single_ranking_keeps_its_own_scale() -> None:
    assert fused(Rankings([(1, 8.0), (2, 2.0)], []), Fusion.WEIGHTED) == [(1, 1.0), (2, 0.25)]
    assert fused(Rankings([], [(1, 0.7), (2, -0.1)]), Fusion.RRF) == [(1, 0.7), (2, 0.0)]


def test_the_test_embedder_gives_unit_vectors() -> None:
    assert np.linalg.norm(WordHashing().vectors(["a dog", "hounds"]), axis=1) == pytest.approx([1, 1])
