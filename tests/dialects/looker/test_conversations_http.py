"""Conversations through their whole life: created, read, changed, hidden, restored, deleted."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dialects.looker.conftest import PUPIL, Stand
from dialects.looker.validated import CUSTOMERS, SALES, Json, error_of, faults_of
from tertulia.core.ids import new_id


def test_a_conversation_is_created_with_every_field(stand: Stand) -> None:
    made = stand.pupil.conversation(name="Sales in May", category="conversation", sources=[SALES, CUSTOMERS])
    stand.pupil.document.check_whole("Conversation", made)
    assert made == {
        "can": {"show": True, "update": True, "destroy": True, "chat": True},
        "id": made["id"],
        "name": "Sales in May",
        "category": "conversation",
        "sources": [SALES, CUSTOMERS],
        "user_id": stand.ids[PUPIL],
        "agent_id": None,
        "deleted": False,
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
        "messages": [],
        "conversation_agent": None,
        "missing_agent": False,
        "studio_conversation_id": None,
    }
    assert stand.pupil.found(f"/conversations/{made['id']}") == made


def test_times_have_six_digits_and_an_offset(stand: Stand) -> None:
    made = stand.pupil.conversation()
    for name in ("created_at", "updated_at"):
        date, _, rest = made[name].partition("T")
        assert (len(date), len(rest), rest[8], rest[-6:]) == (10, 21, ".", "+00:00")


def test_a_conversation_shows_the_whole_of_its_agent(stand: Stand) -> None:
    agent = stand.admin.agent(name="Auditor")
    made = stand.pupil.conversation(agent_id=agent["id"], sources=None)
    assert made["agent_id"] == agent["id"]
    shown = {**made["conversation_agent"], "can": agent["can"]}
    assert shown == agent
    assert made["conversation_agent"]["can"] == {"show": True, "update": False, "destroy": False, "chat": True}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": 5, "sources": "x"}, "sources"),
        ({"name": "x" * 256, "sources": [SALES]}, "name"),
        ({"name": "x", "sources": [{"model": "shop"}]}, "sources[0].explore"),
        ({"name": "x", "sources": [SALES, 5]}, "sources[1]"),
        ({"name": "x", "sources": [{"model": "m", "explore": str(n)} for n in range(6)]}, "sources"),
        ({"name": "x"}, "sources"),
        ({"name": "x", "sources": []}, "sources"),
        ({"name": "x", "agent_id": "no agent"}, "agent_id"),
        ({"name": "x", "agent_id": "5"}, "agent_id"),
        ({"name": "x", "agent_id": {}}, "agent_id"),
        ({"name": "x", "sources": [SALES], "category": []}, "category"),
        ({"name": "x", "sources": [SALES], "deleted": "perhaps"}, "deleted"),
    ],
)
def test_a_conversation_that_cannot_be_is_refused_field_by_field(
    stand: Stand, body: dict[str, Any], fault: str
) -> None:
    assert fault in faults_of(stand.pupil.post("/conversations", body))


def test_faults_are_told_in_words_of_this_api(stand: Stand) -> None:
    faults = faults_of(stand.pupil.post("/conversations", {"name": "x", "agent_id": "nope"}))
    assert faults["agent_id"] == "There is no agent nope."
    assert faults_of(stand.pupil.post("/conversations", {"name": "x" * 256, "sources": [SALES]}))["name"] == (
        "Give at most 255 characters."
    )
    blank = stand.admin.post("/agents", {"name": "", "description": "", "sources": [SALES]})
    assert faults_of(blank)["name"] == "This field may not be blank."


def test_a_conversation_without_a_name_is_named_by_the_server(stand: Stand) -> None:
    assert stand.pupil.made("/conversations", {"name": "", "sources": [SALES]})["name"].strip()


def test_every_field_at_fault_is_named_at_once(stand: Stand) -> None:
    answer = stand.pupil.post("/conversations", {"sources": 5, "deleted": []})
    assert set(faults_of(answer)) == {"name", "sources", "deleted"}


def test_unknown_and_read_only_fields_are_taken_and_ignored(stand: Stand) -> None:
    made = stand.pupil.conversation(id="7", user_id="1", messages=[{"id": "1"}], can={}, hello=[1])
    assert made["user_id"] == stand.ids[PUPIL]
    assert made["messages"] == []


def test_a_body_is_json_whatever_its_content_type_says(stand: Stand) -> None:
    sent = b'{"name": "Typed wrongly", "sources": [{"model": "shop", "explore": "order_items"}]}'
    for kind in ("application/x-www-form-urlencoded", "text/plain", "application/octet-stream", ""):
        headers = {"Content-Type": kind} if kind else {}
        answer = stand.pupil.call("POST", "/conversations", data=sent, headers=headers)
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("name", ["Ümläut — 東京 🦊", "x", "a" * 255, "\u202ereversed", "' OR 1=1 --", "a\x00b"])
def test_a_name_may_be_anything(stand: Stand, name: str) -> None:
    made = stand.pupil.conversation(name=name)
    assert made["name"] == name.replace("\x00", "")
    assert stand.pupil.found(f"/conversations/{made['id']}")["name"] == made["name"]


def test_what_is_not_named_stays(stand: Stand) -> None:
    made = stand.pupil.conversation(name="Before", category="conversation")
    changed = stand.pupil.patch(f"/conversations/{made['id']}", {"name": "After"}).json()
    assert changed == {**made, "name": "After", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]


def test_a_null_takes_the_agent_away_where_sources_stay(stand: Stand) -> None:
    agent = stand.admin.agent()
    made = stand.pupil.conversation(agent_id=agent["id"])
    changed = stand.pupil.patch(f"/conversations/{made['id']}", {"agent_id": None, "category": None})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["agent_id"], changed.json()["conversation_agent"]) == (None, None)
    error_of(stand.pupil.patch(f"/conversations/{made['id']}", {"sources": None}), 422)
    error_of(stand.pupil.patch(f"/conversations/{made['id']}", {"name": None}), 422)


def test_another_agent_may_be_set_and_an_unknown_one_not(stand: Stand) -> None:
    made = stand.pupil.conversation()
    agent = stand.admin.agent(name="Second")
    changed = stand.pupil.patch(f"/conversations/{made['id']}", {"agent_id": agent["id"]}).json()
    assert changed["conversation_agent"]["name"] == "Second"
    assert "agent_id" in faults_of(stand.pupil.patch(f"/conversations/{made['id']}", {"agent_id": new_id()}))


def test_deleting_softly_hides_and_restores(stand: Stand) -> None:
    made = stand.pupil.conversation(name="Out and in")
    path = f"/conversations/{made['id']}"
    stand.pupil.made(f"{path}/messages", {"messages": [{"type": "user", "message": {"userMessage": {"text": "Hi"}}}]})
    gone = stand.pupil.patch(path, {"deleted": True}).json()
    assert gone["deleted"] is True
    assert len(gone["messages"]) == 1
    assert stand.pupil.found(path)["deleted"] is True
    assert stand.pupil.found(f"/conversations/search?id={made['id']}") == []
    [hidden] = stand.pupil.found(f"/conversations/search?id={made['id']}&deleted=true")
    assert hidden["id"] == made["id"]
    error_of(stand.pupil.patch(path, {"name": "Renamed"}), 404)
    back = stand.pupil.patch(path, {"deleted": False, "name": "Renamed"}).json()
    assert (back["deleted"], back["name"], len(back["messages"])) == (False, "Renamed", 1)
    assert len(stand.pupil.found(f"/conversations/search?id={made['id']}")) == 1


def test_deleting_removes_for_good(stand: Stand) -> None:
    ids = [stand.pupil.conversation()["id"] for _ in range(3)]
    answer = stand.pupil.delete(f"/conversations?id={ids[0]}, {ids[1]},,{ids[0]}")
    assert (answer.status_code, answer.content) == (204, b"")
    for each in ids[:2]:
        error_of(stand.pupil.get(f"/conversations/{each}"), 404)
    assert stand.pupil.get(f"/conversations/{ids[2]}").status_code == 200


def test_one_that_is_not_there_keeps_all(stand: Stand) -> None:
    made, missing = stand.pupil.conversation()["id"], new_id()
    answer = stand.pupil.delete("/conversations", params={"id": f"{made},{missing}"})
    assert missing in error_of(answer, 404)["message"]
    error_of(stand.pupil.delete("/conversations", params={"id": f"{made},x"}), 404)
    assert stand.pupil.get(f"/conversations/{made}").status_code == 200


@pytest.mark.parametrize("query", ["", "?id=", "?id=,,", "?id=" + ",".join(str(n) for n in range(1001))])
def test_a_deletion_names_what_to_delete(stand: Stand, query: str) -> None:
    error_of(stand.pupil.delete(f"/conversations{query}"), 400)


@pytest.mark.parametrize("unknown", ["7", "x", "%2E%2E", "00000000-0000-7000-8000-000000000000", "a%2Fb", "%00"])
def test_what_is_not_there_is_not_found(stand: Stand, unknown: str) -> None:
    for method in ("GET", "PATCH"):
        answer = stand.pupil.call(method, f"/conversations/{unknown}", json={} if method == "PATCH" else None)
        error_of(answer, 404)


def test_ids_may_be_written_in_capitals(stand: Stand) -> None:
    made = stand.pupil.conversation()
    assert stand.pupil.found(f"/conversations/{made['id'].upper()}")["id"] == made["id"]


def test_another_members_conversation_is_not_there(stand: Stand) -> None:
    made = stand.pupil.conversation()
    path = f"/conversations/{made['id']}"
    error_of(stand.other.get(path), 404)
    error_of(stand.other.get(f"{path}/messages"), 404)
    error_of(stand.other.patch(path, {"name": "Mine"}), 404)
    error_of(stand.other.delete("/conversations", params={"id": made["id"]}), 404)
    assert stand.admin.get(path).status_code == 200
    assert stand.pupil.get(path).status_code == 200


def test_another_projects_conversation_is_not_there(stand: Stand) -> None:
    made = stand.pupil.conversation()
    path = f"/conversations/{made['id']}"
    error_of(stand.outsider.get(path), 404)
    error_of(stand.outsider.patch(path, {"name": "Mine"}), 404)
    error_of(stand.outsider.delete("/conversations", params={"id": made["id"]}), 404)
    error_of(stand.outsider.post("/conversations", {"name": "x", "agent_id": stand.admin.agent()["id"]}), 422)


def test_a_shared_conversation_is_read_and_not_changed(stand: Stand) -> None:
    made = stand.pupil.conversation()
    path = f"/conversations/{made['id']}"
    shared = stand.elsewhere("POST", f"playground-conversations/{made['id']}/share/", stand.pupil.token or "")
    assert shared.status_code < 300, shared.text
    assert stand.other.found(path)["can"] == {"show": True, "update": False, "destroy": False, "chat": False}
    error_of(stand.other.patch(path, {"name": "Mine"}), 403)
    error_of(stand.other.delete("/conversations", params={"id": made["id"]}), 403)
    assert stand.other.found(f"/conversations/search?id={made['id']}") == []


def test_a_conversation_outlives_its_agent(stand: Stand) -> None:
    agent = stand.admin.agent(name="Leaving")
    made = stand.pupil.conversation(agent_id=agent["id"])
    assert stand.admin.delete("/agents", params={"id": agent["id"]}).status_code == 204
    left = stand.pupil.found(f"/conversations/{made['id']}")
    assert (left["missing_agent"], left["conversation_agent"]) == (True, None)


def test_a_conversation_of_the_other_api_is_there(stand: Stand) -> None:
    token = stand.pupil.token or ""
    agent = stand.admin.agent(name="Both sides")
    made = stand.elsewhere(
        "POST", "playground-conversations/", token, json={"agent_settings": agent["id"], "name": "B"}
    )
    assert made.status_code == 201, made.text
    found = stand.pupil.found(f"/conversations/{made.json()['id']}")
    assert (found["name"], found["agent_id"]) == ("B", agent["id"])
    own = stand.pupil.conversation(name="A", agent_id=agent["id"])
    there = stand.elsewhere("GET", f"playground-conversations/{own['id']}/", token)
    assert there.json()["name"] == "A"


def test_many_are_created_at_once(stand: Stand) -> None:
    def create(number: int) -> Json:
        return stand.pupil.conversation(name=f"At once {number}")

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(create, range(24)))
    assert len({each["id"] for each in made}) == 24


def test_a_huge_body_is_refused(stand: Stand) -> None:
    answer = stand.pupil.call("POST", "/conversations", data=b" " * (33 * 1024 * 1024))
    error_of(answer, 413)


@pytest.mark.parametrize("sent", [b"{", b"[]", b"\xff", b"[" * 100_000, b"null", b"", b'"x"', b"{}{}"])
def test_a_body_that_is_no_object_is_refused(stand: Stand, sent: bytes) -> None:
    error_of(stand.pupil.call("POST", "/conversations", data=sent), 400)


@pytest.mark.parametrize("path", ["/conversations", "/agents", "/queries", "/golden_queries", "/login", "/token"])
def test_a_body_that_is_nested_too_deeply_is_refused(stand: Stand, path: str) -> None:
    sent = b'{"name":' + b'{"a":' * 100 + b"1" + b"}" * 101
    assert "nested too deeply" in error_of(stand.admin.call("POST", path, data=sent), 400)["message"]
