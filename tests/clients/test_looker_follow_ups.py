"""Questions to ask next from a language model, as the official Looker SDK gets them with a chat that stores nothing."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
import requests
from looker_sdk.sdk.api40 import models
from looker_sdk.sdk.api40.methods import Looker40SDK

from clients.looker_client import client_of, credentials_for
from live.server import LiveServer, environment, run_command

SUGGESTED = "Question: Who approves it?\nQuestion: Can it be carried over?\n"
SLOW_S = 1.5
# no service is waited for longer than three seconds, and a little is needed to hang up
LONGEST_S = 5.0


class Service(ThreadingHTTPServer):
    """A language model's: it answers at once, and takes its time over what to ask next, or for ever where `is_silent`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.is_silent = False
        self.closing = threading.Event()
        self.suggestions = 0


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        service = self.server
        assert isinstance(service, Service)
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        text = "25 days."
        if "Write exactly these lines" in asked:
            service.suggestions += 1
            text = SUGGESTED
            service.closing.wait(60 if service.is_silent else SLOW_S)
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        for part in (
            {"choices": [{"index": 0, "delta": {"content": text}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": usage},
        ):
            frame = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", **part}
            self._write(json.dumps(frame))
        self._write("[DONE]")

    def _write(self, text: str) -> None:
        # who waited may have left
        with contextlib.suppress(ConnectionError):
            self.wfile.write(f"data: {text}\n\n".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        del format, args


class Office(NamedTuple):
    """A server whose agent answers with that service, and its admin."""

    server: LiveServer
    project_id: str
    token: str
    agent_id: str
    sdk: Looker40SDK

    def begin(self) -> str:
        made = self.sdk.create_conversation(models.WriteConversation(name="Leave", agent_id=self.agent_id))
        assert made.id
        return made.id

    def found(self, path: str) -> Any:
        url = f"{self.server.url}/api/v1/projects/{self.project_id}/{path}"
        return requests.get(url, headers={"Authorization": f"Token {self.token}"}, timeout=10).json()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    standing = Service()
    thread = threading.Thread(target=standing.serve_forever, daemon=True)
    thread.start()
    yield standing
    standing.closing.set()
    standing.shutdown()
    standing.server_close()
    thread.join()


@pytest.fixture(scope="module")
def office(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    data = tmp_path_factory.mktemp("office")
    (data / "tertulia.toml").write_text(
        f'default_model = "clerk"\n[models.clerk]\nprovider = "openai"\nmodel = "m"\n'
        f'base_url = "http://127.0.0.1:{service.server_port}/v1"\nretries = 0\n',
        encoding="utf-8",
    )
    settings: dict[str, Any] = {"embedder": "none"}
    made = run_command(environment(data, **settings), "init", "--name", "Office", "--admin", "admin@example.org")
    server = LiveServer(data, **settings).start()
    sdk = client_of(server.url, credentials_for(server, "admin@example.org", made["project_id"]))
    agents = f"{server.url}/api/v1/projects/{made['project_id']}/agent-settings/"
    headers = {"Authorization": f"Token {made['admin_token']}"}
    agent = requests.post(agents, json={"name": "Clerk", "model": "clerk"}, headers=headers, timeout=10)
    assert agent.status_code == 201, agent.text
    yield Office(server, made["project_id"], made["admin_token"], agent.json()["id"], sdk)
    server.stop()


def pieces(office: Office) -> list[tuple[float, bytes]]:
    """What comes of a question, piece by piece, and when."""
    answer = requests.post(
        f"{office.server.url}/api/4.0/conversational_analytics/chat",
        json={"conversation_id": office.begin(), "user_message": "How many days of leave are there?"},
        headers=dict(office.sdk.auth.authenticate({})),
        stream=True,
        timeout=30,
    )
    assert answer.status_code == 200
    return [(time.monotonic(), piece) for piece in answer.iter_content(chunk_size=None)]


def text_types(answer: list[models.ChatMessage]) -> list[str | None]:
    texts = [each.systemMessage.text for each in answer if each.systemMessage and each.systemMessage.text]
    return [each.textType for each in texts]


def test_the_client_is_told_what_to_ask_next_and_may_keep_it_for_everybody(office: Office, service: Service) -> None:
    asked = service.suggestions
    conversation_id = office.begin()
    question = models.ConversationalAnalyticsChatRequest(
        conversation_id=conversation_id, user_message="How many days of leave are there?"
    )
    answer = list(office.sdk.conversational_analytics_chat(question))
    assert text_types(answer) == ["FINAL_RESPONSE", "FOLLOWUP_QUESTIONS"]
    assert answer[-1].systemMessage
    assert answer[-1].systemMessage.text
    assert answer[-1].systemMessage.text.parts == ["Who approves it?", "Can it be carried over?"]
    assert service.suggestions == asked + 1
    shown = office.found(f"playground-conversations/{conversation_id}/")
    assert (shown["name"], shown["chat_history"]) == ("Leave", [])
    said: dict[str, Any] = {"userMessage": {"text": question.user_message}}
    told: list[Any] = [{"type": "system", "message": each} for each in answer]
    kept = office.sdk.create_conversation_message(
        conversation_id, models.WriteConversationMessages(messages=[{"type": "user", "message": said}, *told])
    )
    assert len(kept) == 3
    shown = office.found(f"playground-conversations/{conversation_id}/")
    assert shown["suggested_questions"] == ["Who approves it?", "Can it be carried over?"]
    assert [each["content"] for each in shown["chat_history"]] == [question.user_message, "25 days."]
    assert service.suggestions == asked + 1


def test_the_answer_is_there_before_its_suggestions_and_silence_is_filled(office: Office) -> None:
    came = pieces(office)
    [answered] = [at for at, piece in came if b"FINAL_RESPONSE" in piece]
    [suggested] = [at for at, piece in came if b"FOLLOWUP_QUESTIONS" in piece]
    assert suggested - answered > SLOW_S - 0.5
    assert any(answered < at < suggested and not piece.strip() for at, piece in came)
    assert len(json.loads(b"".join(piece for _, piece in came))) == 2


def test_a_service_that_falls_silent_holds_the_end_up_for_a_few_seconds_at_most(
    office: Office, service: Service
) -> None:
    service.is_silent = True
    try:
        came = pieces(office)
    finally:
        service.is_silent = False
    [answered] = [at for at, piece in came if b"FINAL_RESPONSE" in piece]
    assert came[-1][0] - answered < LONGEST_S
    assert len(json.loads(b"".join(piece for _, piece in came))) == 1


def test_tokens_of_suggestions_are_in_the_accounts(office: Office) -> None:
    before = office.found("usage/")["tokens"]["total"]
    pieces(office)
    assert office.found("usage/")["tokens"]["total"] == before + 30
