"""Documents, their chunks and the jobs that index them, as rows. What is indexed changes with its rows or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from tertulia.core.conversation import Page, Window
from tertulia.core.document import Chunk, ChunkHit, Document, DocumentScope, DocumentState, Metadata
from tertulia.core.errors import TertuliaError
from tertulia.store import codec
from tertulia.store.columns import Instant
from tertulia.store.schema import chunk, chunk_vector, document, document_text, job
from tertulia.store.sqlite import chunks as index
from tertulia.store.text import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows: TypeAlias = NDArray[np.float32]

_GONE = (DocumentState.DELETING.value, DocumentState.DELETED.value)
_QUEUED, _RUNNING = "queued", "running"
_NEXT_DUE = sa.select(
    sa.select(sa.func.min(job.c.due_at)).where(job.c.status == _QUEUED).scalar_subquery(),
    sa.select(sa.func.min(job.c.leased_until))
    .where(job.c.status == _RUNNING, job.c.leased_until < sa.bindparam("now", type_=Instant))
    .scalar_subquery(),
)


class JobLost(TertuliaError):
    """Another worker has taken this job over, or its document is gone."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Work on one document, `ingest` or `reindex`. `owner` holds it until its lease ends; `attempt` counts from 1."""

    id: str
    project_id: str
    kind: str
    document_id: str
    due_at: datetime
    attempt: int = 0
    owner: str | None = None


class Vectors(NamedTuple):
    """One row per chunk, in the order of the chunks."""

    embedder_id: str
    rows: Rows


def insert_document(connection: Connection, new: Document) -> None:
    connection.execute(document.insert().values(id=new.id, project_id=new.project_id, **_values(new)))


def update_document(connection: Connection, changed: Document) -> None:
    """Writes what changed beside the index; for name and metadata there is `replace_metadata`."""
    connection.execute(document.update().where(document.c.id == changed.id).values(**_values(changed)))


def find_document(connection: Connection, project_id: str, document_id: str) -> Document | None:
    """The document, a deleted one too."""
    statement = sa.select(document).where(document.c.id == document_id, document.c.project_id == project_id)
    row = connection.execute(statement).first()
    return None if row is None else _document(row)


def find_documents(connection: Connection, project_id: str, document_ids: Sequence[str] | None) -> list[Document]:
    """The documents named, or all of the project, deleted ones too, oldest first. Unknown ids are left out."""
    condition = document.c.project_id == project_id
    if document_ids is not None:
        condition = sa.and_(condition, document.c.id.in_(document_ids))
    statement = sa.select(document).where(condition).order_by(document.c.created_at, document.c.id)
    return [_document(row) for row in connection.execute(statement)]


def list_documents(
    connection: Connection, project_id: str, window: Window, *, text: str = "", states: Sequence[DocumentState] = ()
) -> Page[Document]:
    """Documents that are not deleted, newest first; `text` is a substring of the name without case."""
    condition = _present(project_id)
    if text:
        condition = sa.and_(condition, document.c.name_folded.contains(fold(text), autoescape=True))
    if states:
        condition = sa.and_(condition, document.c.state.in_([state.value for state in states]))
    total = connection.execute(sa.select(sa.func.count()).select_from(document).where(condition)).scalar_one()
    statement = sa.select(document).where(condition).order_by(document.c.created_at.desc(), document.c.id.desc())
    rows = connection.execute(statement.limit(window.limit).offset(window.offset))
    return Page(items=[_document(row) for row in rows], total=total)


def list_documents_with(
    connection: Connection, project_id: str, window: Window, *, values: Iterable[str], key: str | None = None
) -> Page[Document]:
    """Documents with any of these metadata values (without case), newest first; `key` narrows to the pairs with it."""
    wanted = {fold(value) for value in values}
    statement = (
        sa.select(document.c.id, document.c.metadata)
        .where(_present(project_id), document.c.metadata != "[]")
        .order_by(document.c.created_at.desc(), document.c.id.desc())
    )
    matching = [
        row.id
        for row in connection.execute(statement)
        if any(fold(value) in wanted for name, value in _metadata(row.metadata) if key is None or name == key)
    ]
    ids = matching[window.offset : window.offset + window.limit]
    found = {each.id: each for each in find_documents(connection, project_id, ids)}
    return Page(items=[found[each] for each in ids], total=len(matching))


def documents_in_scope(connection: Connection, project_id: str, scope: DocumentScope) -> list[Document]:
    """The active documents a scope lets through, by name."""
    condition = sa.and_(document.c.project_id == project_id, document.c.state == DocumentState.ACTIVE.value)
    if scope.document_ids:
        condition = sa.and_(condition, document.c.id.in_(scope.document_ids))
    statement = sa.select(document).where(condition).order_by(document.c.name_folded, document.c.id)
    found = (_document(row) for row in connection.execute(statement))
    return [each for each in found if _has_tags(each, scope)]


def is_content_used(connection: Connection, sha256: str) -> bool:
    """Whether a document that is not deleted, in any project, has this content."""
    statement = sa.select(sa.literal(1)).where(document.c.sha256 == sha256, document.c.state.not_in(_GONE)).limit(1)
    return connection.execute(statement).first() is not None


def bury_document(connection: Connection, dead: Document, now: datetime) -> None:
    """Deletes all that was made of the document and leaves its row as a tombstone."""
    clear_content(connection, dead)
    connection.execute(job.delete().where(job.c.subject_id == dead.id))
    tombstone = msgspec.structs.replace(dead, state=DocumentState.DELETED, metadata=[], failure=None, updated_at=now)
    update_document(connection, tombstone)


def delete_project_documents(connection: Connection, project_id: str) -> None:
    """Deletes the documents of a project without a trace. Their originals are swept later."""
    for each in find_documents(connection, project_id, None):
        clear_content(connection, each)
        connection.execute(job.delete().where(job.c.subject_id == each.id))
    connection.execute(document.delete().where(document.c.project_id == project_id))


def replace_metadata(connection: Connection, old: Document, metadata: Metadata, now: datetime) -> Document:
    """Writes new metadata; where it changes the tags, the index follows in the same transaction."""
    new = msgspec.structs.replace(old, metadata=metadata, updated_at=now)
    if index.scope_of(new) != index.scope_of(old):
        index.unindex(connection, old.project_id, _indexed(connection, old))
        index.index(connection, new.project_id, _indexed(connection, new))
    update_document(connection, new)
    return new


def clear_content(connection: Connection, emptied: Document) -> None:
    """Takes a document's text, chunks and vectors out of rows and indexes."""
    index.unindex(connection, emptied.project_id, _indexed(connection, emptied))
    own = sa.select(chunk.c.pk).where(chunk.c.document_id == emptied.id)
    connection.execute(chunk_vector.delete().where(chunk_vector.c.chunk_pk.in_(own)))
    connection.execute(chunk.delete().where(chunk.c.document_id == emptied.id))
    connection.execute(document_text.delete().where(document_text.c.document_id == emptied.id))


def put_content(
    connection: Connection, filled: Document, text: str, chunks: Sequence[Chunk], vectors: Vectors | None
) -> None:
    """Replaces a document's text, chunks and vectors, in rows and indexes."""
    clear_content(connection, filled)
    connection.execute(document_text.insert().values(document_id=filled.id, text=text))
    keys = _insert_chunks(connection, filled, chunks)
    index.index(connection, filled.project_id, _indexed(connection, filled))
    if vectors is not None:
        index.add_vectors(connection, filled.project_id, vectors.embedder_id, zip(keys, vectors.rows, strict=True))


def replace_vectors(connection: Connection, project_id: str, keys: Sequence[int], vectors: Vectors) -> None:
    """Gives chunks new vectors in place of those of every embedder. Raises JobLost where a chunk is gone meanwhile."""
    there = connection.execute(sa.select(sa.func.count()).select_from(chunk).where(chunk.c.pk.in_(keys))).scalar_one()
    if there != len(keys):
        raise JobLost
    connection.execute(chunk_vector.delete().where(chunk_vector.c.chunk_pk.in_(keys)))
    index.add_vectors(connection, project_id, vectors.embedder_id, zip(keys, vectors.rows, strict=True))


def find_text(connection: Connection, document_id: str) -> str | None:
    """The extracted text that chunk spans count in."""
    return connection.execute(
        sa.select(document_text.c.text).where(document_text.c.document_id == document_id)
    ).scalar_one_or_none()


def find_chunk(connection: Connection, project_id: str, chunk_id: str) -> tuple[Chunk, Document] | None:
    row = connection.execute(sa.select(chunk).where(chunk.c.id == chunk_id, chunk.c.project_id == project_id)).first()
    owner = None if row is None else find_document(connection, project_id, row.document_id)
    return None if row is None or owner is None else (_chunk(row), owner)


def list_chunks(connection: Connection, document_id: str, window: Window) -> list[Chunk]:
    """One window of a document's chunks, in order."""
    statement = sa.select(chunk).where(chunk.c.document_id == document_id).order_by(chunk.c.ordinal)
    return [_chunk(row) for row in connection.execute(statement.limit(window.limit).offset(window.offset))]


def chunks_by_key(connection: Connection, document_id: str) -> list[tuple[int, Chunk]]:
    statement = sa.select(chunk).where(chunk.c.document_id == document_id).order_by(chunk.c.ordinal)
    return [(row.pk, _chunk(row)) for row in connection.execute(statement)]


def hits_by_key(connection: Connection, project_id: str, keys: Sequence[int]) -> dict[int, ChunkHit]:
    """Chunks as hits without a score, by key; those that are gone are left out."""
    statement = (
        sa.select(chunk, document.c.name, document.c.metadata)
        .join(document, document.c.id == chunk.c.document_id)
        .where(chunk.c.pk.in_(keys), chunk.c.project_id == project_id)
    )
    return {row.pk: _hit(row) for row in connection.execute(statement)}


def insert_job(connection: Connection, new: Job, now: datetime) -> None:
    connection.execute(
        job.insert().values(
            id=new.id,
            project_id=new.project_id,
            kind=new.kind,
            subject_id=new.document_id,
            status=_QUEUED,
            due_at=new.due_at,
            created_at=now,
        )
    )


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """When a job can next be claimed: in the past where one can be now, None where nothing waits."""
    moments = connection.execute(_NEXT_DUE, {"now": now}).one()
    return min((moment for moment in moments if moment is not None), default=None)


def claim_job(connection: Connection, owner: str, *, now: datetime, leased_until: datetime) -> Job | None:
    """Takes the job due longest, or one whose lease ran out; that begins a new attempt."""
    queued = sa.and_(job.c.status == _QUEUED, job.c.due_at <= now)
    expired = sa.and_(job.c.status == _RUNNING, job.c.leased_until < now)
    candidate = (
        sa.select(job.c.id)
        .where(sa.or_(queued, expired))
        .order_by(job.c.due_at, job.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claimed = connection.execute(
        job.update()
        .where(job.c.id == candidate)
        .values(status=_RUNNING, owner=owner, leased_until=leased_until, attempt=job.c.attempt + 1)
        .returning(job)
    ).first()
    return None if claimed is None else _job(claimed)


def extend_job(connection: Connection, held: Job, leased_until: datetime) -> None:
    """Raises JobLost where held is no longer the job's attempt; so do the functions below."""
    _change_held(connection, held, leased_until=leased_until)


def hand_back_jobs(connection: Connection, owner: str) -> None:
    """Queues again what owner gives up in good order; the attempts do not count."""
    held = sa.and_(job.c.owner == owner, job.c.status == _RUNNING)
    values = {"status": _QUEUED, "owner": None, "leased_until": None, "attempt": job.c.attempt - 1}
    connection.execute(job.update().where(held).values(**values))


def retry_job(connection: Connection, held: Job, *, due_at: datetime, problem: str) -> None:
    values = {"status": _QUEUED, "owner": None, "leased_until": None, "due_at": due_at, "problem": problem}
    _change_held(connection, held, **values)


def finish_job(connection: Connection, held: Job) -> None:
    """Takes the job off the list: the document tells how it ended."""
    if connection.execute(job.delete().where(_is_held(held))).rowcount != 1:
        raise JobLost


def documents_without_vectors(connection: Connection, embedder_id: str) -> list[Document]:
    """Active documents with a chunk that this embedder has not embedded, and with no job waiting."""
    covered = sa.exists().where(chunk_vector.c.chunk_pk == chunk.c.pk, chunk_vector.c.embedder_id == embedder_id)
    uncovered = sa.select(chunk.c.document_id).where(~covered)
    busy = sa.select(job.c.subject_id)
    statement = sa.select(document).where(
        document.c.state == DocumentState.ACTIVE.value, document.c.id.in_(uncovered), document.c.id.not_in(busy)
    )
    return [_document(row) for row in connection.execute(statement.order_by(document.c.created_at))]


def _present(project_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(document.c.project_id == project_id, document.c.state.not_in(_GONE))


def _has_tags(found: Document, scope: DocumentScope) -> bool:
    tags = {fold(tag) for tag in found.tags}
    if tags & {fold(tag) for tag in scope.excluded_tags}:
        return False
    return not scope.included_tags or bool(tags & {fold(tag) for tag in scope.included_tags})


def _insert_chunks(connection: Connection, owner: Document, chunks: Sequence[Chunk]) -> list[int]:
    """Inserts chunks and returns their keys in the same order."""
    if not chunks:
        return []
    rows = [
        {
            "id": each.id,
            "project_id": owner.project_id,
            "document_id": owner.id,
            "ordinal": each.ordinal,
            "text": each.text,
            "start": each.start,
            "end": each.end,
            "first_page": each.first_page,
            "last_page": each.last_page,
            "headings": codec.dump(each.headings),
        }
        for each in chunks
    ]
    connection.execute(chunk.insert(), rows)
    statement = sa.select(chunk.c.ordinal, chunk.c.pk).where(chunk.c.document_id == owner.id)
    keys = {row.ordinal: row.pk for row in connection.execute(statement)}
    return [keys[each.ordinal] for each in chunks]


def _indexed(connection: Connection, owner: Document) -> list[index.IndexedText]:
    """The index entries of a document's chunks, as its stored rows and `owner` make them."""
    scope = index.scope_of(owner)
    statement = sa.select(chunk.c.pk, chunk.c.headings, chunk.c.text).where(chunk.c.document_id == owner.id)
    return [
        index.IndexedText(row.pk, owner.name, "\n".join(_strings(row.headings)), row.text, scope)
        for row in connection.execute(statement)
    ]


def _change_held(connection: Connection, held: Job, **values: Any) -> None:
    if connection.execute(job.update().where(_is_held(held)).values(**values)).rowcount != 1:
        raise JobLost


def _is_held(held: Job) -> sa.ColumnElement[bool]:
    return sa.and_(
        job.c.id == held.id, job.c.owner == held.owner, job.c.attempt == held.attempt, job.c.status == _RUNNING
    )


def _values(value: Document) -> dict[str, Any]:
    return {
        "uploader_id": value.uploader_id,
        "name": value.name,
        "name_folded": fold(value.name),
        "content_type": value.content_type,
        "size_bytes": value.size_bytes,
        "sha256": value.sha256,
        "state": value.state.value,
        "failure": value.failure,
        "page_count": value.page_count,
        "chunk_count": value.chunk_count,
        "character_count": value.character_count,
        "metadata": codec.dump(value.metadata),
        "created_at": value.created_at,
        "updated_at": value.updated_at,
    }


def _document(row: sa.Row[Any]) -> Document:
    return Document(
        id=row.id,
        project_id=row.project_id,
        name=row.name,
        content_type=row.content_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        state=DocumentState(row.state),
        created_at=row.created_at,
        updated_at=row.updated_at,
        uploader_id=row.uploader_id,
        page_count=row.page_count,
        chunk_count=row.chunk_count,
        character_count=row.character_count,
        metadata=_metadata(row.metadata),
        failure=row.failure,
    )


def _chunk(row: sa.Row[Any]) -> Chunk:
    return Chunk(
        id=row.id,
        document_id=row.document_id,
        ordinal=row.ordinal,
        text=row.text,
        start=row.start,
        end=row.end,
        first_page=row.first_page,
        last_page=row.last_page,
        headings=_strings(row.headings),
    )


def _hit(row: sa.Row[Any]) -> ChunkHit:
    return ChunkHit(
        chunk_id=row.id,
        document_id=row.document_id,
        document_name=row.name,
        text=row.text,
        score=0.0,
        first_page=row.first_page,
        last_page=row.last_page,
        headings=_strings(row.headings),
        document_tags=[value for key, value in _metadata(row.metadata) if key == "tag"],
    )


def _job(row: sa.Row[Any]) -> Job:
    return Job(
        id=row.id,
        project_id=row.project_id,
        kind=row.kind,
        document_id=row.subject_id,
        due_at=row.due_at,
        attempt=row.attempt,
        owner=row.owner,
    )


def _metadata(text: str) -> Metadata:
    return [] if text == "[]" else codec.load(text, list[tuple[str, str]])


def _strings(text: str) -> list[str]:
    return [] if text == "[]" else codec.load(text, list[str])
