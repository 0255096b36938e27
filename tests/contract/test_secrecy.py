"""Nobody learns what is not theirs: not by a list, a tag, a search, a count, a tool or the words of an error."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from contract.client import Client
from contract.scripts import say, script
from contract.stage import Stage
from live.server import wait_until

SECRET = "quetzalcoatlus"
STRANGERS = ("member", "service", "outsider", "foreign admin", "bound elsewhere", "nobody", "revoked")
INSIDERS = ("member", "service")


@pytest.fixture(scope="module")
def secret_id(stage: Stage) -> str:
    """A private conversation of the creator that says the secret in every place there is."""
    creator = stage.client("creator")
    made = stage.create(creator, name=f"{SECRET} name", tags=[f"{SECRET}-tag"], conversation_instructions=SECRET)
    stage.send(creator, made, script([say(f"The answer is {SECRET}.")]))
    return made


@pytest.fixture(scope="module")
def secret_chunk(stage: Stage) -> dict[str, Any]:
    """A passage of a document of the near project that says the secret."""
    admin = stage.client("admin")
    path = f"{stage.project}/documents/bulk-upload/"
    pairs = f'[[["tag", "{SECRET}"], ["{SECRET}", "x"]]]'
    sent = {"files": (f"{SECRET}.txt", f"The {SECRET} could fly.".encode())}
    document_id = admin.post(path, files=sent, data={"files_metadata": pairs}).json()[0]["id"]
    status = f"{stage.project}/documents/indexing-status/?document_ids={document_id}"
    wait_until(lambda: admin.get(status).json()[0]["status"] == "active", seconds=30)
    return _run(stage, admin, stage.near, "Search by words", {"query": SECRET}).json()[0]


def test_the_secret_is_there_for_those_it_belongs_to(stage: Stage, secret_id: str) -> None:
    for role in ("admin", "creator"):
        found = stage.client(role).get(f"{stage.conversations}/", params={"text": SECRET}).json()
        assert [each["id"] for each in found["results"]] == [secret_id], role
        assert f"{SECRET}-tag" in stage.client(role).get(f"{stage.conversations}/all-tags/").json()["tags"]


@pytest.mark.parametrize("role", STRANGERS)
@pytest.mark.parametrize(
    "query",
    [
        "",
        "?include_archived=true",
        "?limit=1000",
        f"?text={SECRET}",
        f"?text={SECRET.upper()}",
        f"?text={SECRET[:2]}",
        f"?tags={SECRET}-tag",
        f"?tags={SECRET}-tag,other",
        f"?tags=other&tags={SECRET}-tag&text={SECRET}",
        f"?offset=0&limit=1&text={SECRET}",
    ],
)
def test_a_list_shows_and_counts_nothing_of_others(stage: Stage, secret_id: str, role: str, query: str) -> None:
    answer = stage.client(role).get(f"{stage.conversations}/{query}")
    _assert_silent(answer, secret_id, asked=query)
    if role in INSIDERS:
        mine = {each["created_by"] for each in answer.json()["results"]}
        assert mine <= {stage.user_id(role)}
        if "text" in query or "tags" in query:
            assert answer.json() == {"count": 0, "next": None, "previous": None, "results": []}


@pytest.mark.parametrize("role", STRANGERS)
def test_all_tags_holds_no_tag_of_others(stage: Stage, secret_id: str, role: str) -> None:
    _assert_silent(stage.client(role).get(f"{stage.conversations}/all-tags/"), secret_id)


@pytest.mark.parametrize("role", STRANGERS)
def test_no_refusal_says_anything_of_what_is_refused(stage: Stage, secret_id: str, role: str) -> None:
    client = stage.client(role)
    for answer in _all_requests(stage, client, secret_id):
        assert answer.status_code in (401, 403), answer.request.url
        _assert_silent(answer, secret_id)


def test_sharing_shows_a_conversation_to_members_by_its_address_and_in_no_list(stage: Stage) -> None:
    creator, member = stage.client("creator"), stage.client("member")
    made = stage.create(creator, tags=["shared-only"])
    stage.send(creator, made, script([say("Shared words.")]))
    creator.post(f"{stage.conversations}/{made}/share/")
    assert stage.get(member, made)["id"] == made
    assert member.get(f"{stage.conversations}/", params={"text": "shared words"}).json()["count"] == 0
    assert "shared-only" not in member.get(f"{stage.conversations}/all-tags/").json()["tags"]
    listed = creator.get(f"{stage.conversations}/", params={"tags": "shared-only"}).json()["results"]
    assert [(each["id"], each["is_shared"]) for each in listed] == [(made, True)]
    creator.post(f"{stage.conversations}/{made}/unshare/")
    assert member.get(f"{stage.conversations}/{made}/").status_code == 403


def test_a_conversation_is_not_reached_through_another_project(stage: Stage, secret_id: str) -> None:
    outside = f"/projects/{stage.far}/playground-conversations"
    for role in ("foreign admin", "bound elsewhere"):
        for answer in _all_requests(stage, stage.client(role), secret_id, below=outside):
            assert answer.status_code == 404, answer.request.url
            assert answer.json() == {"error": "Not found."}


def test_agents_tools_and_documents_are_not_reached_through_another_project(
    stage: Stage, secret_chunk: dict[str, Any]
) -> None:
    admin, foreign = stage.client("admin"), stage.client("foreign admin")
    tool_id = admin.get(f"{stage.project}/tools/").json()["results"][0]["id"]
    document_id = secret_chunk["document_id"]
    far = f"/projects/{stage.far}"
    for path in (
        f"{far}/agent-settings/{stage.agent_id}/",
        f"{far}/tools/{tool_id}/",
        f"{far}/tools/{tool_id}/parameters/",
        f"{far}/documents/{document_id}/",
        f"{far}/documents/{document_id}/file/",
        f"{far}/documents/{document_id}/metadata-values/?key={SECRET}",
    ):
        assert foreign.get(path).json() == {"error": "Not found."}, path
    assert foreign.delete(f"{far}/documents/{document_id}/").status_code == 404
    assert foreign.put(f"{far}/agent-settings/{stage.agent_id}/", json={"name": "Mine"}).status_code == 404
    assert foreign.get(f"{far}/documents/indexing-status/?document_ids={document_id}").json() == []
    assert foreign.get(f"{far}/document-tags-by-document/?document_ids={document_id}").json() == {}
    for path in ("documents", "documents/get-without-file", "available-document-tags", "available-document-metadata"):
        assert SECRET not in foreign.get(f"{far}/{path}/").text, path
    for path, body in (("tag", {"tag_values": [SECRET]}), ("metadata", {"metadata_values": ["x", SECRET]})):
        assert foreign.post(f"{far}/documents/filter-by-{path}/", json=body).json()["count"] == 0


def test_a_conversation_cannot_be_made_with_an_agent_of_another_project(stage: Stage) -> None:
    path = f"/projects/{stage.far}/playground-conversations/"
    refused = stage.client("foreign admin").post(path, json={"agent_settings": stage.agent_id})
    assert (refused.status_code, list(refused.json())) == (400, ["agent_settings"])
    unknown = stage.client("foreign admin").post(path, json={"agent_settings": stage.near})
    assert unknown.text.replace(stage.near, "") == refused.text.replace(stage.agent_id, "")


def test_an_agent_cannot_have_a_tool_of_another_project(stage: Stage) -> None:
    tool_id = stage.client("admin").get(f"{stage.project}/tools/").json()["results"][0]["id"]
    path = f"/projects/{stage.far}/agent-settings/"
    refused = stage.client("foreign admin").post(path, json={"name": "Thief", "tools": [tool_id]})
    assert (refused.status_code, list(refused.json())) == (400, ["tools"])


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("Search documents", {"query": SECRET}),
        ("Search by words", {"query": SECRET, "top_k": 100}),
        ("Find documents", {"mode": "id", "document_ids": "{document_id}"}),
        ("Find documents", {"mode": "name", "document_name_search_string": SECRET}),
        ("Find documents", {"mode": "tag", "tag_list": SECRET}),
        ("Document outline", {"document_id": "{document_id}"}),
        ("Document outline", {"chunk_id": "{uuid}"}),
        ("Read passage", {"chunk_id": "{uuid}"}),
    ],
)
def test_no_tool_reaches_into_another_project(
    stage: Stage, secret_chunk: dict[str, Any], tool: str, arguments: dict[str, Any]
) -> None:
    asked = {
        name: secret_chunk[value[1:-1]] if str(value).startswith("{") else value for name, value in arguments.items()
    }
    here = _run(stage, stage.client("admin"), stage.near, tool, asked)
    assert (here.status_code, SECRET in here.text) == (200, True)
    there = _run(stage, stage.client("foreign admin"), stage.far, tool, asked)
    assert there.status_code in (200, 404)
    assert SECRET not in there.text.replace(repr(asked), "")


def test_the_page_of_a_passage_is_shown_to_nobody_without_a_credential_of_its_project(
    stage: Stage, secret_chunk: dict[str, Any]
) -> None:
    address = secret_chunk["reference_url"]
    for role in ("nobody", "outsider", "foreign admin", "bound elsewhere", "revoked"):
        credential = dict(stage.client(role).headers)
        answer = requests.get(address, headers=credential, timeout=30)
        assert SECRET not in answer.text.replace(address, ""), role


def _all_requests(
    stage: Stage, client: Client, conversation_id: str, *, below: str | None = None
) -> Iterator[requests.Response]:
    path = f"{below or stage.conversations}/{conversation_id}/"
    yield client.get(path)
    yield client.get(path, params={"include_archived": "true"})
    yield client.patch(path, json={"name": "Mine now"})
    yield client.delete(path)
    for verb in ("unarchive", "permanent_delete", "share", "unshare", "cancel"):
        yield client.post(f"{path}{verb}/")
    yield client.post(f"{path}send_message_stream/", json={"message": "Hello"})
    yield client.get(f"{path}stream/")
    yield client.get(f"{path}stream/?query_id=0", headers={"Last-Event-ID": "1.1"})


def _assert_silent(answer: requests.Response, conversation_id: str, *, asked: str = "") -> None:
    said = f"{answer.text} {dict(answer.headers)}"
    assert SECRET not in said, asked
    assert conversation_id not in said, asked


def _run(stage: Stage, client: Client, project_id: str, tool: str, arguments: dict[str, Any]) -> requests.Response:
    tools = client.get(f"/projects/{project_id}/tools/").json()["results"]
    tool_id = next(each["id"] for each in tools if each["name"] == tool)
    return client.post(f"/projects/{project_id}/tools/{tool_id}/run/", json=arguments)
