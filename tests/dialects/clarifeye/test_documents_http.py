"""Documents and tools over a real socket."""

import json
import uuid
from typing import Any

import pytest
import requests

from dialects.clarifeye.conftest import Callers
from dialects.clarifeye.validated import TIMEOUT_S, Api
from live.server import wait_until

DOCUMENTS = "/documents/"
UPLOAD = f"{DOCUMENTS}bulk-upload/"
TWO_AUTHORS = [["author", "Alice"], ["author", "Bob"]]
METADATA: list[tuple[list[Any], list[Any]]] = [
    ([TWO_AUTHORS, []], [TWO_AUTHORS, []]),
    ([TWO_AUTHORS], [[], []]),
    ([], [[], []]),
]


def upload(api: Api, *files: tuple[str, bytes], **fields: str) -> list[dict[str, Any]]:
    answer = api.post(UPLOAD, files=[("files", file) for file in files], data=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def status(api: Api, *ids: str) -> list[str]:
    rows = api.get(f"{DOCUMENTS}indexing-status/", params={"document_ids": ",".join(ids)}).json()
    return [row["status"] for row in rows]


def test_uploaded_files_are_found_searched_and_gone_again(callers: Callers) -> None:
    word = f"zyx{uuid.uuid4().hex[:8]}"
    one, two = upload(
        callers.admin, ("one.md", f"# Rule\n\nThe {word} closes at noon.".encode()), ("zwei ü.txt", b"Nothing here.")
    )
    assert (one["name"], one["status"], one["source"]) == ("one.md", "active", "upload")
    assert two["name"] == "zwei ü.txt"
    wait_until(lambda: status(callers.admin, one["id"], two["id"]) == ["active", "active"])
    path = f"{DOCUMENTS}{one['id']}/"
    found = callers.creator.get(path).json()
    assert (found["indexing_status"], found["indexing_error"], found["file_size"]) == ("active", None, one["file_size"])
    original = requests.get(
        one["file"], headers={"Authorization": f"Bearer {callers.creator.token}"}, timeout=TIMEOUT_S
    )
    assert original.content.decode().endswith(f"The {word} closes at noon.")
    assert original.headers["content-disposition"].startswith("attachment")
    assert original.headers["x-content-type-options"] == "nosniff"
    assert requests.get(one["file"], timeout=TIMEOUT_S).status_code == 401
    [hit] = search(callers.creator, word)
    assert (hit["document_id"], hit["name"]) == (one["id"], "one.md")
    assert callers.creator.call("DELETE", path).status_code == 403
    for each in (one, two):
        assert callers.admin.call("DELETE", f"{DOCUMENTS}{each['id']}/").status_code == 204
    assert callers.admin.get(path).status_code == 404
    assert callers.admin.get(f"{path}file/").status_code == 404
    assert search(callers.creator, word) == []
    assert status(callers.admin, one["id"]) == ["deleted"]


def search(api: Api, query: str) -> list[dict[str, Any]]:
    tools = api.get("/tools/?tool_type=retrieval").json()["results"]
    words = next(tool for tool in tools if tool["retrieval_parameters"]["mode"] == "full_text")
    return api.post(f"/tools/{words['id']}/run/", json={"query": query}).json()


def test_an_upload_needs_a_file_and_a_writer(callers: Callers) -> None:
    assert callers.admin.post(UPLOAD).status_code == 400
    assert callers.admin.post(UPLOAD, files=[("other", ("a.txt", b"x"))]).status_code == 400
    assert callers.admin.post(UPLOAD, json={"files": []}).status_code == 400
    assert callers.creator.post(UPLOAD, files=[("files", ("a.txt", b"x"))]).status_code == 403
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert callers.admin.post(UPLOAD, data=b"--x\r\nnonsense", headers=broken).status_code == 400


@pytest.mark.parametrize(("metadata", "kept"), METADATA)
def test_metadata_of_the_wrong_length_is_ignored(callers: Callers, metadata: object, kept: object) -> None:
    made = upload(
        callers.admin,
        ("a.txt", b"a"),
        ("b.txt", b"b"),
        files_metadata=json.dumps(metadata),
        skip_parsing="true",
    )
    assert [each["metadata"] for each in made] == kept
    assert status(callers.admin, made[0]["id"]) == ["created"]


@pytest.mark.parametrize("metadata", ["{", "[1, 2", '["x"]', '[[["a"]]]', '[[["a", "\\u0000"]]]'])
def test_metadata_that_cannot_be_read_is_refused(callers: Callers, metadata: str) -> None:
    answer = callers.admin.post(
        UPLOAD, files=[("files", ("a.txt", b"a"))], data={"files_metadata": metadata, "skip_parsing": "true"}
    )
    assert (answer.status_code, list(answer.json())) == (400, ["files_metadata"])


def test_metadata_is_added_found_and_removed(callers: Callers) -> None:
    [one] = upload(callers.admin, ("m.txt", b"m"), skip_parsing="true")
    path, value = f"{DOCUMENTS}{one['id']}/", f"V {uuid.uuid4().hex}"
    assert callers.admin.post(f"{path}metadata-add/", json={"key": "k", "value": value}).status_code == 200
    added = callers.admin.post(f"{path}metadata-add/", json=[["tag", "Blue"], {"key": "k", "value": "w"}]).json()
    assert added["metadata"] == [["k", value], ["tag", "Blue"], ["k", "w"]]
    assert callers.creator.get(f"{path}metadata-values/?key=k").json() == {"key": "k", "values": [value, "w"]}
    assert callers.creator.get(f"{path}metadata-values/").status_code == 400
    by_value = callers.creator.post(f"{DOCUMENTS}filter-by-metadata/", json={"metadata_values": [value.upper()]})
    assert [each["id"] for each in by_value.json()["results"]] == [one["id"]]
    by_tag = callers.creator.post(f"{DOCUMENTS}filter-by-tag/", json={"tag_values": ["none", "bLUE"]}).json()
    assert one["id"] in [each["id"] for each in by_tag["results"]]
    assert value in callers.creator.get("/available-document-metadata/").json()["k"]
    assert "Blue" in callers.creator.get("/available-document-tags/").json()["tag"]
    tags = callers.creator.get(f"/document-tags-by-document/?document_ids={one['id']}").json()
    assert tags == {one["id"]: {"tags": [{"tag_name": "tag", "tag_value": "Blue", "origin": []}]}}
    removed = callers.admin.post(f"{path}metadata-remove-pair/", json={"key": "k", "value": "w"}).json()
    assert (removed["removed"], removed["document"]["metadata"]) == (True, [["k", value], ["tag", "Blue"]])
    assert not callers.admin.post(f"{path}metadata-remove-pair/", json={"key": "k", "value": "w"}).json()["removed"]
    assert callers.admin.post(f"{path}metadata-remove-key/", json={"key": "k"}).json()["removed_count"] == 1
    assert callers.creator.post(f"{path}metadata-add/", json={"key": "k", "value": "v"}).status_code == 403
    for body in ({}, {"key": "k"}, "x", [["k"]], {"key": "", "value": "v"}):
        assert callers.admin.post(f"{path}metadata-add/", json=body).status_code == 400


@pytest.mark.parametrize("path", ["filter-by-tag/", "filter-by-metadata/"])
@pytest.mark.parametrize("body", [{}, {"tag_values": "a", "metadata_values": "a"}, []])
def test_a_filter_without_its_list_is_refused(callers: Callers, path: str, body: object) -> None:
    assert callers.creator.post(f"{DOCUMENTS}{path}", json=body).status_code == 400


def test_lists_of_documents_are_pages(callers: Callers) -> None:
    [one] = upload(callers.admin, (f"{uuid.uuid4().hex}.txt", b"p"), skip_parsing="true")
    found = callers.creator.get(DOCUMENTS, params={"search": one["name"].upper()[:20], "status": "active"}).json()
    assert [each["id"] for each in found["results"]] == [one["id"]]
    light = callers.creator.get(f"{DOCUMENTS}get-without-file/?page_size=100000").json()
    assert light["count"] == len(light["results"])
    assert "file" not in light["results"][0]
    assert callers.creator.get(f"{DOCUMENTS}?limit=1").json()["next"]


def test_the_tools_of_a_project_describe_themselves(callers: Callers) -> None:
    tools = callers.creator.get("/tools/").json()["results"]
    assert {"retrieval", "document_retrieval", "get_document_outline", "get_chunk"} == {
        tool["tool_type"] for tool in tools
    }
    for tool in tools:
        parameters = callers.creator.get(f"/tools/{tool['id']}/parameters/").json()
        assert parameters
        assert callers.creator.get(f"/tools/{tool['id']}/").json() == tool


def test_every_kind_of_tool_runs(callers: Callers) -> None:
    tools = {tool["tool_type"]: tool["id"] for tool in callers.creator.get("/tools/").json()["results"]}

    def run(kind: str, **arguments: object) -> list[dict[str, Any]]:
        answer = callers.creator.post(f"/tools/{tools[kind]}/run/", json=arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    hits = run("retrieval", query="deposit", top_k=3)
    assert 0 < len(hits) <= 3
    assert hits[0]["reference_url"] == (
        f"{callers.creator.url}/{callers.creator.project_id}/reference/{hits[0]['uuid']}"
    )
    assert requests.get(hits[0]["reference_url"], timeout=TIMEOUT_S).status_code in (200, 401)
    documents = run("document_retrieval", mode="list_document_names")
    assert all(each["type"] == "document" for each in documents)
    [outline] = run("get_document_outline", document_id=hits[0]["document_id"])
    assert hits[0]["uuid"] in [chunk["chunk_id"] for chunk in outline["chunks"]]
    [passage] = run("get_chunk", chunk_id=hits[0]["uuid"], max_chars=20)
    assert passage["content_window"]["offset"] == 0
    assert len(passage["content"]) <= 20


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{}", 400, "INVALID_QUERY"),
        (b"{", 400, "INVALID_INPUT"),
        (b"[]", 400, "INVALID_INPUT"),
        (b'{"query": {}}', 400, "INVALID_QUERY"),
        (b'{"query": "a\\u0000"}', 400, "INVALID_INPUT"),
    ],
)
def test_what_goes_wrong_in_a_tool_is_a_tool_error(callers: Callers, body: bytes, status: int, code: str) -> None:
    [tool, *_] = callers.creator.get("/tools/?tool_type=retrieval").json()["results"]
    answer = callers.creator.post(f"/tools/{tool['id']}/run/", data=body)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_a_tool_that_is_not_there_is_a_tool_error_and_a_stranger_is_not(callers: Callers) -> None:
    missing = callers.creator.post(f"/tools/{uuid.uuid4()}/run/", json={})
    assert (missing.status_code, missing.json()["error_code"]) == (404, "NOT_FOUND")
    stranger = callers.nobody.post(f"/tools/{uuid.uuid4()}/run/", json={})
    assert (stranger.status_code, list(stranger.json())) == (401, ["error"])


def test_a_tool_is_made_changed_and_unmade_by_an_admin(callers: Callers) -> None:
    sent = {
        "name": "Prices only",
        "description": "",
        "retrieval_mode": "semantic-chunks",
        "retrieval_parameters": {"mode": "full_text", "n_objects": 3, "rerank": True},
        "tags_included_mode": "include_all",
    }
    assert callers.creator.post("/tools/", json=sent).status_code == 403
    made = callers.admin.post("/tools/", json=sent)
    assert made.status_code == 201
    tool = made.json()
    assert {name: tool[name] for name in sent} == sent
    assert (tool["tool_type"], tool["category"], tool["readonly"]) == ("retrieval", "local", False)
    assert len(callers.creator.post(f"/tools/{tool['id']}/run/", json={"query": "the"}).json()) <= 3
    changed = callers.admin.call("PUT", f"/tools/{tool['id']}/", json={"name": "Prices", "description": "Looks."})
    assert (changed.json()["name"], changed.json()["retrieval_parameters"]) == ("Prices", sent["retrieval_parameters"])
    assert callers.admin.call("DELETE", f"/tools/{tool['id']}/").status_code == 204
    assert callers.admin.get(f"/tools/{tool['id']}/").status_code == 404
    assert callers.admin.post("/tools/", json={"name": "Sums", "tool_type": "math"}).status_code == 400


def test_a_readonly_tool_is_changed_by_nobody(callers: Callers) -> None:
    [tool, *_] = callers.admin.get("/tools/").json()["results"]
    assert callers.admin.call("PUT", f"/tools/{tool['id']}/", json={"name": "Mine"}).status_code == 403
    assert callers.admin.call("DELETE", f"/tools/{tool['id']}/").status_code == 403
