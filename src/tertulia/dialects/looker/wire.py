"""Resources and errors as this API shows them. Fields of our own say so; names and order are the API's."""

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

Instant: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Address: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
Number: TypeAlias = Annotated[int, Meta(extra_json_schema={"format": "int64"})]
Can: TypeAlias = Annotated[dict[str, bool], Meta(description="What the caller may do with it.")]
Uuid: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
UserId: TypeAlias = Annotated[str, Meta(description="A number as text.", pattern="^[0-9]+$")]


class Error(Struct, frozen=True, kw_only=True):
    message: str
    documentation_url: Address


class ValidationErrorDetail(Struct, frozen=True, kw_only=True):
    field: str | None
    code: str
    message: str
    documentation_url: Address


class ValidationError(Struct, frozen=True, kw_only=True):
    message: str
    errors: list[ValidationErrorDetail]
    documentation_url: Address


class AccessToken(Struct, frozen=True, kw_only=True):
    """`expires_in` counts seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind of token, not one
    expires_in: Number
    refresh_token: None = None


class User(Struct, frozen=True, kw_only=True):
    """A person has no name here but an e-mail address: names are made from it. What has no meaning here, of other ways
    to log in, folders, roles and embedding, is null or false, always.
    """

    can: Can
    abilities: None = None
    avatar_url: None = None
    avatar_url_without_sizing: None = None
    credentials_api3: None = None
    credentials_email: None = None
    credentials_embed: None = None
    credentials_google: None = None
    credentials_ldap: None = None
    credentials_looker_openid: None = None
    credentials_oidc: None = None
    credentials_saml: None = None
    credentials_totp: None = None
    credentials_workforce: None = None
    display_name: str
    email: str
    embed_group_space_id: None = None
    first_name: str
    group_ids: list[str]
    home_folder_id: None = None
    id: UserId
    is_disabled: bool = False
    last_name: str
    locale: Literal["en"] = "en"
    looker_versions: None = None
    models_dir_validated: None = None
    personal_folder_id: None = None
    presumed_looker_employee: Literal[False] = False
    role_ids: list[str]
    sessions: None = None
    ui_state: None = None
    verified_looker_employee: Literal[False] = False
    roles_externally_managed: Literal[False] = False
    allow_direct_roles: Literal[False] = False
    allow_normal_group_membership: Literal[False] = False
    allow_roles_from_normal_groups: Literal[False] = False
    embed_group_folder_id: None = None
    is_iam_admin: Literal[False] = False
    can_manage_api3_creds: Literal[False] = False
    is_service_account: Literal[False] = False
    service_account_name: None = None
    is_embed_user: Literal[False] = False
    url: Address


class ApiVersionElement(Struct, frozen=True, kw_only=True):
    version: str
    full_version: str
    status: Literal["current"] = "current"
    swagger_url: Address


class ApiVersion(Struct, frozen=True, kw_only=True):
    looker_release_version: Annotated[str, Meta(description="The release whose API is spoken.")]
    current_version: ApiVersionElement
    supported_versions: list[ApiVersionElement]
    api_server_url: Address
    web_server_url: Address


class ApiSession(Struct, frozen=True, kw_only=True):
    """There is one workspace. `sudo_user_id` is who acts as the user with this token."""

    can: Can
    workspace_id: Literal["production"] = "production"
    sudo_user_id: UserId | None


class Source(Struct, frozen=True, kw_only=True):
    model: str
    explore: str


class Context(Struct, frozen=True, kw_only=True):
    instructions: str
    show_analytical_details: bool
    show_debug: bool


class WorkflowDestination(Struct, frozen=True, kw_only=True):
    """`parameters` is JSON text. What was not given is left out."""

    type: Literal["email", "action_hub"] | UnsetType = UNSET
    parameters: str | UnsetType = UNSET


class WorkflowParams(Struct, frozen=True, kw_only=True):
    primary_agent: str | None
    polling_frequency_cron: str
    destination: WorkflowDestination


class GoldenQuery(Struct, frozen=True, kw_only=True):
    """`query_id`, and all from `explore` on, follow from the Explore URL in `answer`."""

    can: Can
    id: Number
    query_id: Number | None
    questions: list[str]
    answer: str
    is_active: Literal[True] = True
    created_by_user_id: Number | None
    last_updated_by_user_id: Number | None
    created_at: Instant
    last_updated_at: Instant
    explore: str
    model: str
    fields: list[str]
    filters: dict[str, str]
    sorts: list[str]
    limit: str | None
    client_id: str
    pivots: list[str]
    dynamic_fields: Annotated[str | None, Meta(description="JSON text.")]


class Agent(Struct, frozen=True, kw_only=True):
    """One that came with its project has no creator: that is null, but for the id, which is left out."""

    can: Can
    id: Uuid
    created_by_user_id: UserId | UnsetType = UNSET
    created_by_name: str | None
    created_by_first_name: str | None
    created_by_last_name: str | None
    created_by_avatar_url: None = None
    name: str
    description: str
    category: str | None
    sources: list[Source]
    has_inaccessible_source: bool
    golden_queries: list[GoldenQuery]
    golden_query_ids: list[Number]
    context: Context
    deleted: bool
    created_at: Instant
    updated_at: Instant
    content_metadata_id: Annotated[str, Meta(description="The agent's id: there is no sharing of single agents.")]
    code_interpreter: bool
    studio_agent_id: None = None
    workflow_params: WorkflowParams | None
    is_lookml: Literal[False] = False
    lookml_agent_id: None = None
    lookml_edit_uri: None = None
    persists_chat: Annotated[bool, Meta(description="Extension: the server stores the turns of chat by itself.")]


class AgentLookml(Struct, frozen=True, kw_only=True):
    agent_id: Uuid
    lookml: str


class ConversationMessage(Struct, frozen=True, kw_only=True):
    """`message` is a ChatMessage: as the client wrote it, or as chat tells what the server stored."""

    can: Can
    id: str
    message: dict[str, Any]
    type: str
    order: Number


class Conversation(Struct, frozen=True, kw_only=True):
    can: Can
    id: Uuid
    name: str
    category: str | None
    sources: list[Source]
    user_id: UserId | UnsetType = UNSET
    agent_id: Uuid | None
    deleted: bool
    created_at: Instant
    updated_at: Instant
    messages: list[ConversationMessage] | None
    conversation_agent: Agent | None
    missing_agent: bool
    studio_conversation_id: None = None
