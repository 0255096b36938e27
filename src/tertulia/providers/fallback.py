"""Several models in a row: the next one answers where one cannot begin to."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import structlog
from msgspec import structs

from tertulia.core.errors import ContextTooLong, ProviderFailed, ProviderRefused
from tertulia.providers.model import CallWanted, Model, ModelChosen, ModelEvent, ModelRequest, Seal, StepUsage

log = structlog.get_logger(__name__)

_BY = "by"
_SEALED = "sealed"


class Fallback:
    """A Model that asks the first, and where that fails before it gave anything but usage, the next.

    A refusal is an answer and is not taken to another model. A first model for which the conversation is too long says
    so, since a conversation can be cut; a later one with less room is passed over. Once something was given, an error is
    raised as it is. Where all fail, the first one's error is raised: it is the model that was asked for.

    Within a turn the model that answered last is asked first, and each gets back only what it sealed itself.
    """

    def __init__(self, first: Model, *others: Model) -> None:
        self._models = (first, *others)

    @property
    def name(self) -> str:
        return self._models[0].name

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Raises ProviderFailed as its models do."""
        failures: dict[str, ProviderFailed] = {}
        for model in self._in_order(request.seals):
            has_begun = is_named = False
            answer = _signed(model, structs.replace(request, seals=_seals_of(model.name, request.seals)))
            try:
                async for event in answer:
                    has_begun = has_begun or not isinstance(event, StepUsage)
                    # what one that stands in has read is its own too, and is reported before its first word
                    if not is_named and (has_begun or failures):
                        is_named = True
                        yield ModelChosen(model.name)
                    yield event
            except ProviderFailed as error:
                if has_begun or self._is_final(error, model):
                    raise
                log.warning("model_failed", model=model.name, code=error.code(), reason=error.message)
                failures[model.name] = error
            else:
                if not is_named:
                    yield ModelChosen(model.name)
                return
            finally:
                await answer.aclose()
        raise failures[self.name]

    def _in_order(self, seals: Sequence[Seal]) -> list[Model]:
        last = next((seal.data.get(_BY) for seal in reversed(seals)), None)
        return sorted(self._models, key=lambda model: model.name != last)

    def _is_final(self, error: ProviderFailed, model: Model) -> bool:
        if isinstance(error, ContextTooLong):
            return model is self._models[0]
        return isinstance(error, ProviderRefused)


async def _signed(model: Model, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
    """What the model gives, its seals signed with its name; a step with calls has one in any case."""
    events = model.stream(request)
    has_calls = has_seals = False
    try:
        async for event in events:
            match event:
                case Seal():
                    has_seals = True
                    yield structs.replace(event, data={_BY: model.name, _SEALED: event.data})
                case _:
                    has_calls = has_calls or isinstance(event, CallWanted)
                    yield event
        if has_calls and not has_seals:
            yield Seal(data={_BY: model.name})
    finally:
        if isinstance(events, AsyncGenerator):
            await events.aclose()


def _seals_of(name: str, seals: Sequence[Seal]) -> list[Seal]:
    return [
        structs.replace(seal, data=seal.data[_SEALED])
        for seal in seals
        if seal.data.get(_BY) == name and _SEALED in seal.data
    ]
