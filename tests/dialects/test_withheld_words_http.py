"""What models make of data that a reader may not see: words of later turns, and names that everybody is shown."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from clients.looker_client import credentials_for
from conftest import Demo
from live.server import LiveServer, environment, run_command, wait_until
from tertulia.demo import SHOP_NOW

KIT, LOU, HEAD = "kit@osierwheel.test", "lou@osierwheel.test", "admin@osierwheel.test"
SITE_OF = {KIT: "Quayside", LOU: "Millfield"}
FIGURE = "TEAL-240"
ASKED = {"explore": "shop/site_sales", "fields": ["sites.name", "order_items.revenue"]}
_TIMEOUT_S = 60


class Reader(NamedTuple):
    """Somebody with a token for each door."""

    url: str
    project_id: str
    token: str
    access_token: str

    def clarifeye(self, method: str, path: str, **sent: Any) -> requests.Response:
        headers = {"Authorization": f"Token {self.token}"}
        address = f"{self.url}/api/v1/projects/{self.project_id}/{path}"
        return requests.request(method, address, headers=headers, timeout=_TIMEOUT_S, **sent)

    def looker(self, method: str, path: str, **sent: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.access_token}"}
        return requests.request(method, f"{self.url}/api/4.0{path}", headers=headers, timeout=_TIMEOUT_S, **sent)

    def agent(self, model: str) -> str:
        """An agent that may ask the rows of each reader's own site."""
        agent_id = self.clarifeye("POST", "agent-settings/", json={"name": "Clerk", "model": model}).json()["id"]
        given = {"sources": [{"model": "shop", "explore": "site_sales"}]}
        assert self.looker("PATCH", f"/agents/{agent_id}", json=given).status_code == 200
        return agent_id

    def begin(self, agent_id: str) -> str:
        made = self.clarifeye("POST", "playground-conversations/", json={"agent_settings": agent_id})
        assert made.status_code == 201, made.text
        conversation_id = made.json()["id"]
        assert self.clarifeye("POST", f"playground-conversations/{conversation_id}/share/").status_code == 200
        return conversation_id

    def ask(self, conversation_id: str, text: str) -> str:
        path = f"playground-conversations/{conversation_id}/send_message_stream/"
        answer = self.clarifeye("POST", path, json={"message": text})
        assert answer.status_code == 200, answer.text
        return answer.text

    def get(self, conversation_id: str) -> dict[str, Any]:
        return self.clarifeye("GET", f"playground-conversations/{conversation_id}/").json()


def arrive(server: LiveServer, project_id: str, email: str) -> Reader:
    run = server.command
    if email in SITE_OF:
        run("user", "add", email, "--project", project_id)
        run("user", "set", email, f"site={SITE_OF[email]}", "--project", project_id)
    token = run("token", "create", email, "--project", project_id)["token"]
    given = credentials_for(server, email, project_id)
    login = requests.post(f"{server.url}/api/4.0/login", data=given, timeout=_TIMEOUT_S).json()
    return Reader(server.url, project_id, token, login["access_token"])


@pytest.fixture(scope="module")
def readers(demo: Demo) -> dict[str, Reader]:
    return {email: arrive(demo.server, demo.project_id, email) for email in (KIT, LOU, HEAD)}


def script(*steps: list[dict[str, Any]]) -> str:
    """What the scripted model does, written so that the question itself does not show the figure."""
    return json.dumps({"steps": steps}).replace("-", "\\u002d")


def test_a_later_turn_does_not_tell_what_an_earlier_one_withheld(readers: dict[str, Reader]) -> None:
    kit, lou = readers[KIT], readers[LOU]
    conversation_id = kit.begin(readers[HEAD].agent("scripted"))
    say = {"do": "say", "text": f"It was {FIGURE}."}
    query = {"do": "call", "function": "run_query", "arguments": ASKED}
    kit.ask(conversation_id, script([query], [{"do": "say", "text": "I have seen it."}]))
    wrong = {"do": "call", "function": "run_query", "arguments": {**ASKED, "explore": FIGURE}}
    think = {"do": "think", "text": f"Was it {FIGURE}?"}
    kit.ask(conversation_id, script([think, wrong], [say]))
    messages, stream = (
        f"/conversations/{conversation_id}/messages",
        f"playground-conversations/{conversation_id}/stream/",
    )

    def shown(reader: Reader) -> dict[str, str]:
        return {
            "clarifeye": json.dumps(reader.get(conversation_id)["chat_history"]),
            "looker": reader.looker("GET", messages).text,
            "watched": reader.clarifeye("GET", stream).text,
        }

    assert all(text.count(FIGURE) >= 3 for text in shown(kit).values())
    for door, text in shown(lou).items():
        assert FIGURE not in text, door
        assert "may not see" in text, door
    [call] = [
        each for each in lou.get(conversation_id)["chat_history"] if each["type"] == "tool_call" and each["query_id"]
    ]
    assert call["input_parameters"] == {}


class Service(BaseHTTPRequestHandler):
    """A language model's service that asks the data, tells what it was given, and names by the figures it sees."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        newest = asked["messages"][-1]
        delta: dict[str, Any] = {"content": told(newest["content"])}
        if "tools" in asked and newest["role"] == "user":
            function = {"name": "run_query", "arguments": json.dumps(ASKED)}
            delta = {"tool_calls": [{"index": 0, "id": "call-1", "type": "function", "function": function}]}
        reason = "tool_calls" if "tool_calls" in delta else "stop"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        choices: list[dict[str, Any]] = [
            {"index": 0, "delta": delta},
            {"index": 0, "delta": {}, "finish_reason": reason},
        ]
        for choice in choices:
            chunk: dict[str, Any] = {
                "id": "x",
                "object": "chat.completion.chunk",
                "created": 0,
                "model": "m",
                "choices": [choice],
            }
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        del format, args


def told(shown: str) -> str:
    """An answer, a name and a question at once: all with the figures of what is shown."""
    figures = " ".join(figures_in(shown)) or "unknown"
    return f"Name: Revenue {figures}\nQuestion: Why was it {figures}?"


def said(conversation: dict[str, Any]) -> str:
    return "\n".join(each["content"] for each in conversation["chat_history"])


def figures_in(text: str) -> list[str]:
    return re.findall(r"\d[\d,]*\.\d\d", text)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[LiveServer, str]]:
    """A server with the demo's data whose agents may be that service."""
    service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=service.serve_forever, daemon=True)
    thread.start()
    (tmp_path / "tertulia.toml").write_text(
        f'[models.large]\nprovider = "openai"\nmodel = "m"\nbase_url = "http://127.0.0.1:{service.server_port}/v1"\n'
    )
    settings: dict[str, Any] = {"embedder": "none", "now": SHOP_NOW.isoformat()}
    made = run_command(environment(tmp_path, **settings), "init", "--demo")
    server = LiveServer(tmp_path, **settings).start()
    yield server, made["project_id"]
    server.stop()
    service.shutdown()
    service.server_close()
    thread.join()


def test_a_name_and_questions_that_a_model_made_repeat_no_value(office: tuple[LiveServer, str]) -> None:
    kit, lou, head = (arrive(*office, email) for email in (KIT, LOU, HEAD))
    conversation_id = kit.begin(head.agent("large"))
    assert figures_in(kit.ask(conversation_id, "What did my site take?"))
    wait_until(lambda: bool(kit.get(conversation_id).get("suggested_questions")), seconds=30)
    own, hers = kit.get(conversation_id), lou.get(conversation_id)
    assert figures_in(said(own))
    assert own["name"] == hers["name"] == "Revenue unknown"
    assert own["suggested_questions"] == hers["suggested_questions"] == ["Why was it unknown?"]
    assert not figures_in(said(hers))
    # lists and searches of the other API show the name too
    [found] = kit.looker("GET", f"/conversations/search?id={conversation_id}").json()
    assert found["name"] == "Revenue unknown"
