"""One story through both doors: a tool fails, the turn goes on, one is cancelled, another asked, all of it deleted."""

import re
import threading
from typing import Any, Protocol

import pytest
import requests

from clients.looker_client import credentials_for
from conftest import Demo
from contract.scripts import call, hang, say, script
from live.server import wait_until

WRITER = "writer@osierwheel.test"
KEEP = {"X-Tertulia-Persist": "true"}
_TIMEOUT_S = 60


class Door(Protocol):
    def begin(self, agent_id: str) -> str: ...

    def ask(self, conversation_id: str, text: str) -> None:
        """Sends and waits for the end of the turn, whichever it is."""
        ...

    def said(self, conversation_id: str) -> list[str]:
        """The texts of the answers, oldest first; what a cancelled turn had written counts."""
        ...

    def failures(self, conversation_id: str) -> int: ...

    def delete(self, conversation_id: str) -> None: ...

    def status(self, conversation_id: str) -> int: ...


class Clarifeye:
    def __init__(self, demo: Demo, token: str) -> None:
        self._demo, self._token = demo, token

    def begin(self, agent_id: str) -> str:
        return self.request("POST", "", json={"agent_settings": agent_id}).json()["id"]

    def ask(self, conversation_id: str, text: str) -> None:
        self.request("POST", f"{conversation_id}/send_message_stream/", json={"message": text})

    def said(self, conversation_id: str) -> list[str]:
        return [each["content"] for each in self._history(conversation_id) if each["type"] == "message"][1::2]

    def failures(self, conversation_id: str) -> int:
        results = [each for entry in self._history(conversation_id) for each in entry.get("results", [])]
        return sum(each.get("status") == "error" for each in results)

    def cancel(self, conversation_id: str) -> bool:
        return self.request("POST", f"{conversation_id}/cancel/").json()["was_running"]

    def delete(self, conversation_id: str) -> None:
        self.request("DELETE", f"{conversation_id}/")
        headers = {"Authorization": f"Token {self._demo.admin_token}"}
        address = self._address(f"{conversation_id}/permanent_delete/")
        gone = requests.post(address, headers=headers, timeout=_TIMEOUT_S)
        assert gone.ok, gone.text

    def status(self, conversation_id: str) -> int:
        headers = {"Authorization": f"Token {self._token}"}
        return requests.get(self._address(f"{conversation_id}/"), headers=headers, timeout=_TIMEOUT_S).status_code

    def request(self, method: str, path: str, **sent: Any) -> requests.Response:
        headers = {"Authorization": f"Token {self._token}"}
        answer = requests.request(method, self._address(path), headers=headers, timeout=_TIMEOUT_S, **sent)
        assert answer.ok, answer.text
        return answer

    def _history(self, conversation_id: str) -> list[dict[str, Any]]:
        return self.request("GET", f"{conversation_id}/").json()["chat_history"]

    def _address(self, path: str) -> str:
        return f"{self._demo.api}/playground-conversations/{path}"


class Looker:
    def __init__(self, demo: Demo, token: str) -> None:
        self._demo, self._token = demo, token

    def begin(self, agent_id: str) -> str:
        return self._request("POST", "/conversations", json={"name": "Story", "agent_id": agent_id}).json()["id"]

    def ask(self, conversation_id: str, text: str) -> None:
        sent = {"conversation_id": conversation_id, "user_message": text}
        self._request("POST", "/conversational_analytics/chat", json=sent, headers=KEEP)

    def said(self, conversation_id: str) -> list[str]:
        return [
            each["text"]["parts"][-1]
            for each in self._told(conversation_id)
            if (each.get("text", {}).get("textType") in ("FINAL_RESPONSE", "PROGRESS") and "Half" in str(each))
            or each.get("text", {}).get("textType") == "FINAL_RESPONSE"
        ]

    def failures(self, conversation_id: str) -> int:
        texts = [each["error"].get("text", "") for each in self._told(conversation_id) if "error" in each]
        return sum("no_such_tool" in text for text in texts)

    def delete(self, conversation_id: str) -> None:
        assert self._request("DELETE", f"/conversations?id={conversation_id}").status_code == 204

    def status(self, conversation_id: str) -> int:
        headers = {"Authorization": f"Bearer {self._token}"}
        address = f"{self._demo.url}/api/4.0/conversations/{conversation_id}"
        return requests.get(address, headers=headers, timeout=_TIMEOUT_S).status_code

    def _told(self, conversation_id: str) -> list[dict[str, Any]]:
        stored = self._request("GET", f"/conversations/{conversation_id}/messages").json()
        return [each["message"]["systemMessage"] for each in stored if each["type"] == "system"]

    def _request(self, method: str, path: str, **sent: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token}", **sent.pop("headers", {})}
        address = f"{self._demo.url}/api/4.0{path}"
        answer = requests.request(method, address, headers=headers, timeout=_TIMEOUT_S, **sent)
        assert answer.ok, answer.text
        return answer


@pytest.fixture(scope="module")
def doors(demo: Demo) -> tuple[Clarifeye, Looker]:
    run = demo.server.command
    run("user", "add", WRITER, "--project", demo.project_id)
    token = run("token", "create", WRITER, "--project", demo.project_id)["token"]
    given = credentials_for(demo.server, WRITER, demo.project_id)
    login = requests.post(f"{demo.url}/api/4.0/login", data=given, timeout=_TIMEOUT_S).json()
    return Clarifeye(demo, token), Looker(demo, login["access_token"])


@pytest.fixture(scope="module")
def player(demo: Demo) -> str:
    headers = {"Authorization": f"Token {demo.admin_token}"}
    given = {"name": "Story teller", "model": "scripted"}
    made = requests.post(f"{demo.api}/agent-settings/", json=given, headers=headers, timeout=_TIMEOUT_S)
    assert made.status_code == 201, made.text
    return made.json()["id"]


@pytest.mark.parametrize("at", [0, 1], ids=["clarifeye", "looker"])
def test_the_same_story_is_told_by_both(doors: tuple[Clarifeye, Looker], player: str, at: int) -> None:
    clarifeye, _ = doors
    door: Door = doors[at]
    talk = door.begin(player)

    door.ask(talk, script([call("no_such_tool")], [say("It took two tries.")]))
    assert all(each.said(talk) == ["It took two tries."] for each in doors)
    assert all(each.failures(talk) == 1 for each in doors)

    slow = threading.Thread(target=door.ask, args=(talk, script([say("Half an answer"), hang()])))
    slow.start()
    wait_until(lambda: _has_begun(clarifeye, talk), seconds=20)
    assert clarifeye.cancel(talk)
    slow.join(timeout=20)
    assert not slow.is_alive()
    assert [each.said(talk)[-1][:14] for each in doors] == ["Half an answer"] * 2

    door.ask(talk, script([say("Here again.")]))
    first, second = (each.said(talk) for each in doors)
    assert first == second
    assert first[-1] == "Here again."

    door.delete(talk)
    assert [each.status(talk) for each in doors] == [404, 404]


def _has_begun(clarifeye: Clarifeye, conversation_id: str) -> bool:
    """Whether a second tab that resumes the running turn is shown the answer: in the question its words are escaped."""
    headers = {"Authorization": clarifeye.request("GET", f"{conversation_id}/").request.headers["Authorization"]}
    address = clarifeye.request("GET", f"{conversation_id}/").url + "stream/"
    with requests.get(address, headers=headers, stream=True, timeout=_TIMEOUT_S) as answer:
        return answer.ok and any(re.search(rb'[^\\]"Half an answer', line) for line in answer.iter_lines())
