"""From projects, agents, documents and tools to what this API shows of them."""

from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import UNSET, Struct

from tertulia.core.agent import Agent
from tertulia.core.document import Document, DocumentState
from tertulia.core.project import Project
from tertulia.core.tool import SearchMode, Tool, ToolKind, ToolParameter
from tertulia.dialects.clarifeye import wire_library as wire

_MODES = {SearchMode.SEMANTIC: "semantic", SearchMode.FULLTEXT: "full_text", SearchMode.HYBRID: "hybrid"}
CHUNK_SEARCH = "semantic-chunks"


def project(found: Project) -> wire.Project:
    return wire.Project(
        id=found.id,
        name=found.name,
        business_brief=found.brief,
        default_llm_model=found.default_model,
        created_at=found.created_at,
        updated_at=found.updated_at,
        **_known(wire.Project, found.wire_fields),
    )


def agent(found: Agent) -> wire.AgentSettings:
    return wire.AgentSettings(
        id=found.id,
        name=found.name,
        description=found.description,
        created_by=found.creator_id,
        created_at=found.created_at,
        updated_at=found.updated_at,
        readonly=found.is_readonly,
        additional_instructions=found.instructions,
        agent_conversation_starter=found.starter,
        model=found.model,
        tools=found.tool_ids,
        last_conversation_date=found.last_conversation_at,
        **_known(wire.AgentSettings, found.wire_fields),
    )


def document(found: Document, documents_url: str) -> wire.Document:
    """`documents_url` is the absolute address of the project's documents, without a trailing slash."""
    return wire.Document(
        id=found.id,
        name=found.name,
        content_type=found.content_type,
        page_count=found.page_count,
        file_size=found.size_bytes,
        metadata=found.metadata,
        status=_status(found.state),
        file=f"{documents_url}/{found.id}/file/",
        indexing_status=found.state.value,
        indexing_error=found.failure,
        created_at=found.created_at,
    )


def minimal_document(found: Document) -> wire.DocumentMinimal:
    return wire.DocumentMinimal(
        id=found.id,
        name=found.name,
        content_type=found.content_type,
        page_count=found.page_count,
        file_size=found.size_bytes,
        metadata=found.metadata,
        status=_status(found.state),
    )


def indexing_status(found: Document) -> wire.IndexingStatus:
    """The extractor's ids stand for this server's one way of indexing: the same for all documents of a project."""
    return wire.IndexingStatus(
        document_id=found.id,
        extractor_id=str(uuid5(NAMESPACE_URL, f"tertulia:extractor:{found.project_id}")),
        extractor_version_id=str(uuid5(NAMESPACE_URL, f"tertulia:extractor-version:{found.project_id}")),
        status=found.state.value,
        error=found.failure,
    )


def tagged_document(found: Document) -> wire.TaggedDocument:
    return wire.TaggedDocument(tags=[wire.DocumentTag(tag_name="tag", tag_value=tag) for tag in found.tags])


def vocabulary(found: list[Document]) -> dict[str, list[str]]:
    """Each metadata key with its distinct values, both sorted."""
    values: dict[str, set[str]] = {}
    for each in found:
        for key, value in each.metadata:
            values.setdefault(key, set()).add(value)
    return {key: sorted(values[key]) for key in sorted(values)}


def tool(found: Tool, project_name: str) -> wire.Tool:
    settings = dict(found.settings)
    if found.kind is ToolKind.RETRIEVAL:
        given = cast("dict[str, Any]", settings.get("retrieval_parameters") or {})
        settings["retrieval_parameters"] = {"mode": _MODES[found.mode], "n_objects": found.result_limit} | given
    return wire.Tool(
        id=found.id,
        name=found.name,
        description=found.description,
        tool_type=found.kind.value,
        retrieval_mode=str(settings.get("retrieval_mode", CHUNK_SEARCH)),
        owner_project_id=found.project_id,
        owner_project_name=project_name,
        readonly=found.is_readonly,
        created_at=found.created_at,
        updated_at=found.updated_at,
        **_known(wire.Tool, settings),
    )


def parameter(found: ToolParameter) -> wire.ToolParameterSpec:
    return wire.ToolParameterSpec(
        id=found.name,
        type=found.type.value,
        description=found.description,
        required=found.required,
        default=UNSET if found.default is None else found.default,
        choices=found.choices or UNSET,
    )


def _status(state: DocumentState) -> wire.DocumentStatus:
    """The vendor's word for whether a document is there; whether it can be searched is its indexing status."""
    match state:
        case DocumentState.DELETING:
            return "deleting"
        case DocumentState.DELETED:
            return "deleted"
        case _:
            return "active"


def _known(shape: type[Struct], kept: dict[str, Any]) -> dict[str, Any]:
    """What was kept of a client's settings, as far as the shape has a place for it that may stay empty."""
    names = {field.name for field in msgspec.structs.fields(shape) if not field.required}
    return {name: value for name, value in kept.items() if name in names}
