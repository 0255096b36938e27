"""The models of this server by name: the operator's, and those that come with it."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from msgspec import structs

from tertulia.core.errors import InvalidInput
from tertulia.core.message import Usage
from tertulia.core.model import ModelCard, Provider
from tertulia.providers.anthropic import Anthropic
from tertulia.providers.fallback import Fallback
from tertulia.providers.model import Model
from tertulia.providers.openai_chat import OpenAIChat
from tertulia.providers.openai_responses import OpenAIResponses

# what a model without a card may read; the built-in model reads passages, not windows
_OWN_WINDOW = 128_000
_OUTPUT_RESERVE = 8_192


@runtime_checkable
class _Closable(Protocol):
    async def close(self) -> None: ...


class Roster:
    """Models are made once and kept. An unknown name gives the default: agents name models of other servers too."""

    def __init__(
        self, own: Mapping[str, Model], cards: Mapping[str, ModelCard], keys: Mapping[str, str | None], *, default: str
    ) -> None:
        """Raises InvalidInput where `default` is no model here."""
        self._cards = dict(cards)
        self._single = {**own, **{name: _made(name, card, keys.get(name)) for name, card in cards.items()}}
        self._models = {**self._single, **{name: self._with_fallback(name) for name in cards}}
        if default not in self._models:
            known = ", ".join(self._models)
            raise InvalidInput(f"The default model is {default!r}, which is not configured. Known are: {known}.")
        self.default = default

    @property
    def names(self) -> list[str]:
        return list(self._models)

    @property
    def cards(self) -> Mapping[str, ModelCard]:
        return self._cards

    def find(self, name: str) -> Model:
        return self._models.get(name) or self._models[self.default]

    def single(self, name: str) -> Model | None:
        """The model alone, without its fallbacks."""
        return self._single.get(name)

    def priced(self, name: str, usage: Usage) -> Usage:
        """The usage with what it cost by the model's prices."""
        card = self._cards.get(name)
        return usage if card is None else structs.replace(usage, cost=card.prices.cost(usage))

    def room(self, name: str) -> int:
        """How many tokens of input the model may be given, its answer's share left free."""
        card = self._cards.get(name)
        if card is None:
            return _OWN_WINDOW
        return max(card.context_window // 4, card.context_window - (card.max_output_tokens or _OUTPUT_RESERVE))

    async def close(self) -> None:
        """Closes the connections to the models' services."""
        for model in self._single.values():
            if isinstance(model, _Closable):
                await model.close()

    def _with_fallback(self, name: str) -> Model:
        others = [self._single[other] for other in self._cards[name].fallback]
        return Fallback(self._single[name], *others) if others else self._single[name]


def _made(name: str, card: ModelCard, key: str | None) -> Model:
    match card.provider:
        case Provider.OPENAI:
            return OpenAIChat(card, name=name, api_key=key)
        case Provider.OPENAI_RESPONSES:
            return OpenAIResponses(card, name=name, api_key=key)
        case Provider.ANTHROPIC:
            return Anthropic(card, name=name, api_key=key)
