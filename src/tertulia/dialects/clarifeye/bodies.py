"""Request bodies. Unknown fields are ignored; numbers are taken for text, as this API's clients expect."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError("Must be a valid UUID.") from None


def _empty_for_null(text: str | None) -> str:
    return text or ""


UuidText = Annotated[str, AfterValidator(_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]
OptionalText = Annotated[str | None, AfterValidator(_empty_for_null)]
Given = dict[str, Any]


class Body(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, protected_namespaces=())

    def given(self) -> Given:
        """The fields that the client sent, by their names here."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class NewConversation(Body):
    agent_settings: UuidText = Field(description="The agent that answers.")
    name: str | None = Field(default=None, description="Made up from the date where it is missing.")
    type: str = Field(default="playground", min_length=1, max_length=100)
    tags: list[str] | None = None
    conversation_instructions: str | None = Field(
        default=None, description="Fixed at creation. They stand above the agent's own."
    )


class ConversationPatch(Body):
    name: str = Field(default="", min_length=1)
    tags: list[str] = []


class NewMessage(Body):
    message: str = Field(min_length=1)


class AgentFields(Body):
    """What may be said of an agent. Fields that this server does not interpret are kept and given back."""

    name: str = Field(default="", min_length=1, max_length=255)
    description: OptionalText = ""
    additional_instructions: OptionalText = ""
    agent_conversation_starter: OptionalText = ""
    model: OptionalText = Field(default="", description="Empty: the server's default model.")
    tools: list[UuidText] = Field(default=[], description="Empty: all tools of the project.")
    project_brief: bool | str = True
    knowledge_graph_mode: str = ""
    knowledge_graph_parameters: list[Any] | dict[str, Any] = []
    tags_hierarchies_mode: str = ""
    tags_hierarchies_parameters: list[Any] | dict[str, Any] = []
    selected_workflows_mode: str = ""
    selected_workflows: list[Any] = []
    agent_mode: OptionalText = ""


class NewAgent(AgentFields):
    name: str = Field(min_length=1, max_length=255)


class ProjectFields(Body):
    """What may be said of a project. Fields that this server does not interpret are kept and given back."""

    name: str = Field(default="", min_length=1, max_length=255)
    business_brief: OptionalText = ""
    default_llm_model: str | None = None
    default_chunking_maximum_chunk_size: int | None = None
    default_chunking_minimum_chunk_size: int | None = None
    default_chunking_page_as_separator: bool | None = None
    default_chunking_title_section_separator_mode: str | None = None
    default_chunking_excluded_block_types: list[str] | None = None
    max_fetchable_objects: int | None = None
    reasoning_workflows: list[Any] | dict[str, Any] | None = None
    ontology: list[Any] | dict[str, Any] | str | None = None


class NewProject(Body):
    name: str = Field(min_length=1, max_length=255)
    business_brief: OptionalText = ""
    default_llm_model: str | None = None


class TagValues(Body):
    tag_values: list[str] = Field(description="Any of these, without case.")


class MetadataValues(Body):
    metadata_values: list[str] = Field(description="Any of these under any key, without case.")


class MetadataPair(Body):
    key: str = Field(min_length=1)
    value: str


class MetadataKey(Body):
    key: str = Field(min_length=1)


class ToolFields(Body):
    """What may be said of a tool. Fields that this server does not interpret are kept and given back."""

    name: str = Field(default="", min_length=1, max_length=255)
    description: OptionalText = ""
    tool_type: str = Field(default="retrieval", description="What this server has no tool for is refused.")
    retrieval_mode: str = Field(
        default="semantic-chunks",
        description="`semantic-objects` is taken and given back, but searches chunks: there are no objects here.",
    )
    retrieval_parameters: dict[str, Any] = Field(
        default={},
        description="`mode` is semantic, full_text or hybrid; `n_objects` 1 to 100. Extension: `fusion` is weighted or rrf.",
    )
    document_mode: str = Field(default="include_all", description="include_all or select_documents")
    document_parameters: list[dict[str, Any]] = Field(default=[], description="The selected documents: id, name.")
    tags_included_mode: str = Field(
        default="include_all",
        description="include_all; auto_include leaves the choice to the agent; else the named ones",
    )
    tags_included_parameters: list[Any] = Field(default=[], description="Names of tags, or objects with a name.")
    tags_excluded_mode: str = Field(default="exclude_none", description="exclude_none, else the named ones")
    tags_excluded_parameters: list[Any] = []
    objects_included_mode: str = ""
    objects_included_parameters: list[Any] | dict[str, Any] = []
    objects_excluded_mode: str = ""
    objects_excluded_parameters: list[Any] | dict[str, Any] = []
    attributes_included_mode: str = ""
    attributes_included_parameters: list[Any] | dict[str, Any] = {}
    attributes_excluded_mode: str = ""
    attributes_excluded_parameters: list[Any] | dict[str, Any] = {}
    search_scope_extensions: list[Any] | dict[str, Any] = {}


class NewTool(ToolFields):
    name: str = Field(min_length=1, max_length=255)
