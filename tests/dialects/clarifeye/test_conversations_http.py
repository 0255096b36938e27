"""Conversations over a real socket: every path, every caller, every answer as documented."""

import uuid
from typing import Any

import pytest

from dialects.clarifeye.conftest import Callers
from dialects.clarifeye.validated import Api

CONVERSATIONS = "/playground-conversations/"
IMPERSONATE = "X-Impersonate-Email"
SAY_HI = {"steps": [[{"do": "say", "text": "Hi."}, {"do": "spend", "input_tokens": 3, "output_tokens": 2}]]}


def listed(api: Api, query: str = "", **sent: Any) -> list[str]:
    found = api.get(f"{CONVERSATIONS}?limit=1000{query}", **sent)
    assert found.status_code == 200
    return [each["id"] for each in found.json()["results"]]


def test_a_new_conversation_shows_what_was_given_and_who_made_it(callers: Callers) -> None:
    made = callers.creator.post(
        CONVERSATIONS,
        json={
            "agent_settings": callers.agent_id,
            "name": " Prices ",
            "tags": ["a", "a", " b "],
            "conversation_instructions": "Be brief.",
        },
    )
    assert made.status_code == 201
    assert made.headers["x-effective-user"] == "creator@example.org"
    value = made.json()
    assert (value["name"], value["type"], value["tags"]) == ("Prices", "playground", ["a", "b"])
    assert (value["conversation_instructions"], value["agent_settings_name"]) == ("Be brief.", "Player")
    assert (value["message_count"], value["tokens"]) == (0, {"input": 0, "output": 0, "total": 0})
    assert (value["can_send_messages"], value["is_shared"], value["is_archived"]) == (True, False, False)
    assert callers.creator.get(f"{CONVERSATIONS}{value['id']}/").json() == value


def test_a_conversation_without_a_name_gets_one(callers: Callers) -> None:
    made = callers.creator.post(CONVERSATIONS, json={"agent_settings": callers.agent_id, "name": None})
    assert made.json()["name"]


def test_both_forms_of_a_path_are_served_without_a_redirect(callers: Callers) -> None:
    made = callers.creator.post(
        CONVERSATIONS.rstrip("/"), json={"agent_settings": callers.agent_id}, allow_redirects=False
    )
    assert made.status_code == 201
    found = callers.creator.get(f"{CONVERSATIONS}{made.json()['id']}", allow_redirects=False)
    assert found.status_code == 200


@pytest.mark.parametrize("agent", ["5f0c2a52-6f3d-4a57-9a3e-0c0ffee0c0de", "x", None, 3])
def test_an_agent_that_is_not_there_is_told_by_its_field(callers: Callers, agent: object) -> None:
    made = callers.creator.post(CONVERSATIONS, json={"agent_settings": agent})
    assert made.status_code == 400
    assert list(made.json()) == ["agent_settings"]


def test_the_agent_of_another_project_cannot_be_used(callers: Callers) -> None:
    projects = callers.outsider.get("/projects/", whole=True).json()["results"]
    elsewhere = Api(callers.outsider.url, projects[0]["id"], callers.outsider.token, callers.outsider.document)
    made = elsewhere.post(CONVERSATIONS, json={"agent_settings": callers.agent_id})
    assert made.status_code == 400


def test_filters_join_tags_by_or_and_everything_else_by_and(callers: Callers) -> None:
    mark = uuid.uuid4().hex
    red = callers.creator.create(callers.agent_id, tags=[f"red-{mark}"])
    blue = callers.creator.create(callers.agent_id, tags=[f"blue-{mark}", "x"])
    plain = callers.creator.create(callers.agent_id)
    callers.creator.send(red, f"The Größe of {mark} matters")
    callers.creator.send(plain, f"nothing but {mark}")
    assert listed(callers.creator, f"&tags=red-{mark},blue-{mark}") == [red, blue]
    assert listed(callers.creator, f"&tags=red-{mark}&tags=blue-{mark}") == [red, blue]
    assert listed(callers.creator, f"&tags=blue-{mark}") == [blue]
    assert listed(callers.creator, f"&text={mark.upper()}") == [plain, red]
    assert listed(callers.creator, f"&text=GRÖSSE of {mark}") == [red]
    assert listed(callers.creator, f"&text={mark}&no_tags=true") == [plain]
    assert listed(callers.creator, f"&text={mark}&tags=blue-{mark}") == []
    assert listed(callers.creator, f"&text={mark}&no_tags=false&nonsense=1&page_size=9") == [plain, red]
    tags = callers.creator.get(f"{CONVERSATIONS}all-tags/").json()
    assert {f"red-{mark}", f"blue-{mark}"} <= set(tags["tags"])
    assert tags["tags"] == sorted(tags["tags"])
    assert tags["count"] == len(tags["tags"])


def test_pages_follow_one_another_and_keep_the_filters(callers: Callers) -> None:
    tag = uuid.uuid4().hex
    made = [callers.creator.create(callers.agent_id, tags=[tag]) for _ in range(5)]
    seen: list[str] = []
    address: str | None = f"{callers.creator.url}/api/v1/projects/{callers.creator.project_id}{CONVERSATIONS}"
    address = f"{address}?tags={tag}&limit=2"
    while address:
        path = address.partition(callers.creator.project_id)[2]
        page = callers.creator.get(path).json()
        assert page["count"] == 5
        seen.extend(each["id"] for each in page["results"])
        address = page["next"]
    assert seen == made[::-1]


def test_archived_conversations_are_hidden_until_asked_for(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    path = f"{CONVERSATIONS}{one}/"
    assert callers.creator.post(f"{path}unarchive/").status_code == 400
    assert callers.admin.post(f"{path}permanent_delete/").status_code == 400
    assert callers.creator.call("DELETE", path).status_code == 204
    assert one not in listed(callers.creator)
    assert one in listed(callers.creator, "&include_archived=true")
    assert callers.creator.get(path).status_code == 404
    found = callers.creator.get(f"{path}?include_archived=true").json()
    assert found["is_archived"]
    assert found["archived_at"]
    assert callers.creator.post(f"{path}send_message_stream/", json={"message": "x"}).status_code == 404
    assert callers.creator.post(f"{path}unarchive/").status_code == 204
    assert callers.creator.get(path).json()["archived_at"] is None
    callers.creator.call("DELETE", path)
    assert callers.creator.post(f"{path}permanent_delete/").status_code == 403
    assert callers.admin.post(f"{path}permanent_delete/").status_code == 204
    assert callers.admin.get(f"{path}?include_archived=true").status_code == 404


def test_sharing_lets_members_read_and_only_read(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    path = f"{CONVERSATIONS}{one}/"
    assert callers.other.get(path).status_code == 403
    shared = callers.creator.post(f"{path}share/")
    assert (shared.status_code, shared.json()) == (200, {"status": "ok", "is_shared": True})
    assert callers.creator.post(f"{path}share/").status_code == 400
    seen = callers.other.get(path)
    assert (seen.json()["can_send_messages"], seen.json()["is_shared"]) == (False, True)
    assert callers.admin.get(path).json()["can_send_messages"]
    assert one not in listed(callers.other)
    assert one in listed(callers.creator)
    assert one in listed(callers.admin)
    assert callers.other.post(f"{path}send_message_stream/", json={"message": "x"}).status_code == 403
    assert callers.creator.post(f"{path}unshare/").json() == {"status": "ok", "is_shared": False}
    assert callers.creator.post(f"{path}unshare/").status_code == 400
    assert callers.other.get(path).status_code == 403


ACTIONS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "", None),
    ("PATCH", "", {"name": "x"}),
    ("POST", "send_message_stream/", {"message": "x"}),
    ("POST", "cancel/", None),
    ("GET", "stream/", None),
    ("POST", "share/", None),
    ("POST", "unshare/", None),
    ("POST", "unarchive/", None),
    ("POST", "permanent_delete/", None),
    ("DELETE", "", None),
]


@pytest.mark.parametrize(("method", "action", "body"), ACTIONS, ids=str)
def test_who_may_not_is_told_so_and_nothing_else(
    callers: Callers, method: str, action: str, body: dict[str, Any] | None
) -> None:
    one = callers.creator.create(callers.agent_id)
    path = f"{CONVERSATIONS}{one}/{action}"
    for caller, status in ((callers.nobody, 401), (callers.outsider, 403), (callers.other, 403)):
        answer = caller.call(method, path, json=body)
        assert answer.status_code == status
        assert list(answer.json()) == ["error"]
    assert callers.nobody.call(method, path).headers["www-authenticate"]
    for missing in (str(uuid.uuid4()), "not-an-id", "..%2f", "é"):
        assert callers.admin.call(method, f"{CONVERSATIONS}{missing}/{action}", json=body).status_code == 404
    untouched = callers.creator.get(f"{CONVERSATIONS}{one}/").json()
    assert (untouched["is_shared"], untouched["is_archived"], untouched["message_count"]) == (False, False, 0)


def test_an_admin_sees_and_manages_what_others_made(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    path = f"{CONVERSATIONS}{one}/"
    assert one in listed(callers.admin)
    assert one not in listed(callers.other)
    assert callers.admin.call("PATCH", path, json={"name": "By admin", "tags": ["t"]}).json()["name"] == "By admin"
    assert callers.admin.post(f"{path}share/").status_code == 200
    assert callers.admin.call("DELETE", path).status_code == 204
    assert callers.admin.post(f"{path}unarchive/").status_code == 204
    assert callers.creator.get(path).json()["tags"] == ["t"]


def test_a_change_leaves_out_what_was_not_sent(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id, name="Before", tags=["kept"])
    path = f"{CONVERSATIONS}{one}/"
    assert callers.creator.call("PATCH", path, json={"name": "After"}).json()["tags"] == ["kept"]
    assert callers.creator.call("PATCH", path, json={}).json()["name"] == "After"
    assert callers.creator.call("PATCH", path, json={"name": ""}).status_code == 400
    assert callers.creator.call("PATCH", path, json={"tags": None}).status_code == 400


@pytest.mark.parametrize(
    ("caller", "email", "acts_as"),
    [
        ("impersonator", "Creator@example.org", "creator@example.org"),
        ("impersonator", "unknown@example.org", "impersonator@example.org"),
        ("impersonator", "outsider@example.org", "impersonator@example.org"),
        ("impersonator", "no address", "impersonator@example.org"),
        ("impersonator", "", "impersonator@example.org"),
        ("other", "creator@example.org", "other@example.org"),
    ],
)
def test_impersonation_acts_as_the_target_or_silently_as_the_caller(
    callers: Callers, caller: str, email: str, acts_as: str
) -> None:
    api: Api = getattr(callers, caller)
    one = callers.creator.create(callers.agent_id)
    headers = {IMPERSONATE: email}
    is_creator = acts_as == "creator@example.org"
    found = api.get(f"{CONVERSATIONS}{one}/", headers=headers)
    assert (found.status_code, found.headers["x-effective-user"]) == (200 if is_creator else 403, acts_as)
    assert (one in listed(api, headers=headers)) is is_creator
    made = api.post(CONVERSATIONS, json={"agent_settings": callers.agent_id}, headers=headers).json()
    mine = api.get(f"{CONVERSATIONS}{made['id']}/")
    assert mine.status_code == (403 if is_creator else 200)


def test_an_impersonated_message_is_the_targets(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    callers.impersonator.send(one, SAY_HI, headers={IMPERSONATE: "creator@example.org"})
    found = callers.creator.get(f"{CONVERSATIONS}{one}/").json()
    assert found["chat_history"][0]["user_id"] == found["created_by"]


def test_counters_and_tokens_follow_the_turns(callers: Callers) -> None:
    one = callers.creator.create(callers.agent_id)
    search = [{"do": "call", "arguments": {"query": "bicycle"}}, {"do": "spend", "input_tokens": 1}]
    callers.creator.send(one, {"steps": [search, *SAY_HI["steps"]]})
    callers.creator.send(one, SAY_HI)
    found = callers.creator.get(f"{CONVERSATIONS}{one}/").json()
    types = [(entry["type"], entry["role"], entry["query_id"]) for entry in found["chat_history"]]
    assert types == [
        ("message", "user", 0),
        ("tool_call", "assistant", 0),
        ("message", "assistant", 0),
        ("message", "user", 1),
        ("message", "assistant", 1),
    ]
    assert (found["message_count"], found["tool_call_count"]) == (4, 1)
    assert found["tokens"] == {"input": 7, "output": 4, "total": 11}
    assert found["chat_history"][2]["used_tokens_input"] == 4
