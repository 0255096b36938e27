"""What tools find, as this API shows it, and the types that all wire shapes share."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, Struct

Uuid = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Address = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
Count = Annotated[int, Meta(ge=0)]
Instant = Annotated[datetime, Meta(tz=True)]
# JSON that is passed on as it is stored, without being decoded
RawText = Annotated[Raw, Meta(extra_json_schema={"type": "string"})]
RawInstant = Annotated[Raw, Meta(extra_json_schema={"type": "string", "format": "date-time"})]
RawObject = Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
RawStrings = Annotated[Raw, Meta(extra_json_schema={"type": "array", "items": {"type": "string"}})]

_RESULTS = (
    "ChunkResult",
    "PassageResult",
    "DocumentResult",
    "OutlineResult",
    "QueryResult",
    "ClarificationResult",
    "ExploreResult",
    "FieldResult",
    "FieldValuesResult",
    "ChartResult",
    "CodeOutput",
    "ToolError",
)
ANY_RESULT: dict[str, Any] = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in _RESULTS]}
ToolEntry = Annotated[Any, Meta(extra_json_schema=ANY_RESULT)]


class ToolError(Struct, frozen=True, kw_only=True):
    """Why a tool gave nothing."""

    error_type: str
    error_code: str
    status: Literal["error"] = "error"
    message: str


class ImageCaption(Struct, frozen=True, kw_only=True):
    image_id: str
    content: str


class ChunkResult(Struct, frozen=True, kw_only=True, gc=False):
    """A chunk that a tool found. With `content_truncated` the content is a preview: get_chunk reads the whole."""

    uuid: Uuid
    chunk_ids: list[Uuid]
    document_id: Uuid
    name: RawText
    content: RawText
    content_truncated: bool
    reference_url: Address
    score: float
    type: Literal["chunk"] = "chunk"
    min_page: int | None
    max_page: int | None
    headings: RawStrings
    tags: list[str] = []
    document_tags: RawStrings
    images: list[ImageCaption] = []


class ContentWindow(Struct, frozen=True, kw_only=True, gc=False):
    """Which characters of the chunk `content` holds; `next_offset` is null at the end."""

    offset: Count
    total_chars: Count
    next_offset: int | None


class PassageResult(ChunkResult, frozen=True, kw_only=True, gc=False):
    """A chunk as get_chunk reads it."""

    content_window: ContentWindow


class DocumentResult(Struct, frozen=True, kw_only=True):
    """A document that document_retrieval found: never its content."""

    uuid: Uuid
    document_id: Uuid
    name: str
    type: Literal["document"] = "document"
    content_type: str
    page_count: int | None
    chunk_count: Count
    score: float | None
    tags: list[str]
    document_tags: list[str]


class OutlineChunk(Struct, frozen=True, kw_only=True):
    uuid: Uuid
    chunk_id: Uuid
    ordinal: Count
    preview: str
    char_span: tuple[int, int]
    min_page: int | None
    max_page: int | None
    headings: list[str]


class OutlineResult(Struct, frozen=True, kw_only=True):
    """A document's header and one window of its chunks; `next_offset` is null at the end."""

    uuid: Uuid
    document_id: Uuid
    name: str
    type: Literal["document_outline"] = "document_outline"
    content_type: str
    page_count: int | None
    file_size: Count
    status: str
    source: Literal["upload"] = "upload"
    chunk_count: Count
    char_span: tuple[int, int]
    document_tags: list[str]
    chunks: list[OutlineChunk]
    next_offset: int | None
