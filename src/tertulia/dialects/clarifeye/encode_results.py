"""From stored tool results to what this API shows of them; texts pass through undecoded."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec
from msgspec import Raw, Struct

from tertulia.core.tool import DocumentHits, Outline, OutlineEntry, ToolFailure, ToolResult
from tertulia.dialects.clarifeye.encode_data import DataEntry, StoredData, data_results
from tertulia.dialects.clarifeye.wire_results import (
    ChunkResult,
    ContentWindow,
    DocumentResult,
    OutlineChunk,
    OutlineResult,
    PassageResult,
    ToolError,
)

Link: TypeAlias = Callable[[str, str | None], str]
"""(chunk id, quote) -> the absolute address that shows the passage."""

_EMPTY = Raw(b"[]")


class StoredHit(Struct, frozen=True, gc=False):
    """core's ChunkHit as it lies in the store, with its texts left as JSON."""

    chunk_id: str
    document_id: str
    document_name: Raw
    text: Raw
    score: float
    is_truncated: bool = False
    first_page: int | None = None
    last_page: int | None = None
    headings: Raw = _EMPTY
    document_tags: Raw = _EMPTY


class StoredHits(Struct, frozen=True, gc=False, tag="chunk_hits", tag_field="kind"):
    hits: list[StoredHit]
    note: str | None = None


class StoredPassage(Struct, frozen=True, gc=False, tag="passage", tag_field="kind"):
    hit: StoredHit
    offset: int
    total_characters: int
    next_offset: int | None = None


StoredResult: TypeAlias = StoredHits | StoredPassage | DocumentHits | Outline | StoredData | ToolFailure
WireResult: TypeAlias = ChunkResult | PassageResult | DocumentResult | OutlineResult | DataEntry | ToolError

_stored = msgspec.json.Decoder(StoredResult)


def results_of(result: ToolResult, link: Link) -> list[WireResult]:
    """What a tool run just gave."""
    return wire_results(_stored.decode(msgspec.json.encode(result)), link)


def wire_results(result: StoredResult, link: Link) -> list[WireResult]:
    """A failure is one ToolError; everything else one entry per thing found."""
    match result:
        case StoredHits():
            return [_chunk(hit, link) for hit in result.hits]
        case ToolFailure():
            return [tool_error(result.code, result.message)]
        case StoredPassage():
            return [_passage(result, link)]
        case DocumentHits():
            return [
                DocumentResult(
                    uuid=hit.document_id,
                    document_id=hit.document_id,
                    name=hit.name,
                    content_type=hit.content_type,
                    page_count=hit.page_count,
                    chunk_count=hit.chunk_count,
                    score=hit.score,
                    tags=hit.tags,
                    document_tags=hit.tags,
                )
                for hit in result.documents
            ]
        case Outline():
            return [_outline(result)]
        case _:
            return [*data_results(result)]


def tool_error(code: str, message: str) -> ToolError:
    """`code` is a name in snake_case; the vendor's sample has `syntax_error` with `INVALID_QUERY`."""
    kind = "syntax_error" if code == "invalid_query" else code
    return ToolError(error_type=kind, error_code=code.upper(), message=message)


def _chunk(hit: StoredHit, link: Link) -> ChunkResult:
    return ChunkResult(
        uuid=hit.chunk_id,
        chunk_ids=[hit.chunk_id],
        document_id=hit.document_id,
        name=hit.document_name,
        content=hit.text,
        content_truncated=hit.is_truncated,
        reference_url=link(hit.chunk_id, None),
        score=hit.score,
        min_page=hit.first_page,
        max_page=hit.last_page,
        headings=hit.headings,
        document_tags=hit.document_tags,
    )


def _passage(passage: StoredPassage, link: Link) -> PassageResult:
    hit = passage.hit
    return PassageResult(
        uuid=hit.chunk_id,
        chunk_ids=[hit.chunk_id],
        document_id=hit.document_id,
        name=hit.document_name,
        content=hit.text,
        content_truncated=hit.is_truncated,
        reference_url=link(hit.chunk_id, None),
        score=hit.score,
        min_page=hit.first_page,
        max_page=hit.last_page,
        headings=hit.headings,
        document_tags=hit.document_tags,
        content_window=ContentWindow(
            offset=passage.offset,
            total_chars=passage.total_characters,
            next_offset=passage.next_offset,
        ),
    )


def _outline(outline: Outline) -> OutlineResult:
    return OutlineResult(
        uuid=outline.document_id,
        document_id=outline.document_id,
        name=outline.name,
        content_type=outline.content_type,
        page_count=outline.page_count,
        file_size=outline.size_bytes,
        status=outline.state,
        chunk_count=outline.chunk_count,
        char_span=(0, outline.character_count),
        document_tags=outline.tags,
        chunks=[_outlined(entry) for entry in outline.entries],
        next_offset=outline.next_offset,
    )


def _outlined(entry: OutlineEntry) -> OutlineChunk:
    return OutlineChunk(
        uuid=entry.chunk_id,
        chunk_id=entry.chunk_id,
        ordinal=entry.ordinal,
        preview=entry.preview,
        char_span=(entry.start, entry.end),
        min_page=entry.first_page,
        max_page=entry.last_page,
        headings=entry.headings,
    )
