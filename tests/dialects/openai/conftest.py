"""A running server and callers of every kind, each validating what it is answered."""

from typing import Any, NamedTuple

import pytest
import requests

from conftest import Demo
from dialects.openai.validated import Api, Document
from live.server import wait_until

PROJECT = "Night School"
TIMETABLE = b"# Timetable\n\nThe pottery course begins at 19:30 on Thursdays. The kiln is fired on Sundays.\n"


class Stand(NamedTuple):
    """Everybody who may ask, in a project whose agent `scribe` plays the script in a message."""

    admin: Api
    pupil: Api
    """A member who is no admin."""
    other: Api
    """Another member."""
    outsider: Api
    """Has a token, for another project."""
    nobody: Api
    """Has no token."""
    project_id: str
    agent_id: str
    outside_agent_id: str
    url: str

    def elsewhere(self, caller: Api, method: str, path: str, **sent: Any) -> requests.Response:
        """An answer of the project's other API; `path` counts from its conversations."""
        return requests.request(
            method,
            f"{self.url}/api/v1/projects/{self.project_id}/playground-conversations/{path}",
            headers={"Authorization": f"Token {caller.token}"},
            timeout=30,
            **sent,
        )

    def stored(self, conversation_id: str, caller: Api) -> dict[str, Any]:
        """A conversation as the other API shows it."""
        answer = self.elsewhere(caller, "GET", f"{conversation_id}/", params={"include_archived": "true"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def history(self, conversation_id: str, caller: Api) -> list[str]:
        """What was said, in order: questions and answers."""
        entries = self.stored(conversation_id, caller)["chat_history"]
        return [entry["content"] for entry in entries if entry["type"] == "message"]


@pytest.fixture(scope="session")
def stand(demo: Demo) -> Stand:
    """A project of its own on the server that all tests share."""
    document = Document(requests.get(f"{demo.url}/v1/openapi.json", timeout=10).json())
    made = demo.server.command("init", "--name", PROJECT, "--admin", "head@example.org")
    away = demo.server.command("init", "--name", "Day School", "--admin", "away@example.org")
    project_id = made["project_id"]
    headers = {"Authorization": f"Token {made['admin_token']}"}
    api = f"{demo.url}/api/v1/projects/{project_id}"

    def member(email: str, project: str, *options: str) -> Api:
        demo.server.command("user", "add", email, "--project", project, *options)
        return Api(demo.url, demo.server.command("token", "create", email)["token"], document)

    player = requests.post(
        f"{api}/agent-settings/", json={"name": "Scribe", "model": "scripted"}, headers=headers, timeout=10
    )
    assert player.status_code == 201, player.text
    files = [("files", ("timetable.md", TIMETABLE))]
    assert requests.post(f"{api}/documents/bulk-upload/", files=files, headers=headers, timeout=10).status_code == 201
    status = f"{api}/documents/indexing-status/"
    wait_until(lambda: requests.get(status, headers=headers, timeout=10).json()[0]["status"] == "active", seconds=60)
    return Stand(
        admin=Api(demo.url, made["admin_token"], document),
        pupil=member("pupil@example.org", project_id),
        other=member("classmate@example.org", project_id),
        outsider=member("stranger@example.org", away["project_id"]),
        nobody=Api(demo.url, None, document),
        project_id=project_id,
        agent_id=player.json()["id"],
        outside_agent_id=away["agent_settings_id"],
        url=demo.url,
    )
