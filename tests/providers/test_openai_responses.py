"""The Responses API provider against a loopback server."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from providers.contract import (
    ProviderContract,
    asking,
    assistant,
    called,
    events_of,
    hit,
    kinds,
    text_of,
    until_failure,
    user,
)
from providers.library import AT, SEARCH
from providers.openai_server import ResponsesStand, actions_of, response_event
from providers.provider_stand import Call
from tertulia.core.errors import ContextTooLong, ProviderFailed, ProviderRefused
from tertulia.core.message import Interim, Usage
from tertulia.core.model import ModelCard, Provider
from tertulia.providers.model import CallWanted, ReasoningChunk, Seal, StepUsage, TextChunk
from tertulia.providers.openai_responses import OpenAIResponses
from tertulia.providers.openai_wire import Frames


@pytest.fixture
async def stand() -> AsyncIterator[ResponsesStand]:
    async with ResponsesStand() as server:
        yield server


def body_of(stand: ResponsesStand) -> dict[str, Any]:
    return stand.requests[-1].body


def ended(kind: str = "completed", **response: Any) -> bytes:
    return response_event(f"response.{kind}", response={"id": "r", "output": [], **response})


def text(delta: str) -> bytes:
    return response_event("response.output_text.delta", output_index=0, content_index=0, delta=delta)


class TestOpenAIResponses(ProviderContract):
    """The contract."""


async def test_the_loopback_server_speaks_what_the_sdks_own_types_accept(stand: ResponsesStand) -> None:
    stand.think("H", "m.")
    stand.say("Yes", ".")
    stand.call(Call("a", SEARCH.name, ('{"q"', ": 1}")))
    stand.spend(stand.fullest)
    frames = b"".join(each for each in stand.frames(actions_of(stand), {}) if isinstance(each, bytes))
    known: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
    last = [known.validate_json(each) for each in Frames().feed(frames)][-1]
    assert last.type == "response.completed"
    assert last.response.output_text == "Yes."


async def test_a_request_stores_nothing_and_asks_for_reasoning_that_can_be_handed_back(stand: ResponsesStand) -> None:
    stand.say("Yes.")
    model = stand.model(max_output_tokens=500, reasoning="low")
    await events_of(model, asking(user("Hi", 0), assistant("Hello!", 0), user("Leave?", 1), cache_key="c1"))
    assert stand.requests[0].path == "/v1/responses"
    assert [tool.pop("parameters")["required"] for tool in body_of(stand)["tools"]] == [["query"]]
    assert body_of(stand) == {
        "model": "test-model",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello!"},
            {"role": "user", "content": "Leave?"},
        ],
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "max_output_tokens": 500,
        "reasoning": {"effort": "low", "summary": "auto"},
        "tools": [
            {
                "type": "function",
                "name": "search_documents",
                "description": "Searches the documents.",
                "strict": False,
            }
        ],
    }


def test_the_cache_key_goes_to_openai_alone() -> None:
    card = ModelCard(provider=Provider.OPENAI_RESPONSES, model="m")
    own = OpenAIResponses(card, name="mine", api_key=None)
    assert own._body(asking(cache_key="c1"))["prompt_cache_key"] == "c1"


async def test_reasoning_is_handed_back_sealed_with_the_calls_it_led_to(stand: ResponsesStand) -> None:
    stand.think("I must search.")
    stand.say("I look.")
    stand.call(Call("a", SEARCH.name, ('{"que', 'ry": "leave"}')))
    stand.then()
    stand.say("Done.")
    model = stand.model()
    events = await events_of(model)
    (seal,) = kinds(events, Seal)
    steps = (Interim(turn=0, at=AT, text="I look."), called("a", hit("c1", "25 days.")))
    await events_of(model, asking(user("Leave?"), *steps, seals=[Seal(data=seal.data, call_ids=["a"])]))
    question, thought, said, call, output = body_of(stand)["input"]
    assert question == {"role": "user", "content": "Leave?"}
    assert (thought["type"], thought["encrypted_content"]) == ("reasoning", "sealed-0")
    assert said["content"][0]["text"] == "I look."
    assert (call["call_id"], json.loads(call["arguments"])) == ("a", {"query": "leave"})
    assert (output["type"], output["call_id"]) == ("function_call_output", "a")
    assert "[1] Handbook.pdf, page 3" in output["output"]


async def test_a_sealed_call_that_was_not_made_is_not_handed_back(stand: ResponsesStand) -> None:
    stand.say("Done.")
    items: list[dict[str, Any]] = [
        {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "sealed"},
        {"type": "function_call", "call_id": "lost", "name": "s", "arguments": "{}"},
    ]
    seals = [Seal(data={"items": items}, call_ids=["a"])]
    await events_of(stand.model(), asking(user("Leave?"), called("a"), seals=seals))
    kept = [(each.get("type"), each.get("call_id")) for each in body_of(stand)["input"][1:]]
    assert kept == [("reasoning", None), ("function_call", "a"), ("function_call_output", "a")]


async def test_calls_without_seals_are_written_from_what_was_kept(stand: ResponsesStand) -> None:
    stand.say("Done.")
    steps = (Interim(turn=0, at=AT, text="I look."), called("a"), called("b"))
    await events_of(stand.model(), asking(user("Leave?"), *steps))
    assert body_of(stand)["input"][1] == {"role": "assistant", "content": "I look."}
    kept = [(each["type"], each["call_id"]) for each in body_of(stand)["input"][2:]]
    assert kept == [(kind, at) for kind in ("function_call", "function_call_output") for at in "ab"]


async def test_without_reasoning_to_hand_back_a_seal_only_marks_the_step(stand: ResponsesStand) -> None:
    stand.call(Call("a", SEARCH.name, ("{}",)))
    assert kinds(await events_of(stand.model()), Seal) == [Seal(data={"items": []})]


async def test_reasoning_that_cannot_be_read_again_is_not_handed_back(stand: ResponsesStand) -> None:
    item: dict[str, Any] = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": None}
    call = {"type": "function_call", "call_id": "a", "name": "s", "arguments": "{}"}
    stand.exactly(ended(output=[item, call]))
    events = await events_of(stand.model())
    assert events == [CallWanted(call_id="a", function="s", arguments={}), Seal(data={"items": []})]


async def test_arguments_may_come_in_pieces_alone(stand: ResponsesStand) -> None:
    item = {"type": "function_call", "call_id": "a", "name": "s", "arguments": ""}
    stand.exactly(
        response_event("response.output_item.added", output_index=0, item=item),
        response_event("response.function_call_arguments.delta", output_index=0, delta='{"q"'),
        response_event("response.function_call_arguments.delta", output_index=0, delta=": 1}"),
        ended(),
    )
    calls = kinds(await events_of(stand.model()), CallWanted)
    assert calls == [CallWanted(call_id="a", function="s", arguments={"q": 1})]


async def test_arguments_that_are_no_json_are_given_on_and_those_cut_off_are_not(stand: ResponsesStand) -> None:
    stand.call(Call("a", SEARCH.name, ("query: leave",)))
    stand.then()
    stand.call(Call("a", SEARCH.name, ('{"query": "lea',)))
    stand.stop_at_limit()
    model = stand.model()
    (call,) = kinds(await events_of(model), CallWanted)
    assert call.arguments == {"unreadable_arguments": "query: leave"}
    assert kinds(await events_of(model), CallWanted) == []


async def test_thoughts_stand_apart_and_open_ones_are_shown_too(stand: ResponsesStand) -> None:
    stand.exactly(
        response_event("response.reasoning_summary_part.added", summary_index=0),
        response_event("response.reasoning_summary_text.delta", summary_index=0, delta="One."),
        response_event("response.reasoning_summary_part.added", summary_index=1),
        response_event("response.reasoning_text.delta", delta="Two."),
        ended(),
    )
    events = await events_of(stand.model())
    assert "".join(each.text for each in kinds(events, ReasoningChunk)) == "One.\n\nTwo."
    assert all(isinstance(each, ReasoningChunk) for each in events)


async def test_a_failed_response_is_told_in_its_words_and_its_usage_is_kept(stand: ResponsesStand) -> None:
    failed = {"code": "server_error", "message": "The model fell over."}
    stand.exactly(text("Well"), ended("failed", error=failed, usage={"input_tokens": 9, "output_tokens": 1}))
    came, message = await until_failure(stand.model(), ProviderFailed)
    assert came == [TextChunk("Well"), StepUsage(Usage(input_tokens=9, output_tokens=1))]
    assert "The model fell over." in message


async def test_a_content_filter_is_a_refusal_that_keeps_the_text(stand: ResponsesStand) -> None:
    stand.exactly(text("Well"), ended("incomplete", incomplete_details={"reason": "content_filter"}))
    came, message = await until_failure(stand.model(), ProviderRefused)
    assert came == [TextChunk("Well")]
    assert "content filter" in message


async def test_too_long_is_told_in_the_middle_of_a_stream_too(stand: ResponsesStand) -> None:
    error = {"code": "context_length_exceeded", "message": "Your input exceeds the context window."}
    stand.exactly(response_event("error", error=error))
    await until_failure(stand.model(), ContextTooLong)


async def test_a_mark_after_the_end_is_no_malformed_event(stand: ResponsesStand) -> None:
    stand.exactly(text("Yes."), ended() + b"data: [DONE]\n\n")
    assert text_of(await events_of(stand.model())) == "Yes."


@pytest.mark.parametrize(
    ("message", "option"),
    [
        ("Encrypted content is not supported with this model. (include)", "include"),
        ("Your organization must be verified to generate reasoning summaries: reasoning.summary", "reasoning"),
    ],
)
async def test_an_option_a_service_does_not_know_is_left_out_from_then_on(
    stand: ResponsesStand, message: str, option: str
) -> None:
    stand.fail(400, message=message)
    for _ in range(2):
        stand.say("Yes.")
        stand.then()
    model = stand.model(reasoning="low")
    for _ in range(2):
        assert text_of(await events_of(model)) == "Yes."
    assert len(stand.requests) == 3
    for received in stand.requests[1:]:
        assert received.body.get("reasoning") == ({"effort": "low"} if option == "reasoning" else _LOW)
        assert ("include" in received.body) is (option != "include")


_LOW = {"effort": "low", "summary": "auto"}


@pytest.mark.parametrize(
    "frame",
    [
        b'data: {"type": "response.completed", "response": {"usage": 3}}\n\n',
        b'data: {"type": "response.output_item.done", "item": 3}\n\n',
        b"data: [1]\n\n",
        b"data: x\n\n",
    ],
)
async def test_events_of_another_shape_fail_clearly(stand: ResponsesStand, frame: bytes) -> None:
    stand.exactly(text("Yes"), frame)
    came, message = await until_failure(stand.model(), ProviderFailed)
    assert text_of(came) == "Yes"
    assert "cannot be read" in message
