"""A server that stops while it answers closes the array."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from contract.scripts import call, hang, say, script, think
from dialects.looker.turns import Json, kinds
from dialects.looker.validated import PREFIX
from live.server import LiveServer, environment, run_command, wait_until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    run_command(environment(tmp_path), "init", "--name", "Till", "--admin", "head@till.example")
    server = LiveServer(tmp_path, embedder="none", scripted_model=True, default_model="scripted", drain_s=0.5).start()
    yield server
    if server.process is not None and server.process.poll() is None:
        server.kill()


def post(server: LiveServer, path: str, body: Json, token: str, *, stream: bool = False) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.post(f"{server.url}{PREFIX}{path}", json=body, headers=headers, stream=stream, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_server_that_stops_closes_the_array_with_an_error(server: LiveServer) -> None:
    made = server.command("token", "create", "head@till.example", "--project", "Till", "--looker")
    credentials = {name: made[name] for name in ("client_id", "client_secret")}
    token = requests.post(f"{server.url}{PREFIX}/login", data=credentials, timeout=30).json()["access_token"]
    source = {"model": "shop", "explore": "orders"}
    conversation = post(server, "/conversations", {"name": "Chat", "sources": [source]}, token).json()
    question = script([think("Hm."), call("no_such_tool")], [hang()])
    body = {"conversation_id": conversation["id"], "user_message": question}
    came = post(server, "/conversational_analytics/chat", body, token, stream=True).iter_content(chunk_size=None)
    read = b""
    while b"THOUGHT" not in read:
        read += next(came)
    server.stop()
    elements = json.loads(read + b"".join(came))
    assert kinds(elements)[0] == "text.THOUGHT"
    error = elements[-1]["systemMessage"]["error"]
    assert error["code"] == "unavailable"
    assert "nothing of this answer is kept" in error["text"]


def test_after_a_restart_nobody_waits_for_an_answer_that_would_not_be_kept(server: LiveServer) -> None:
    made = server.command("token", "create", "head@till.example", "--project", "Till", "--looker")
    credentials = {name: made[name] for name in ("client_id", "client_secret")}
    token = requests.post(f"{server.url}{PREFIX}/login", data=credentials, timeout=30).json()["access_token"]
    source = {"model": "shop", "explore": "orders"}
    talk = post(server, "/conversations", {"name": "Chat", "sources": [source]}, token).json()["id"]
    chat = "/conversational_analytics/chat"
    came = post(server, chat, {"conversation_id": talk, "user_message": script([hang()])}, token, stream=True)

    server.stop()
    came.close()
    server.start()

    def is_free() -> bool:
        body = {"conversation_id": talk, "user_message": script([say("Hello.")])}
        headers = {"Authorization": f"Bearer {token}"}
        return requests.post(f"{server.url}{PREFIX}{chat}", json=body, headers=headers, timeout=30).status_code == 200

    wait_until(is_free)
