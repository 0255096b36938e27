"""The chat completions provider against a loopback server."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai.types.chat import ChatCompletionChunk

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
from providers.openai_server import ChatStand, ChunksStand, actions_of, chat_delta, chat_end
from providers.provider_stand import KEY, Call
from tertulia.core.document import Citation
from tertulia.core.errors import ContextTooLong, ProviderFailed, ProviderRefused
from tertulia.core.message import AssistantMessage, Interim, Outcome, Usage
from tertulia.core.model import ModelCard, Provider
from tertulia.providers.model import CallWanted, ReasoningChunk, Seal, StepUsage, TextChunk
from tertulia.providers.openai_chat import OpenAIChat
from tertulia.providers.openai_wire import Frames

DONE = b"data: [DONE]\n\n"
_COUNTED = {"stream_options": {"include_usage": True}}


@pytest.fixture
async def stand() -> AsyncIterator[ChatStand]:
    async with ChatStand() as server:
        yield server


@pytest.fixture
async def chunks() -> AsyncIterator[ChunksStand]:
    async with ChunksStand() as server:
        yield server


def part(**fields: Any) -> dict[str, Any]:
    return chat_delta(tool_calls=[fields])


def body_of(stand: ChatStand) -> dict[str, Any]:
    return stand.requests[-1].body


class TestOpenAIChat(ProviderContract):
    """The contract."""


async def test_the_loopback_server_speaks_what_the_sdks_own_types_accept(stand: ChatStand) -> None:
    stand.think("Hm.")
    stand.say("Yes", ".")
    stand.call(Call("a", SEARCH.name, ('{"q"', ": 1}")))
    stand.spend(stand.fullest)
    frames = b"".join(each for each in stand.frames(actions_of(stand), _COUNTED) if isinstance(each, bytes))
    chunks = [
        ChatCompletionChunk.model_validate_json(each) for each in Frames().feed(frames) if each.strip() != b"[DONE]"
    ]
    assert [each.usage.total_tokens for each in chunks if each.usage] == [165]
    assert "".join(each.choices[0].delta.content or "" for each in chunks if each.choices) == "Yes."


async def test_a_request_says_what_it_must_and_nothing_that_only_some_services_know(stand: ChatStand) -> None:
    stand.say("Yes.")
    await events_of(stand.model(), asking(cache_key="c1"))
    received = stand.requests[0]
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert "openai-organization" not in received.headers
    tool = received.body["tools"][0]["function"]
    assert received.body == {
        "model": "test-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "How long is leave?"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "tools": [{"type": "function", "function": tool}],
    }
    assert tool == {
        "name": "search_documents",
        "description": "Searches the documents.",
        "parameters": {
            "type": "object",
            "properties": {"query": {"type": "string", "description": "What to look for."}},
            "required": ["query"],
        },
    }


async def test_limits_and_reasoning_come_from_the_card(stand: ChatStand) -> None:
    stand.say("Yes.")
    await events_of(stand.model(max_output_tokens=500, reasoning="low"), asking(functions=[]))
    assert body_of(stand)["max_completion_tokens"] == 500
    assert body_of(stand)["reasoning_effort"] == "low"
    assert "tools" not in body_of(stand)


@pytest.mark.parametrize(
    ("base_url", "is_sent"),
    [("", True), ("https://eu.api.openai.com/v1", True), ("https://api.openai.com.example.org/v1", False)],
)
def test_the_cache_key_goes_to_openai_alone(base_url: str, *, is_sent: bool) -> None:
    card = ModelCard(provider=Provider.OPENAI, model="m", base_url=base_url)
    body = OpenAIChat(card, name="mine", api_key=None)._body(asking(cache_key="c1"))
    assert ("prompt_cache_key" in body) is is_sent


async def test_without_a_key_none_is_sent(stand: ChatStand, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "from-the-environment")
    stand.say("Yes.")
    assert text_of(await events_of(stand.model(api_key=None))) == "Yes."
    assert "from-the-environment" not in str(stand.requests[0].headers)
    assert "authorization" not in stand.requests[0].headers


async def test_the_query_of_an_address_goes_with_every_request(stand: ChatStand) -> None:
    stand.say("Yes.")
    url = f"http://{stand.host}/openai/deployments/d?api-version=2026-01-01"
    assert text_of(await events_of(stand.model(base_url=url))) == "Yes."
    assert stand.requests[0].path == "/openai/deployments/d/chat/completions?api-version=2026-01-01"


async def test_earlier_turns_are_questions_and_answers_without_the_links_of_their_citations(stand: ChatStand) -> None:
    stand.say("Yes.")
    cited = AssistantMessage(
        turn=0,
        at=AT,
        text="It is 25 days [1](http://x/p/reference/c9?verbatim=25%20days). See [2](http://elsewhere/page).",
        citations=[Citation(number=1, chunk_id="c9", document_id="d", document_name="H")],
    )
    failed = AssistantMessage(turn=1, at=AT, text="", outcome=Outcome.FAILED)
    messages = (user("Leave?", 0), called("c", hit("c9", "x"), turn=0), cited, user("Sick?", 1), failed, user("So?", 2))
    await events_of(stand.model(), asking(*messages))
    assert body_of(stand)["messages"][1:] == [
        {"role": "user", "content": "Leave?"},
        {"role": "assistant", "content": "It is 25 days. See [2](http://elsewhere/page)."},
        {"role": "user", "content": "Sick?"},
        {"role": "assistant", "content": "(No answer was given.)"},
        {"role": "user", "content": "So?"},
    ]


async def test_neighbouring_calls_are_one_step_and_their_hits_are_numbered_through(stand: ChatStand) -> None:
    stand.say("Yes.")
    steps = (
        Interim(turn=0, at=AT, text="I look twice."),
        called("a", hit("c1", "One."), hit("c2", "Two.")),
        called("b", hit("c2", "Two."), hit("c3", "Three.")),
        Interim(turn=0, at=AT, text="Once more."),
        called("c"),
    )
    await events_of(stand.model(), asking(user("Leave?"), *steps))
    first, one, two, second, three = body_of(stand)["messages"][2:]
    assert first["content"] == "I look twice."
    assert [each["id"] for each in first["tool_calls"]] == ["a", "b"]
    assert json.loads(first["tool_calls"][0]["function"]["arguments"]) == {"query": "leave"}
    assert (one["role"], one["tool_call_id"]) == ("tool", "a")
    assert "[1] Handbook.pdf, page 3 (chunk_id c1)\nOne.\n\n[2] Handbook.pdf" in one["content"]
    assert "[2] Handbook.pdf, page 3 (chunk_id c2)\nTwo.\n\n[3] Handbook.pdf" in two["content"]
    assert second["content"] == "Once more."
    assert three["content"] == "<result>\nNothing was found.\n</result>"


async def test_reasoning_and_signatures_are_handed_back_with_the_calls_they_led_to(chunks: ChunksStand) -> None:
    chunks.answer(
        chat_delta(reasoning_content="I must"),
        chat_delta(reasoning_content=" search."),
        part(index=0, id="a", function={"name": "s", "arguments": "{}"}, extra_content={"google": {"signature": "S"}}),
        chat_end("tool_calls"),
        DONE,
    )
    events = await events_of(chunks.model())
    (seal,) = kinds(events, Seal)
    chunks.answer(chat_delta(content="Done."), chat_end(), DONE)
    request = asking(user("Leave?"), called("a"), seals=[Seal(data=seal.data, call_ids=["a"])])
    await events_of(chunks.model(), request)
    asked = body_of(chunks)["messages"][2]
    assert asked["reasoning_content"] == "I must search."
    assert asked["tool_calls"][0]["extra_content"] == {"google": {"signature": "S"}}


async def test_seals_tell_neighbouring_steps_apart(stand: ChatStand) -> None:
    stand.say("Yes.")
    seals = [
        Seal(data={"message": {"reasoning": "First."}, "calls": {}}, call_ids=["a"]),
        Seal(data={"message": {"reasoning": "Then."}, "calls": {}}, call_ids=["b", "c"]),
    ]
    await events_of(stand.model(), asking(user("Leave?"), called("a"), called("b"), called("c"), seals=seals))
    asked = [each for each in body_of(stand)["messages"] if "tool_calls" in each]
    assert [(each["reasoning"], len(each["tool_calls"])) for each in asked] == [("First.", 1), ("Then.", 2)]


@pytest.mark.parametrize(
    "frames",
    [
        # whole calls at once, all under index 0
        [
            part(index=0, id="a", function={"name": "s", "arguments": '{"q": 1}'}),
            part(index=0, id="b", function={"name": "t", "arguments": '{"q": 2}'}),
        ],
        # neither ids nor indexes
        [
            part(function={"name": "s", "arguments": '{"q": 1}'}),
            part(function={"name": "t", "arguments": '{"q"'}),
            part(function={"arguments": ": 2}"}),
        ],
        # index 0 and no ids
        [
            part(index=0, function={"name": "s", "arguments": '{"q": 1}'}),
            part(index=0, function={"name": "t", "arguments": '{"q": 2}'}),
        ],
        # id and name on every piece
        [
            part(index=0, id="a", function={"name": "s", "arguments": '{"q"'}),
            part(index=0, id="a", function={"name": "s", "arguments": ": 1}"}),
            part(index=1, id="b", function={"name": "t", "arguments": '{"q": 2}'}),
        ],
        # pieces of two calls in turns
        [
            part(index=0, id="a", function={"name": "s", "arguments": ""}),
            part(index=1, id="b", function={"name": "t", "arguments": ""}),
            part(index=0, function={"arguments": '{"q"'}),
            part(index=1, function={"arguments": '{"q"'}),
            part(index=0, function={"arguments": ": 1}"}),
            part(index=1, function={"arguments": ": 2}"}),
        ],
        # objects, and objects encoded twice
        [
            part(index=0, id="", function={"name": "s", "arguments": {"q": 1}}),
            part(index=1, id=None, function={"name": "t", "arguments": '"{\\"q\\": 2}"'}),
        ],
    ],
)
async def test_calls_are_read_however_a_service_cuts_them(chunks: ChunksStand, frames: list[dict[str, Any]]) -> None:
    chunks.answer(*frames, chat_end("tool_calls"), DONE)
    calls = kinds(await events_of(chunks.model()), CallWanted)
    assert [(each.function, each.arguments) for each in calls] == [("s", {"q": 1}), ("t", {"q": 2})]
    assert len({each.call_id for each in calls if each.call_id}) == 2


async def test_a_call_whose_id_was_used_before_gets_one_of_its_own(stand: ChatStand) -> None:
    stand.call(Call("call_0", SEARCH.name, ("{}",)))
    (call,) = kinds(await events_of(stand.model(), asking(user("Leave?"), called("call_0"))), CallWanted)
    assert call.call_id.startswith("call_")
    assert call.call_id != "call_0"


async def test_arguments_that_are_no_json_are_given_on_as_they_are(stand: ChatStand) -> None:
    stand.call(Call("a", SEARCH.name, ("query: leave",)))
    (call,) = kinds(await events_of(stand.model()), CallWanted)
    assert call.arguments == {"unreadable_arguments": "query: leave"}


async def test_a_call_that_the_limit_cut_off_is_not_made(stand: ChatStand) -> None:
    stand.call(Call("a", SEARCH.name, ('{"query": "lea',)))
    stand.stop_at_limit()
    assert kinds(await events_of(stand.model()), CallWanted) == []


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_reasoning_is_found_under_either_name(chunks: ChunksStand, field: str) -> None:
    chunks.answer(chat_delta(**{field: "Hm."}), chat_delta(content="Yes.", **{field: None}), chat_end(), DONE)
    assert await events_of(chunks.model()) == [ReasoningChunk("Hm."), TextChunk("Yes.")]


async def test_content_may_come_in_parts(chunks: ChunksStand) -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    chunks.answer(chat_delta(content=[thinking]), chat_delta(content=[{"type": "text", "text": "Yes."}]), chat_end())
    assert await events_of(chunks.model()) == [ReasoningChunk("Hm."), TextChunk("Yes.")]


async def test_usage_told_with_every_chunk_counts_once(chunks: ChunksStand) -> None:
    chunks.answer(
        {**chat_delta(content="A"), "usage": {"prompt_tokens": 9, "completion_tokens": 1}},
        {**chat_end(), "usage": {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": None}},
        DONE,
    )
    events = await events_of(chunks.model())
    assert kinds(events, StepUsage) == [StepUsage(Usage(input_tokens=9, output_tokens=2))]


async def test_usage_is_told_even_where_the_stream_broke(chunks: ChunksStand) -> None:
    chunks.answer({**chat_delta(content="A"), "usage": {"prompt_tokens": 9, "completion_tokens": 1}})
    chunks.cut()
    came, _ = await until_failure(chunks.model(), ProviderFailed)
    assert came == [TextChunk("A"), StepUsage(Usage(input_tokens=9, output_tokens=1))]


@pytest.mark.parametrize("ending", [b"data: [DONE]\n\n", b"data: [DONE]", b"data:[DONE]\r\n\r\n", b""])
async def test_an_answer_that_gave_its_reason_to_stop_is_whole(chunks: ChunksStand, ending: bytes) -> None:
    chunks.answer(chat_delta(content="Yes."), chat_end(), ending)
    assert text_of(await events_of(chunks.model())) == "Yes."


async def test_a_connection_that_breaks_or_stays_open_after_the_end_breaks_nothing(chunks: ChunksStand) -> None:
    chunks.answer(chat_delta(content="Yes."), chat_end())
    chunks.cut()
    assert text_of(await events_of(chunks.model())) == "Yes."
    chunks.then()
    chunks.answer(chat_delta(content="Yes."), chat_end(), DONE)
    chunks.silence()
    assert text_of(await events_of(chunks.model(timeout_s=30))) == "Yes."


@pytest.mark.parametrize(
    ("message", "option"),
    [
        ("Extra inputs are not permitted: body.stream_options", "stream_options"),
        ('Invalid JSON payload received. Unknown name "stream_options": Cannot find field.', "stream_options"),
        ("Unsupported parameter: 'max_completion_tokens' is not supported.", "max_completion_tokens"),
    ],
)
@pytest.mark.parametrize("status", [400, 422])
async def test_an_option_a_service_does_not_know_is_left_out_from_then_on(
    stand: ChatStand, status: int, message: str, option: str
) -> None:
    stand.fail(status, message=message)
    for _ in range(2):
        stand.say("Yes.")
        stand.then()
    model = stand.model(max_output_tokens=50)
    for _ in range(2):
        assert text_of(await events_of(model)) == "Yes."
    assert [option in each.body for each in stand.requests] == [True, False, False]
    assert ["max_tokens" in each.body for each in stand.requests][1:] == [option == "max_completion_tokens"] * 2


async def test_a_refusal_that_is_not_about_options_is_not_held_against_them(stand: ChatStand) -> None:
    stand.fail(400, message="Unsupported value: 'reasoning_effort' is not supported.")
    stand.fail(400, message="Unsupported value: 'reasoning_effort' is not supported.")
    stand.say("Yes.")
    model = stand.model(reasoning="huge")
    _, message = await until_failure(model, ProviderFailed)
    assert "reasoning_effort" in message
    assert text_of(await events_of(model)) == "Yes."
    assert ["stream_options" in each.body for each in stand.requests] == [True, False, True]


async def test_a_content_filter_is_a_refusal_that_keeps_the_text(chunks: ChunksStand) -> None:
    chunks.answer(chat_delta(content="Well"), chat_end("content_filter"), DONE)
    came, message = await until_failure(chunks.model(), ProviderRefused)
    assert text_of(came) == "Well"
    assert "content filter" in message


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 8192 tokens.",
        "the request exceeds the available context size",
        "The input token count (9000) exceeds the maximum number of tokens allowed (8192).",
        "Prompt contains 9000 tokens, too large for model with 8192 maximum context length",
        "Input is too long for requested model.",
        "Request too large for model x.",
    ],
)
async def test_services_say_too_long_in_many_ways(stand: ChatStand, message: str) -> None:
    stand.fail(400, message=message)
    await until_failure(stand.model(), ContextTooLong)


async def test_a_setting_that_is_too_large_is_no_conversation_that_is_too_long(stand: ChatStand) -> None:
    stand.fail(400, message="max_completion_tokens is too large: 999999. top_k exceeds the maximum.")
    _, message = await until_failure(stand.model(), ProviderFailed)
    assert "check [models.mine]" in message


@pytest.mark.parametrize(
    ("seconds", "said"),
    [("1", "in 1 second."), ("600", "in 10 minutes."), ("86400", "in 24 hours."), ("x", "shortly.")],
)
async def test_a_wait_is_told_in_the_unit_people_use(stand: ChatStand, seconds: str, said: str) -> None:
    stand.fail(429, {"Retry-After": seconds})
    _, message = await until_failure(stand.model(), ProviderFailed)
    assert f"Try again {said}" in message


async def test_an_account_without_credit_is_told_apart_from_too_many_requests(stand: ChatStand) -> None:
    stand.fail(429, message="You exceeded your current quota (insufficient_quota).")
    _, message = await until_failure(stand.model(), ProviderFailed)
    assert "no credit left" in message


async def test_a_page_instead_of_a_stream_says_to_check_the_address(chunks: ChunksStand) -> None:
    chunks.answer(b"<!doctype html>\n<title>Welcome</title>\n")
    _, message = await until_failure(chunks.model(), ProviderFailed)
    assert "cannot be read" in message
    assert "check base_url and provider in [models.mine]" in message


async def test_an_error_instead_of_a_stream_is_told_in_its_own_words(chunks: ChunksStand) -> None:
    chunks.answer(b'[{"error": {"code": 503, "message": "The model is overloaded."}}]')
    _, message = await until_failure(chunks.model(), ProviderFailed)
    assert "The model is overloaded." in message


@pytest.mark.parametrize(
    "frame",
    [
        b"data: {}}\n\n",
        b'data: {"choices": 3}\n\n',
        b'data: {"choices": [{"delta": {"content": 3}}]}\n\n',
        b"data: x\n",
    ],
)
async def test_chunks_of_another_shape_fail_clearly(chunks: ChunksStand, frame: bytes) -> None:
    chunks.answer(chat_delta(content="Yes"), frame)
    came, message = await until_failure(chunks.model(), ProviderFailed)
    assert text_of(came) == "Yes"
    assert "cannot be read" in message


@pytest.mark.parametrize("url", ["no address", "http://", "ftp://127.0.0.1/v1", "http://[::1", "http://127.0.0.1:x/v1"])
async def test_an_address_that_is_none_is_told(stand: ChatStand, url: str) -> None:
    _, message = await until_failure(stand.model(base_url=url), ProviderFailed)
    assert "base_url in [models.mine]" in message


async def test_what_stands_in_an_address_beside_the_host_is_not_told(stand: ChatStand) -> None:
    stand.fail(500, message="no")
    model = stand.model(base_url=f"http://ann:hush@{stand.host}/v1?code=hush")
    _, message = await until_failure(model, ProviderFailed)
    assert stand.host in message
    assert "hush" not in message


@pytest.mark.parametrize("key", ["schlüssel-0123456789", "sk-one\nsk-two"])
async def test_a_key_with_signs_that_no_key_has_is_told_and_not_shown(stand: ChatStand, key: str) -> None:
    _, message = await until_failure(stand.model(api_key=key), ProviderFailed)
    assert message.startswith("The key in TEST_MODEL_KEY holds signs")
    assert key not in message


async def test_a_conversation_without_an_answer_yet_keeps_roles_in_turns(stand: ChatStand) -> None:
    stand.say("Yes.")
    await events_of(stand.model(), asking(user("One?", 0), user("Two?", 1), assistant("Two.", 1), user("", 2)))
    assert [(each["role"], each["content"]) for each in body_of(stand)["messages"][1:]] == [
        ("user", "One?\n\nTwo?"),
        ("assistant", "Two."),
        ("user", "(empty)"),
    ]
