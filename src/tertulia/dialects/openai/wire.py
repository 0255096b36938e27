"""Models, chat completions and errors as this API shows them. Fields of our own say so."""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

Count: TypeAlias = Annotated[int, Meta(ge=0)]
Seconds: TypeAlias = Annotated[int, Meta(ge=0, description="Unix time in seconds.")]
Uuid: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Address: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
FinishReason: TypeAlias = Literal["stop", "length"]
ConversationId: TypeAlias = Annotated[Uuid, Meta(description="Extension: the stored conversation.")]


class ErrorDetail(Struct, frozen=True, kw_only=True):
    message: str
    type: str
    param: str | None
    code: str | None


class Error(Struct, frozen=True, kw_only=True):
    error: ErrorDetail


class Model(Struct, frozen=True, kw_only=True):
    """An agent. Its UUID, and its name with or without the project's, are taken for `id` as long as they name one agent."""

    id: str
    object: Literal["model"] = "model"
    created: Seconds
    owned_by: Annotated[str, Meta(description="The name of the agent's project.")]
    name: Annotated[str, Meta(description="Extension: the agent's name.")]
    description: Annotated[str, Meta(description="Extension: what the agent is for.")]
    agent_id: Annotated[Uuid, Meta(description="Extension: the agent.")]
    project_id: Annotated[Uuid, Meta(description="Extension: the agent's project.")]


class ModelList(Struct, frozen=True, kw_only=True):
    object: Literal["list"] = "list"
    data: list[Model]


class PromptTokensDetails(Struct, frozen=True, kw_only=True):
    cached_tokens: Count


class CompletionTokensDetails(Struct, frozen=True, kw_only=True):
    reasoning_tokens: Count


class CompletionUsage(Struct, frozen=True, kw_only=True):
    """Tokens of all steps of the turn."""

    prompt_tokens: Count
    completion_tokens: Count
    total_tokens: Count
    prompt_tokens_details: PromptTokensDetails
    completion_tokens_details: CompletionTokensDetails


class CitedPassage(Struct, frozen=True, kw_only=True):
    """A passage an answer cites; `quote`, where it is not null, stands word for word in the chunk."""

    number: Count
    chunk_id: Uuid
    document_id: Uuid
    document_name: str
    quote: str | None
    page: int | None
    url: Address


class Support(Struct, frozen=True, kw_only=True):
    """How far an answer is proved: its cited sentences, counted; those without a citation, and those whose failed."""

    cited: Count
    uncited: list[str]
    unverifiable: list[str]


AnySupport: TypeAlias = Annotated[
    Support | UnsetType, Meta(description="Extension: which sentences of the answer have no proof.")
]
AnsweringModel: TypeAlias = Annotated[
    str | UnsetType, Meta(description="Extension: the language model that answered for the agent.")
]
AskedModel: TypeAlias = Annotated[
    str | UnsetType, Meta(description="Extension: the agent's language model, where another had to answer.")
]


class UrlCitation(Struct, frozen=True, kw_only=True):
    """Where in the text a citation's link stands, in characters; `end_index` is the first one after it."""

    start_index: Count
    end_index: Count
    title: str
    url: Address


class ChatAnnotation(Struct, frozen=True, kw_only=True):
    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class AssistantMessage(Struct, frozen=True, kw_only=True):
    role: Literal["assistant"] = "assistant"
    content: Annotated[str, Meta(description="All that was said: before tools were called, and the answer.")]
    refusal: None = None
    annotations: list[ChatAnnotation]
    reasoning_content: Annotated[str | UnsetType, Meta(description="Extension: the model's reasoning.")] = UNSET
    citations: Annotated[list[CitedPassage], Meta(description="Extension: the passages the answer cites.")]
    support: AnySupport = UNSET
    answered_by: AnsweringModel = UNSET
    asked_model: AskedModel = UNSET


class Choice(Struct, frozen=True, kw_only=True):
    index: Literal[0] = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: FinishReason


class ChatCompletion(Struct, frozen=True, kw_only=True):
    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: Seconds
    model: str
    choices: list[Choice]
    usage: CompletionUsage
    conversation_id: ConversationId


class Delta(Struct, frozen=True, kw_only=True):
    """What is new. What is known of the whole answer, from `annotations` on, comes once, with the last one."""

    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType = UNSET
    reasoning_content: Annotated[str | UnsetType, Meta(description="Extension: the model's reasoning.")] = UNSET
    annotations: list[ChatAnnotation] | UnsetType = UNSET
    citations: Annotated[
        list[CitedPassage] | UnsetType, Meta(description="Extension: the passages the answer cites.")
    ] = UNSET
    support: AnySupport = UNSET
    answered_by: AnsweringModel = UNSET
    asked_model: AskedModel = UNSET


class ChunkChoice(Struct, frozen=True, kw_only=True):
    index: Literal[0] = 0
    delta: Delta
    logprobs: None = None
    finish_reason: FinishReason | None = None


class ChatCompletionChunk(Struct, frozen=True, kw_only=True):
    """`usage` is there where it was asked for: null, and once, in a last chunk without choices, the tokens."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: Seconds
    model: str
    choices: list[ChunkChoice]
    usage: CompletionUsage | UnsetType | None = UNSET
    conversation_id: ConversationId | UnsetType = UNSET
