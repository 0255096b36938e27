"""Rows that a client kept and then changes: who may not see them does not get at them that way, and none are lost."""

import json
from typing import Any

import pytest
import requests

from conftest import Demo
from dialects.test_withheld_words_http import HEAD, KIT, LOU, Reader, arrive

QUESTION = "revenue by site"


@pytest.fixture(scope="module")
def readers(demo: Demo) -> dict[str, Reader]:
    return {email: arrive(demo.server, demo.project_id, email) for email in (KIT, LOU, HEAD)}


class Talk:
    """A shared conversation in which Kit's client keeps the rows of Kit's own site."""

    def __init__(self, readers: dict[str, Reader]) -> None:
        kit = readers[KIT]
        self.id = kit.begin(readers[HEAD].agent("builtin"))
        body = {"conversation_id": self.id, "user_message": QUESTION}
        elements = kit.looker("POST", "/conversational_analytics/chat", json=body).json()
        kept = [{"type": "user", "message": {"userMessage": {"text": QUESTION}}}]
        kept += [{"type": "system", "message": each} for each in elements]
        self.written = kit.looker("POST", self.path, json={"messages": kept}).json()
        self.rows = next(each for each in self.written if "result" in _data(each))
        [result] = _data(self.rows)["result"]["data"]
        self.figure = str(next(value for value in result.values() if isinstance(value, int | float)))

    @property
    def path(self) -> str:
        return f"/conversations/{self.id}/messages"

    def patch(self, reader: Reader, body: dict[str, Any]) -> requests.Response:
        return reader.looker("PATCH", f"{self.path}/{self.rows['id']}", json=body)

    def shown(self, reader: Reader) -> str:
        return reader.looker("GET", self.path).text + json.dumps(reader.get(self.id)["chat_history"])


def _data(message: dict[str, Any]) -> dict[str, Any]:
    return message["message"].get("systemMessage", {}).get("data", {})


@pytest.fixture
def talk(readers: dict[str, Reader]) -> Talk:
    made = Talk(readers)
    assert made.figure in made.shown(readers[KIT])
    assert made.figure not in made.shown(readers[LOU])
    return made


def test_rows_given_back_unchanged_stay_rows_that_others_may_not_see(talk: Talk, readers: dict[str, Reader]) -> None:
    before = readers[KIT].get(talk.id)["chat_history"]

    for body in ({"type": "system"}, {"message": talk.rows["message"]}, {"type": "system", **_message(talk)}):
        assert talk.patch(readers[KIT], body).status_code == 200

    assert readers[KIT].get(talk.id)["chat_history"] == before
    assert talk.figure not in talk.shown(readers[LOU])


def test_rows_that_are_written_anew_are_still_the_querys(talk: Talk, readers: dict[str, Reader]) -> None:
    message = json.loads(json.dumps(talk.rows["message"]).replace(talk.figure, "77123.5"))

    assert talk.patch(readers[KIT], {"message": message}).status_code == 200

    assert [each["type"] for each in readers[KIT].get(talk.id)["chat_history"]].count("tool_call") == 1
    assert "77123.5" in talk.shown(readers[KIT])
    assert "77123.5" not in talk.shown(readers[LOU])


def test_who_may_not_see_rows_cannot_pass_them_on(talk: Talk, readers: dict[str, Reader]) -> None:
    refused = talk.patch(readers[HEAD], {"type": "user"})

    assert refused.status_code in (403, 404)
    assert talk.figure not in refused.text
    assert talk.figure not in talk.shown(readers[LOU])


def test_an_owner_who_lost_their_rights_does_not_get_the_rows_back(demo: Demo, readers: dict[str, Reader]) -> None:
    talk = Talk(readers)
    run = demo.server.command
    run("user", "set", KIT, "site=Millfield", "--project", demo.project_id)
    try:
        for body in ({"type": "system"}, {"type": "user"}):
            answer = talk.patch(readers[KIT], body)
            assert talk.figure not in answer.text
        assert talk.figure not in talk.shown(readers[KIT])
    finally:
        run("user", "set", KIT, "site=Quayside", "--project", demo.project_id)
    assert talk.figure in talk.shown(readers[KIT])


def _message(talk: Talk) -> dict[str, Any]:
    return {"message": talk.rows["message"]}
