"""X-Impersonate-Email on every endpoint of conversations: a request is carried out as the target, or silently not."""

from typing import NamedTuple

import pytest
import requests

from contract.client import Client
from contract.ledger import audit_entries
from contract.stage import Stage, email

HEADER = "X-Impersonate-Email"
EFFECTIVE = "X-Effective-User"


class Case(NamedTuple):
    """A row of the table: who calls, which address the header names, and as whom the request is carried out."""

    caller: str
    named: str | bytes
    acts_as: str

    def __str__(self) -> str:
        return f"{self.caller} as {self.named!r}"


# the service may impersonate and is no admin; the admin service is both
ACTING = [
    Case("service", email("creator"), "creator"),
    Case("service", email("creator").upper(), "creator"),
    Case("service", f"  {email('creator')}  ", "creator"),
    Case("service", email("admin"), "admin"),
    Case("admin service", email("creator"), "creator"),
    Case("admin service", email("member"), "member"),
]
FALLING_BACK = [
    Case("service", "unknown@example.org", "service"),
    Case("service", email("outsider"), "service"),
    Case("service", email("foreign admin"), "service"),
    Case("service", email("service"), "service"),
    Case("service", "", "service"),
    Case("service", "   ", "service"),
    Case("service", "creator", "service"),
    Case("service", "@", "service"),
    Case("service", f"{email('creator')},{email('admin')}", "service"),
    Case("service", f"<{email('creator')}>", "service"),
    Case("service", "%", "service"),
    Case("service", "' OR 1=1 --", "service"),
    Case("service", "zoë@example.org".encode(), "service"),
    Case("service", "zoë@example.org".encode("latin-1"), "service"),
    Case("service", b"\xff\xfe@example.org", "service"),
    Case("service", "x" * 5000 + "@example.org", "service"),
    Case("member", email("admin"), "member"),
    Case("member", email("creator"), "member"),
    Case("creator", email("admin"), "creator"),
    Case("admin", email("creator"), "admin"),
    Case("admin", "unknown@example.org", "admin"),
]
CASES = ACTING + FALLING_BACK


def named(case: Case) -> dict[str, str | bytes]:
    value = case.named.strip() if isinstance(case.named, str) else case.named
    return {HEADER: value}


class Asked(NamedTuple):
    """An endpoint of conversations, and what it answers to a conversation's creator, to an admin and to other members."""

    method: str
    path: str
    state: str
    creator: int
    admin: int
    other: int

    def __str__(self) -> str:
        return f"{self.method} {self.path or '/'} {self.state}"


# every endpoint of conversations, each in the state in which it succeeds for whoever may
ENDPOINTS = [
    Asked("GET", "", "", 200, 200, 200),
    Asked("POST", "", "", 201, 201, 201),
    Asked("GET", "all-tags/", "", 200, 200, 200),
    Asked("GET", "{id}/", "private", 200, 200, 403),
    Asked("PATCH", "{id}/", "private", 200, 200, 403),
    Asked("DELETE", "{id}/", "private", 204, 204, 403),
    Asked("POST", "{id}/unarchive/", "archived", 204, 204, 403),
    Asked("POST", "{id}/permanent_delete/", "archived", 403, 204, 403),
    Asked("POST", "{id}/share/", "private", 200, 200, 403),
    Asked("POST", "{id}/unshare/", "shared", 200, 200, 403),
    Asked("POST", "{id}/send_message_stream/", "private", 200, 200, 403),
    Asked("GET", "{id}/stream/", "private", 200, 200, 403),
    Asked("POST", "{id}/cancel/", "private", 200, 200, 403),
]


def status_for(asked: Asked, role: str) -> int:
    match role:
        case "creator":
            return asked.creator
        case "admin" | "admin service":
            return asked.admin
        case _:
            return asked.other


def ask(stage: Stage, client: Client, asked: Asked, headers: dict[str, str | bytes]) -> requests.Response:
    creator = stage.client("creator")
    conversation_id = ""
    if "{id}" in asked.path:
        conversation_id = stage.create(creator)
        stage.send(creator, conversation_id, "Hello")
        if asked.state == "archived":
            creator.delete(f"{stage.conversations}/{conversation_id}/")
        if asked.state == "shared":
            creator.post(f"{stage.conversations}/{conversation_id}/share/")
    body = {"message": "Hello", "name": "New name"} if asked.path else {"agent_settings": stage.agent_id}
    path = f"{stage.conversations}/{asked.path.replace('{id}', conversation_id)}"
    return client.request(asked.method, path, json=None if asked.method == "GET" else body, headers=headers)


def test_every_endpoint_of_conversations_is_asked(stage: Stage) -> None:
    below = "/projects/{project_id}/playground-conversations/"
    served = {
        (each.method, each.path.removeprefix(below).replace("{conversation_id}", "{id}"))
        for each in stage.promise.endpoints
        if each.path.startswith(below)
    }
    assert served == {(each.method, each.path) for each in ENDPOINTS}


@pytest.mark.parametrize("asked", ENDPOINTS, ids=str)
def test_the_whole_request_is_carried_out_as_the_one_who_acts(stage: Stage, asked: Asked) -> None:
    cases = [*ACTING, *FALLING_BACK[:5], FALLING_BACK[-3]]
    answers = {str(case): ask(stage, stage.client(case.caller), asked, named(case)) for case in cases}
    assert {each: (answer.status_code, answer.headers[EFFECTIVE]) for each, answer in answers.items()} == {
        str(case): (status_for(asked, case.acts_as), email(case.acts_as)) for case in cases
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_created_belongs_to_the_one_who_acts(stage: Stage, case: Case) -> None:
    client = stage.client(case.caller)
    made = client.post(f"{stage.conversations}/", json={"agent_settings": stage.agent_id}, headers=named(case))
    assert made.status_code == 201
    assert made.json()["created_by"] == stage.user_id(case.acts_as)
    assert made.headers[EFFECTIVE] == email(case.acts_as)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_list_shows_what_the_one_who_acts_would_see(stage: Stage, case: Case) -> None:
    stage.create(stage.client("creator"))
    query = f"{stage.conversations}/?limit=1000"
    seen = stage.client(case.caller).get(query, headers=named(case))
    own = stage.client(case.acts_as).get(query)
    assert [each["id"] for each in seen.json()["results"]] == [each["id"] for each in own.json()["results"]]
    assert seen.json()["count"] == own.json()["count"]
    assert seen.headers[EFFECTIVE] == email(case.acts_as)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_impersonation_and_nothing_else_is_written_into_the_audit(stage: Stage, case: Case) -> None:
    data = stage.server.data
    before = len(audit_entries(data, stage.near))
    stage.client(case.caller).get(f"{stage.conversations}/all-tags/", headers=named(case))
    new = audit_entries(data, stage.near)[: len(audit_entries(data, stage.near)) - before]
    told = [(each["action"], each["actor_id"], each["acted_as_id"], each["detail"]["email"]) for each in new]
    if case.caller == case.acts_as:
        assert told == []
    else:
        actor, target = stage.user_id(case.caller), stage.user_id(case.acts_as)
        assert told == [("impersonate", actor, target, email(case.acts_as))]
        assert "ttl_" in new[0]["detail"]["token"]
        assert len(new[0]["detail"]["token"]) < 20, "the record must not hold the whole token"


def test_a_refused_request_is_in_the_audit_too(stage: Stage) -> None:
    made = stage.create(stage.client("creator"))
    before = len(audit_entries(stage.server.data, stage.near))
    headers = {HEADER: email("member")}
    refused = stage.client("admin service").get(f"{stage.conversations}/{made}/", headers=headers)
    assert (refused.status_code, refused.headers[EFFECTIVE]) == (403, email("member"))
    assert len(audit_entries(stage.server.data, stage.near)) == before + 1


def test_the_messages_of_an_impersonated_turn_are_the_targets(stage: Stage) -> None:
    made = stage.create(stage.client("creator"))
    path = f"{stage.conversations}/{made}/send_message_stream/"
    sent = stage.client("service").post(path, json={"message": "Hello"}, headers={HEADER: email("creator")})
    assert sent.status_code == 200
    asked = stage.get(stage.client("creator"), made)["chat_history"][0]
    assert (asked["role"], asked["user_id"]) == ("user", stage.user_id("creator"))


def test_a_project_made_known_by_impersonation_stays_the_only_one(stage: Stage) -> None:
    path = f"/projects/{stage.far}/playground-conversations/"
    headers = {HEADER: email("foreign admin")}
    assert stage.client("service").get(path, headers=headers).status_code == 403
    assert stage.client("admin service").get(path, headers=headers).status_code == 403


def test_no_token_means_no_impersonation(stage: Stage) -> None:
    for role in ("nobody", "revoked"):
        answer = stage.client(role).get(f"{stage.conversations}/", headers={HEADER: email("admin")})
        assert answer.status_code == 401
        assert EFFECTIVE not in answer.headers


def test_without_the_header_the_caller_is_named(stage: Stage) -> None:
    answer = stage.client("creator").get(f"{stage.conversations}/")
    assert answer.headers[EFFECTIVE] == email("creator")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_member_with_a_unicode_address_can_be_impersonated(stage: Stage, encoding: str) -> None:
    stage.server.command("user", "add", "zoë@nord.example.org", "--project", stage.near)
    headers = {HEADER: "Zoë@nord.example.org".encode(encoding)}
    made = stage.client("service").get(f"{stage.conversations}/all-tags/", headers=headers)
    assert (made.status_code, made.headers[EFFECTIVE]) == (200, "zo%C3%AB@nord.example.org")
