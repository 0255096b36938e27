"""Request bodies. Unknown and read-only fields are taken and ignored: clients send back what they were given."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tertulia.dialects.looker.ids import as_stored

_MOST_SOURCES = 5
# what the server gave an agent beyond those may come back as it was
_MOST_KEPT_SOURCES = 1_000
_MOST_GOLDEN = 500
_MOST_MESSAGES = 1_000
_LARGEST_NUMBER = 2**53


def _without_nul(text: str) -> str:
    return text.replace("\x00", "")


def _as_text(value: object) -> object:
    """Routing settings are JSON text; some clients send the JSON itself."""
    return msgspec.json.encode(value).decode() if isinstance(value, (dict, list)) else value


Text = Annotated[str, AfterValidator(_without_nul)]
Id = Annotated[Text, AfterValidator(as_stored)]
Name = Annotated[Text, Field(max_length=255)]
Category = Annotated[Text, Field(max_length=100)]
Kind = Annotated[Text, Field(min_length=1, max_length=100, description="`user` or `system`.")]
Serial = Annotated[int, Field(ge=0, le=_LARGEST_NUMBER)]


class Body(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, protected_namespaces=())

    def given(self) -> dict[str, Any]:
        """The fields that the client sent, an explicit null among them."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class GivenSource(Body):
    model: Name = Field(min_length=1)
    explore: Name = Field(min_length=1)


Sources = Annotated[list[GivenSource], Field(max_length=_MOST_SOURCES)]


class WriteConversation(Body):
    """A conversation asks an agent, or sources directly."""

    name: Name
    category: Category | None = None
    sources: Sources | None = None
    agent_id: Id | None = None
    deleted: bool | None = None


class ConversationPatch(Body):
    """What is not named stays. A null takes the agent or the category away."""

    name: Name = ""
    category: Category | None = None
    sources: Sources | None = None
    agent_id: Id | None = None
    deleted: bool | None = None


class WriteConversationMessage(Body):
    """A ChatMessage to keep, whatever is in it."""

    type: Kind
    message: dict[str, Any]


class WriteConversationMessages(Body):
    messages: Annotated[list[WriteConversationMessage], Field(min_length=1, max_length=_MOST_MESSAGES)]


class MessagePatch(Body):
    type: Kind | None = None
    message: dict[str, Any] | None = None


class GivenContext(Body):
    instructions: Text | None = None
    show_analytical_details: bool | None = None
    show_debug: bool | None = None


class GivenDestination(Body):
    type: Literal["email", "action_hub"] | None = None
    parameters: Annotated[Text | None, BeforeValidator(_as_text)] = Field(default=None, description="JSON text.")


class GivenWorkflow(Body):
    primary_agent: Id | None = None
    polling_frequency_cron: Text | None = Field(default=None, description="A crontab of five fields.")
    destination: GivenDestination | None = None


class AgentFields(Body):
    """What may be said of an agent and left out."""

    created_by_user_id: Text | None = Field(default=None, description="A member of the project; else the caller.")
    category: Category | None = None
    golden_query_ids: Annotated[list[Serial], Field(max_length=_MOST_GOLDEN)] | None = None
    context: GivenContext | None = None
    deleted: bool | None = None
    code_interpreter: bool | None = None
    workflow_params: GivenWorkflow | None = None
    persists_chat: bool | None = Field(
        default=None, description="Extension: the server stores the turns of chat by itself."
    )


class WriteAgent(AgentFields):
    name: Name = Field(min_length=1)
    description: Text
    sources: Sources = Field(min_length=1)


class AgentPatch(AgentFields):
    """What is not named stays, inside `context` and `workflow_params` too."""

    name: Name = ""
    description: Text | None = None
    sources: Annotated[list[GivenSource], Field(max_length=_MOST_KEPT_SOURCES)] | None = Field(
        default=None, description=f"At most {_MOST_SOURCES}; more where all of them were its own before."
    )


class WriteGoldenQuery(Body):
    questions: list[Text]
    answer: Text = Field(description="An Explore URL.")


class GoldenQueryPatch(Body):
    questions: list[Text] = []
    answer: Text = ""


class SessionPatch(Body):
    workspace_id: Literal["production"] = "production"


class Credentials(Body):
    """API credentials; also taken from the address, from a Basic header and as JSON."""

    client_id: Text
    client_secret: Text


class TokenRequest(Credentials):
    grant_type: Literal["client_credentials"] = "client_credentials"
