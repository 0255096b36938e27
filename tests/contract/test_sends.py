"""Sending: one turn at a time, and the same turn again for the same Idempotency-Key."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from contract.client import Client
from contract.scripts import hang, say, script, tokens
from contract.stage import Stage
from live.server import wait_until

KEY = "Idempotency-Key"


@pytest.fixture
def creator(stage: Stage) -> Client:
    return stage.client("creator")


@pytest.fixture
def conversation_id(stage: Stage, creator: Client) -> str:
    return stage.create(creator)


@pytest.fixture
def send(stage: Stage, conversation_id: str) -> Callable[..., requests.Response]:
    """Sends to the conversation as somebody, with headers; does not read the stream."""

    def send(client: Client, message: str, **headers: Any) -> requests.Response:
        path = f"{stage.conversations}/{conversation_id}/send_message_stream/"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(path, json={"message": message}, headers=named, stream=True)

    return send


def test_of_sends_at_the_same_time_exactly_one_is_answered(
    stage: Stage, conversation_id: str, send: Callable[..., requests.Response]
) -> None:
    message = script([tokens(20, 0.02)])
    clients = [stage.client("creator") for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        sent = list(threads.map(send, clients, [message] * 8))
    assert sorted(each.status_code for each in sent) == [200, *[409] * 7]
    refused = [each.json() for each in sent if each.status_code == 409]
    assert all(set(each) == {"error"} for each in refused)
    client = stage.client("creator")
    for each in sent:
        if each.status_code == 200:
            client.streamed(each)
    found = stage.get(client, conversation_id)
    assert [entry["role"] for entry in found["chat_history"]] == ["user", "assistant"]


def test_an_admin_sends_no_second_message_either(
    stage: Stage, creator: Client, conversation_id: str, send: Callable[..., requests.Response]
) -> None:
    running = send(creator, script([hang()]))
    assert running.status_code == 200
    assert send(stage.client("admin"), "Hello").status_code == 409
    assert creator.post(f"{stage.conversations}/{conversation_id}/cancel/").json()["was_running"] is True
    creator.streamed(running)
    after = send(stage.client("admin"), "Hello")
    assert stage.client("admin").streamed(after)[-1].kind == "streaming_completed"


def test_a_refused_send_leaves_nothing_behind(
    stage: Stage, creator: Client, conversation_id: str, send: Callable[..., requests.Response]
) -> None:
    running = send(creator, script([hang()]))
    before = stage.get(creator, conversation_id)
    assert send(creator, "Second").status_code == 409
    assert stage.get(creator, conversation_id) == before
    creator.post(f"{stage.conversations}/{conversation_id}/cancel/")
    creator.streamed(running)


def test_a_conversation_that_answers_is_not_deleted_for_good(
    stage: Stage, creator: Client, conversation_id: str, send: Callable[..., requests.Response]
) -> None:
    admin, path = stage.client("admin"), f"{stage.conversations}/{conversation_id}/"
    running = send(creator, script([hang()]))
    assert creator.delete(path).status_code == 204
    assert admin.post(f"{path}permanent_delete/").status_code == 409
    assert creator.post(f"{path}cancel/").json() == {"status": "ok", "was_running": True}
    creator.streamed(running)
    assert admin.post(f"{path}permanent_delete/").status_code == 204
    assert admin.get(path, params={"include_archived": "true"}).status_code == 404


def test_the_same_key_gives_the_same_turn_again(
    stage: Stage, creator: Client, conversation_id: str, send: Callable[..., requests.Response]
) -> None:
    message = script([say("Once only.")])
    first, second = (creator.streamed(send(creator, message, Idempotency_Key="a key")) for _ in range(2))
    assert first == second
    assert stage.get(creator, conversation_id)["message_count"] == 2


def test_the_same_key_joins_the_turn_that_still_runs(
    stage: Stage, creator: Client, conversation_id: str, send: Callable[..., requests.Response]
) -> None:
    message = script([say("Half."), hang()])
    first = send(creator, message, Idempotency_Key="joined")
    second = send(creator, message, Idempotency_Key="joined")
    assert first.headers["X-Query-Id"] == second.headers["X-Query-Id"] == "0"
    creator.post(f"{stage.conversations}/{conversation_id}/cancel/")
    assert creator.streamed(first)[-1] == creator.streamed(second)[-1]


def test_the_same_key_at_the_same_time_makes_one_turn(
    stage: Stage, conversation_id: str, send: Callable[..., requests.Response]
) -> None:
    def play(_: int) -> list[Any]:
        client = stage.client("creator")
        return client.streamed(send(client, script([tokens(5, 0.01)]), Idempotency_Key="together"))

    with ThreadPoolExecutor(8) as threads:
        streams = list(threads.map(play, range(8)))
    assert {stream[-1].kind for stream in streams} == {"streaming_completed"}
    assert stage.get(stage.client("creator"), conversation_id)["message_count"] == 2


def test_the_same_key_with_another_message_is_a_conflict(
    stage: Stage, creator: Client, conversation_id: str, send: Callable[..., requests.Response]
) -> None:
    creator.streamed(send(creator, "Hello", Idempotency_Key="reused"))
    misused = send(creator, "Hello!", Idempotency_Key="reused")
    assert (misused.status_code, list(misused.json())) == (409, ["error"])
    assert stage.get(creator, conversation_id)["message_count"] == 2


def test_a_key_belongs_to_a_sender_and_a_conversation(
    stage: Stage, creator: Client, conversation_id: str, send: Callable[..., requests.Response]
) -> None:
    admin = stage.client("admin")
    creator.streamed(send(creator, "Hello", Idempotency_Key="shared"))
    admin.streamed(send(admin, "Hello", Idempotency_Key="shared"))
    assert stage.get(creator, conversation_id)["message_count"] == 4
    other = stage.create(creator)
    path = f"{stage.conversations}/{other}/send_message_stream/"
    assert creator.post(path, json={"message": "Other"}, headers={KEY: "shared"}).headers["X-Query-Id"] == "0"


@pytest.mark.parametrize(("key", "status"), [("x" * 255, 200), ("x" * 256, 400), ("", 200), ("é🦆".encode(), 200)])
def test_a_key_has_a_length(
    creator: Client, key: str | bytes, status: int, send: Callable[..., requests.Response]
) -> None:
    sent = send(creator, "Hello", Idempotency_Key=key)
    assert sent.status_code == status
    if status == 200:
        assert creator.streamed(sent)[-1].kind == "streaming_completed"


def test_an_empty_key_is_none(
    stage: Stage, creator: Client, conversation_id: str, send: Callable[..., requests.Response]
) -> None:
    for _ in range(2):
        creator.streamed(send(creator, "Hello", Idempotency_Key=""))
    assert stage.get(creator, conversation_id)["message_count"] == 4


def test_a_key_opens_no_conversation_that_is_not_ones_own(
    stage: Stage, creator: Client, send: Callable[..., requests.Response]
) -> None:
    creator.streamed(send(creator, "Hello", Idempotency_Key="mine"))
    assert send(stage.client("member"), "Hello", Idempotency_Key="mine").status_code == 403


def test_cancelling_keeps_the_text_so_far_and_is_safe_to_repeat(
    stage: Stage, creator: Client, conversation_id: str, send: Callable[..., requests.Response]
) -> None:
    path = f"{stage.conversations}/{conversation_id}/cancel/"
    assert creator.post(path).json() == {"status": "ok", "was_running": False}
    running = send(creator, script([say("The first half."), hang()]))
    frames = creator.frames(running)
    shown = next(frame for frame in frames if frame.shown == "token_streaming")
    assert shown.payload["content"] == "The first half."
    assert creator.post(path).json()["was_running"] is True
    rest = list(frames)
    assert rest[-1].kind == "streaming_completed"
    entry = stage.get(creator, conversation_id)["chat_history"][-1]
    assert (entry["content"], entry["outcome"]) == ("The first half.", "cancelled")
    wait_until(lambda: creator.post(path).json()["was_running"] is False)


def test_turns_are_counted_from_nought(
    creator: Client, conversation_id: str, stage: Stage, send: Callable[..., requests.Response]
) -> None:
    for turn in range(3):
        sent = send(creator, script([say(f"Answer {turn}.")]))
        assert sent.headers["X-Query-Id"] == str(turn)
        assert {frame.payload["query_id"] for frame in creator.streamed(sent)} == {turn}
    history = stage.get(creator, conversation_id)["chat_history"]
    assert [entry["query_id"] for entry in history] == [0, 0, 1, 1, 2, 2]
