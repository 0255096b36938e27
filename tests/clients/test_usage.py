"""What a project used, as the vendor's own client asks for it, with a language model whose tokens have prices."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
from crf_api_client.client import CRFAPIClient
from crf_api_client.warehouse import Warehouse

from live.server import LiveServer, environment, run_command, wait_until

# a thousand tokens read and ten written, half of those read from a cache
SPENT = {
    "prompt_tokens": 1000,
    "completion_tokens": 10,
    "total_tokens": 1010,
    "prompt_tokens_details": {"cached_tokens": 500},
    "completion_tokens_details": {"reasoning_tokens": 4},
}
COST = 500 * 2e-6 + 500 * 1e-6 + 10 * 4e-6
DOCUMENT = b"The fee is twelve euros."


class Service(BaseHTTPRequestHandler):
    """A language model's service with one answer to everything; asked to search, it searches first."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        newest = asked["messages"][-1]
        is_search = newest["role"] == "user" and "search" in newest["content"]
        function = {"name": "search_documents", "arguments": '{"query": "fee"}'}
        call = {"index": 0, "id": "call-1", "type": "function", "function": function}
        delta = {"tool_calls": [call]} if is_search else {"content": "Twelve euros."}
        chunks = [
            {"choices": [{"index": 0, "delta": delta}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls" if is_search else "stop"}]},
            {"choices": [], "usage": SPENT},
        ]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for chunk in chunks:
            whole = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", **chunk}
            self.wfile.write(f"data: {json.dumps(whole)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        del format, args


class Shop(NamedTuple):
    """A server whose agents answer with that service, and who may enter it."""

    server: LiveServer
    project_id: str
    admin_token: str
    member_token: str
    other_token: str

    def project(self, token: str) -> Warehouse:
        return CRFAPIClient(self.server.url, token).get_warehouse(self.project_id)

    def ask(self, token: str, question: str = "What is the fee?") -> str:
        agent = self.project(token).get_playground_agent(self.agent(token)["id"])
        return agent.create_conversation_and_send_message(question)["answer"]

    def agent(self, token: str) -> dict[str, Any]:
        return self.project(token).list_agent_settings()[0]

    def usage(self, token: str, query: str = "") -> requests.Response:
        url = f"{self.server.url}/api/v1/projects/{self.project_id}/usage/{query}"
        return requests.get(url, headers={"Authorization": f"Token {token}"}, timeout=10)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def shop(service: str, tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "tertulia.toml").write_text(
        f"""
        default_model = "dear"
        [models.dear]
        provider = "openai"
        model = "m"
        base_url = "{service}"
        prices = {{ input = 2.0, output = 4.0, cache_read = 1.0 }}
        """
    )
    settings: dict[str, Any] = {"embedder": "none", "automatic_names": False, "follow_ups": False}
    variables = environment(tmp_path, **settings)
    made = run_command(variables, "init", "--name", "Shop", "--admin", "admin@example.org")
    elsewhere = run_command(variables, "init", "--name", "Elsewhere", "--admin", "other@example.org")
    run_command(variables, "user", "add", "member@example.org", "--project", "Shop")
    member = run_command(variables, "token", "create", "member@example.org", "--project", "Shop")
    server = LiveServer(tmp_path, **settings).start()
    yield Shop(server, made["project_id"], made["admin_token"], member["token"], elsewhere["admin_token"])
    server.stop()


def upload(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "fees.txt"
    path.write_bytes(DOCUMENT)
    shop.project(shop.admin_token).upload_documents([str(path)])
    url = f"{shop.server.url}/api/v1/projects/{shop.project_id}/documents/indexing-status/"
    headers = {"Authorization": f"Token {shop.admin_token}"}
    wait_until(lambda: requests.get(url, headers=headers, timeout=10).json()[0]["status"] == "active", seconds=30)


def test_the_client_is_told_what_the_project_holds_and_used(shop: Shop, tmp_path: Path) -> None:
    upload(shop, tmp_path)
    assert shop.ask(shop.member_token, "Please search: what is the fee?") == "Twelve euros."
    usage: dict[str, Any] = shop.project(shop.admin_token).get_usage()
    assert usage["total_documents_count"] == 1
    assert usage["total_documents_size_bytes"] == len(DOCUMENT)
    assert usage["retrieval_operations_count"] == 1
    assert usage["playground_conversations_count"] == 1
    assert (usage["month"], usage["month_start"], usage["month_end"]) == (None, None, None)
    assert datetime.fromisoformat(usage["project_created_at"]).tzinfo is not None
    assert usage["tokens"] == {
        "input": 2000,
        "output": 20,
        "cache_read": 1000,
        "cache_write": 0,
        "reasoning": 8,
        "total": 2020,
    }
    assert usage["cost"] == pytest.approx(2 * COST)
    assert [(each["model"], each["turns"]) for each in usage["by_model"]] == [("dear", 1)]
    assert [each["email"] for each in usage["by_user"]] == ["member@example.org"]
    assert [each["agent_settings_name"] for each in usage["by_agent"]] == [shop.agent(shop.admin_token)["name"]]
    for rows in ("by_day", "by_user", "by_agent", "by_model"):
        assert [(each["tokens"], each["cost"]) for each in usage[rows]] == [(usage["tokens"], usage["cost"])]


def test_a_month_is_counted_by_itself(shop: Shop, tmp_path: Path) -> None:
    upload(shop, tmp_path)
    shop.ask(shop.member_token)
    project = shop.project(shop.admin_token)
    today = datetime.now(UTC)
    usage = project.get_usage(f"{today:%Y-%m}")
    assert usage["month"] == f"{today:%Y-%m}"
    begins, ends = (datetime.fromisoformat(usage[name]) for name in ("month_start", "month_end"))
    assert begins <= today < ends
    assert (begins.day, ends.day) == (1, 1)
    assert usage["tokens"]["total"] == 1010
    assert (usage["total_documents_count"], usage["playground_conversations_count"]) == (1, 1)
    empty = project.get_usage("2024-12")
    assert empty["month_end"] == "2025-01-01T00:00:00Z"
    assert empty["tokens"]["total"] == empty["cost"] == empty["turns"] == empty["total_documents_count"] == 0
    assert (empty["by_day"], empty["by_user"], empty["playground_conversations_count"]) == ([], [], 0)


def test_members_are_told_of_their_own_and_strangers_of_nothing(shop: Shop) -> None:
    shop.ask(shop.admin_token)
    shop.ask(shop.member_token)
    everybodys, own = (shop.usage(token).json() for token in (shop.admin_token, shop.member_token))
    assert sorted(each["email"] for each in everybodys["by_user"]) == ["admin@example.org", "member@example.org"]
    assert [each["email"] for each in own["by_user"]] == ["member@example.org"]
    assert (everybodys["tokens"]["total"], own["tokens"]["total"]) == (2020, 1010)
    assert shop.usage(shop.other_token).status_code == 403
    assert shop.usage("nonsense").status_code == 401


def test_a_budget_set_while_the_server_runs_is_held(shop: Shop) -> None:
    limit = str(COST * 1.5)
    made = shop.server.command("budget", "set", "--project", "Shop", "--per", "month", "--cost", limit)
    assert (made["user"], made["spent"], made["limit_cost"]) == (None, 0, pytest.approx(COST * 1.5))
    assert shop.ask(shop.member_token) == "Twelve euros."
    # the second turn has half of what it needs: it makes no call, and says why
    shop.ask(shop.admin_token, "Please search: what is the fee?")
    question, answer = shop.project(shop.admin_token).list_conversations()[0]["chat_history"]
    assert (question["role"], answer["outcome"], answer["error"]["code"]) == ("user", "failed", "budget_spent")
    assert "monthly budget of a cost of" in answer["content"]
    [row] = shop.server.command("budget", "list", "--project", "Shop")
    assert row["spent"] == pytest.approx(2 * COST)
    agent = shop.project(shop.member_token).get_playground_agent(shop.agent(shop.member_token)["id"])
    conversation = agent.create_conversation()
    refused = requests.post(
        f"{shop.server.url}/api/v1/projects/{shop.project_id}"
        f"/playground-conversations/{conversation['id']}/send_message_stream/",
        json={"message": "And now?"},
        headers={"Authorization": f"Token {shop.member_token}"},
        timeout=10,
    )
    assert refused.status_code == 429
    assert refused.json()["error"].startswith("This project's monthly budget of a cost of")
    assert "Retry-After" not in refused.headers
    assert shop.server.command("budget", "remove", "--project", "Shop", "--per", "month")["is_removed"] is True
    assert shop.ask(shop.member_token) == "Twelve euros."
    assert shop.usage(shop.admin_token).json()["turns"] == 3
