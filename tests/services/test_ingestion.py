"""Ingestion: what fails says why, what is interrupted goes on, and no job is done twice."""

import asyncio
import os
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from services.shelf import Shelf, WordHashing, eventually, upload
from tertulia.core.clock import now
from tertulia.core.conversation import Window
from tertulia.core.document import Chunk, Document, DocumentScope, DocumentState
from tertulia.core.errors import ProviderTimeout
from tertulia.core.ids import new_id
from tertulia.core.tool import SearchMode
from tertulia.providers.embedder import Vectors
from tertulia.services.ingestion import Stage, embedded_text
from tertulia.store import library
from tertulia.store.database import Connection
from tertulia.store.library import JobLost
from tertulia.store.sqlite import chunks


class Failing(WordHashing):
    """An embedder that does not answer the first times."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        super().__init__()
        self.failures = failures
        self.error = error or ProviderTimeout("The embeddings service did not answer.")
        self.calls = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error
        return await super().embed(texts)


class Stuck(WordHashing):
    """An embedder that waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waiting = False
        self.gate = asyncio.Event()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.is_waiting = True
        await self.gate.wait()
        return await super().embed(texts)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with Shelf(tmp_path, embedder=WordHashing()) as opened:
        yield opened


async def test_chunks_are_exactly_their_span_of_the_stored_text(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    text = "\n\n".join(f"# Part {n}\n\n" + f"Sentence {n} says something. " * 40 for n in range(8))
    document = (await shelf.add(ana, {"parts.md": text}))["parts.md"]
    cut = await shelf.library.chunks(document.id, Window(limit=1000))
    stored = await shelf.database.read(library.find_text, document.id)
    assert stored is not None
    assert len(cut) == document.chunk_count > 8
    assert document.character_count == len(stored)
    assert [stored[each.start : each.end] for each in cut] == [each.text for each in cut]


async def test_progress_leads_from_reading_to_active(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    await shelf.add(ana, {"a.txt": "Something."})
    assert [each.stage for each in shelf.news] == [Stage.READING, Stage.EMBEDDING, Stage.ACTIVE]
    assert shelf.news[0].document.state is DocumentState.INDEXING
    assert shelf.news[-1].document.state is DocumentState.ACTIVE


@pytest.mark.parametrize(
    ("name", "content"), [("empty.txt", b""), ("broken.pdf", b"%PDF-1.7\nnothing"), ("a.md", b" ")]
)
async def test_a_document_that_cannot_be_read_fails_at_once_and_says_why(
    shelf: Shelf, name: str, content: bytes
) -> None:
    ana = await shelf.found_project()
    (document,) = await shelf.documents.upload(ana, [upload(name, content)])
    await shelf.ingestion.drain()
    failed = await shelf.documents.get(ana, document.id)
    assert failed.state is DocumentState.FAILED
    assert failed.failure is not None
    assert failed.failure.endswith((".", ")"))
    assert [each.stage for each in shelf.news].count(Stage.READING) == 1


async def test_an_original_that_is_missing_is_named_as_the_reason(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    (document,) = await shelf.documents.upload(ana, [upload("a.txt", "x")])
    shelf.files.remove(document.sha256)
    await shelf.ingestion.drain()
    assert "missing" in ((await shelf.documents.get(ana, document.id)).failure or "")


async def test_an_unexpected_failure_is_tried_again_until_it_works(tmp_path: Path) -> None:
    with Shelf(tmp_path, embedder=Failing(2)) as shelf:
        ana = await shelf.found_project()
        document = (await shelf.add(ana, {"a.txt": "Dogs sleep."}))["a.txt"]
        assert document.state is DocumentState.ACTIVE
        found = await shelf.search.search(ana.project_id, "hound", mode=SearchMode.SEMANTIC)
        assert [hit.document_id for hit in found.hits] == [document.id]


@pytest.mark.parametrize("error", [None, ValueError("internal detail")])
async def test_a_failure_that_stays_ends_after_three_attempts_in_plain_words(
    tmp_path: Path, error: Exception | None
) -> None:
    embedder = Failing(99, error)
    with Shelf(tmp_path, embedder=embedder) as shelf:
        ana = await shelf.found_project()
        document = (await shelf.add(ana, {"a.txt": "Dogs sleep."}))["a.txt"]
        assert document.state is DocumentState.FAILED
        assert "failed 3 times" in (document.failure or "")
        assert "internal detail" not in (document.failure or "")
        assert embedder.calls == 3
        assert await shelf.database.read(library.next_due, now() + timedelta(days=1)) is None


async def test_two_workers_on_one_file_never_do_a_job_twice(tmp_path: Path) -> None:
    with Shelf(tmp_path, embedder=WordHashing()) as one, Shelf(tmp_path, embedder=WordHashing()) as two:
        ana = await one.found_project()
        files = [upload(f"{n}.txt", f"Document number {n}.") for n in range(12)]
        stored = await one.documents.upload(ana, files)
        await asyncio.gather(one.ingestion.start(), two.ingestion.start())
        await eventually(lambda: _finished(one) + _finished(two) >= 12)
        await asyncio.gather(one.ingestion.stop(), two.ingestion.stop())
        readings = Counter(
            each.document.id for shelf in (one, two) for each in shelf.news if each.stage is Stage.READING
        )
        assert readings == {each.id: 1 for each in stored}
        states = [each.state for each in await one.documents.indexing_status(ana, None)]
        assert states == [DocumentState.ACTIVE] * 12


async def test_a_stopped_worker_hands_its_job_to_the_next(tmp_path: Path) -> None:
    stuck = Stuck()
    with Shelf(tmp_path, embedder=stuck) as one, Shelf(tmp_path, embedder=WordHashing()) as two:
        ana = await one.found_project()
        await one.ingestion.start()
        (document,) = await one.documents.upload(ana, [upload("a.txt", "Dogs sleep.")])
        await eventually(lambda: stuck.is_waiting)
        assert (await one.documents.get(ana, document.id)).state is DocumentState.INDEXING
        await one.ingestion.stop()
        await two.ingestion.drain()
        assert (await two.documents.get(ana, document.id)).state is DocumentState.ACTIVE


async def test_a_long_job_keeps_its_lease(tmp_path: Path) -> None:
    stuck = Stuck()
    settings = {"lease_s": 0.4, "heartbeat_s": 0.05}
    with Shelf(tmp_path, embedder=stuck, **settings) as one, Shelf(tmp_path, embedder=WordHashing()) as two:
        ana = await one.found_project()
        await one.documents.upload(ana, [upload("a.txt", "Dogs sleep.")])
        slow = asyncio.create_task(one.ingestion.drain())
        await eventually(lambda: stuck.is_waiting)
        begun = now()
        while now() - begun < timedelta(seconds=1):
            await two.ingestion.drain()
            await asyncio.sleep(0.02)
        stuck.gate.set()
        await slow
        assert _finished(one) == 1
        assert two.news == []


async def test_a_worker_that_lost_its_job_writes_nothing(tmp_path: Path) -> None:
    stuck = Stuck()
    with Shelf(tmp_path, embedder=stuck) as shelf:
        ana = await shelf.found_project()
        (document,) = await shelf.documents.upload(ana, [upload("a.txt", "Dogs sleep.")])
        slow = asyncio.create_task(shelf.ingestion.drain())
        await eventually(lambda: stuck.is_waiting)
        await shelf.documents.delete(ana, document.id)
        stuck.gate.set()
        await slow
        assert (await shelf.documents.indexing_status(ana, None))[0].state is DocumentState.DELETED
        assert (await shelf.search.search(ana.project_id, "dogs", mode=SearchMode.FULLTEXT)).hits == []


async def test_a_tag_given_while_a_document_is_indexed_is_in_its_scope(tmp_path: Path) -> None:
    stuck = Stuck()
    with Shelf(tmp_path, embedder=stuck) as shelf:
        ana = await shelf.found_project()
        (document,) = await shelf.documents.upload(ana, [upload("a.txt", "Dogs sleep.")])
        slow = asyncio.create_task(shelf.ingestion.drain())
        await eventually(lambda: stuck.is_waiting)
        await shelf.documents.add_metadata(ana, document.id, [("tag", "Pets")])
        stuck.gate.set()
        await slow
        active = await shelf.documents.get(ana, document.id)
        assert (active.state, active.tags) == (DocumentState.ACTIVE, ["Pets"])
        assert await shelf.database.read(_found_by_tag, active) == 1


async def test_documents_are_embedded_again_when_the_embedder_is_another(tmp_path: Path) -> None:
    with Shelf(tmp_path) as without:
        ana = await without.found_project()
        document = (await without.add(ana, {"a.txt": "Dogs sleep."}))["a.txt"]
        found = await without.search.search(ana.project_id, "dogs")
        assert [hit.document_id for hit in found.hits] == [document.id]
        assert "no embedding model" in (found.note or "")
    for name in ("first/1", "second/1"):
        with Shelf(tmp_path, embedder=WordHashing(name)) as shelf:
            early = await shelf.search.search(ana.project_id, "dogs", mode=SearchMode.SEMANTIC)
            assert "not embedded yet" in (early.note or "")
            assert await shelf.ingestion.refresh() == 1
            assert await shelf.ingestion.refresh() == 0
            await shelf.ingestion.drain()
            found = await shelf.search.search(ana.project_id, "hounds", mode=SearchMode.SEMANTIC)
            assert [hit.document_id for hit in found.hits] == [document.id]
            assert found.note is None
            assert await shelf.ingestion.refresh() == 0


async def test_a_process_killed_in_the_middle_leaves_a_job_that_another_finishes(tmp_path: Path) -> None:
    with Shelf(tmp_path, lease_s=0.5) as shelf:
        ana = await shelf.found_project()
        (document,) = await shelf.documents.upload(ana, [upload("a.txt", "Dogs sleep.")])
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _HANGING_WORKER, str(tmp_path)),
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        assert await child.stdout.readline() == b"embedding\n"
        child.kill()
        await child.wait()
        assert (await shelf.documents.get(ana, document.id)).state is DocumentState.INDEXING
        async with asyncio.timeout(20):
            while (await shelf.documents.get(ana, document.id)).state is DocumentState.INDEXING:
                await shelf.ingestion.drain()
                await asyncio.sleep(0.05)
        active = await shelf.documents.get(ana, document.id)
        assert (active.state, active.chunk_count) == (DocumentState.ACTIVE, 1)
        assert len((await shelf.search.search(ana.project_id, "dogs")).hits) == 1


async def test_a_document_that_kills_the_server_each_time_is_given_up(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    (document,) = await shelf.documents.upload(ana, [upload("a.txt", "Dogs sleep.")])
    for _ in range(3):
        assert await shelf.database.write(_claim_and_die, new_id()) is not None
    await shelf.ingestion.drain()
    failed = await shelf.documents.get(ana, document.id)
    assert failed.state is DocumentState.FAILED
    assert "three times" in (failed.failure or "")


async def test_a_job_is_held_by_one_attempt_only(shelf: Shelf) -> None:
    ana = await shelf.found_project()
    await shelf.documents.upload(ana, [upload("a.txt", "Dogs sleep.")])
    first = await shelf.database.write(_claim_and_die, "the same owner")
    second = await shelf.database.write(_claim_and_die, "the same owner")
    assert first is not None
    assert second is not None
    for lost in (
        shelf.database.write(library.finish_job, first),
        shelf.database.write(library.extend_job, first, now()),
        shelf.database.write(library.retry_job, first, due_at=now(), problem=""),
    ):
        with pytest.raises(JobLost):
            await lost
    await shelf.database.write(library.finish_job, second)


def test_headings_lead_in_what_is_embedded_only_where_the_text_does_not_show_them() -> None:
    chunk = Chunk(
        id=new_id(),
        document_id=new_id(),
        ordinal=0,
        text="Fees\nTen euros.",
        start=0,
        end=15,
        headings=["Price list", "Fees"],
    )
    assert embedded_text(chunk) == "Price list\nFees\nTen euros."


_HANGING_WORKER = textwrap.dedent(
    """
    import asyncio, sys
    from pathlib import Path
    from services.shelf import Shelf, WordHashing

    class Hanging(WordHashing):
        async def embed(self, texts):
            print("embedding", flush=True)
            await asyncio.Event().wait()

    async def main():
        await Shelf(Path(sys.argv[1]), embedder=Hanging(), lease_s=0.5).ingestion.drain()

    asyncio.run(main())
    """
)


def _finished(shelf: Shelf) -> int:
    return sum(each.stage in (Stage.ACTIVE, Stage.FAILED) for each in shelf.news)


def _claim_and_die(connection: Connection, owner: str) -> library.Job | None:
    moment = now()
    return library.claim_job(connection, owner, now=moment, leased_until=moment - timedelta(seconds=1))


def _found_by_tag(connection: Connection, document: Document) -> int:
    scope = DocumentScope(included_tags=["pets"])
    return len(chunks.lexical(connection, document.project_id, scope, ["dogs"], 10))
