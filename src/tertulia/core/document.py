"""Documents, the chunks they are retrieved by, and citations of them."""

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

Metadata: TypeAlias = list[tuple[str, str]]
"""Ordered key and value pairs; keys may repeat. Pairs with the key "tag" are the document's tags."""


class DocumentState(StrEnum):
    """Where a document stands between upload and deletion."""

    CREATED = "created"
    INDEXING = "indexing"
    ACTIVE = "active"
    FAILED = "failed"
    DELETING = "deleting"
    DELETED = "deleted"


class Document(Struct, frozen=True, kw_only=True):
    """An uploaded file. `sha256` names the stored original; `failure` says in plain words why it is not active."""

    id: str
    project_id: str
    name: str
    content_type: str
    size_bytes: int
    sha256: str
    state: DocumentState
    created_at: datetime
    updated_at: datetime
    uploader_id: str | None = None
    page_count: int | None = None
    chunk_count: int = 0
    character_count: int = 0
    metadata: Metadata = []
    failure: str | None = None

    @property
    def tags(self) -> list[str]:
        return [value for key, value in self.metadata if key == "tag"]


class Chunk(Struct, frozen=True, kw_only=True):
    """A retrievable piece: `text` is exactly the characters [start, end) of the document's extracted text.

    `headings` leads from the document's title to the section; pages count from 1 and are None where the format has none.
    """

    id: str
    document_id: str
    ordinal: int
    text: str
    start: int
    end: int
    first_page: int | None = None
    last_page: int | None = None
    headings: list[str] = []


class ChunkHit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A chunk as a search found it. `score` is in [0, 1] within one result list; higher is better."""

    chunk_id: str
    document_id: str
    document_name: str
    text: str
    score: float
    is_truncated: bool = False
    first_page: int | None = None
    last_page: int | None = None
    headings: list[str] = []
    document_tags: list[str] = []


class Citation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pointer from an answer to a chunk. `quote`, when present, stands verbatim in the chunk's text."""

    number: int
    chunk_id: str
    document_id: str
    document_name: str
    quote: str | None = None
    page: int | None = None


class DocumentScope(Struct, frozen=True, kw_only=True):
    """Which documents a search may see; empty lists mean no restriction. Tags are compared without case."""

    document_ids: list[str] = []
    included_tags: list[str] = []
    excluded_tags: list[str] = []
