"""Tools an agent may call, and the typed results they give."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import Struct

from tertulia.core.analysis import DataResult
from tertulia.core.document import ChunkHit, DocumentScope
from tertulia.core.query import GoldenQuery, Query, Source, UserAttribute


class ToolKind(StrEnum):
    """What a tool does."""

    RETRIEVAL = "retrieval"
    DOCUMENT_RETRIEVAL = "document_retrieval"
    GET_DOCUMENT_OUTLINE = "get_document_outline"
    GET_CHUNK = "get_chunk"
    ASK_DATA = "ask_data"
    RUN_QUERY = "run_query"
    LIST_EXPLORES = "list_explores"
    DESCRIBE_EXPLORE = "describe_explore"
    SEARCH_FIELD_VALUES = "search_field_values"
    DRAW_CHART = "draw_chart"
    RUN_CODE = "run_code"

    @property
    def reads_data(self) -> bool:
        """Whether it asks governed data, and not documents."""
        return self in _DATA_KINDS


_DATA_KINDS = frozenset(
    {
        ToolKind.ASK_DATA,
        ToolKind.RUN_QUERY,
        ToolKind.LIST_EXPLORES,
        ToolKind.DESCRIBE_EXPLORE,
        ToolKind.SEARCH_FIELD_VALUES,
        ToolKind.DRAW_CHART,
        ToolKind.RUN_CODE,
    }
)


class SearchMode(StrEnum):
    """How a retrieval tool searches: by meaning, by words, or both fused."""

    SEMANTIC = "semantic"
    FULLTEXT = "fulltext"
    HYBRID = "hybrid"


class Fusion(StrEnum):
    """How hybrid search joins its two rankings."""

    WEIGHTED = "weighted"
    RRF = "rrf"


class ParameterType(StrEnum):
    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ARRAY = "array"
    OBJECT = "object"


class ToolParameter(Struct, frozen=True, kw_only=True):
    """One argument of a tool, as a model and an API client see it."""

    name: str
    type: ParameterType
    description: str
    required: bool = False
    default: Any = None
    choices: list[str] = []


class Tool(Struct, frozen=True, kw_only=True):
    """A configured tool of a project. `settings` keeps what a client configured and we do not interpret, verbatim."""

    id: str
    project_id: str
    name: str
    description: str
    kind: ToolKind
    created_at: datetime
    updated_at: datetime
    mode: SearchMode = SearchMode.HYBRID
    fusion: Fusion = Fusion.WEIGHTED
    result_limit: int = 10
    scope: DocumentScope = DocumentScope()
    is_readonly: bool = False
    settings: dict[str, Any] = {}

    @property
    def label(self) -> str:
        """The name under which calls stand in a history, `semantic_chunks` for one."""
        return f"{self.mode}_chunks" if self.kind is ToolKind.RETRIEVAL else str(self.kind)


class Caller(Struct, frozen=True, kw_only=True):
    """For whom a tool runs, and what it may read.

    `sources` are the only explores it may ask, all the user may see where there are none. `attributes` are the user's,
    `synonyms` and `golden` the agent's; `earlier` is the last query of the conversation, which a follow-up amends.
    """

    project_id: str
    user_id: str = ""
    sources: list[Source] = []
    attributes: dict[str, UserAttribute] = {}
    synonyms: dict[str, list[str]] = {}
    golden: list[GoldenQuery] = []
    earlier: Query | None = None


class ChunkHits(Struct, frozen=True, kw_only=True, tag="chunk_hits", tag_field="kind"):
    """Chunks found for a query, best first. `note` tells the reader what limits the search (no embedder, say)."""

    hits: list[ChunkHit]
    note: str | None = None


class DocumentHit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document as document_retrieval finds it: never its content."""

    document_id: str
    name: str
    content_type: str
    tags: list[str] = []
    page_count: int | None = None
    chunk_count: int = 0
    score: float | None = None


class DocumentHits(Struct, frozen=True, kw_only=True, tag="document_hits", tag_field="kind"):
    documents: list[DocumentHit]


class OutlineEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One chunk in a document's map: its first characters and where it stands."""

    chunk_id: str
    ordinal: int
    preview: str
    start: int
    end: int
    first_page: int | None = None
    last_page: int | None = None
    headings: list[str] = []


class Outline(Struct, frozen=True, kw_only=True, tag="outline", tag_field="kind"):
    """A document's header and one window of its chunk map; `next_offset` is None at the end."""

    document_id: str
    name: str
    content_type: str
    state: str
    size_bytes: int
    character_count: int
    chunk_count: int
    entries: list[OutlineEntry]
    page_count: int | None = None
    tags: list[str] = []
    next_offset: int | None = None


class Passage(Struct, frozen=True, kw_only=True, tag="passage", tag_field="kind"):
    """One window of a chunk's full text, in characters; `next_offset` is None at the end."""

    hit: ChunkHit
    offset: int
    total_characters: int
    next_offset: int | None = None


class ToolFailure(Struct, frozen=True, kw_only=True, tag="failure", tag_field="kind"):
    """Why a call gave nothing; told to the model, which may try again another way."""

    code: str
    message: str


ToolResult: TypeAlias = ChunkHits | DocumentHits | Outline | Passage | DataResult | ToolFailure
