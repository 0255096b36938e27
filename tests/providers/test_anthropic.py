"""Anthropic's Messages API, at its own service, on Bedrock and on Vertex, over real sockets."""

import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from msgspec import structs

from providers.anthropic_server import SIGNATURE, AnthropicStand, BedrockStand, aws_frame, failing
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
from providers.provider_stand import KEY, KEY_ENV, Call
from tertulia.core.errors import ContextTooLong, ProviderFailed, ProviderRefused, ProviderTimeout
from tertulia.core.message import Interim, Reasoning, ToolCall, Usage
from tertulia.core.tool import ToolFailure
from tertulia.providers.model import CallWanted, Cut, ModelRequest, ReasoningChunk, Seal, StepUsage, TextChunk

EPHEMERAL = {"type": "ephemeral"}


@pytest.fixture
async def stand() -> AsyncIterator[AnthropicStand]:
    async with AnthropicStand() as running:
        yield running


@pytest.fixture
async def bedrock(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BedrockStand]:
    async with BedrockStand() as running:
        monkeypatch.setenv("ANTHROPIC_BEDROCK_BASE_URL", f"http://{running.host}")
        yield running


class TestAnthropic(ProviderContract):
    """The promises of every provider."""


async def sent(stand: AnthropicStand, request: ModelRequest, **card: Any) -> dict[str, Any]:
    """The body that the service receives for a request."""
    await events_of(stand.model(**card), request)
    return stand.requests[-1].body


def failed(call_id: str) -> ToolCall:
    return structs.replace(called(call_id), result=ToolFailure(code="query_timeout", message="It took too long."))


def marks(value: object) -> int:
    return json.dumps(value).count('"cache_control"')


def used(events: Sequence[object]) -> Usage:
    return sum((event.usage for event in events if isinstance(event, StepUsage)), Usage())


async def test_a_request_is_marked_for_the_cache_where_its_parts_end(stand: AnthropicStand) -> None:
    request = asking(
        user("Hi", 0),
        assistant("Hello!", 0),
        user("And?", 1),
        assistant("Yes.", 1),
        user("Why?", 2),
        called("c", turn=2),
    )
    body = await sent(stand, request, max_output_tokens=500)
    assert stand.requests[0].path == "/v1/messages"
    assert KEY in stand.requests[0].headers.get("x-api-key", "") + stand.requests[0].headers.get("authorization", "")
    assert body["model"] == "test-model"
    assert body["stream"] is True
    assert body["max_tokens"] == 500
    assert body["system"] == [{"type": "text", "text": "Be brief.", "cache_control": EPHEMERAL}]
    assert body["tools"][-1]["cache_control"] == EPHEMERAL
    assert [each["role"] for each in body["messages"]] == ["user", "assistant"] * 3 + ["user"]
    assert body["messages"][3]["content"] == [{"type": "text", "text": "Yes.", "cache_control": EPHEMERAL}]
    assert marks(body) == 3
    assert "thinking" not in body


async def test_what_went_unsaid_leaves_no_empty_text(stand: AnthropicStand) -> None:
    body = await sent(stand, asking(user("Hi", 0), user("Hello?", 1), instructions=" ", functions=[]))
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hi\n\nHello?"}]}]
    assert body.keys().isdisjoint({"system", "tools", "tool_choice"})
    assert body["max_tokens"] > 1_000


async def test_a_conversation_that_the_assistant_began_still_begins_with_the_user(stand: AnthropicStand) -> None:
    body = await sent(stand, asking(assistant("Welcome!", 0), user("Hi", 1)))
    assert [each["role"] for each in body["messages"]] == ["user", "assistant", "user"]
    assert body["messages"][1]["content"][0]["text"] == "Welcome!"


async def test_calls_of_one_step_are_answered_together(stand: AnthropicStand) -> None:
    request = asking(
        user("How long is leave?"),
        Interim(turn=0, at=AT, text="Let me look."),
        called("functions.search:0", hit("a", "25 days.")),
        failed("call_b"),
    )
    asked, wanted, given = (await sent(stand, request))["messages"]
    assert asked["role"] == "user"
    assert [each["type"] for each in wanted["content"]] == ["text", "tool_use", "tool_use"]
    assert wanted["content"][1] == {
        "type": "tool_use",
        "id": "functions_search_0",
        "name": SEARCH.name,
        "input": {"query": "leave"},
    }
    assert [(each["tool_use_id"], each.get("is_error")) for each in given["content"]] == [
        ("functions_search_0", None),
        ("call_b", True),
    ]
    assert "25 days." in given["content"][0]["content"]
    assert "It took too long." in given["content"][1]["content"]


async def test_a_last_step_without_functions_still_declares_those_it_called(stand: AnthropicStand) -> None:
    body = await sent(stand, asking(user("Hi"), called("a"), functions=[]))
    assert [each["name"] for each in body["tools"]] == [SEARCH.name]
    assert body["tool_choice"] == {"type": "none"}


async def test_signed_and_redacted_thinking_goes_back_before_its_calls(stand: AnthropicStand) -> None:
    redacted = {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk"}
    stand.think("Leave", " is asked.")
    stand.call(Call("call_a", SEARCH.name, ('{"query": "leave"}',)))
    stand.raw({"type": "content_block_stop", "index": 1})
    stand.raw({"type": "content_block_start", "index": 7, "content_block": redacted})
    stand.raw({"type": "content_block_stop", "index": 7})
    first = await events_of(stand.model(reasoning="low"))
    (seal,) = kinds(first, Seal)
    assert "".join(event.text for event in kinds(first, ReasoningChunk)) == "Leave is asked."
    assert [event.call_id for event in kinds(first, CallWanted)] == ["call_a"]
    assert first.index(seal) < first.index(kinds(first, CallWanted)[0])

    request = asking(
        user("How long is leave?"),
        Reasoning(turn=0, at=AT, text="Leave is asked."),
        called("call_a", hit("a", "25 days.")),
        seals=[structs.replace(seal, call_ids=["call_a"])],
    )
    body = await sent(stand, request, reasoning="low")
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "Leave is asked.", "signature": SIGNATURE},
        redacted,
        {"type": "tool_use", "id": "call_a", "name": SEARCH.name, "input": {"query": "leave"}},
    ]
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2_048}


async def test_steps_that_said_nothing_are_told_apart_by_their_seals(stand: AnthropicStand) -> None:
    stand.call(Call("call_a", SEARCH.name, ("{}",)))
    (first,) = kinds(await events_of(stand.model()), Seal)
    stand.then()
    stand.call(Call("call_b", SEARCH.name, ("{}",)))
    (second,) = kinds(await events_of(stand.model()), Seal)
    body = await sent(stand, asking(user("Hi"), called("call_a"), called("call_b"), seals=[first, second]))
    assert [(each["role"], len(each["content"])) for each in body["messages"]] == [
        ("user", 1),
        ("assistant", 1),
        ("user", 1),
        ("assistant", 1),
        ("user", 1),
    ]


async def test_a_turn_that_began_without_thinking_goes_on_without(stand: AnthropicStand) -> None:
    body = await sent(stand, asking(user("Hi"), called("a")), reasoning="high")
    assert "thinking" not in body


@pytest.mark.parametrize(
    ("reasoning", "limit", "expected"),
    [
        ("low", None, {"thinking": {"type": "enabled", "budget_tokens": 2_048}, "max_tokens": 10_240}),
        ("high", 16_000, {"thinking": {"type": "enabled", "budget_tokens": 14_976}, "max_tokens": 16_000}),
        ("5000", 16_000, {"thinking": {"type": "enabled", "budget_tokens": 5_000}, "max_tokens": 16_000}),
        ("100", None, {"thinking": {"type": "enabled", "budget_tokens": 1_024}}),
        ("medium", 1_500, {"thinking": None, "max_tokens": 1_500}),
        ("0", None, {"thinking": None}),
        ("adaptive", 900, {"thinking": {"type": "adaptive", "display": "summarized"}, "max_tokens": 900}),
        ("adaptive-max", None, {"output_config": {"effort": "max"}}),
    ],
)
async def test_reasoning_is_asked_for_within_the_limit_of_output(
    stand: AnthropicStand, reasoning: str, limit: int | None, expected: dict[str, Any]
) -> None:
    body = await sent(stand, asking(), reasoning=reasoning, max_output_tokens=limit)
    assert {name: body.get(name) for name in expected} == expected


async def test_a_reasoning_nobody_knows_is_refused_before_anything_is_sent(stand: AnthropicStand) -> None:
    _, message = await until_failure(stand.model(reasoning="lots"), ProviderFailed)
    assert 'reasoning is "lots"' in message
    assert stand.requests == []


async def test_a_message_that_breaks_off_has_told_what_it_read(stand: AnthropicStand) -> None:
    stand.at_start = Usage(input_tokens=900, cache_read_tokens=700, output_tokens=1)
    stand.say("Twenty")
    stand.cut()
    came, _ = await until_failure(stand.model(), ProviderFailed)
    assert came == [StepUsage(stand.at_start), TextChunk("Twenty")]


async def test_what_is_counted_twice_on_the_wire_is_counted_once(stand: AnthropicStand) -> None:
    stand.at_start = Usage(input_tokens=120, cache_read_tokens=100, cache_write_tokens=8, output_tokens=1)
    stand.say("Yes.")
    stand.spend(stand.fullest)
    assert used(await events_of(stand.model())) == stand.fullest


async def test_line_ends_of_other_scripts_are_part_of_the_text(stand: AnthropicStand) -> None:
    stand.say("one\u2028two\x85three\u2029four")
    assert text_of(await events_of(stand.model())) == "one\u2028two\x85three\u2029four"


async def test_arguments_that_are_no_object_fail_clearly(stand: AnthropicStand) -> None:
    stand.call(Call("a", SEARCH.name, ('["leave"', "]")))
    came, message = await until_failure(stand.model(), ProviderFailed)
    assert kinds(came, CallWanted) == []
    assert f"the arguments of {SEARCH.name}" in message


async def test_a_call_cut_off_by_the_limit_is_not_made(stand: AnthropicStand) -> None:
    stand.say("Let me look.")
    stand.call(Call("a", SEARCH.name, ('{"query": "sick"}',)), Call("b", SEARCH.name, ('{"query": "lea',)))
    stand.stop_at_limit()
    events = await events_of(stand.model())
    assert [event.call_id for event in kinds(events, CallWanted)] == ["a"]
    assert kinds(events, Cut) == [Cut()]


async def test_arguments_that_come_whole_at_the_start_are_taken(stand: AnthropicStand) -> None:
    block = {"type": "tool_use", "id": "a", "name": SEARCH.name, "input": {"query": "leave"}}
    stand.raw({"type": "content_block_start", "index": 0, "content_block": block})
    stand.raw({"type": "content_block_stop", "index": 0})
    assert kinds(await events_of(stand.model()), CallWanted) == [
        CallWanted(call_id="a", function=SEARCH.name, arguments={"query": "leave"})
    ]


async def test_a_refusal_tells_why_and_what_it_cost(stand: AnthropicStand) -> None:
    details = {"type": "refusal", "category": "bio", "explanation": "This may be dangerous."}
    stand.at_start = Usage(input_tokens=50, output_tokens=1)
    stand.raw({"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": details}})
    stand.raw({"type": "message_stop"})
    came, message = await until_failure(stand.model(), ProviderRefused)
    assert came == [StepUsage(Usage(input_tokens=50, output_tokens=1))]
    assert "This may be dangerous." in message


@pytest.mark.parametrize(
    ("kind", "said", "error", "expected"),
    [
        ("overloaded_error", "Overloaded", ProviderFailed, "is overloaded. Try again in a minute. It said: Overloaded"),
        ("rate_limit_error", "Slow down", ProviderFailed, "too many requests"),
        ("timeout_error", "Too slow", ProviderTimeout, "took too long"),
        ("request_too_large", "Too big", ContextTooLong, "too long for test-model"),
        ("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum", ContextTooLong, "too long"),
        ("invalid_request_error", "messages: bad", ProviderFailed, "refused the request (400). It said: messages: bad"),
        ("something_new", "Whoops", ProviderFailed, "failed (500). Try again. It said: Whoops"),
    ],
)
async def test_an_error_in_the_stream_says_what_to_do(
    stand: AnthropicStand, kind: str, said: str, error: type[ProviderFailed], expected: str
) -> None:
    stand.raw(failing(kind, said))
    _, message = await until_failure(stand.model(), error)
    assert expected in message


@pytest.mark.parametrize(
    ("status", "said", "error", "expected"),
    [
        (529, "Overloaded", ProviderFailed, "is overloaded"),
        (413, "Request exceeds the maximum size", ContextTooLong, "too long"),
        (400, "input length and `max_tokens` exceed context limit: 9 + 8 > 10", ContextTooLong, "too long"),
        (400, "Input is too long for requested model.", ContextTooLong, "too long"),
        (400, "Your credit balance is too low", ProviderFailed, "credit balance is too low"),
        (400, "thinking.type.enabled is not supported", ProviderFailed, "try another reasoning in [models.tested]"),
        (402, "Unpaid", ProviderFailed, "billing"),
        (504, "Gateway", ProviderTimeout, "took too long"),
    ],
)
async def test_a_refused_request_says_what_to_do(
    stand: AnthropicStand, status: int, said: str, error: type[ProviderFailed], expected: str
) -> None:
    stand.fail(status, message=said)
    _, message = await until_failure(stand.model(), error)
    assert expected in message


async def test_nobody_waits_an_hour_because_the_service_says_so(stand: AnthropicStand) -> None:
    stand.fail(429, {"Retry-After": "3600"}, "Later.")
    _, message = await until_failure(stand.model(retries=2), ProviderFailed)
    assert "Try again in 60 minutes." in message
    assert len(stand.requests) == 1


async def test_a_date_to_try_again_at_is_understood(stand: AnthropicStand) -> None:
    stand.fail(429, {"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}, "Later.")
    _, message = await until_failure(stand.model(retries=2), ProviderFailed)
    assert re.search(r"in \d{6} hours", message)
    assert len(stand.requests) == 1


async def test_a_page_that_is_no_stream_is_told_as_such(stand: AnthropicStand) -> None:
    stand.fail(200, {"Content-Type": "text/html"}, "Welcome!")
    _, message = await until_failure(stand.model(), ProviderFailed)
    assert "no stream of Anthropic messages: check base_url in [models.tested]" in message


async def test_a_service_that_hangs_up_without_an_answer_is_told_as_such(stand: AnthropicStand) -> None:
    async def nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        _, message = await until_failure(stand.model(base_url=f"http://127.0.0.1:{port}"), ProviderFailed)
    assert "closed the connection without an answer" in message


async def test_a_service_that_never_hangs_up_does_not_hold_the_answer(stand: AnthropicStand) -> None:
    stand.say("Yes.")
    stand.raw({"type": "content_block_stop", "index": 0})
    stand.raw({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"})
    stand.silence()
    model = stand.model(timeout_s=30)
    began = time.monotonic()
    assert text_of(await events_of(model)) == "Yes."
    assert time.monotonic() - began < 5
    await asyncio.wait_for(stand.left.wait(), 5)


async def test_without_a_key_anthropics_own_service_is_not_asked(stand: AnthropicStand) -> None:
    _, message = await until_failure(stand.model(base_url="", api_key=None), ProviderFailed)
    assert message == f"api.anthropic.com wants a key, and {KEY_ENV} is not set: put the key there."
    _, message = await until_failure(stand.model(base_url="", api_key=" ", api_key_env=""), ProviderFailed)
    assert "api_key_env in [models.tested]" in message


async def test_a_key_that_lies_about_in_the_environment_is_not_used(
    stand: AnthropicStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "of-somebody-else")
    await events_of(stand.model(api_key=None))
    assert "somebody-else" not in str(stand.requests[0].headers)
    assert stand.requests[0].headers.keys().isdisjoint({"authorization", "x-api-key"})


async def test_a_key_that_cannot_be_sent_is_never_shown(stand: AnthropicStand) -> None:
    _, message = await until_failure(stand.model(api_key="sk-two\nlines"), ProviderFailed)
    assert "sk-" not in message
    assert "lines" not in message


@pytest.mark.parametrize("address", ["127.0.0.1:9", "http://[", "bedrock:", "vertex:/"])
async def test_an_address_that_is_none_is_told_as_such(stand: AnthropicStand, address: str) -> None:
    _, message = await until_failure(stand.model(base_url=address), ProviderFailed)
    assert "base_url" in message or "set up" in message


async def test_an_address_may_end_as_openais_do(stand: AnthropicStand) -> None:
    await events_of(stand.model(base_url=f"http://{stand.host}/v1/"))
    assert stand.requests[0].path == "/v1/messages"


async def test_bedrock_is_read_from_its_own_frames(bedrock: BedrockStand) -> None:
    bedrock.fragment_bytes = 11
    bedrock.say("Let me", " look 🌍.")
    bedrock.call(Call("call_a", SEARCH.name, ('{"que', 'ry": "leave"}')))
    bedrock.spend(bedrock.fullest)
    events = await events_of(bedrock.model())
    assert text_of(events) == "Let me look 🌍."
    assert [event.arguments for event in kinds(events, CallWanted)] == [{"query": "leave"}]
    assert used(events) == bedrock.fullest
    assert bedrock.requests[0].path == "/model/test-model/invoke-with-response-stream"
    assert bedrock.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def test_bedrocks_exceptions_say_what_to_do(bedrock: BedrockStand) -> None:
    headers = {":exception-type": "throttlingException", ":message-type": "exception"}
    frame = aws_frame(headers, b'{"message":"Too many tokens"}')
    bedrock.say("Twenty")
    bedrock.wire(frame)
    came, message = await until_failure(bedrock.model(), ProviderFailed)
    assert text_of(came) == "Twenty"
    assert "bedrock:eu-central-1 gets too many requests" in message
    assert "Too many tokens" in message


@pytest.mark.parametrize("frame", [b"<html>no frames</html>" * 9, aws_frame({}, b"{}")[:-1] + b"!"])
async def test_what_is_no_frame_of_bedrocks_fails_clearly(bedrock: BedrockStand, frame: bytes) -> None:
    bedrock.say("Twenty")
    bedrock.wire(frame)
    came, message = await until_failure(bedrock.model(), ProviderFailed)
    assert text_of(came) == "Twenty"
    assert "sent something that cannot be read" in message


@pytest.mark.parametrize(
    ("address", "missing", "extra"),
    [("bedrock:eu-central-1", "boto3", "anthropic[bedrock]"), ("vertex:global/p", "google.auth", "anthropic[vertex]")],
)
async def test_a_cloud_whose_library_is_missing_says_what_to_install(
    stand: AnthropicStand, monkeypatch: pytest.MonkeyPatch, address: str, missing: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    _, message = await until_failure(stand.model(base_url=address, api_key=None), ProviderFailed)
    assert f"install {extra}" in message


async def test_vertex_is_asked_at_its_own_address(stand: AnthropicStand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_VERTEX_BASE_URL", f"http://{stand.host}/v1")
    stand.say("Yes.")
    assert text_of(await events_of(stand.model(base_url="vertex:europe-west1/acme"))) == "Yes."
    expected = "/v1/projects/acme/locations/europe-west1/publishers/anthropic/models/test-model:streamRawPredict"
    assert stand.requests[0].path == expected
    assert stand.requests[0].headers["authorization"] == f"Bearer {KEY}"
