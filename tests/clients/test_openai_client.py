"""The official client, unchanged, against a real server: an agent is talked to like any other model."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest
import requests
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam

from conftest import Demo

QUESTION = "What does a day with a Heron cargo bike cost for members?"
FOLLOW_UP = "and for guests?"
PLAYER = "client-player"


def client_of(demo: Demo, token: str) -> OpenAI:
    return OpenAI(base_url=f"{demo.url}/v1", api_key=token, max_retries=0, timeout=60)


@pytest.fixture(scope="module")
def client(demo: Demo) -> Iterator[OpenAI]:
    """A member's client, beside whose default agent there is one that plays scripts."""
    admin = {"Authorization": f"Token {demo.admin_token}"}
    agents = f"{demo.api}/agent-settings/"
    made = requests.post(agents, json={"name": "Client player", "model": "scripted"}, headers=admin, timeout=10)
    assert made.status_code == 201
    yield client_of(demo, demo.member_token)
    requests.delete(f"{agents}{made.json()['id']}/", headers=admin, timeout=10).raise_for_status()


@pytest.fixture
def agent(client: OpenAI, demo: Demo) -> str:
    """The default agent's name for this token, which may open projects of other tests too."""
    [model] = [model.id for model in client.models.list() if model.to_dict()["agent_id"] == demo.agent_id]
    return model


def say(text: str, *more: dict[str, Any]) -> str:
    return json.dumps({"steps": [[{"do": "say", "text": text}, *more]]})


def user(text: str) -> ChatCompletionMessageParam:
    return {"role": "user", "content": text}


def assistant(text: str) -> ChatCompletionMessageParam:
    return {"role": "assistant", "content": text}


def history(demo: Demo, conversation_id: str) -> list[str]:
    answer = requests.get(
        f"{demo.api}/playground-conversations/{conversation_id}/",
        headers={"Authorization": f"Token {demo.member_token}"},
        timeout=10,
    )
    assert answer.status_code == 200
    return [entry["content"] for entry in answer.json()["chat_history"] if entry["type"] == "message"]


def test_agents_are_listed_as_models_and_found_by_name_and_id(client: OpenAI, demo: Demo, agent: str) -> None:
    assert client.models.retrieve(agent) == client.models.retrieve(demo.agent_id)
    assert client.models.retrieve(PLAYER).owned_by == client.models.retrieve(agent).owned_by


def test_a_question_is_answered_with_its_proof_and_followed_up(client: OpenAI, demo: Demo, agent: str) -> None:
    first = client.chat.completions.create(model=agent, messages=[user(QUESTION)])
    said = first.choices[0].message.content or ""
    assert "12" in said
    assert first.choices[0].finish_reason == "stop"
    assert first.usage is not None
    assert first.usage.total_tokens > 0
    support = first.choices[0].message.to_dict()["support"]
    assert isinstance(support, dict)
    assert support["cited"]
    annotations = first.choices[0].message.annotations or []
    assert annotations[0].url_citation.url in said
    second = client.chat.completions.create(model=agent, messages=[user(QUESTION), assistant(said), user(FOLLOW_UP)])
    follow_up = second.choices[0].message.content or ""
    assert "38" in follow_up
    conversation_id = first.to_dict()["conversation_id"]
    assert second.to_dict()["conversation_id"] == conversation_id
    assert history(demo, str(conversation_id)) == [QUESTION, said, FOLLOW_UP, follow_up]


def test_a_streamed_answer_is_the_answer(client: OpenAI, agent: str) -> None:
    whole = client.chat.completions.create(model=agent, messages=[user(QUESTION)])
    with client.chat.completions.stream(
        model=agent, messages=[user(QUESTION)], stream_options={"include_usage": True}
    ) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == whole.choices[0].message.content
    assert final.choices[0].finish_reason == "stop"
    assert final.usage == whole.usage


def test_a_streamed_text_is_shown_as_it_comes(client: OpenAI) -> None:
    message = json.dumps({"steps": [[{"do": "tokens", "count": 30, "interval_s": 0.02}]]})
    chunks = list(client.chat.completions.create(model=PLAYER, messages=[user(message)], stream=True))
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert "".join(pieces) == " ".join(f"word{at}" for at in range(1, 31))
    assert sum(bool(piece) for piece in pieces) > 3
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]


def test_a_response_is_followed_up_by_its_id_and_read_again(client: OpenAI, demo: Demo, agent: str) -> None:
    first = client.responses.create(model=agent, input=QUESTION)
    assert "12" in first.output_text
    with client.responses.stream(model=agent, input=FOLLOW_UP, previous_response_id=first.id) as stream:
        kinds = [event.type for event in stream]
        second = stream.get_final_response()
    assert "38" in second.output_text
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert "response.output_text.annotation.added" in kinds
    assert client.responses.retrieve(second.id).output_text == second.output_text
    assert first.conversation is not None
    assert second.conversation == first.conversation
    assert history(demo, first.conversation.id) == [QUESTION, first.output_text, FOLLOW_UP, second.output_text]
    client.responses.delete(second.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(second.id)


def test_a_response_in_the_background_is_cancelled_and_resumed(client: OpenAI) -> None:
    asked = client.responses.create(model=PLAYER, input=say("Begun.", {"do": "hang"}), background=True)
    assert asked.status == "queued"
    with client.responses.retrieve(asked.id, stream=True) as events:
        seen = next(event for event in events if event.type == "response.output_text.delta")
    cancelled = client.responses.cancel(asked.id)
    assert (cancelled.status, cancelled.output_text) == ("cancelled", "Begun.")
    rest = list(client.responses.retrieve(asked.id, stream=True, starting_after=seen.sequence_number))
    assert rest[0].sequence_number == seen.sequence_number + 1
    assert rest[-1].type == "response.incomplete"


def test_errors_are_the_clients_own(client: OpenAI, demo: Demo) -> None:
    messages = [user(say("Hi"))]
    with pytest.raises(openai.AuthenticationError):
        client_of(demo, "ttl_made_up").models.list()
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="nobody", messages=messages)
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError) as wrong:
        client.chat.completions.create(model=PLAYER, messages=messages, n=2)
    assert wrong.value.param == "n"
    with pytest.raises(openai.BadRequestError) as tools:
        client.responses.create(model=PLAYER, input="Hi", tools=[{"type": "web_search"}])
    assert (tools.value.param, tools.value.code) == ("tools", "unsupported_parameter")
    running = client.responses.create(model=PLAYER, input=say("Begun.", {"do": "hang"}), background=True)
    with pytest.raises(openai.ConflictError):
        client.responses.create(input="Hi", previous_response_id=running.id)
    client.responses.cancel(running.id)


def test_a_turn_that_fails_is_an_error_once_and_never_asked_again(client: OpenAI, demo: Demo) -> None:
    patient = client.with_options(max_retries=3)
    limited = json.dumps({"steps": [[{"do": "fail", "error": "RateLimited", "message": "Slow down."}]]})
    with pytest.raises(openai.RateLimitError, match=r"Slow down\.") as caught:
        patient.chat.completions.create(model=PLAYER, messages=[user(limited)])
    assert caught.value.response.headers["retry-after"]
    assert caught.value.request.headers["x-stainless-retry-count"] == "0"
    broken = say("So far.", {"do": "fail", "error": "ProviderFailed", "message": "It broke."})
    with pytest.raises(openai.InternalServerError):
        patient.responses.create(model=PLAYER, input=broken)
    stream = client.chat.completions.create(model=PLAYER, messages=[user(broken)], stream=True)
    pieces: list[str] = []
    with pytest.raises(openai.APIError, match=r"It broke\."):
        pieces.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    *_, failed = client.responses.create(model=PLAYER, input=broken, stream=True)
    assert failed.type == "response.failed"
    assert failed.response.output_text == "So far."


def test_somebody_elses_response_is_refused(client: OpenAI, demo: Demo) -> None:
    theirs = client_of(demo, demo.admin_token).responses.create(model=PLAYER, input=say("Mine."))
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(theirs.id)
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(input=say("Yours?"), previous_response_id=theirs.id)
    assert caught.value.code == "previous_response_not_found"


async def test_the_asynchronous_client_streams_twenty_at_once(client: OpenAI, demo: Demo) -> None:
    async with AsyncOpenAI(base_url=f"{demo.url}/v1", api_key=demo.member_token, max_retries=0) as asked:

        async def ask(number: int) -> str:
            message = json.dumps(
                {"steps": [[{"do": "tokens", "count": 20, "interval_s": 0.01}, {"do": "say", "text": f" {number}"}]]}
            )
            stream = await asked.chat.completions.create(model=PLAYER, messages=[user(message)], stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        said = await asyncio.gather(*(ask(number) for number in range(20)))
    words = " ".join(f"word{at}" for at in range(1, 21))
    assert said == [f"{words} {number}" for number in range(20)]


def test_twenty_conversations_at_once_stay_apart(client: OpenAI, demo: Demo) -> None:
    def talk(number: int) -> tuple[str, str]:
        first = client.responses.create(model=PLAYER, input=say(f"First {number}."))
        second = client.responses.create(input=say(f"Second {number}."), previous_response_id=first.id)
        assert second.conversation is not None
        return second.conversation.id, second.output_text

    with ThreadPoolExecutor(20) as pool:
        talks = list(pool.map(talk, range(20)))
    assert [said for _, said in talks] == [f"Second {number}." for number in range(20)]
    for number, (conversation_id, _) in enumerate(talks):
        assert history(demo, conversation_id)[1::2] == [f"First {number}.", f"Second {number}."]
