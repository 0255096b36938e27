"""The stream of one turn: what it looks like on the wire, in which order, and how it ends."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from contract.client import Client
from contract.frames import PING, Frame, answer_of, blocks, last_text
from contract.scripts import Action, call, fail, hang, say, script, spend, think, tokens, wait, words
from contract.stage import Stage
from live.server import wait_until

UNREADABLE_SIGNS = "Å ñ 漢字 مرحبا 🦆 \u2028\u2029\u0085\x0b\x0c \ufeff \\ \" ' / </script> \t\r\n data: x\n\ndata: y"

Play = Callable[..., list[Frame]]


@pytest.fixture
def creator(stage: Stage) -> Client:
    return stage.client("creator")


@pytest.fixture
def conversation_id(stage: Stage, creator: Client) -> str:
    return stage.create(creator)


@pytest.fixture
def play(stage: Stage, creator: Client, conversation_id: str) -> Play:
    """The frames of a turn in which the model does this."""

    def play(*steps: list[Action]) -> list[Frame]:
        return creator.streamed(begin(stage, creator, conversation_id, *steps))

    return play


def begin(stage: Stage, client: Client, conversation_id: str, *steps: list[Action]) -> requests.Response:
    path = f"{stage.conversations}/{conversation_id}/send_message_stream/"
    return client.post(path, json={"message": script(*steps)}, stream=True)


def assert_in_order(frames: list[Frame]) -> None:
    """Raises AssertionError unless text only grows in announced segments, calls precede results and the end is last."""
    text: str | None = None
    reasoning = ""
    called: set[str] = set()
    for frame in frames[:-1]:
        assert frame.kind == "streaming_in_progress"
        content = frame.payload["content"]
        match frame.shown:
            case "start_token_streaming":
                text, reasoning = "", ""
            case "token_streaming":
                assert text is not None, "text without a start"
                assert content.startswith(text), "text shrank within a segment"
                assert len(content) > len(text), "a frame that shows nothing new"
                text = content
            case "reasoning":
                assert content.startswith(reasoning)
                reasoning = content
            case "tool_call_request":
                text, reasoning = None, ""
                called.add(frame.payload["tool_call_id"])
            case "tool_call":
                assert frame.payload["tool_call_id"] in called, "a result before its call"
            case other:
                pytest.fail(f"unknown frame {other}")
    assert frames[-1].kind in ("streaming_completed", "streaming_error")
    assert len({frame.payload["query_id"] for frame in frames}) == 1


def test_the_head_of_a_stream_is_exactly_what_clients_need(stage: Stage, creator: Client, conversation_id: str) -> None:
    answer = begin(stage, creator, conversation_id, [say("Hello.")])
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["X-Query-Id"] == "0"
    assert "Content-Encoding" not in answer.headers
    creator.streamed(answer)


def test_a_sent_stream_has_data_lines_alone_and_ends_with_a_whole_frame(
    stage: Stage, creator: Client, conversation_id: str
) -> None:
    answer = begin(stage, creator, conversation_id, [say("Hello.")])
    content = answer.content
    assert content.endswith(b"\n\n")
    for line in content.splitlines():
        assert line in (b"", PING) or line.startswith(b'data: {"type_streaming":'), line


def test_everything_that_can_be_shown_comes_in_order(play: Play) -> None:
    frames = play(
        [think("Hm. "), think("So."), say("Let me look. "), say("Now."), call("search_by_words", query="a")],
        [say("And again."), call("find_documents"), call("search_documents", query="b")],
        [think("Now I know."), tokens(30, 0.01), spend(5, 7)],
    )
    assert_in_order(frames)
    shown = [frame.shown for frame in frames]
    assert shown.count("start_token_streaming") == 3
    assert shown.count("tool_call_request") == shown.count("tool_call") == 3
    assert last_text(frames) == answer_of(frames[-1]) == words(30)


def test_each_segment_of_text_is_announced(play: Play) -> None:
    frames = play([say("Before the call."), call("search_by_words", query="a")], [say("After the call.")])
    texts = [(frame.shown, frame.payload["content"]) for frame in frames if "token_streaming" in frame.shown]
    assert texts == [
        ("start_token_streaming", ""),
        ("token_streaming", "Before the call."),
        ("start_token_streaming", ""),
        ("token_streaming", "After the call."),
    ]


def test_the_completed_frame_holds_the_history_that_get_shows(
    stage: Stage, creator: Client, conversation_id: str, play: Play
) -> None:
    history: list[dict[str, Any]] = []
    for _ in range(2):
        last = play([think("Hm."), say("Look."), call("search_by_words", query="a")], [say("There."), spend(1, 2)])[-1]
        history = last.payload["chat_history"]
        assert last.payload["conversation_id"] == conversation_id
        assert history == stage.get(creator, conversation_id)["chat_history"]
    assert [entry["type"] for entry in history if entry["query_id"] == 1] == [
        "message",
        "reasoning_flow",
        "reasoning_flow",
        "tool_call",
        "message",
    ]
    assert [entry["content"] for entry in history if entry["type"] == "message"][1::2] == ["There."] * 2


def test_a_tool_call_is_shown_as_it_is_stored(play: Play) -> None:
    frames = play([call("search_by_words", query="a", top_k=3)], [say("Done.")])
    [asked] = [frame.payload for frame in frames if frame.shown == "tool_call_request"]
    [got] = [frame.payload for frame in frames if frame.shown == "tool_call"]
    [kept] = [entry for entry in frames[-1].payload["chat_history"] if entry["type"] == "tool_call"]
    assert got == {**kept, "tool_call_id": asked["tool_call_id"]}
    assert (asked["tool_type"], asked["input_parameters"]) == (got["tool_type"], {"query": "a", "top_k": 3})


def test_a_failed_tool_is_told_as_a_tool_error(play: Play) -> None:
    frames = play([call("read_passage", chunk_id="nonsense"), call("no_such_tool")], [say("Could not.")])
    results = [frame.payload["results"] for frame in frames if frame.shown == "tool_call"]
    assert [[entry["status"] for entry in each] for each in results] == [["error"], ["error"]]
    assert frames[-1].kind == "streaming_completed"


@pytest.mark.parametrize("text", [UNREADABLE_SIGNS, *UNREADABLE_SIGNS.split(" "), "[DONE]"])
def test_every_sign_arrives(play: Play, text: str) -> None:
    frames = play([say(f"a{text}b")])
    assert last_text(frames) == answer_of(frames[-1]) == f"a{text}b"


@pytest.mark.parametrize("steps", [[[]], [[think("Only thoughts.")]], [[say("")]], [[spend(1, 1)]]])
def test_an_answer_without_words_still_ends_in_one_message(play: Play, steps: list[list[Action]]) -> None:
    frames = play(*steps)
    assert_in_order(frames)
    messages = [entry for entry in frames[-1].payload["chat_history"] if entry["type"] == "message"]
    assert [entry["role"] for entry in messages] == ["user", "assistant"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("ProviderFailed", "provider_failed"),
        ("ProviderTimeout", "provider_timeout"),
        ("ProviderRefused", "provider_refused"),
        ("ContextTooLong", "context_too_long"),
        ("BudgetSpent", "budget_spent"),
        ("RateLimited", "rate_limited"),
        ("NoSuchError", "provider_failed"),
    ],
)
def test_a_failure_is_one_error_frame_and_no_completed_one(
    stage: Stage, creator: Client, conversation_id: str, play: Play, error: str, code: str
) -> None:
    frames = play([say("Half an answer."), fail(error)])
    assert_in_order(frames)
    last = frames[-1]
    assert (last.kind, last.payload["type"], last.payload["code"]) == ("streaming_error", "error", code)
    assert last.payload["message"] == last.payload["error"] != ""
    assert (last.payload["conversation_id"], last.payload["query_id"]) == (conversation_id, 0)
    history = stage.get(creator, conversation_id)["chat_history"]
    assert [(entry["role"], entry["type"]) for entry in history] == [("user", "message"), ("assistant", "message")]
    assert history[-1]["content"] == f"Half an answer.\n\n{last.payload['message']}"
    assert (history[-1]["outcome"], history[-1]["error"]["code"]) == ("failed", code)


def test_after_a_failure_the_conversation_goes_on(play: Play) -> None:
    assert play([fail("ProviderFailed")])[-1].kind == "streaming_error"
    last = play([say("Better now.")])[-1]
    roles = [entry["role"] for entry in last.payload["chat_history"] if entry["type"] == "message"]
    assert (answer_of(last), roles) == ("Better now.", ["user", "assistant"] * 2)


def test_silence_is_filled_with_comments(stage: Stage, creator: Client, conversation_id: str) -> None:
    answer = begin(stage, creator, conversation_id, [say("Wait."), wait(1.0), say(" Done.")])
    kinds = ["ping" if block == PING else "frame" for block in blocks(answer.iter_content(chunk_size=None))]
    assert kinds.count("ping") >= 2
    assert kinds[-1] == "frame"


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"message": ""}, 400), ({"message": ["a"]}, 400), ({"message": "a" * 200_001}, 413)],
)
def test_a_message_is_judged_before_the_first_byte(
    stage: Stage, creator: Client, conversation_id: str, body: dict[str, object], status: int
) -> None:
    answer = creator.post(f"{stage.conversations}/{conversation_id}/send_message_stream/", json=body, stream=True)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    assert stage.get(creator, conversation_id)["chat_history"] == []


def test_the_users_message_is_kept_before_the_model_begins(stage: Stage, creator: Client, conversation_id: str) -> None:
    running = begin(stage, creator, conversation_id, [hang()])
    found = stage.get(creator, conversation_id)
    assert [entry["role"] for entry in found["chat_history"]] == ["user"]
    assert found["message_count"] == 1
    creator.post(f"{stage.conversations}/{conversation_id}/cancel/")
    creator.streamed(running)


@pytest.mark.parametrize("reads", [0, 1, 5])
def test_a_turn_whose_client_vanished_is_finished_and_kept(
    stage: Stage, creator: Client, conversation_id: str, reads: int
) -> None:
    answer = begin(stage, creator, conversation_id, [tokens(20, 0.02)])
    frames = creator.frames(answer)
    for _ in range(reads):
        next(frames)
    answer.close()
    found = stage.wait_for_answer(creator, conversation_id)
    assert found["chat_history"][-1]["content"] == words(20)
    assert "outcome" not in found["chat_history"][-1]


def test_a_long_answer_does_not_cost_the_square_of_its_length(
    stage: Stage, creator: Client, conversation_id: str
) -> None:
    steps = [action for _ in range(25) for action in (tokens(600), wait(0.05))]
    content = begin(stage, creator, conversation_id, steps).content
    text = stage.get(creator, conversation_id)["chat_history"][-1]["content"]
    assert len(text) > 100_000
    assert len(content) < 30 * len(text)


def test_a_turn_of_a_deleted_agent_fails_visibly(stage: Stage, creator: Client) -> None:
    admin = stage.client("admin")
    agents = f"{stage.project}/agent-settings"
    agent_id = admin.post(f"{agents}/", json={"name": "Brief", "model": "scripted"}).json()["id"]
    made = creator.post(f"{stage.conversations}/", json={"agent_settings": agent_id}).json()["id"]
    assert admin.delete(f"{agents}/{agent_id}/").status_code == 204
    last = creator.streamed(begin(stage, creator, made, [say("Never.")]))[-1]
    assert last.kind == "streaming_error"
    found = stage.get(creator, made)
    assert (found["agent_settings_name"], found["chat_history"][-1]["outcome"]) == ("Brief", "failed")
    wait_until(lambda: creator.post(f"{stage.conversations}/{made}/cancel/").json()["was_running"] is False)
