"""Request bodies that are not what an endpoint takes: refused in the documented shapes, and nothing is changed."""

import json
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from contract.client import Client
from contract.stage import Stage

FORM = "application/x-www-form-urlencoded"
UNREADABLE = {
    "cut off": b'{"name": "a"',
    "no JSON": b"name=a",
    "single quotes": b"{'name': 'a'}",
    "trailing comma": b'{"name": "a",}',
    "two values": b"{} {}",
    "not a number": b'{"name": NaN}',
    "bad UTF-8": b'{"name": "\xff\xfe"}',
    "cut UTF-8": b'{"name": "\xc3"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "lone surrogate": rb'{"name": "\ud800", "message": "\udfff", "key": "\ud800", "tag_values": ["\ud800"]}',
    "deep array": b"[" * 100_000,
    "closed deep array": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"name":' * 50_000 + b"1" + b"}" * 50_000,
    "deep unknown field": b'{"name": "a", "unknown":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "NUL outside": b'{"name": \x00"a"}',
}
NO_OBJECTS = [b"null", b"true", b"17", b'"text"', b'["a"]', b"[[]]"]
WRONG = [None, True, 1, 1.5, "", " ", "x" * 2000, [], ["a"], [1], [None], [["a"]], {}, {"a": 1}, 10**400]


class Endpoint(NamedTuple):
    """What takes a JSON object: the object it takes at least, and its other fields."""

    method: str
    path: str
    least: dict[str, Any]
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


ENDPOINTS = [
    Endpoint(
        "POST",
        "/playground-conversations/",
        {"agent_settings": "{agent}"},
        ("name", "type", "tags", "conversation_instructions"),
    ),
    Endpoint("PATCH", "/playground-conversations/{conversation}/", {}, ("name", "tags")),
    Endpoint("POST", "/playground-conversations/{conversation}/send_message_stream/", {"message": "Hello"}),
    Endpoint("POST", "/agent-settings/", {"name": "a"}),
    Endpoint(
        "PUT",
        "/agent-settings/{agent}/",
        {},
        (
            *("name", "description", "additional_instructions", "agent_conversation_starter", "model", "tools"),
            *("project_brief", "knowledge_graph_mode", "knowledge_graph_parameters", "tags_hierarchies_mode"),
            *("tags_hierarchies_parameters", "selected_workflows_mode", "selected_workflows", "agent_mode"),
        ),
    ),
    Endpoint("POST", "/documents/filter-by-tag/", {"tag_values": ["a"]}),
    Endpoint("POST", "/documents/filter-by-metadata/", {"metadata_values": ["a"]}),
    Endpoint("POST", "/documents/{document}/metadata-add/", {"key": "a", "value": "b"}),
    Endpoint("POST", "/documents/{document}/metadata-remove-pair/", {"key": "a", "value": "b"}),
    Endpoint("POST", "/documents/{document}/metadata-remove-key/", {"key": "a"}),
    Endpoint("POST", "/tools/", {"name": "a"}),
    Endpoint(
        "PUT",
        "/tools/{tool}/",
        {},
        (
            *("name", "description", "tool_type", "retrieval_mode", "retrieval_parameters", "document_mode"),
            *("document_parameters", "tags_included_mode", "tags_included_parameters", "tags_excluded_mode"),
            *("tags_excluded_parameters", "objects_included_parameters", "search_scope_extensions"),
        ),
    ),
    Endpoint("PATCH", "", {}, ("name", "business_brief", "default_llm_model", "max_fetchable_objects", "ontology")),
]
RUN = Endpoint("POST", "/tools/{readonly}/run/", {"query": "a"}, ("top_k",))


class Things(NamedTuple):
    """One of everything, in a project of their own, so that no other test meets what is tried on them."""

    project: str
    ids: dict[str, str]

    def address(self, endpoint: Endpoint) -> str:
        path = endpoint.path
        for name, found in self.ids.items():
            path = path.replace(f"{{{name}}}", found)
        return f"{self.project}{path}" if path else f"{self.project}/"

    def least(self, endpoint: Endpoint) -> dict[str, Any]:
        return {name: self.ids["agent"] if value == "{agent}" else value for name, value in endpoint.least.items()}


@pytest.fixture(scope="module")
def client(stage: Stage) -> Client:
    return stage.client("admin")


@pytest.fixture(scope="module")
def things(client: Client) -> Things:
    project = f"/projects/{client.post('/projects/', json={'name': 'Bodies'}).json()['id']}"
    agent = client.post(f"{project}/agent-settings/", json={"name": "a", "model": "scripted"}).json()["id"]
    sent = {"files": ("a.txt", b"text")}
    document = client.post(f"{project}/documents/bulk-upload/", files=sent, data={"skip_parsing": "true"}).json()
    ids = {
        "agent": agent,
        "document": document[0]["id"],
        "conversation": client.post(f"{project}/playground-conversations/", json={"agent_settings": agent}).json()[
            "id"
        ],
        "tool": client.post(f"{project}/tools/", json={"name": "a"}).json()["id"],
        "readonly": client.get(f"{project}/tools/").json()["results"][0]["id"],
    }
    return Things(project, ids)


def send(client: Client, things: Things, endpoint: Endpoint, body: bytes, kind: str = "application/json") -> Any:
    headers = {"Content-Type": kind} if kind else {}
    return client.request(endpoint.method, things.address(endpoint), data=body, headers=headers)


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, RUN], ids=str)
@pytest.mark.parametrize("body", UNREADABLE)
def test_what_is_no_json_is_refused(client: Client, things: Things, endpoint: Endpoint, body: str) -> None:
    answer = send(client, things, endpoint, UNREADABLE[body])
    assert answer.status_code == 400
    assert set(answer.json()) <= {"error", "error_type", "error_code", "status", "message"}


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, RUN], ids=str)
def test_what_is_no_object_is_refused(client: Client, things: Things, endpoint: Endpoint) -> None:
    for body in NO_OBJECTS:
        assert send(client, things, endpoint, body).status_code == 400, body


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
@pytest.mark.parametrize("body", [b"", b"{}", b"  \n", b'{"unknown": {"a": [1]}}'])
def test_what_is_missing_is_named(client: Client, things: Things, endpoint: Endpoint, body: bytes) -> None:
    answer = send(client, things, endpoint, body)
    if endpoint.least:
        expected = {name: ["This field is required."] for name in endpoint.least}
        assert (answer.status_code, answer.json()) == (400, expected)
    else:
        assert answer.status_code == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_a_value_of_a_wrong_type_is_taken_or_refused_by_its_name(
    client: Client, things: Things, endpoint: Endpoint
) -> None:
    for name in (*endpoint.least, *endpoint.others):
        for value in WRONG:
            body = json.dumps({**things.least(endpoint), name: value})
            answer = send(client, things, endpoint, body.encode())
            told = f"{name}={value!r:.40}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code in (200, 201, 400, 409), told
            # which tags or documents are meant is said in the parameters of a mode
            at_fault = name.replace("_mode", "_parameters")
            assert answer.status_code != 400 or list(answer.json()) in ([name], [at_fault]), told


@pytest.mark.parametrize(
    ("endpoint", "name", "value", "message"),
    [
        (0, "agent_settings", "nope", "Must be a valid UUID."),
        (0, "agent_settings", None, "This field may not be null."),
        (0, "agent_settings", ["a"], "Not a valid string."),
        (0, "tags", "a", 'Expected a list of items but got type "str".'),
        (0, "tags", {"a": 1}, 'Expected a list of items but got type "dict".'),
        (0, "tags", [["a"]], "Not a valid string."),
        (0, "name", {"a": 1}, "Not a valid string."),
        (0, "name", "x" * 256, "Ensure this field has no more than 255 characters."),
        (0, "conversation_instructions", [], "Not a valid string."),
        (1, "name", "", "This field may not be blank."),
        (1, "name", "  ", "This field may not be blank."),
        (2, "message", "", "This field may not be blank."),
        (2, "message", " \n\t ", "This field may not be blank."),
        (2, "message", None, "This field may not be null."),
        (2, "message", ["a"], "Not a valid string."),
        (4, "tools", "a", 'Expected a list of items but got type "str".'),
        (4, "tools", ["a"], "Must be a valid UUID."),
        (5, "tag_values", "a", 'Expected a list of items but got type "str".'),
        (5, "tag_values", None, "This field may not be null."),
        (9, "key", "", "This field may not be blank."),
    ],
)
def test_a_field_is_refused_in_words(
    client: Client, things: Things, endpoint: int, name: str, value: object, message: str
) -> None:
    asked = ENDPOINTS[endpoint]
    answer = send(client, things, asked, json.dumps({**things.least(asked), name: value}).encode())
    assert (answer.status_code, answer.json()) == (400, {name: [message]})


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_a_null_character_is_refused_wherever_it_stands(client: Client, things: Things, endpoint: Endpoint) -> None:
    for name in (*endpoint.least, *endpoint.others):
        for value in ("a\x00b", ["a\x00b"], {"a": {"b": ["\x00"]}}, {"\x00": 1}):
            answer = send(client, things, endpoint, json.dumps({**things.least(endpoint), name: value}).encode())
            assert (answer.status_code, list(answer.json())) == (400, [name]), value


@pytest.mark.parametrize("kind", ["application/json", "APPLICATION/JSON; charset=utf-8", "text/plain", "", FORM])
def test_json_is_read_whatever_it_is_called(client: Client, things: Things, kind: str) -> None:
    body = json.dumps(things.least(ENDPOINTS[0]) | {"name": "Ünï ﷽ 🦆"}, ensure_ascii=False).encode()
    answer = send(client, things, ENDPOINTS[0], body, kind)
    assert (answer.status_code, answer.json()["name"]) == (201, "Ünï ﷽ 🦆")


@pytest.mark.parametrize("kind", ["application/xml", "multipart/form-data; boundary=x", "image/png", "nonsense", "/"])
@pytest.mark.parametrize("endpoint", [*ENDPOINTS, RUN], ids=str)
def test_a_body_of_another_kind_is_refused(client: Client, things: Things, endpoint: Endpoint, kind: str) -> None:
    answer = send(client, things, endpoint, b"<a/>", kind)
    assert answer.status_code == 415


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, RUN], ids=str)
@pytest.mark.parametrize("is_chunked", [False, True], ids=["declared", "chunked"])
def test_a_body_over_the_limit_is_refused(
    client: Client, things: Things, endpoint: Endpoint, *, is_chunked: bool
) -> None:
    body = blanks(2 << 20) if is_chunked else b" " * (2 << 20)
    headers = {"Content-Type": "application/json"}
    answer = client.request(endpoint.method, things.address(endpoint), data=body, headers=headers)
    assert answer.status_code == 413


def test_a_body_is_refused_by_the_size_it_declares_before_it_is_sent(client: Client, things: Things) -> None:
    url = urlsplit(f"{client.prefix}{things.address(ENDPOINTS[0])}")
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=10) as connection:
        connection.sendall(
            f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: {client.headers['Authorization']!s}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {2 << 20}\r\n\r\n".encode()
        )
        assert b" 413 " in connection.recv(65536).partition(b"\r\n")[0]


def test_a_large_body_within_the_limit_is_read(client: Client, things: Things) -> None:
    body = json.dumps({**things.least(ENDPOINTS[0]), "unknown": "x" * 900_000})
    assert send(client, things, ENDPOINTS[0], body.encode()).status_code == 201


def test_a_message_over_the_limit_is_refused_and_not_kept(client: Client, things: Things) -> None:
    path = f"{things.project}/playground-conversations/"
    made = client.post(path, json=things.least(ENDPOINTS[0])).json()["id"]
    sent = client.post(f"{path}{made}/send_message_stream/", json={"message": "x" * 200_001})
    assert (sent.status_code, list(sent.json())) == (413, ["error"])
    assert client.get(f"{path}{made}/").json()["chat_history"] == []


@pytest.mark.parametrize("count", [101, 1000])
def test_a_conversation_has_a_hundred_tags_at_most(client: Client, things: Things, count: int) -> None:
    tags = [f"t{at}" for at in range(count)]
    for endpoint in ENDPOINTS[:2]:
        answer = send(client, things, endpoint, json.dumps({**things.least(endpoint), "tags": tags}).encode())
        assert (answer.status_code, list(answer.json())) == (400, ["tags"])
        answer = send(client, things, endpoint, json.dumps({**things.least(endpoint), "tags": tags[:100]}).encode())
        assert answer.json()["tags"] == tags[:100]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (["b", "a", "b"], ["b", "a"]),
        ([" a ", "", "  "], ["a"]),
        (["Ä", "ä", "🦆", "مرحبا"], ["Ä", "ä", "🦆", "مرحبا"]),
        ([1, 2.5], ["1", "2.5"]),
        (None, []),
    ],
)
def test_tags_are_kept_once_and_in_order(client: Client, things: Things, sent: object, kept: list[str]) -> None:
    body = json.dumps({**things.least(ENDPOINTS[0]), "tags": sent})
    assert send(client, things, ENDPOINTS[0], body.encode()).json()["tags"] == kept


def test_a_body_where_none_is_asked_for_does_no_harm(client: Client, things: Things) -> None:
    path = f"{things.project}/playground-conversations/"
    for body in UNREADABLE.values():
        made = client.post(path, json=things.least(ENDPOINTS[0])).json()["id"]
        for verb, status in (("share", 200), ("unshare", 200), ("cancel", 200), ("unarchive", 400)):
            assert client.post(f"{path}{made}/{verb}/", data=body).status_code == status
        assert client.request("DELETE", f"{path}{made}/", data=body).status_code == 204


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"", ""), (b"{}", "application/json"), (b"x", "multipart/form-data"), (b"x", "multipart/form-data; boundary=y")],
)
def test_an_upload_that_is_none_is_refused(client: Client, things: Things, content: bytes, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = client.post(f"{things.project}/documents/bulk-upload/", data=content, headers=headers)
    assert answer.status_code in (400, 415)
    assert set(answer.json()) == {"error"}


def test_an_upload_with_a_field_in_place_of_a_file_is_refused(client: Client, things: Things) -> None:
    path = f"{things.project}/documents/bulk-upload/"
    for fields in ({"files": (None, "text")}, {"other": ("a.txt", b"text")}):
        assert client.post(path, files=fields).json().keys() == {"error"}


def blanks(size: int) -> Iterator[bytes]:
    """A body that does not say its size."""
    piece = b" " * (64 << 10)
    for _ in range(size // len(piece)):
        yield piece
