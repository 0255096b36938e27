"""Turns over a real socket: streams, watchers, cancels, repeated sends."""

import json
import threading
import uuid
from typing import Any

import pytest

from dialects.clarifeye.conftest import Callers
from dialects.clarifeye.turns import Watcher
from dialects.clarifeye.validated import Api
from live.server import wait_until

CONVERSATIONS = "/playground-conversations/"
SLOW = {"steps": [[{"do": "say", "text": "Begun. "}, {"do": "hang"}]]}


def script(*actions: dict[str, Any]) -> str:
    return json.dumps({"steps": [list(actions)]})


def say(text: str) -> dict[str, Any]:
    return {"do": "say", "text": text}


def kinds(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["payload"].get("type") or frame["type_streaming"] for frame in frames]


def begin(api: Api, conversation_id: str, message: object, **sent: Any) -> Any:
    """Sends and reads on until the first text, leaving the stream open; the answer and its lines."""
    text = message if isinstance(message, str) else json.dumps(message)
    answer = api.open_stream(
        "POST", f"{CONVERSATIONS}{conversation_id}/send_message_stream/", json={"message": text}, **sent
    )
    assert answer.status_code == 200, answer.text
    lines = answer.iter_lines()
    for line in lines:
        if b"token_streaming" in line and b"start_" not in line:
            break
    return answer


def history(api: Api, conversation_id: str) -> list[dict[str, Any]]:
    return api.get(f"{CONVERSATIONS}{conversation_id}/").json()["chat_history"]


def test_a_stream_ends_with_the_history_that_is_stored(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    answer = callers.creator.open_stream(
        "POST", f"{CONVERSATIONS}{one}/send_message_stream/", json={"message": script(say("Å "), say("\u2028 €\n🚲"))}
    )
    assert answer.headers["x-effective-user"] == "creator@example.org"
    assert answer.headers["x-query-id"] == "0"
    frames = callers.creator.frames(answer)
    assert kinds(frames)[0] == "start_token_streaming"
    assert kinds(frames)[-1] == "streaming_completed"
    assert frames[-2]["payload"]["content"] == "Å \u2028 €\n🚲"
    last = frames[-1]["payload"]
    assert (last["conversation_id"], last["query_id"]) == (one, 0)
    assert last["chat_history"] == history(callers.creator, one)
    assert last["chat_history"][-1]["content"] == "Å \u2028 €\n🚲"


def test_text_reasoning_and_tools_come_in_their_order(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    steps = [
        [{"do": "think", "text": "Where?"}, say("Let me look."), {"do": "call", "arguments": {"query": "helmet"}}],
        [say("Found.")],
    ]
    frames = callers.creator.send(one, {"steps": steps})
    assert kinds(frames) == [
        "reasoning",
        "start_token_streaming",
        "token_streaming",
        "tool_call_request",
        "tool_call",
        "start_token_streaming",
        "token_streaming",
        "streaming_completed",
    ]
    results = frames[4]["payload"]["results"]
    assert results
    assert "json_object" not in results[0]
    entries = frames[-1]["payload"]["chat_history"]
    assert [entry["type"] for entry in entries] == [
        "message",
        "reasoning_flow",
        "reasoning_flow",
        "tool_call",
        "message",
    ]
    assert entries[3]["results"] == results
    assert entries[4]["content"] == "Found."


def test_a_failed_tool_is_one_tool_error_and_the_turn_goes_on(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    frames = callers.creator.send(one, {"steps": [[{"do": "call"}], [say("Sorry.")]]})
    [shown] = [frame["payload"] for frame in frames if frame["payload"].get("type") == "tool_call"]
    assert [result["status"] for result in shown["results"]] == ["error"]
    assert kinds(frames)[-1] == "streaming_completed"


def test_a_failed_turn_has_an_error_and_no_completed_frame(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    frames = callers.creator.send(one, script(say("Half an answer"), {"do": "fail", "error": "ProviderTimeout"}))
    assert kinds(frames)[-1] == "error"
    assert "streaming_completed" not in kinds(frames)
    problem = frames[-1]["payload"]
    assert (problem["code"], problem["query_id"], problem["conversation_id"]) == ("provider_timeout", 0, one)
    assert problem["message"] == problem["error"]
    entries = history(callers.creator, one)
    assert [(entry["role"], entry["type"]) for entry in entries] == [("user", "message"), ("assistant", "message")]
    assert entries[1]["content"] == f"Half an answer\n\n{problem['message']}"
    assert entries[1]["outcome"] == "failed"
    # the conversation goes on, and a late watcher learns of the end
    assert kinds(callers.creator.send(one, script(say("Again."))))[-1] == "streaming_completed"
    again = callers.creator.frames(callers.creator.open_stream("GET", f"{CONVERSATIONS}{one}/stream/?query_id=0"))
    assert again[-1]["payload"]["code"] == "provider_timeout"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"message": ""}, 400),
        ({"message": "  \n"}, 400),
        ({"message": None}, 400),
        ({"message": ["x"]}, 400),
        ({"message": "a\x00b"}, 400),
        ({"message": "x" * 1_000_000}, 413),
    ],
    ids=["missing", "empty", "blank", "null", "list", "null character", "megabyte"],
)
def test_a_bad_message_is_refused_before_the_stream(callers: Callers, body: dict[str, Any], status: int) -> None:
    one = callers.creator.create(callers.agent_id)
    answer = callers.creator.post(f"{CONVERSATIONS}{one}/send_message_stream/", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert history(callers.creator, one) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b'{"message": "\\ud800"}', b"\xff"])
def test_a_body_that_is_no_message_is_refused(callers: Callers, body: bytes) -> None:
    one = callers.creator.create(callers.agent_id)
    answer = callers.creator.post(
        f"{CONVERSATIONS}{one}/send_message_stream/", data=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400


def test_a_second_message_waits_for_its_turn(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    first = begin(callers.creator, one, SLOW)
    second = callers.creator.post(f"{CONVERSATIONS}{one}/send_message_stream/", json={"message": "x"})
    assert second.status_code == 409
    assert "error" in second.json()
    assert callers.creator.post(f"{CONVERSATIONS}{one}/cancel/").json() == {"status": "ok", "was_running": True}
    first.close()


def test_a_cancelled_answer_keeps_what_was_written(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    answer = begin(callers.creator, one, SLOW)
    watcher = callers.creator.open_stream("GET", f"{CONVERSATIONS}{one}/stream/")
    assert callers.creator.post(f"{CONVERSATIONS}{one}/cancel/").json()["was_running"]
    [*_, last] = callers.creator.frames(watcher)
    assert last["type_streaming"] == "streaming_completed"
    entry = last["payload"]["chat_history"][-1]
    assert (entry["role"], entry["content"], entry["outcome"]) == ("assistant", "Begun. ", "cancelled")
    assert callers.creator.post(f"{CONVERSATIONS}{one}/cancel/").json() == {"status": "ok", "was_running": False}
    answer.close()


def test_the_answer_goes_on_when_the_client_leaves(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    answer = begin(callers.creator, one, script(say("One "), {"do": "tokens", "count": 20, "interval_s": 0.02}))
    answer.close()
    wait_until(lambda: len(history(callers.creator, one)) == 2)
    assert history(callers.creator, one)[1]["content"].endswith("word20")


def test_many_watch_and_resume_where_they_stopped(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    callers.creator.post(f"{CONVERSATIONS}{one}/share/")
    sent = begin(callers.creator, one, script(say("Zero "), {"do": "tokens", "count": 40, "interval_s": 0.02}))
    seen: dict[str, Watcher] = {}

    def watch(name: str, api: Api) -> None:
        watcher = seen[name] = Watcher()
        answer = api.open_stream("GET", f"{CONVERSATIONS}{one}/stream/")
        for line in answer.iter_lines():
            watcher.read(line + b"\n\n" if line.startswith(b"data") else b"")
            if line.startswith(b"id: "):
                watcher.ids.append(line.removeprefix(b"id: ").decode())

    readers = [
        threading.Thread(target=watch, args=(name, api))
        for name, api in (("creator", callers.creator.as_caller(callers.creator.token)), ("guest", callers.other))
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(timeout=20)
    sent.close()
    text = history(callers.creator, one)[1]["content"]
    assert [watcher.text for watcher in seen.values()] == [text, text]
    half = seen["guest"].ids[len(seen["guest"].ids) // 2]
    for resume in ({"headers": {"Last-Event-ID": half}}, {"params": {"last_event_id": half}}):
        rest = callers.other.open_stream("GET", f"{CONVERSATIONS}{one}/stream/", **resume)
        frames = callers.other.frames(rest)
        assert "start_token_streaming" not in kinds(frames)
        assert frames[-2]["payload"]["content"] == text
        assert frames[-1]["type_streaming"] == "streaming_completed"


@pytest.mark.parametrize(("query", "status"), [("query_id=7", 404), ("query_id=x", 400), ("query_id=-1", 400)])
def test_a_turn_that_is_not_there_cannot_be_watched(callers: Callers, query: str, status: int) -> None:
    one = callers.creator.create(callers.agent_id)
    assert callers.creator.get(f"{CONVERSATIONS}{one}/stream/").status_code == 404
    callers.creator.send(one, script(say("Hi.")))
    assert callers.creator.get(f"{CONVERSATIONS}{one}/stream/?{query}").status_code == status


def test_a_position_that_makes_no_sense_shows_everything(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    callers.creator.send(one, script(say("Hi.")))
    answer = callers.creator.open_stream("GET", f"{CONVERSATIONS}{one}/stream/", headers={"Last-Event-ID": "nonsense"})
    assert kinds(callers.creator.frames(answer)) == ["start_token_streaming", "token_streaming", "streaming_completed"]


def test_the_same_key_gives_the_same_turn(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    message = script(say("Once."))
    first = callers.creator.send(one, message, headers=headers)
    again = callers.creator.send(one, message, headers=headers)
    assert first[-1] == again[-1]
    assert len(history(callers.creator, one)) == 2
    other = callers.creator.post(
        f"{CONVERSATIONS}{one}/send_message_stream/", json={"message": "else"}, headers=headers
    )
    assert other.status_code == 409


def test_a_real_question_is_answered_with_proof(callers: Callers) -> None:
    one = callers.creator.create(callers.default_agent_id)
    frames = callers.creator.send(one, "How much does it cost to rent a cargo bike for a day?")
    answer = frames[-1]["payload"]["chat_history"][-1]
    assert answer["used_tokens_output"] > 0
    for citation in answer["citations"]:
        assert citation["reference_url"] in answer["content"]
        assert callers.creator.project_id in citation["reference_url"]
