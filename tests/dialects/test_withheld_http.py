"""A shared conversation about data, read through both doors by somebody who may see other rows."""

import json
from typing import Any, NamedTuple

import pytest
import requests

from clients.looker_client import credentials_for
from conftest import Demo

BO, ANN, PEER = "bo@osierwheel.test", "ann@osierwheel.test", "peer@osierwheel.test"
SITE_OF = {BO: "Quayside", ANN: "Millfield", PEER: "Quayside"}
QUESTION = "revenue by site"
WITHHELD = "may not see"
_TIMEOUT_S = 60


class Reader(NamedTuple):
    """Somebody with a token for each door."""

    demo: Demo
    token: str
    access_token: str

    def clarifeye(self, method: str, path: str, **sent: Any) -> requests.Response:
        headers = {"Authorization": f"Token {self.token}"}
        return requests.request(method, f"{self.demo.api}/{path}", headers=headers, timeout=_TIMEOUT_S, **sent)

    def looker(self, method: str, path: str, **sent: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.access_token}", **sent.pop("headers", {})}
        address = f"{self.demo.url}/api/4.0{path}"
        return requests.request(method, address, headers=headers, timeout=_TIMEOUT_S, **sent)


def arrive(demo: Demo, email: str) -> Reader:
    run = demo.server.command
    run("user", "add", email, "--project", demo.project_id)
    run("user", "set", email, f"site={SITE_OF[email]}", "--project", demo.project_id)
    token = run("token", "create", email, "--project", demo.project_id)["token"]
    given = credentials_for(demo.server, email, demo.project_id)
    login = requests.post(f"{demo.url}/api/4.0/login", data=given, timeout=_TIMEOUT_S).json()
    return Reader(demo, token, login["access_token"])


@pytest.fixture(scope="module")
def readers(demo: Demo) -> dict[str, Reader]:
    return {email: arrive(demo, email) for email in SITE_OF}


@pytest.fixture(scope="module")
def question(readers: dict[str, Reader]) -> dict[str, Any]:
    """What Bo's own rows say: their revenue."""
    query = {"model": "shop", "view": "site_sales", "fields": ["sites.name", "order_items.revenue"]}
    [row] = readers[BO].looker("POST", "/queries/run/json", json=query).json()
    return row


def begun(bo: Reader) -> str:
    given = {"name": "Revenue", "sources": [{"model": "shop", "explore": "site_sales"}]}
    return bo.looker("POST", "/conversations", json=given).json()["id"]


def asked(bo: Reader, conversation_id: str, *, persist: bool) -> list[dict[str, Any]]:
    headers = {"X-Tertulia-Persist": "true"} if persist else {}
    given = {"conversation_id": conversation_id, "user_message": QUESTION}
    return bo.looker("POST", "/conversational_analytics/chat", json=given, headers=headers).json()


def shared(bo: Reader, conversation_id: str) -> None:
    answer = bo.clarifeye("POST", f"playground-conversations/{conversation_id}/share/")
    assert answer.status_code == 200, answer.text


def read(reader: Reader, conversation_id: str) -> dict[str, str]:
    """What each door shows of the conversation's messages, as text."""
    theirs = reader.clarifeye("GET", f"playground-conversations/{conversation_id}/")
    ours = reader.looker("GET", f"/conversations/{conversation_id}/messages")
    whole = reader.looker("GET", f"/conversations/{conversation_id}")
    assert [theirs.status_code, ours.status_code, whole.status_code] == [200] * 3
    return {
        "clarifeye": json.dumps(theirs.json()["chat_history"]),
        "messages": json.dumps(ours.json()),
        "conversation": json.dumps(whole.json()["messages"]),
    }


def figures(row: dict[str, Any]) -> list[str]:
    """The number in the ways it is written."""
    amount = row["order_items.revenue"]
    return [str(amount), f"{amount:,.2f}", f"{amount:.2f}"]


def shows(text: str, row: dict[str, Any]) -> bool:
    return any(each in text for each in figures(row))


def test_a_turn_that_the_server_stored_is_withheld_from_who_may_see_other_rows(
    readers: dict[str, Reader], question: dict[str, Any]
) -> None:
    bo = readers[BO]
    conversation_id = begun(bo)
    assert shows(json.dumps(asked(bo, conversation_id, persist=True)), question)
    shared(bo, conversation_id)
    for reader in (bo, readers[PEER]):
        for door, text in read(reader, conversation_id).items():
            assert shows(text, question), door
            assert WITHHELD not in text, door
    for door, text in read(readers[ANN], conversation_id).items():
        assert not shows(text, question), door
        assert "SELECT" not in text, door
        assert QUESTION in text, door
        assert WITHHELD in text, door


def test_a_turn_that_its_client_keeps_is_withheld_too(readers: dict[str, Reader], question: dict[str, Any]) -> None:
    bo = readers[BO]
    conversation_id = begun(bo)
    told = asked(bo, conversation_id, persist=False)
    kept = [{"type": "user", "message": {"userMessage": {"text": QUESTION}}}]
    kept += [{"type": "system", "message": each} for each in told]
    posted = bo.looker("POST", f"/conversations/{conversation_id}/messages", json={"messages": kept})
    assert posted.status_code == 200, posted.text
    shared(bo, conversation_id)
    own = bo.looker("GET", f"/conversations/{conversation_id}/messages").json()
    assert [each["message"] for each in own] == [each["message"] for each in kept]
    for door, text in read(readers[ANN], conversation_id).items():
        assert not shows(text, question), door
        assert "SELECT" not in text, door
        assert QUESTION in text, door
        assert WITHHELD in text, door


def test_rights_are_those_of_the_moment_of_reading(readers: dict[str, Reader], question: dict[str, Any]) -> None:
    bo, peer = readers[BO], readers[PEER]
    conversation_id = begun(bo)
    asked(bo, conversation_id, persist=True)
    shared(bo, conversation_id)
    command = peer.demo.server.command
    command("user", "set", PEER, "site=Millfield", "--project", peer.demo.project_id)
    assert not any(shows(text, question) for text in read(peer, conversation_id).values())
    command("user", "set", PEER, "site=Quayside", "--project", peer.demo.project_id)
    assert all(shows(text, question) for text in read(peer, conversation_id).values())


def test_who_watches_an_answer_again_sees_no_more_of_it(readers: dict[str, Reader], question: dict[str, Any]) -> None:
    bo = readers[BO]
    conversation_id = begun(bo)
    asked(bo, conversation_id, persist=True)
    shared(bo, conversation_id)
    path = f"playground-conversations/{conversation_id}/stream/"
    own, hers = (readers[email].clarifeye("GET", path) for email in (BO, ANN))
    assert (own.status_code, hers.status_code) == (200, 200)
    assert shows(own.text, question)
    assert not shows(hers.text, question)
    assert "SELECT" not in hers.text
