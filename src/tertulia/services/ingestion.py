"""Indexing in the background: jobs claimed by lease, so that processes that share a file share the work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
import structlog
from msgspec import Struct

from tertulia.core.clock import now
from tertulia.core.document import Chunk, Document, DocumentState
from tertulia.core.errors import TertuliaError
from tertulia.core.ids import new_id
from tertulia.retrieval.chunk import ChunkDraft, chunk
from tertulia.retrieval.parse import ParsedDocument, ParseFailed, ParseLimits, parse
from tertulia.services.files import Files
from tertulia.settings import Settings
from tertulia.store import library
from tertulia.store.database import Connection, Database
from tertulia.store.library import Job, JobLost

if TYPE_CHECKING:
    from tertulia.providers.embedder import Embedder

MAX_ATTEMPTS = 3
_POLL_S = 1.0
_EMBED_BATCH = 64
log = structlog.get_logger(__name__)


class Stage(StrEnum):
    """How far a document is; the last two end its work."""

    READING = "reading"
    EMBEDDING = "embedding"
    ACTIVE = "active"
    FAILED = "failed"


class Progress(Struct, frozen=True, kw_only=True):
    """News of one document. `done` of `total` counts chunks while they are embedded."""

    document: Document
    stage: Stage
    done: int = 0
    total: int = 0


class Ingestion:
    """Reads, cuts, embeds and commits uploaded documents. Without an embedder their vectors are left out.

    A document that cannot be read fails with the reason; any other error is tried three times in all. A process that
    dies in the middle leaves nothing but a lease, and its job is taken over when that ends.
    """

    def __init__(
        self,
        database: Database,
        files: Files,
        settings: Settings,
        *,
        embedder: Embedder | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        backoff_s: float = 2.0,
    ) -> None:
        """`backoff_s` is the wait before the second attempt; before the third it is four times as long."""
        self._database = database
        self._files = files
        self._settings = settings
        self._embedder = embedder
        self._on_progress = on_progress
        self._backoff_s = backoff_s
        self._limits = ParseLimits(
            pages=settings.document_pages,
            seconds=settings.parse_seconds,
            memory_bytes=settings.parse_memory_megabytes << 20,
        )
        self._owner = new_id()
        self._woken = asyncio.Event()
        self._workers: list[asyncio.Task[None]] = []

    def wake(self) -> None:
        """Says that there is a new job; without it workers look every second."""
        self._woken.set()

    async def start(self) -> None:
        """Queues documents that lack this embedder's vectors, and begins to work in the background."""
        await self.refresh()
        self._workers = [asyncio.create_task(self._serve()) for _ in range(self._settings.ingest_workers)]

    async def stop(self) -> None:
        """Breaks off what is being done and hands it back to the next worker."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers = []
        await self._database.write(library.hand_back_jobs, self._owner)

    async def drain(self) -> None:
        """Works until no job waits, attempts to come included; jobs other processes hold are left to them."""
        try:
            while True:
                if await self._step():
                    continue
                due = await self._database.read(library.next_due, now())
                if due is None:
                    return
                await asyncio.sleep(min(max(0.0, (due - now()).total_seconds()), _POLL_S))
        except asyncio.CancelledError:
            await self._database.write(library.hand_back_jobs, self._owner)
            raise

    async def refresh(self) -> int:
        """Queues active documents whose chunks this embedder has not embedded yet; returns how many."""
        if self._embedder is None:
            return 0
        embedder_id = self._embedder.id
        if not await self._database.read(library.documents_without_vectors, embedder_id):
            return 0

        def enqueue(connection: Connection) -> int:
            stale = library.documents_without_vectors(connection, embedder_id)
            for each in stale:
                job = Job(id=new_id(), project_id=each.project_id, kind="reindex", document_id=each.id, due_at=now())
                library.insert_job(connection, job, now())
            return len(stale)

        return await self._database.write(enqueue)

    async def _serve(self) -> None:
        while True:
            self._woken.clear()
            try:
                worked = await self._step()
            except Exception:
                log.exception("ingestion_stumbled")
                worked = False
            if not worked:
                await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(_POLL_S):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _step(self) -> bool:
        """Does one job, if one can be claimed."""
        due = await self._database.read(library.next_due, now())
        if due is None or due > now():
            return False
        claimed = await self._database.write(self._claim)
        if claimed is None:
            return False
        await self._attempt(*claimed)
        return True

    def _claim(self, connection: Connection) -> tuple[Job, Document] | None:
        """The next job and its document, past those that came to nothing."""
        while True:
            moment = now()
            leased_until = moment + timedelta(seconds=self._settings.lease_s)
            job = library.claim_job(connection, self._owner, now=moment, leased_until=leased_until)
            if job is None:
                return None
            document = library.find_document(connection, job.project_id, job.document_id)
            if document is None:
                library.finish_job(connection, job)
            elif job.attempt > MAX_ATTEMPTS:
                log.error("document_failed", document_id=document.id, reason="the server died three times over it")
                _fail(connection, job, "Reading this document stopped the server three times. Try splitting it.")
            else:
                return job, _begun(connection, job, document)

    async def _attempt(self, job: Job, document: Document) -> None:
        try:
            await self._holding(job, document)
        except JobLost:
            log.info("job_lost", document_id=document.id)
        except ParseFailed as failure:
            log.warning("document_failed", document_id=document.id, reason=failure.message, detail=failure.detail)
            await self._give_up(job, document, failure.message)
        except Exception as error:
            log.exception("indexing_failed", document_id=document.id, attempt=job.attempt)
            await self._try_later(job, document, error)

    async def _holding(self, job: Job, document: Document) -> None:
        """Does the job while its lease is kept; raises JobLost as soon as the lease is not."""
        work = asyncio.create_task(self._index(job, document))
        lease = asyncio.create_task(self._keep_lease(job))
        try:
            await asyncio.wait({work, lease}, return_when=asyncio.FIRST_COMPLETED)
            (work if work.done() else lease).result()
        finally:
            work.cancel()
            lease.cancel()
            await asyncio.gather(work, lease, return_exceptions=True)

    async def _keep_lease(self, job: Job) -> None:
        while True:
            await asyncio.sleep(self._settings.heartbeat_s)
            leased_until = now() + timedelta(seconds=self._settings.lease_s)
            await self._database.write(library.extend_job, job, leased_until)

    async def _index(self, job: Job, document: Document) -> None:
        if job.kind == "reindex":
            await self._embed_again(job, document)
            return
        self._tell(document, Stage.READING)
        path = self._files.path(document.sha256)
        if not path.is_file():
            raise ParseFailed("The original of this document is missing from the data folder.")
        parsed = await parse(path, name=document.name, content_type=document.content_type, limits=self._limits)
        chunks = _verified(parsed, document, await asyncio.to_thread(chunk, parsed))
        if not chunks:
            raise ParseFailed("No text was found in this document.")
        vectors = await self._embed(document, chunks)
        active = await self._database.write(_commit, job, parsed, chunks, vectors)
        self._tell(active, Stage.ACTIVE)

    async def _embed_again(self, job: Job, document: Document) -> None:
        keyed = await self._database.read(library.chunks_by_key, document.id)
        vectors = await self._embed(document, [each for _, each in keyed])

        def commit(connection: Connection) -> None:
            library.finish_job(connection, job)
            if vectors is not None:
                library.replace_vectors(connection, document.project_id, [key for key, _ in keyed], vectors)

        await self._database.write(commit)
        self._tell(document, Stage.ACTIVE)

    async def _embed(self, document: Document, chunks: Sequence[Chunk]) -> library.Vectors | None:
        if self._embedder is None or not chunks:
            return None
        import numpy as np  # noqa: PLC0415 - heavy, and needed only where something is embedded

        texts = [embedded_text(each) for each in chunks]
        batches: list[library.Rows] = []
        for at in range(0, len(texts), _EMBED_BATCH):
            self._tell(document, Stage.EMBEDDING, done=at, total=len(texts))
            batches.append(await self._embedder.embed(texts[at : at + _EMBED_BATCH]))
        return library.Vectors(self._embedder.id, np.concatenate(batches))

    async def _try_later(self, job: Job, document: Document, error: Exception) -> None:
        reason = error.message if isinstance(error, TertuliaError) else f"an unexpected error ({type(error).__name__})"
        if job.attempt >= MAX_ATTEMPTS:
            problem = f"Indexing failed {MAX_ATTEMPTS} times, at last with: {reason} The server's log has more."
            await self._give_up(job, document, problem)
            return
        due_at = now() + timedelta(seconds=self._backoff_s * 4 ** (job.attempt - 1))
        try:
            await self._database.write(library.retry_job, job, due_at=due_at, problem=reason)
        except JobLost:
            log.info("job_lost", document_id=document.id)

    async def _give_up(self, job: Job, document: Document, problem: str) -> None:
        try:
            await self._database.write(_fail, job, problem)
        except JobLost:
            log.info("job_lost", document_id=document.id)
            return
        self._tell(msgspec.structs.replace(document, state=DocumentState.FAILED, failure=problem), Stage.FAILED)

    def _tell(self, document: Document, stage: Stage, *, done: int = 0, total: int = 0) -> None:
        if self._on_progress is not None:
            self._on_progress(Progress(document=document, stage=stage, done=done, total=total))


def embedded_text(chunk: Chunk) -> str:
    """What of a chunk is embedded: its text, led in by the headings that the text itself does not show."""
    lead = [heading for heading in chunk.headings if heading not in chunk.text]
    return "\n".join([" > ".join(lead), chunk.text]) if lead else chunk.text


def _verified(parsed: ParsedDocument, document: Document, drafts: Sequence[ChunkDraft]) -> list[Chunk]:
    """Drafts as chunks. Raises ValueError where one is not exactly its span, which would make citations lie."""
    for draft in drafts:
        if parsed.text[draft.start : draft.end] != draft.text:
            raise ValueError(f"chunk {draft.ordinal} is not the text at {draft.start}:{draft.end}")
    return [
        Chunk(
            id=new_id(),
            document_id=document.id,
            ordinal=draft.ordinal,
            text=draft.text,
            start=draft.start,
            end=draft.end,
            first_page=draft.first_page,
            last_page=draft.last_page,
            headings=draft.headings,
        )
        for draft in drafts
    ]


def _begun(connection: Connection, job: Job, document: Document) -> Document:
    if job.kind == "reindex":
        return document
    begun = msgspec.structs.replace(document, state=DocumentState.INDEXING, failure=None, updated_at=now())
    library.update_document(connection, begun)
    return begun


def _commit(
    connection: Connection,
    job: Job,
    parsed: ParsedDocument,
    chunks: Sequence[Chunk],
    vectors: library.Vectors | None,
) -> Document:
    """Rows, text index, vectors and state in one transaction; the document is read anew, it may have new tags."""
    library.finish_job(connection, job)
    document = library.find_document(connection, job.project_id, job.document_id)
    if document is None:
        raise JobLost
    active = msgspec.structs.replace(
        document,
        state=DocumentState.ACTIVE,
        failure=None,
        page_count=parsed.page_count,
        chunk_count=len(chunks),
        character_count=len(parsed.text),
        updated_at=now(),
    )
    library.put_content(connection, active, parsed.text, chunks, vectors)
    library.update_document(connection, active)
    return active


def _fail(connection: Connection, job: Job, problem: str) -> None:
    """Ends the job; a document that could be searched before stays as it is."""
    library.finish_job(connection, job)
    document = library.find_document(connection, job.project_id, job.document_id)
    if document is not None and job.kind != "reindex":
        failed = msgspec.structs.replace(document, state=DocumentState.FAILED, failure=problem, updated_at=now())
        library.update_document(connection, failed)
