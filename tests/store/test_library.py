"""The library: rows, text index and vectors always tell the same, whatever happened to them, and nobody sees across."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.shelf import WordHashing, new_document, put_document
from tertulia.core.clock import now
from tertulia.core.document import Document, DocumentScope, DocumentState
from tertulia.core.ids import new_id
from tertulia.core.project import Project
from tertulia.providers.embedder import Vectors
from tertulia.store import library, projects
from tertulia.store.database import Connection, sqlite_engine
from tertulia.store.migration import migrate
from tertulia.store.schema import chunk
from tertulia.store.sqlite import chunks

EMBEDDER = WordHashing()
WORDS = ["dog", "cat", "bird", "fee", "rule"]
TAGS = ["red", "Blue", "größe"]
SCOPES = st.builds(
    DocumentScope,
    included_tags=st.lists(st.sampled_from([*TAGS, "RED", "GRÖSSE", "none"]), max_size=2, unique=True),
    excluded_tags=st.lists(st.sampled_from([*TAGS, "blue"]), max_size=1),
)
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), min_size=1, max_size=3)


class Add(NamedTuple):
    place: int
    texts: list[str]
    tags: list[str]


class Delete(NamedTuple):
    at: int


class Tag(NamedTuple):
    at: int
    tags: list[str]


class Drop(NamedTuple):
    """All documents of a project."""

    place: int


Step: TypeAlias = Add | Delete | Tag | Drop
SOME_TAGS = st.lists(st.sampled_from(TAGS), max_size=2)
STEPS = st.lists(
    st.one_of(
        st.builds(Add, st.integers(0, 1), TEXTS, SOME_TAGS),
        st.builds(Add, st.integers(0, 1), TEXTS, SOME_TAGS),
        st.builds(Delete, st.integers(0, 9)),
        st.builds(Tag, st.integers(0, 9), SOME_TAGS),
        st.builds(Drop, st.integers(0, 1)),
    ),
    max_size=14,
)


class Kept(NamedTuple):
    """What a document should still be."""

    document: Document
    texts: list[str]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """For tests that roll back what they write."""
    yield from _opened(tmp_path_factory.mktemp("library"))


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """For tests that commit."""
    yield from _opened(tmp_path)


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[Connection]:
    with engine.connect() as opened, opened.begin() as transaction:
        yield opened
        transaction.rollback()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, scope=SCOPES, word=st.sampled_from(WORDS))
def test_rows_text_index_and_vectors_agree_after_any_history(
    engine: sa.Engine, steps: list[Step], scope: DocumentScope, word: str
) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        places = [_project(connection), _project(connection)]
        cache = chunks.VectorCache()
        kept: list[Kept] = []
        for step in steps:
            _take(connection, places, kept, step)
            chunks.dense(connection, cache, places[0], DocumentScope(), _question("dog"), 10)
        for place in places:
            own = [each for each in kept if each.document.project_id == place]
            visible = [each for each in own if _lets_through(scope, each.document)]
            assert _lexical(connection, place, scope, word) == sorted(
                text for each in visible for text in each.texts if word in text
            )
            assert _dense(connection, cache, place, scope) == sorted(text for each in visible for text in each.texts)
        assert _vocabulary(connection) == _expected_vocabulary(kept)
        transaction.rollback()


@pytest.mark.parametrize("name", ["first", "second"])
def test_a_project_finds_only_its_own_whatever_the_scope_names(connection: Connection, name: str) -> None:
    mine, other = _project(connection), _project(connection)
    documents = {place: new_document(place, "a.txt", ["shared"]) for place in (mine, other)}
    for place, document in documents.items():
        _put(connection, document, [f"dog of {'first' if place == mine else 'second'}"])
    place = mine if name == "first" else other
    foreign = documents[other if name == "first" else mine]
    own = [f"dog of {name}"]
    cache = chunks.VectorCache()
    for scope, expected in [
        (DocumentScope(), own),
        (DocumentScope(included_tags=["shared"]), own),
        (DocumentScope(document_ids=[foreign.id]), []),
        (DocumentScope(document_ids=[foreign.id, documents[place].id]), own),
        (DocumentScope(excluded_tags=["SHARED"]), []),
    ]:
        assert _lexical(connection, place, scope, "dog") == expected
        assert _dense(connection, cache, place, scope) == expected


def test_a_title_counts_more_than_a_heading_and_a_heading_more_than_text(connection: Connection) -> None:
    place = _project(connection)
    filler = "some words that say nothing at all"
    in_title, in_text = new_document(place, "dog.txt"), new_document(place, "b.txt")
    _put(connection, in_title, [filler])
    _put(connection, in_text, [f"{filler} dog"])
    _put(connection, new_document(place, "c.txt"), [filler, filler, filler])
    found = chunks.lexical(connection, place, DocumentScope(), ["dog"], 10)
    hits = library.hits_by_key(connection, place, [key for key, _ in found])
    assert [hits[key].document_id for key, _ in found] == [in_title.id, in_text.id]


@pytest.mark.parametrize(
    ("text", "term", "is_found"),
    [
        ("The dogs were running", "run", True),
        ("Café menu", "cafe", True),
        ("Straße und Maß", "strasse", False),
        ("返品は三十日以内に可能です", "返品", True),
        ("返品は三十日以内に可能です", "以内", True),
        ("返品は三十日以内に可能です", "品", True),
        ("返品は三十日以内に可能です", "す", True),
        ("返品は三十日以内に可能です", "交換", False),
        ("환불은 30일 이내", "환불", True),
        ("версия документа", "документа", True),
        ("वापसी की नीति", "वापसी", True),
        ("مرحبا بالعالم", "مرحبا", True),
        ("PDF文件上传", "pdf文件", True),
    ],
)
def test_words_of_many_scripts_are_found(connection: Connection, text: str, term: str, *, is_found: bool) -> None:
    place = _project(connection)
    _put(connection, new_document(place, "a.txt"), [text])
    assert bool(chunks.lexical(connection, place, DocumentScope(), [term], 10)) is is_found


@pytest.mark.parametrize(
    "term", ['"', "'", "a OR b", "NEAR(a b)", "title : x", "*", "^a", "-", "", "a" * 5000, "²", "\0"]
)
def test_no_term_is_read_as_syntax(connection: Connection, term: str) -> None:
    place = _project(connection)
    _put(connection, new_document(place, "a.txt"), ["a dog"])
    assert chunks.lexical(connection, place, DocumentScope(), [term, "dog"], 10)


def test_a_scope_may_name_thousands_of_documents(connection: Connection) -> None:
    place = _project(connection)
    document = new_document(place, "a.txt")
    _put(connection, document, ["a dog"])
    scope = DocumentScope(document_ids=[*(new_id() for _ in range(5_000)), document.id])
    assert _lexical(connection, place, scope, "dog") == ["a dog"]
    assert _dense(connection, chunks.VectorCache(), place, scope) == ["a dog"]


def test_vectors_of_another_embedder_are_never_compared(connection: Connection) -> None:
    place = _project(connection)
    _put(connection, new_document(place, "a.txt"), ["a dog"])
    question = chunks.QueryVector("another/1", _vector("dog"))
    assert chunks.dense(connection, chunks.VectorCache(), place, DocumentScope(), question, 10) == []


def test_the_nearest_come_first_and_no_more_than_asked(connection: Connection) -> None:
    place = _project(connection)
    texts = [" ".join(["dog"] * (n % 7) + ["cat"]) for n in range(40)]
    _put(connection, new_document(place, "a.txt"), texts)
    found = chunks.dense(connection, chunks.VectorCache(), place, DocumentScope(), _question("dog"), 12)
    exact = sorted((float(_vector(text) @ _vector("dog")) for text in texts), reverse=True)[:12]
    assert [score for _, score in found] == pytest.approx(exact)


def test_the_vector_cache_keeps_to_its_budget(connection: Connection) -> None:
    places = [_project(connection) for _ in range(4)]
    for place in places:
        _put(connection, new_document(place, "a.txt"), ["dog"] * 10)
    one = 10 * (EMBEDDER.dimension * 4 + 8)
    cache = chunks.VectorCache(budget_bytes=2 * one)
    for place in places:
        assert len(_dense(connection, cache, place, DocumentScope())) == 10
    assert cache.held_bytes() == 2 * one
    small = chunks.VectorCache(budget_bytes=1)
    assert len(_dense(connection, small, places[0], DocumentScope())) == 10
    assert small.held_bytes() == one


def test_a_reader_of_an_older_moment_gets_that_moment(own_engine: sa.Engine) -> None:
    cache = chunks.VectorCache()
    with own_engine.begin() as connection:
        place = _project(connection)
        first = new_document(place, "a.txt")
        _put(connection, first, ["one"])
    reader = sqlite_engine(Path(str(own_engine.url.database)), is_reader=True)
    with reader.connect() as old:
        with old.begin():
            assert _dense(old, cache, place, DocumentScope()) == ["one"]
            with own_engine.begin() as connection:
                library.bury_document(connection, first, now())
                _put(connection, new_document(place, "b.txt"), ["two"])
            with own_engine.connect() as new, new.begin():
                assert _dense(new, cache, place, DocumentScope()) == ["two"]
            assert _dense(old, cache, place, DocumentScope()) == ["one"]
        with old.begin():
            assert _dense(old, cache, place, DocumentScope()) == ["two"]
    reader.dispose()


async def test_many_threads_read_one_cache_while_the_index_changes(own_engine: sa.Engine) -> None:
    cache = chunks.VectorCache()
    with own_engine.begin() as connection:
        place = _project(connection)
        _put(connection, new_document(place, "a.txt"), ["0"])
    reader = sqlite_engine(Path(str(own_engine.url.database)), is_reader=True)

    def read() -> None:
        with reader.connect() as connection:
            for _ in range(30):
                with connection.begin():
                    total = connection.execute(sa.select(sa.func.count()).select_from(chunk)).scalar_one()
                    assert len(_dense(connection, cache, place, DocumentScope())) == total

    readers = [asyncio.create_task(asyncio.to_thread(read)) for _ in range(4)]
    for n in range(20):
        with own_engine.begin() as connection:
            _put(connection, new_document(place, f"{n}.txt"), [str(n), f"{n} more"])
        await asyncio.sleep(0)
    await asyncio.gather(*readers)
    reader.dispose()


def test_a_scope_token_survives_the_stemmer(connection: Connection) -> None:
    place = _project(connection)
    _put(connection, new_document(place, "a.txt", [f"tag {n}" for n in range(300)]), ["dog"])
    for n in range(300):
        assert _lexical(connection, place, DocumentScope(included_tags=[f"Tag {n}"]), "dog") == ["dog"]


def test_jobs_are_claimed_in_the_order_they_fell_due(connection: Connection) -> None:
    place, moment = _project(connection), now()
    for minutes in (3, 1, 2, -9):
        job = library.Job(
            id=new_id(),
            project_id=place,
            kind="ingest",
            document_id=f"{minutes}",
            due_at=moment - timedelta(minutes=minutes),
        )
        library.insert_job(connection, job, moment)
    taken: list[str] = []
    while job := library.claim_job(connection, "me", now=moment, leased_until=moment + timedelta(minutes=1)):
        taken.append(job.document_id)
    assert taken == ["3", "2", "1"]
    assert library.next_due(connection, moment) == moment + timedelta(minutes=9)


def _opened(folder: Path) -> Iterator[sa.Engine]:
    path = folder / "tertulia.db"
    migrate(path)
    engine = sqlite_engine(path)
    yield engine
    engine.dispose()


def _project(connection: Connection) -> str:
    moment = now()
    project = Project(id=new_id(), name="A project", created_at=moment, updated_at=moment)
    projects.insert_project(connection, project)
    return project.id


def _put(connection: Connection, document: Document, texts: list[str]) -> None:
    rows = np.stack([_vector(text) for text in texts])
    put_document(connection, document, texts, library.Vectors(EMBEDDER.id, rows))


def _vector(text: str) -> Vectors:
    return EMBEDDER.vectors([text])[0]


def _question(text: str) -> chunks.QueryVector:
    return chunks.QueryVector(EMBEDDER.id, _vector(text))


def _take(connection: Connection, places: list[str], kept: list[Kept], step: Step) -> None:
    match step:
        case Add(place, texts, tags):
            document = new_document(places[place], f"n{len(kept)}.txt", tags)
            _put(connection, document, texts)
            kept.append(Kept(document, texts))
        case Delete(at) if kept:
            library.bury_document(connection, kept.pop(at % len(kept)).document, now())
        case Tag(at, tags) if kept:
            old = kept[at % len(kept)]
            pairs = [("other", "pair"), *(("tag", tag) for tag in tags)]
            changed = library.replace_metadata(connection, old.document, pairs, now())
            kept[at % len(kept)] = Kept(changed, old.texts)
        case Drop(place):
            library.delete_project_documents(connection, places[place])
            kept[:] = [each for each in kept if each.document.project_id != places[place]]
        case _:
            pass


def _lets_through(scope: DocumentScope, document: Document) -> bool:
    tags = {tag.casefold() for tag in document.tags}
    included = {tag.casefold() for tag in scope.included_tags}
    excluded = {tag.casefold() for tag in scope.excluded_tags}
    return document.state is DocumentState.ACTIVE and not tags & excluded and (not included or bool(tags & included))


def _lexical(connection: Connection, place: str, scope: DocumentScope, word: str) -> list[str]:
    found = chunks.lexical(connection, place, scope, [word], 1_000)
    return sorted(hit.text for hit in library.hits_by_key(connection, place, [key for key, _ in found]).values())


def _dense(
    connection: Connection, cache: chunks.VectorCache, place: str, scope: DocumentScope, *, limit: int = 1_000
) -> list[str]:
    found = chunks.dense(connection, cache, place, scope, _QUESTION, limit)
    hits = library.hits_by_key(connection, place, [key for key, _ in found])
    assert len(hits) == len(found)
    return sorted(hit.text for hit in hits.values())


def _vocabulary(connection: Connection) -> dict[str, int]:
    """Every term the text index still holds, with the number of chunks that have it."""
    connection.exec_driver_sql("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, chunk_fts, row)")
    rows = connection.exec_driver_sql("SELECT term, doc FROM temp.vocabulary").all()
    connection.exec_driver_sql("DROP TABLE temp.vocabulary")
    return {row[0]: row[1] for row in rows}


def _expected_vocabulary(kept: list[Kept]) -> dict[str, int]:
    expected: dict[str, int] = {}
    for document, texts in kept:
        for text in texts:
            terms = re.findall(r"\w+", f"{document.name.replace('.', ' ')} {text}")
            for term in {*terms, *chunks.scope_of(document).split()}:
                expected[term] = expected.get(term, 0) + 1
    return expected


_QUESTION = _question("dog")
