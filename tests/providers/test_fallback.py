"""The next model answers where one cannot begin to, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from msgspec import structs
from structlog.testing import capture_logs

from providers.anthropic_server import SIGNATURE, AnthropicStand, failing
from providers.contract import asking, called, kinds, user
from providers.library import SEARCH
from providers.provider_stand import KEY, Call
from tertulia.core.errors import ContextTooLong, ProviderFailed, ProviderRefused
from tertulia.core.message import Usage
from tertulia.providers.anthropic import Anthropic
from tertulia.providers.fallback import Fallback
from tertulia.providers.model import ModelChosen, ModelEvent, ModelRequest, ReasoningChunk, Seal, StepUsage, TextChunk


@pytest.fixture
async def stands() -> AsyncIterator[tuple[AnthropicStand, AnthropicStand, AnthropicStand]]:
    async with AsyncExitStack() as stack:
        first, second, third = [await stack.enter_async_context(AnthropicStand()) for _ in range(3)]
        yield first, second, third


Stands = tuple[AnthropicStand, AnthropicStand, AnthropicStand]


def models(stands: Sequence[AnthropicStand], **card: Any) -> list[Anthropic]:
    return [stand.model(name=name, **card) for stand, name in zip(stands, ("one", "two", "three"), strict=False)]


async def answered(model: Fallback, request: ModelRequest | None = None) -> list[ModelEvent | ModelChosen]:
    return [event async for event in model.stream(request or asking())]


async def failing_with(model: Fallback, kind: type[ProviderFailed]) -> tuple[list[ModelEvent | ModelChosen], str]:
    """What came before the error, and its message."""
    came: list[ModelEvent | ModelChosen] = []

    async def read() -> None:
        async for event in model.stream(asking()):
            came.append(event)  # noqa: PERF401 - what came is kept although the stream fails

    with pytest.raises(kind) as failure:
        await read()
    assert type(failure.value) is kind
    return came, failure.value.message


async def test_the_first_model_answers_where_it_can(stands: Stands) -> None:
    stands[0].say("Yes.")
    model = Fallback(*models(stands))
    assert model.name == "one"
    assert await answered(model) == [ModelChosen("one"), TextChunk("Yes.")]
    assert [len(stand.requests) for stand in stands] == [1, 0, 0]


async def test_the_next_one_answers_for_one_that_is_down_and_it_is_logged(stands: Stands) -> None:
    stands[0].fail(503, message=f"Busy, {KEY}.")
    stands[1].fail(401)
    stands[2].say("Yes.")
    with capture_logs() as logs:
        assert await answered(Fallback(*models(stands))) == [ModelChosen("three"), TextChunk("Yes.")]
    assert [(each["event"], each["model"], each["log_level"]) for each in logs] == [
        ("model_failed", "one", "warning"),
        ("model_failed", "two", "warning"),
    ]
    assert KEY not in str(logs)


async def test_each_model_tries_as_often_as_its_own_card_says(stands: Stands) -> None:
    for _ in range(3):
        stands[0].fail(500, {"Retry-After-Ms": "1"})
    stands[1].say("Yes.")
    await answered(Fallback(*models(stands, retries=1)))
    assert [len(stand.requests) for stand in stands] == [2, 1, 0]


async def test_a_model_that_read_and_then_failed_is_accounted_and_replaced(stands: Stands) -> None:
    stands[0].at_start = Usage(input_tokens=70, output_tokens=1)
    stands[0].raw(failing("overloaded_error", "Overloaded"))
    stands[1].say("Yes.")
    assert await answered(Fallback(*models(stands))) == [
        StepUsage(Usage(input_tokens=70, output_tokens=1)),
        ModelChosen("two"),
        TextChunk("Yes."),
    ]


async def test_what_a_model_that_stands_in_has_read_is_told_as_its_own(stands: Stands) -> None:
    stands[0].fail(401)
    stands[1].at_start = Usage(input_tokens=70, output_tokens=1)
    stands[1].say("Yes.")
    assert await answered(Fallback(*models(stands))) == [
        ModelChosen("two"),
        StepUsage(Usage(input_tokens=70, output_tokens=1)),
        TextChunk("Yes."),
    ]


async def test_silence_before_the_first_word_is_a_failure_to_begin(stands: Stands) -> None:
    stands[0].silence()
    stands[1].say("Yes.")
    quick, second, _ = models(stands, timeout_s=0.2)
    assert await answered(Fallback(quick, second)) == [ModelChosen("two"), TextChunk("Yes.")]
    await asyncio.wait_for(stands[0].left.wait(), 5)


@pytest.mark.parametrize("begin", ["say", "think"])
async def test_an_answer_that_began_is_not_begun_again(stands: Stands, begin: str) -> None:
    getattr(stands[0], begin)("Twen")
    stands[0].cut()
    came, message = await failing_with(Fallback(*models(stands)), ProviderFailed)
    assert came == [ModelChosen("one"), TextChunk("Twen") if begin == "say" else ReasoningChunk("Twen")]
    assert stands[0].host in message
    assert stands[1].requests == []


async def test_a_refusal_is_not_taken_to_another_model(stands: Stands) -> None:
    stands[0].raw({"type": "message_delta", "delta": {"stop_reason": "refusal"}}, {"type": "message_stop"})
    came, _ = await failing_with(Fallback(*models(stands)), ProviderRefused)
    assert came == []
    assert stands[1].requests == []


async def test_a_conversation_too_long_for_the_first_is_to_be_cut(stands: Stands) -> None:
    stands[0].overflow()
    await failing_with(Fallback(*models(stands)), ContextTooLong)
    assert stands[1].requests == []


async def test_a_later_model_with_less_room_is_passed_over(stands: Stands) -> None:
    stands[0].fail(529)
    stands[1].overflow()
    stands[2].say("Yes.")
    assert await answered(Fallback(*models(stands))) == [ModelChosen("three"), TextChunk("Yes.")]


async def test_where_all_fail_the_first_one_says_why(stands: Stands) -> None:
    stands[0].fail(529, message="Full house.")
    stands[1].overflow()
    stands[2].fail(401)
    came, message = await failing_with(Fallback(*models(stands)), ProviderFailed)
    assert came == []
    assert f"{stands[0].host} is overloaded" in message


async def test_a_turn_goes_on_with_the_model_that_answered_and_with_its_own_seals(stands: Stands) -> None:
    stands[0].fail(529)
    for each in stands[:2]:
        each.think("Hm.")
        each.call(Call("call_a", SEARCH.name, ("{}",)))
    model = Fallback(*models(stands, reasoning="low"))
    seals = kinds([event for event in await answered(model) if not isinstance(event, ModelChosen)], Seal)
    request = asking(user("Hi"), called("call_a"), seals=[structs.replace(seal, call_ids=["call_a"]) for seal in seals])

    stands[1].then()
    stands[1].fail(503)
    await answered(model, request)
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": SIGNATURE}
    assert stands[1].requests[1].body["messages"][1]["content"][0] == thinking
    assert [len(stand.requests) for stand in stands] == [2, 2, 0]
    assert SIGNATURE not in str(stands[0].requests[1].body)


async def test_an_empty_answer_is_an_answer(stands: Stands) -> None:
    assert await answered(Fallback(*models(stands))) == [ModelChosen("one")]
    assert stands[1].requests == []


async def test_closing_the_stream_closes_the_connection_of_the_model_that_answers(stands: Stands) -> None:
    stands[0].fail(500)
    stands[1].say("Twenty")
    stands[1].silence()
    stream: Any = Fallback(*models(stands)).stream(asking())
    assert await anext(stream) == ModelChosen("two")
    assert await anext(stream) == TextChunk("Twenty")
    await stream.aclose()
    await asyncio.wait_for(stands[1].left.wait(), 5)
