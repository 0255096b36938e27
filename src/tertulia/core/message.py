"""What a conversation keeps: one stored value per utterance. Ids and order belong to the store."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import Struct

from tertulia.core.document import Citation
from tertulia.core.tool import ToolResult


class Outcome(StrEnum):
    """How a turn ended."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Usage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens, summed over all steps of a turn.

    `input_tokens` counts those read from and written to a provider's cache too, `output_tokens` those of reasoning.
    `cost` is in the operator's currency, by the prices configured when the tokens were used.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
            cost=self.cost + other.cost,
        )


class Problem(Struct, frozen=True, kw_only=True):
    """Why a turn failed: an error code of core/errors.py and what to tell the user."""

    code: str
    message: str


class Support(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far an answer is proved: its sentences that claim something, by what stands behind them.

    `uncited` ones point to nothing, `unverifiable` ones pointed to words that are not there; `cited` are counted.
    """

    cited: int = 0
    uncited: list[str] = []
    unverifiable: list[str] = []


class UserMessage(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="user", tag_field="kind"):
    turn: int
    at: datetime
    text: str
    user_id: str


class AssistantMessage(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="assistant", tag_field="kind"):
    """The answer that ends a turn: exactly one per turn. `text` keeps what was written even where the turn failed.

    `asked_model` is set where another model than the agent's had to answer, `is_cut` where it reached its longest output.
    """

    turn: int
    at: datetime
    text: str
    outcome: Outcome = Outcome.COMPLETED
    model: str = ""
    asked_model: str = ""
    usage: Usage = Usage()
    citations: list[Citation] = []
    support: Support | None = None
    problem: Problem | None = None
    is_cut: bool = False


class Interim(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="interim", tag_field="kind"):
    """Text the model wrote before it called a tool: shown on the way, not the answer."""

    turn: int
    at: datetime
    text: str


class Reasoning(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reasoning", tag_field="kind"):
    turn: int
    at: datetime
    text: str


class ToolCall(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="tool_call", tag_field="kind"):
    """A call and its result. `function` is the name the model used, `label` the kind of tool it stands for."""

    turn: int
    at: datetime
    call_id: str
    function: str
    label: str
    arguments: dict[str, Any]
    result: ToolResult
    tool_id: str | None = None


class Aside(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="aside", tag_field="kind"):
    """Something a client keeps in a conversation that says nothing to others: no Message, but it has its place."""

    turn: int
    at: datetime


Message: TypeAlias = UserMessage | AssistantMessage | Interim | Reasoning | ToolCall
