"""Request bodies. What is not named here is taken and ignored: sampling settings, formats, names, keys for caches."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

_METADATA_PAIRS = 16


def _form(value: object) -> str:
    return "a list" if isinstance(value, list) else "a text"


class Body(BaseModel):
    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class Part(Body):
    """A piece of a message. Only text is understood: `text`, `input_text`, `output_text` and `refusal`."""

    type: str
    text: str | None = None
    refusal: str | None = None


Content = Annotated[Annotated[str | None, Tag("a text")] | Annotated[list[Part], Tag("a list")], Discriminator(_form)]


class Message(Body):
    """Calls of tools that came before, and their results, are left out of the conversation."""

    role: str = Field(description="system, developer, user, assistant; tool and function are left out")
    content: Content = None


class StreamOptions(Body):
    include_usage: bool | None = None


class NewCompletion(Body):
    model: str = Field(description="An agent: see the list of models.")
    messages: list[Message] = Field(min_length=1, description="The last one is the user's, and is answered.")
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, description="Only 1.")
    tools: list[Any] | None = Field(default=None, description="Refused: agents have tools of their own.")
    tool_choice: str | dict[str, Any] | None = Field(default=None, description='"none" makes tools acceptable.')
    functions: list[Any] | None = Field(default=None, description="Refused: agents have tools of their own.")
    function_call: str | dict[str, Any] | None = None


class GivenItem(Body):
    """A message. Reasoning, calls and their results are left out of the conversation; references are refused."""

    type: str = "message"
    role: str = ""
    content: Content = None


Input = Annotated[Annotated[str, Tag("a text")] | Annotated[list[GivenItem], Tag("a list")], Discriminator(_form)]


class ConversationParam(Body):
    id: str


class NewResponse(Body):
    model: str | None = Field(
        default=None, description="An agent; without it the one of the conversation that is gone on with."
    )
    input: Input = Field(description="The last item is a message of the user's, and is answered.")
    instructions: str | None = Field(default=None, description="For this turn; not carried over to the next.")
    previous_response_id: str | None = None
    conversation: str | ConversationParam | None = Field(
        default=None, description="The id of a stored conversation, made through whichever API."
    )
    metadata: dict[str, str] | None = Field(default=None, max_length=_METADATA_PAIRS)
    background: bool | None = Field(default=None, description="Answer at once; the turn goes on in any case.")
    store: bool | None = Field(default=None, description="Taken, and without effect: every turn is stored.")
    stream: bool | None = None
    tools: list[Any] | None = Field(default=None, description="Refused: agents have tools of their own.")
    tool_choice: str | dict[str, Any] | None = Field(default=None, description='"none" makes tools acceptable.')
    prompt: dict[str, Any] | None = Field(default=None, description="Refused: there are no stored prompts.")
