"""What a client writes while the server answers: both are kept, and the conversation goes on."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
import requests

from contract.scripts import hang, say, script
from dialects.looker.conftest import Stand
from dialects.looker.turns import Json
from dialects.looker.validated import PREFIX
from live.server import wait_until

CHAT = "/conversational_analytics/chat"
PERSIST = {"X-Tertulia-Persist": "true"}


class Desk(NamedTuple):
    """A conversation of the pupil's whose agent keeps its turns."""

    stand: Stand
    id: str

    @property
    def path(self) -> str:
        return f"/conversations/{self.id}/messages"

    def ask(self, text: str) -> requests.Response:
        return requests.post(
            f"{self.stand.url}{PREFIX}{CHAT}",
            json={"conversation_id": self.id, "user_message": text},
            headers={"Authorization": f"Bearer {self.stand.pupil.token}", **PERSIST},
            timeout=30,
        )

    def write(self, *messages: Json) -> list[Json]:
        return self.stand.pupil.made(self.path, {"messages": list(messages)})

    def history(self) -> list[Json]:
        """As the project's other API shows it."""
        answer = self._elsewhere("GET", "")
        return answer.json()["chat_history"]

    def cancel(self) -> None:
        assert self._elsewhere("POST", "cancel/").ok

    def texts(self) -> list[str]:
        return [each["content"] for each in self.history()]

    def _elsewhere(self, method: str, path: str) -> requests.Response:
        token = self.stand.pupil.token or ""
        return self.stand.elsewhere(method, f"playground-conversations/{self.id}/{path}", token)


@pytest.fixture
def desk(stand: Stand) -> Desk:
    fields = {"name": "Looker player", "model": "scripted"}
    made = stand.elsewhere("POST", "agent-settings/", stand.admin.token or "", json=fields)
    assert made.status_code == 201, made.text
    draft = {"name": "Desk", "agent_id": made.json()["id"]}
    return Desk(stand, stand.pupil.made("/conversations", draft)["id"])


def element(kind: str, text: str) -> Json:
    return {"type": "system", "message": {"systemMessage": {"text": {"parts": [text], "textType": kind}}}}


def question(text: str) -> Json:
    return {"type": "user", "message": {"userMessage": {"text": text}}}


def test_what_is_written_during_an_answer_is_kept_beside_it(desk: Desk) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(desk.ask, script([say("So far."), hang()]))
        wait_until(lambda: len(desk.history()) == 1)

        desk.write(element("THOUGHT", "A client's thought."), element("FINAL_RESPONSE", "A client's answer."))
        desk.cancel()

        assert asked.result().status_code == 200
    assert {"A client's thought.", "A client's answer."} <= set(desk.texts())
    [answer] = [each for each in desk.history() if each["role"] == "assistant" and each["type"] == "message"]
    assert answer["content"] in ("", "So far."), "the answer is the server's own"
    assert desk.ask(script([say("And on.")])).status_code == 200
    assert desk.texts()[-1] == "And on."


def test_a_message_made_a_question_after_others_is_answered_behind_them(desk: Desk) -> None:
    asked = script([say("Answered.")])
    written = desk.write(question("First?"), element("THOUGHT", "Hm."), element("THOUGHT", "Hm again."))

    changed = desk.stand.pupil.patch(f"{desk.path}/{written[-1]['id']}", question(asked))

    assert changed.status_code == 200, changed.text
    assert desk.ask(asked).status_code == 200
    assert desk.texts() == ["First?", "Hm.", asked, "Answered."]
