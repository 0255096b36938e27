"""Processes that die, stop and share one data folder: no answer is lost, none is given twice."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import requests

from contract.client import Client
from contract.frames import Frame, answer_of, last_text
from contract.ledger import run_statuses, stored_text
from contract.scripts import call, hang, say, script, tokens, words
from contract.stage import SETTINGS, Stage
from live.server import LiveServer, wait_until

LEASE_S, DRAIN_S = 1.0, 1.0
PACE: dict[str, Any] = {"lease_s": LEASE_S, "drain_s": DRAIN_S}
COUNT = 40
SLOW = script([call("search_by_words", query="a")], [say("Well: "), tokens(COUNT, 0.05)])
ANSWER = f"Well: {words(COUNT)}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("crash"), **PACE)
    yield stage
    if is_running(stage.server):
        stage.server.stop()


@pytest.fixture(autouse=True)
def running_house(house: Stage) -> None:
    """Whatever the test before did to the server: it runs."""
    if not is_running(house.server):
        house.server.start()


@pytest.fixture
def neighbour(house: Stage) -> Iterator[LiveServer]:
    """A second process on the same data."""
    other = LiveServer(house.server.data, **SETTINGS, **PACE).start()
    yield other
    if is_running(other):
        other.stop()


@pytest.fixture
def creator(house: Stage) -> Client:
    return house.client("creator")


@pytest.fixture
def conversation_id(house: Stage, creator: Client) -> str:
    return house.create(creator)


class Watching:
    """A client that reads a stream in a thread of its own until it ends or breaks."""

    def __init__(self, client: Client, response: requests.Response) -> None:
        assert response.status_code == 200, response.text
        self.frames: list[Frame] = []
        self._client = client
        self._threads = ThreadPoolExecutor(1)
        self._done: Future[bool] = self._threads.submit(self._read, response)

    @property
    def text(self) -> str:
        return last_text(self.frames)

    def ended_well(self) -> bool:
        """Waits for the end; False where the connection broke."""
        self._threads.shutdown(wait=True)
        return self._done.result(timeout=30)

    def _read(self, response: requests.Response) -> bool:
        try:
            for frame in self._client.frames(response):
                self.frames.append(frame)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            return False
        return True


def is_running(server: LiveServer) -> bool:
    return server.process is not None and server.process.poll() is None


def send(house: Stage, client: Client, conversation_id: str, message: str) -> Watching:
    path = f"{house.conversations}/{conversation_id}/send_message_stream/"
    return Watching(client, client.post(path, json={"message": message}, stream=True))


def watch(house: Stage, client: Client, conversation_id: str, *, seen: str | None = None) -> Watching:
    headers = {"Last-Event-ID": seen} if seen else {}
    path = f"{house.conversations}/{conversation_id}/stream/"
    return Watching(client, client.get(path, headers=headers, stream=True))


def assert_answered_once(house: Stage, found: dict[str, Any], *, turns: int = 1) -> None:
    history = found["chat_history"]
    messages = [(entry["query_id"], entry["role"]) for entry in history if entry["type"] == "message"]
    assert messages == [(turn, role) for turn in range(turns) for role in ("user", "assistant")]
    assert found["message_count"] == 2 * turns
    assert found["tool_call_count"] == sum(entry["type"] == "tool_call" for entry in history)
    assert set(run_statuses(house.server.data, found["id"])) <= {"completed", "failed", "cancelled"}


def test_a_killed_server_answers_after_all_once_it_is_back(house: Stage, creator: Client, conversation_id: str) -> None:
    sender = send(house, creator, conversation_id, SLOW)
    watcher = watch(house, house.client("creator"), conversation_id)
    wait_until(lambda: "word10" in watcher.text, seconds=15)
    house.server.kill()
    assert not sender.ended_well()
    assert not watcher.ended_well()
    house.server.start()
    kept = house.get(creator, conversation_id)["chat_history"]
    assert (kept[0]["role"], kept[0]["content"]) == ("user", SLOW)
    again = watch(house, creator, conversation_id, seen=watcher.frames[-1].id)
    assert again.ended_well()
    text_frames = [frame for frame in again.frames if frame.shown.endswith("token_streaming")]
    assert again.frames[0].shown == "start_token_streaming", "what the dead attempt had shown is not taken back"
    assert {(frame.id or "").partition(".")[0] for frame in text_frames} == {"2"}
    assert again.text == answer_of(again.frames[-1]) == ANSWER
    found = house.wait_for_answer(creator, conversation_id)
    assert found["chat_history"] == again.frames[-1].payload["chat_history"]
    assert [entry["type"] for entry in found["chat_history"]] == ["message", "tool_call", "message"]
    assert_answered_once(house, found)


def test_a_restart_before_anything_was_shown_loses_nothing(house: Stage, creator: Client, conversation_id: str) -> None:
    sender = send(house, creator, conversation_id, script([tokens(5, 0.1)]))
    house.server.kill()
    sender.ended_well()
    house.server.start()
    found = house.wait_for_answer(creator, conversation_id)
    assert found["chat_history"][-1]["content"] == words(5)
    assert_answered_once(house, found)


def test_a_turn_that_dies_again_and_again_fails_visibly_with_what_it_had_written(
    house: Stage, creator: Client, conversation_id: str
) -> None:
    sender = send(house, creator, conversation_id, script([say("So far."), hang()]))
    seen: str | None = None
    for attempt in (1, 2, 3):
        watcher = watch(house, house.client("creator"), conversation_id, seen=seen)
        data = house.server.data
        wait_until(lambda: stored_text(data, conversation_id, attempt) == "So far.", seconds=15)  # noqa: B023 - called before the loop goes on
        house.server.kill()
        watcher.ended_well()
        seen = watcher.frames[-1].id
        assert (seen or "").startswith(f"{attempt}.")
        house.server.start()
    sender.ended_well()
    last = watch(house, creator, conversation_id, seen=seen)
    assert last.ended_well()
    assert [(frame.kind, frame.payload["code"]) for frame in last.frames[-1:]] == [("streaming_error", "unavailable")]
    found = house.wait_for_answer(creator, conversation_id)
    answer = found["chat_history"][-1]
    assert answer["content"].startswith("So far.")
    assert (answer["outcome"], answer["error"]["code"]) == ("failed", "unavailable")
    assert_answered_once(house, found)
    send(house, creator, conversation_id, script([say("Fine.")])).ended_well()
    assert_answered_once(house, house.get(creator, conversation_id), turns=2)


def test_what_is_sent_through_one_process_is_watched_cancelled_and_refused_through_another(
    house: Stage, neighbour: LiveServer, creator: Client
) -> None:
    near, far = house.client("creator"), house.client("creator", server=neighbour)
    conversation_id = house.create(creator)
    sender = send(house, near, conversation_id, script([say("Half."), hang()]))
    watcher = watch(house, far, conversation_id)
    wait_until(lambda: watcher.text == sender.text == "Half.")
    path = f"{house.conversations}/{conversation_id}"
    second = far.post(f"{path}/send_message_stream/", json={"message": "Second"})
    assert second.status_code == 409
    assert far.post(f"{path}/cancel/").json()["was_running"] is True
    assert sender.ended_well()
    assert watcher.ended_well()
    assert sender.frames[-1].payload == watcher.frames[-1].payload
    found = house.get(far, conversation_id)
    assert (found["chat_history"][-1]["content"], found["chat_history"][-1]["outcome"]) == ("Half.", "cancelled")
    assert_answered_once(house, found)


def test_of_sends_through_two_processes_exactly_one_is_answered(house: Stage, neighbour: LiveServer) -> None:
    conversation_id = house.create(house.client("creator"))
    path = f"{house.conversations}/{conversation_id}/send_message_stream/"

    def race(at: int) -> int:
        client = house.client("creator", server=(house.server, neighbour)[at % 2])
        return client.post(path, json={"message": script([tokens(10, 0.05)])}).status_code

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(race, range(8))) == [200, *[409] * 7]
    assert_answered_once(house, house.get(house.client("creator"), conversation_id))


def test_a_turn_whose_process_is_killed_is_finished_by_the_other(house: Stage, neighbour: LiveServer) -> None:
    near, far = house.client("creator"), house.client("creator", server=neighbour)
    made = [house.create(near) for _ in range(6)]
    senders = [send(house, far, each, SLOW) for each in made]
    watchers = [watch(house, house.client("creator"), each) for each in made]
    wait_until(lambda: all("word5" in watcher.text for watcher in watchers), seconds=15)
    neighbour.kill()
    for sender in senders:
        sender.ended_well()
    for conversation_id, watcher in zip(made, watchers, strict=True):
        assert watcher.ended_well()
        assert watcher.text == answer_of(watcher.frames[-1]) == ANSWER
        assert_answered_once(house, house.get(near, conversation_id))


def test_a_stop_ends_streams_cleanly_and_the_next_process_finishes_the_turn(
    house: Stage, creator: Client, conversation_id: str
) -> None:
    sender = send(house, creator, conversation_id, script([tokens(15, 0.2)]))
    watcher = watch(house, house.client("creator"), conversation_id)
    wait_until(lambda: "word3" in watcher.text, seconds=15)
    began = time.monotonic()
    assert house.server.stop() == 0
    assert time.monotonic() - began < DRAIN_S + 15
    for stream in (sender, watcher):
        assert stream.ended_well()
        assert (stream.frames[-1].kind, stream.frames[-1].payload["code"]) == ("streaming_error", "unavailable")
    assert run_statuses(house.server.data, conversation_id) == ["queued"]
    house.server.start()
    again = watch(house, creator, conversation_id, seen=watcher.frames[-1].id)
    assert again.ended_well()
    assert again.text == answer_of(again.frames[-1]) == words(15)
    assert_answered_once(house, house.get(creator, conversation_id))


def test_a_turn_that_ends_within_the_drain_is_answered_before_the_stop(
    house: Stage, creator: Client, conversation_id: str
) -> None:
    sender = send(house, creator, conversation_id, script([tokens(10, 0.04)]))
    wait_until(lambda: sender.text != "")
    assert house.server.stop() == 0
    assert sender.ended_well()
    assert sender.text == answer_of(sender.frames[-1]) == words(10)
    house.server.start()
    assert_answered_once(house, house.get(creator, conversation_id))


def test_a_cancel_that_was_asked_for_before_the_crash_is_carried_out_after_it(
    house: Stage, neighbour: LiveServer, creator: Client
) -> None:
    conversation_id = house.create(creator)
    sender = send(house, house.client("creator", server=neighbour), conversation_id, script([say("Half."), hang()]))
    wait_until(lambda: sender.text == "Half.")
    neighbour.kill()
    sender.ended_well()
    assert creator.post(f"{house.conversations}/{conversation_id}/cancel/").json()["was_running"] is True
    found = house.wait_for_answer(creator, conversation_id)
    assert found["chat_history"][-1]["outcome"] == "cancelled"
    assert_answered_once(house, found)
