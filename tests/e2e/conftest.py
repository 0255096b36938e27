"""A browser, and a project whose agent says what the message tells it to."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import requests

from conftest import Demo
from e2e.chromium import Browser, Tab, running_browser
from live.server import LiveServer

Visit = Callable[..., Tab]


class Salon(NamedTuple):
    """A project of its own: a host who administers it, a guest who is a member, an agent that plays scripts."""

    url: str
    project_id: str
    agent_id: str
    host: str
    guest: str

    def address(self, token: str, conversation_id: str | None = None) -> str:
        conversation = f"&conversation={conversation_id}" if conversation_id else ""
        return f"{self.url}/#token={token}&project={self.project_id}{conversation}"

    def call(self, method: str, path: str, token: str | None = None, **body: Any) -> Any:
        answer = requests.request(
            method,
            f"{self.url}/api/v1/projects/{self.project_id}{path}",
            headers={"Authorization": f"Token {token or self.host}"},
            json=body,
            timeout=20,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def conversation(self, name: str) -> dict[str, Any]:
        """The only conversation of that name, as it is stored."""
        [found] = [each for each in self.call("GET", "/playground-conversations/")["results"] if each["name"] == name]
        return found


def found_salon(server: LiveServer) -> Salon:
    made = server.command("init", "--name", "Salon", "--admin", "host@example.org")
    server.command("user", "add", "guest@example.org", "--project", made["project_id"])
    guest = server.command("token", "create", "guest@example.org", "--project", made["project_id"])["token"]
    salon = Salon(server.url, made["project_id"], made["agent_settings_id"], made["admin_token"], guest)
    agent = salon.call("POST", "/agent-settings/", name="Player", model="scripted", agent_conversation_starter="Play!")
    return salon._replace(agent_id=agent["id"])


def script(*steps: list[dict[str, Any]]) -> str:
    """A message that the agent plays: one list of actions per step."""
    return json.dumps({"steps": steps})


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running_browser(tmp_path_factory.mktemp("browser") / "profile") as running:
        yield running


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens tabs, each as another person; at the end none of them may have complained about anything."""
    tabs: list[Tab] = []

    def open_tab(url: str, **options: Any) -> Tab:
        tabs.append(browser.open(url, **options))
        return tabs[-1]

    yield open_tab
    problems = [problem for tab in tabs for problem in tab.problems()]
    for tab in tabs:
        tab.close()
    assert problems == []


@pytest.fixture(scope="session")
def salon(demo: Demo) -> Salon:
    return found_salon(demo.server)
