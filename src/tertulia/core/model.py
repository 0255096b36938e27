"""Language models as an operator configures them, and what their tokens cost."""

from enum import StrEnum

from msgspec import Struct

from tertulia.core.message import Usage

_MILLION = 1_000_000


class Provider(StrEnum):
    """Which wire a model's service speaks."""

    OPENAI = "openai"
    OPENAI_RESPONSES = "openai-responses"
    ANTHROPIC = "anthropic"


class Prices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a million tokens cost, in the operator's currency. Cached input defaults to the price of input."""

    input: float = 0.0
    output: float = 0.0
    cache_read: float | None = None
    cache_write: float | None = None

    def cost(self, usage: Usage) -> float:
        """What these tokens cost. `input_tokens` counts cached ones too; each is priced once."""
        cached = usage.cache_read_tokens + usage.cache_write_tokens
        read = self.input if self.cache_read is None else self.cache_read
        write = self.input if self.cache_write is None else self.cache_write
        return (
            max(0, usage.input_tokens - cached) * self.input
            + usage.cache_read_tokens * read
            + usage.cache_write_tokens * write
            + usage.output_tokens * self.output
        ) / _MILLION


class ModelCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table [models.NAME] of tertulia.toml. Keys are never written there: `api_key_env` names their variable.

    `timeout_s` is the longest silence before the first and between two pieces of an answer; `retries` are made before an
    answer began, by the provider's SDK alone. `fallback` names models to try where this one cannot begin to answer.
    """

    provider: Provider
    model: str
    base_url: str = ""
    api_key_env: str = ""
    context_window: int = 128_000
    max_output_tokens: int | None = None
    timeout_s: float = 60.0
    retries: int = 2
    reasoning: str = ""
    prices: Prices = Prices()
    fallback: list[str] = []
