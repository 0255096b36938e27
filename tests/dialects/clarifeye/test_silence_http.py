"""A stream in which nothing happens is kept alive, and a server that stops ends it in good order."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dialects.clarifeye.validated import Api, Document
from live.server import LiveServer, environment, run_command

HANG = json.dumps({"steps": [[{"do": "say", "text": "Begun."}, {"do": "hang"}]]})


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[tuple[LiveServer, Api, str]]:
    """A server that pings often, stops quickly, and has an agent that can be made to hang."""
    made = run_command(environment(tmp_path), "init")
    server = LiveServer(tmp_path, scripted_model=True, stream_ping_s=0.1, drain_s=0.2).start()
    api = Api(server.url, made["project_id"], made["admin_token"], Document(server.url))
    agent = api.post("/agent-settings/", json={"name": "Player", "model": "scripted"}).json()
    yield server, api, api.create(agent["id"])
    if server.process is not None and server.process.poll() is None:
        server.kill()


def test_silence_is_filled_with_comments_and_a_stop_ends_with_a_last_frame(
    quiet: tuple[LiveServer, Api, str],
) -> None:
    server, api, conversation_id = quiet
    path = f"/playground-conversations/{conversation_id}/"
    stream = api.open_stream("POST", f"{path}send_message_stream/", json={"message": HANG})
    lines = stream.iter_lines()
    until(lines, b"Begun.")
    for _ in range(3):
        until(lines, b": ping")
    server.stop()
    last = frame_in(list(lines))
    api.document.check_frame(last)
    assert (last["type_streaming"], last["payload"]["code"]) == ("streaming_error", "unavailable")
    server.start()
    lines = api.open_stream("GET", f"{path}stream/").iter_lines()
    until(lines, b"Begun.")
    assert api.post(f"{path}cancel/").json()["was_running"]
    end = frame_in(list(lines))
    assert end["payload"]["chat_history"][-1]["outcome"] == "cancelled"


def until(lines: Iterator[bytes], word: bytes) -> None:
    assert any(word in line for line in lines)


def frame_in(lines: list[bytes]) -> dict[str, Any]:
    """The last frame among these lines."""
    return json.loads([line for line in lines if line.startswith(b"data: ")][-1].removeprefix(b"data: "))
