"""Projects, agents, documents and tools as this API shows them."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from tertulia.dialects.clarifeye.wire import Page
from tertulia.dialects.clarifeye.wire_results import Address, Count, Instant, Uuid

Listed = list[Any] | dict[str, Any]
Pair = tuple[str, str]
MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
DocumentStatus = Literal["active", "deleting", "deleted"]
IndexingState = Literal[
    "created", "indexing", "ready_to_publish", "active", "failed", "pending_delete", "deleting", "deleted"
]


class Project(Struct, frozen=True, kw_only=True):
    """A project. What this server does not interpret is given back as it was set."""

    id: Uuid
    name: str
    business_brief: str
    default_llm_model: str | None
    default_chunking_maximum_chunk_size: int | None = None
    default_chunking_minimum_chunk_size: int | None = None
    default_chunking_page_as_separator: bool | None = None
    default_chunking_title_section_separator_mode: str | None = None
    default_chunking_excluded_block_types: list[str] | None = None
    max_fetchable_objects: int | None = None
    reasoning_workflows: Any = None
    ontology: Any = None
    created_at: Instant
    updated_at: Instant


class ProjectPage(Page, frozen=True, kw_only=True):
    results: list[Project]


class SpentTokens(Struct, frozen=True, kw_only=True):
    """Tokens of language models. `input` counts cached ones too, `output` those of reasoning; `total` is their sum."""

    input: Count
    output: Count
    cache_read: Count
    cache_write: Count
    reasoning: Count
    total: Count


class Spent(Struct, frozen=True, kw_only=True):
    tokens: SpentTokens
    cost: Annotated[float, Meta(ge=0, description="In the operator's currency, by the prices at the time.")]
    turns: Annotated[Count, Meta(description="Turns that reached a model, however they ended.")]


class DayUsage(Spent, frozen=True, kw_only=True):
    day: Annotated[str, Meta(description="Of the turn's end, in UTC.", extra_json_schema={"format": "date"})]


class UserUsage(Spent, frozen=True, kw_only=True):
    user_id: Uuid
    email: str | None


class AgentUsage(Spent, frozen=True, kw_only=True):
    agent_settings: Uuid | None
    agent_settings_name: str | None


class ModelUsage(Spent, frozen=True, kw_only=True):
    model: str


class ProjectUsage(Struct, frozen=True, kw_only=True):
    """What a project holds and what was spent in it: in one month, or since it began.

    A month's documents and conversations are those that came in it and are still there.
    """

    total_documents_size_bytes: Count
    total_documents_count: Count
    total_page_count: Count
    retrieval_operations_count: Annotated[Count, Meta(description="Searches for chunks that agents made.")]
    playground_conversations_count: Count
    month: Annotated[str, Meta(pattern=MONTH)] | None
    month_start: Instant | None
    month_end: Annotated[Instant | None, Meta(description="The first instant of the next month.")]
    project_created_at: Instant
    tokens: Annotated[SpentTokens, Meta(description="Extension.")]
    cost: Annotated[float, Meta(ge=0, description="Extension: in the operator's currency.")]
    turns: Annotated[Count, Meta(description="Extension: turns that reached a model, however they ended.")]
    by_day: Annotated[list[DayUsage], Meta(description="Extension: in the order of days.")]
    by_user: Annotated[list[UserUsage], Meta(description="Extension: dearest first.")]
    by_agent: Annotated[list[AgentUsage], Meta(description="Extension: dearest first.")]
    by_model: Annotated[list[ModelUsage], Meta(description="Extension: dearest first.")]


class AgentSettings(Struct, frozen=True, kw_only=True):
    """An agent. What this server does not interpret is given back as it was set."""

    id: Uuid
    name: str
    description: str
    created_by: Annotated[Uuid | None, Meta(description="Null for the agent a project begins with.")]
    created_at: Instant
    updated_at: Instant
    readonly: bool
    additional_instructions: str
    agent_conversation_starter: str
    model: Annotated[str, Meta(description="Empty: the server's default model.")]
    project_brief: bool | str = True
    knowledge_graph_mode: str = "do_not_inject"
    knowledge_graph_parameters: Listed = []
    tags_hierarchies_mode: str = "inject_all"
    tags_hierarchies_parameters: Listed = []
    selected_workflows_mode: str = "do_not_use_workflow"
    selected_workflows: list[Any] = []
    agent_mode: str = ""
    tools: Annotated[list[Uuid], Meta(description="Empty: all tools of the project.")]
    last_conversation_date: Instant | None
    local_documents: list[Uuid] = []


class AgentSettingsPage(Page, frozen=True, kw_only=True):
    results: list[AgentSettings]


class DocumentMinimal(Struct, frozen=True, kw_only=True):
    id: Uuid
    name: str
    content_type: str
    page_count: int | None
    file_size: int | None
    metadata: list[Pair]
    status: Annotated[DocumentStatus, Meta(description="Whether it is there; see also indexing_status.")]


class DocumentMinimalPage(Page, frozen=True, kw_only=True):
    results: list[DocumentMinimal]


class Document(DocumentMinimal, frozen=True, kw_only=True):
    file: Annotated[Address, Meta(description="The original, for the same credential.")]
    computed_pdf_file: Address | None = None
    source: Literal["upload", "connector"] = "upload"
    source_metadata: dict[str, Any] = {}
    indexing_status: Annotated[IndexingState, Meta(description="Extension: `active` can be searched.")]
    indexing_error: Annotated[str | None, Meta(description="Extension: why indexing failed.")]
    created_at: Annotated[Instant, Meta(description="Extension.")]


class DocumentPage(Page, frozen=True, kw_only=True):
    results: list[Document]


class IndexingStatus(Struct, frozen=True, kw_only=True):
    """Where a document stands. There is one extractor, so there is one row per document."""

    document_id: Uuid
    extractor_type: str = "ChunkExtractor"
    extractor_id: Uuid
    extractor_version_id: Uuid
    status: IndexingState
    error: Annotated[str | None, Meta(description="Extension: why indexing failed.")]


class RemovedPair(Struct, frozen=True, kw_only=True):
    removed: bool
    document: Document


class RemovedKey(Struct, frozen=True, kw_only=True):
    removed_count: Count
    document: Document


class KeyValues(Struct, frozen=True, kw_only=True):
    key: str
    values: list[str]


class TagOrigin(Struct, frozen=True, kw_only=True):
    id: str
    table: Uuid
    table_version_id: Uuid


class DocumentTag(Struct, frozen=True, kw_only=True):
    """A tag of a document. Tags are metadata here, not extracted, so there is no table it came from."""

    tag_name: str
    tag_value: str
    origin: list[TagOrigin] = []


class TaggedDocument(Struct, frozen=True, kw_only=True):
    tags: list[DocumentTag]


class Tool(Struct, frozen=True, kw_only=True):
    """A tool. The fields after `updated_at` are extensions: how it was configured, given back as it was set."""

    id: Uuid
    name: str
    description: str | None
    tool_type: str
    retrieval_mode: str
    category: Literal["local", "imported"] = "local"
    owner_project_id: Uuid
    owner_project_name: str | None
    readonly: bool
    created_at: Instant
    updated_at: Instant
    retrieval_parameters: dict[str, Any] | UnsetType = UNSET
    document_mode: str | UnsetType = UNSET
    document_parameters: list[dict[str, Any]] | UnsetType = UNSET
    tags_included_mode: str | UnsetType = UNSET
    tags_included_parameters: list[Any] | UnsetType = UNSET
    tags_excluded_mode: str | UnsetType = UNSET
    tags_excluded_parameters: list[Any] | UnsetType = UNSET
    objects_included_mode: str | UnsetType = UNSET
    objects_included_parameters: Listed | UnsetType = UNSET
    objects_excluded_mode: str | UnsetType = UNSET
    objects_excluded_parameters: Listed | UnsetType = UNSET
    attributes_included_mode: str | UnsetType = UNSET
    attributes_included_parameters: Listed | UnsetType = UNSET
    attributes_excluded_mode: str | UnsetType = UNSET
    attributes_excluded_parameters: Listed | UnsetType = UNSET
    search_scope_extensions: Listed | UnsetType = UNSET


class ToolPage(Page, frozen=True, kw_only=True):
    results: list[Tool]


class ToolParameterSpec(Struct, frozen=True, kw_only=True):
    id: str
    type: Literal["string", "integer", "number", "boolean", "array", "object"]
    description: str
    required: bool
    default: Any = UNSET
    choices: Annotated[list[str] | UnsetType, Meta(description="Extension: the values it takes.")] = UNSET
