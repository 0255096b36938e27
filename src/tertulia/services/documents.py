"""Documents: upload, find, describe, delete. Indexing happens in services/ingestion.py."""

import asyncio
import mimetypes
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from tertulia.core.access import Actor, Verb, allowed
from tertulia.core.clock import now
from tertulia.core.conversation import Page, Window
from tertulia.core.document import Chunk, Document, DocumentState, Metadata
from tertulia.core.errors import InvalidInput, NotFound, PermissionDenied
from tertulia.core.ids import canonical_id, new_id
from tertulia.services.files import Files, Received
from tertulia.settings import Settings
from tertulia.store import library
from tertulia.store.database import Connection, Database

NAME_LIMIT = 255
PAIRS_LIMIT = 500
KEY_LIMIT = 200
VALUE_LIMIT = 2_000
_GONE = (DocumentState.DELETING, DocumentState.DELETED)
_UNKNOWN_TYPE = "application/octet-stream"
_ABANDONED_AFTER_S = 86_400.0


class Upload(Struct, frozen=True, kw_only=True):
    """A file as a client sends it. `content` is read from where it stands, in a thread."""

    name: str
    content: BinaryIO
    content_type: str = ""
    metadata: Metadata = []


class Reference(Struct, frozen=True, kw_only=True):
    """What a citation points to."""

    document: Document
    chunk: Chunk


class Original(Struct, frozen=True, kw_only=True):
    """An uploaded file as it came; `path` stays readable as long as the document is not deleted."""

    document: Document
    path: Path


class Documents:
    """Every method raises NotFound for an id unknown in the actor's project, and PermissionDenied by access.allowed.

    The same bytes uploaded twice make two documents, each with its own name, metadata and chunks, over one stored
    original; a search shows a text that both have once.
    """

    def __init__(self, database: Database, files: Files, settings: Settings, wake: Callable[[], None]) -> None:
        """`wake` is called when there is something new to index."""
        self._database = database
        self._files = files
        self._limit_bytes = settings.document_megabytes << 20
        self._wake = wake

    async def upload(self, actor: Actor, files: Sequence[Upload], *, skip_parsing: bool = False) -> list[Document]:
        """Stores all files or none, and queues them for indexing unless told not to.

        Raises InvalidInput for no files or bad metadata, TooLarge for a file beyond the limit.
        """
        _require(actor, Verb.WRITE_DOCUMENTS)
        if not files:
            raise InvalidInput("No files were sent.")
        for file in files:
            _check_metadata(file.metadata)
        received: list[Received] = []
        try:
            for file in files:
                received.append(await asyncio.to_thread(self._receive, file))  # noqa: PERF401 - what came before a failure must be known
            documents = [_new_document(actor, file, got) for file, got in zip(files, received, strict=True)]
            await self._database.write(self._insert, documents, received, skip_parsing=skip_parsing)
        finally:
            for each in received:
                self._files.discard(each)
        self._wake()
        return documents

    async def get(self, actor: Actor, document_id: str) -> Document:
        _require(actor, Verb.VIEW_PROJECT)
        return await self._database.read(_present, actor.project_id, document_id)

    async def list(
        self, actor: Actor, window: Window, *, text: str = "", states: Sequence[DocumentState] = ()
    ) -> Page[Document]:
        """Newest first; `text` is a substring of the name without case, `states` narrows to these."""
        _require(actor, Verb.VIEW_PROJECT)
        return await self._database.read(
            library.list_documents, actor.project_id, window, text=text.strip(), states=states
        )

    async def list_by_tags(self, actor: Actor, tags: Sequence[str], window: Window) -> Page[Document]:
        """Documents with any of the tags, without case."""
        _require(actor, Verb.VIEW_PROJECT)
        return await self._database.read(library.list_documents_with, actor.project_id, window, values=tags, key="tag")

    async def list_by_metadata(self, actor: Actor, values: Sequence[str], window: Window) -> Page[Document]:
        """Documents with any of the values under any key, without case."""
        _require(actor, Verb.VIEW_PROJECT)
        return await self._database.read(library.list_documents_with, actor.project_id, window, values=values)

    async def delete(self, actor: Actor, document_id: str) -> None:
        """Deletes rows, index entries and vectors in one transaction, then the original unless another document has it.

        A tombstone stays for `indexing_status`.
        """
        _require(actor, Verb.WRITE_DOCUMENTS)

        def bury(connection: Connection) -> Document:
            found = _present(connection, actor.project_id, document_id)
            library.bury_document(connection, found, now())
            return found

        dead = await self._database.write(bury)
        await self._database.write(self._remove_unused, dead.sha256)

    async def indexing_status(self, actor: Actor, document_ids: Sequence[str] | None) -> Sequence[Document]:
        """The documents named, or all, deleted ones too, oldest first. Unknown ids are left out."""
        _require(actor, Verb.VIEW_PROJECT)
        ids = None if document_ids is None else [canonical_id(each) or each for each in document_ids]
        return await self._database.read(library.find_documents, actor.project_id, ids)

    async def add_metadata(self, actor: Actor, document_id: str, pairs: Metadata) -> Document:
        """Appends pairs; pairs with the key "tag" are tags, and searches see them at once."""
        _check_metadata(pairs)
        _, document = await self._change_metadata(actor, document_id, lambda old: [*old, *pairs])
        return document

    async def remove_metadata_pair(self, actor: Actor, document_id: str, key: str, value: str) -> tuple[int, Document]:
        """Removes the pairs equal to this one; returns how many they were."""
        return await self._change_metadata(
            actor, document_id, lambda old: [pair for pair in old if pair != (key, value)]
        )

    async def remove_metadata_key(self, actor: Actor, document_id: str, key: str) -> tuple[int, Document]:
        """Removes all pairs with this key; returns how many they were."""
        return await self._change_metadata(actor, document_id, lambda old: [pair for pair in old if pair[0] != key])

    async def metadata_values(self, actor: Actor, document_id: str, key: str) -> Sequence[str]:
        document = await self.get(actor, document_id)
        return [value for name, value in document.metadata if name == key]

    async def reference(self, project_id: str, chunk_id: str) -> Reference:
        """The passage a citation names; the caller has checked who asks."""
        found = await self._database.read(library.find_chunk, project_id, canonical_id(chunk_id) or chunk_id)
        if found is None:
            raise NotFound("This passage does not exist, or its document was deleted.")
        chunk, document = found
        return Reference(document=document, chunk=chunk)

    async def open_original(self, actor: Actor, document_id: str) -> Original:
        document = await self.get(actor, document_id)
        path = self._files.path(document.sha256)
        if not path.is_file():
            raise NotFound("The original of this document is missing from the data folder.")
        return Original(document=document, path=path)

    async def sweep(self) -> int:
        """Removes originals no document has and uploads that broke off a day ago; returns how many files went."""
        abandoned = list(self._files.abandoned(time.time() - _ABANDONED_AFTER_S))
        for path in abandoned:
            path.unlink(missing_ok=True)
        removed = len(abandoned)
        for content in await asyncio.to_thread(lambda: list(self._files.stored())):
            if not await self._database.read(library.is_content_used, content):
                removed += await self._database.write(self._remove_unused, content)
        return removed

    def _receive(self, file: Upload) -> Received:
        return self._files.receive(file.content, name=clean_name(file.name), limit_bytes=self._limit_bytes)

    def _insert(
        self,
        connection: Connection,
        documents: Sequence[Document],
        received: Sequence[Received],
        *,
        skip_parsing: bool,
    ) -> None:
        for document, got in zip(documents, received, strict=True):
            self._files.keep(got)
            library.insert_document(connection, document)
            if not skip_parsing:
                job = library.Job(
                    id=new_id(),
                    project_id=document.project_id,
                    kind="ingest",
                    document_id=document.id,
                    due_at=document.created_at,
                )
                library.insert_job(connection, job, document.created_at)

    def _remove_unused(self, connection: Connection, content: str) -> bool:
        if library.is_content_used(connection, content):
            return False
        self._files.remove(content)
        return True

    async def _change_metadata(
        self, actor: Actor, document_id: str, change: Callable[[Metadata], Metadata]
    ) -> tuple[int, Document]:
        """The number of pairs that went, and the document as it stands."""
        _require(actor, Verb.WRITE_DOCUMENTS)

        def work(connection: Connection) -> tuple[int, Document]:
            old = _present(connection, actor.project_id, document_id)
            metadata = change(old.metadata)
            if len(metadata) > PAIRS_LIMIT:
                raise InvalidInput(f"A document has at most {PAIRS_LIMIT} metadata pairs.")
            if metadata == old.metadata:
                return 0, old
            changed = library.replace_metadata(connection, old, metadata, now())
            return len(old.metadata) - len(metadata), changed

        return await self._database.write(work)


def clean_name(name: str) -> str:
    """A file name without folders, control characters and lone surrogates, at most 255 characters."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    readable = "".join(character for character in last if unicodedata.category(character) not in ("Cc", "Cs"))
    cleaned = unicodedata.normalize("NFC", readable).strip()
    if len(cleaned) > NAME_LIMIT:
        suffix = Path(cleaned).suffix[:16]
        cleaned = cleaned[: NAME_LIMIT - len(suffix)] + suffix
    return cleaned if cleaned.strip(".") else "document"


def _new_document(actor: Actor, file: Upload, received: Received) -> Document:
    moment = now()
    name = clean_name(file.name)
    given = file.content_type.partition(";")[0].strip().lower()
    guessed = mimetypes.guess_type(name)[0] or _UNKNOWN_TYPE
    return Document(
        id=new_id(),
        project_id=actor.project_id,
        uploader_id=actor.user_id,
        name=name,
        content_type=guessed if given in ("", _UNKNOWN_TYPE) else given,
        size_bytes=received.size_bytes,
        sha256=received.sha256,
        state=DocumentState.CREATED,
        metadata=file.metadata,
        created_at=moment,
        updated_at=moment,
    )


def _present(connection: Connection, project_id: str, document_id: str) -> Document:
    found = library.find_document(connection, project_id, canonical_id(document_id) or document_id)
    if found is None or found.state in _GONE:
        raise NotFound
    return found


def _check_metadata(pairs: Metadata) -> None:
    if len(pairs) > PAIRS_LIMIT:
        raise InvalidInput(f"A document has at most {PAIRS_LIMIT} metadata pairs.")
    for key, value in pairs:
        if any("\ud800" <= character <= "\udfff" for character in key + value):
            raise InvalidInput("Metadata must be valid Unicode text.")
        if not key.strip():
            raise InvalidInput(fields={"key": ["This field may not be blank."]})
        if len(key) > KEY_LIMIT:
            raise InvalidInput(fields={"key": [f"Ensure this field has no more than {KEY_LIMIT} characters."]})
        if len(value) > VALUE_LIMIT:
            raise InvalidInput(fields={"value": [f"Ensure this field has no more than {VALUE_LIMIT} characters."]})


def _require(actor: Actor, verb: Verb) -> None:
    if not allowed(actor, verb):
        raise PermissionDenied
