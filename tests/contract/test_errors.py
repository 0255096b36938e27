"""Requests that lead nowhere: unknown paths, wrong methods, ids that are none, windows beyond the end. Always JSON."""

import pytest
import requests

from contract.promise import METHODS, PREFIX, Endpoint
from contract.stage import Stage

NOT_FOUND = {"error": "Not found."}
NO_IDS = [
    "nope",
    "0",
    "-1",
    "%00",
    "%20",
    "%2e%2e",
    "%F0%9F%A6%86",
    "%FF%FE",
    "null",
    "{id}",
    "'%20OR%201=1",
    "01890000-0000-7000-8000-00000000000g",
    "01890000-0000-7000-8000-0000000000001",
    "x" * 4000,
]
NOWHERE = "01890000-0000-7000-8000-000000000000"


def plain(stage: Stage, method: str, path: str, *, role: str) -> requests.Response:
    """Below the server's root; with the credential of somebody."""
    client = stage.client(role)
    return client.request(method, f"{stage.server.url}{path}")


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/nope/",
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nope",
        "/api/v1/nope/",
        "/api/v2/projects/",
        "/projects/",
        "/api/v1/projects/{project}/nope/",
        "/api/v1/projects/{project}/playground-conversations/a/b/c/",
        "/api/v1//projects/",
        "/api/v1/projects//",
        "/api/v1/PROJECTS/",
        "/api/v1/projects/{project}/playground-conversations/{nowhere}/send_message_stream/x/",
        "/api/v1/projects/{project}/playground_conversations/",
        "/api/v1/docs",
        "/api/v1/redoc",
        "/docs",
        "/openapi.json",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("role", ["admin", "nobody"])
def test_an_unknown_route_is_not_found(stage: Stage, path: str, method: str, role: str) -> None:
    asked = path.replace("{project}", stage.near).replace("{nowhere}", NOWHERE)
    answer = plain(stage, method, asked, role=role)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_a_method_that_a_path_does_not_have_is_refused_naming_those_it_has(stage: Stage) -> None:
    client = stage.client("admin")
    for template in {endpoint.path for endpoint in stage.promise.endpoints}:
        path = filled(stage, template)
        methods = {method.upper() for method in stage.promise.operations(path)}
        for method in {*(each.upper() for each in METHODS), "OPTIONS", "TRACE", "PROPFIND"} - methods:
            answer = client.request(method, path)
            assert answer.status_code == 405, f"{method} {path}"
            assert answer.json() == {"error": f'Method "{method}" not allowed.'}
            allowed = {each.strip() for each in answer.headers["Allow"].split(",")}
            assert allowed == methods | ({"HEAD"} if "GET" in methods else set()), f"{method} {path}"


def test_the_head_of_an_answer_is_the_answer_without_its_body(stage: Stage) -> None:
    client = stage.client("creator")
    made = stage.create(client)
    for path in (
        f"{stage.conversations}/",
        f"{stage.conversations}/{made}/",
        f"{stage.conversations}/{NOWHERE}/",
        f"{stage.project}/tools/",
        "/projects/",
    ):
        whole, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (whole.status_code, b""), path
        assert head.headers["Content-Type"] == whole.headers["Content-Type"]
        assert head.headers["Content-Length"] == whole.headers["Content-Length"]


def test_an_id_that_is_none_names_nothing(stage: Stage) -> None:
    client = stage.client("admin")
    for endpoint in stage.promise.endpoints:
        if endpoint.path.count("{") < 2:
            continue
        for no_id in NO_IDS:
            answer = asked_with(stage, client, endpoint, no_id)
            assert answer.status_code == 404, f"{endpoint}: {no_id}"


@pytest.mark.parametrize("no_id", NO_IDS)
def test_a_project_id_that_is_none_names_nothing(stage: Stage, no_id: str) -> None:
    path = f"/projects/{no_id}/playground-conversations/"
    assert stage.client("admin").get(path).json() == NOT_FOUND
    assert stage.client("nobody").get(path).status_code == 401


def test_an_id_is_read_in_capitals_too(stage: Stage) -> None:
    client = stage.client("creator")
    made = stage.create(client)
    for form in (made.upper(), made.capitalize()):
        assert client.get(f"{stage.conversations}/{form}/").json()["id"] == made
    assert client.get(f"/projects/{stage.near.upper()}/playground-conversations/{made}/").status_code == 200


@pytest.mark.parametrize(
    ("query", "limit", "offset"),
    [
        ("limit=0", 1, 0),
        ("limit=-5", 1, 0),
        ("limit=5000", 1000, 0),
        (f"limit={10**30}", 1000, 0),
        ("limit=abc&offset=abc", 100, 0),
        ("limit=&offset=", 100, 0),
        ("limit=1.5&offset=1e3", 100, 0),
        ("limit=%00", 100, 0),
        ("limit=1&limit=2", 2, 0),
        ("offset=-7", 100, 0),
        (f"limit=1&offset={10**30}", 1, 2**31 - 1),
        ("limit=2&offset=3&page_size=100000&unknown=%FF", 2, 3),
    ],
)
@pytest.mark.parametrize(
    "path", ["playground-conversations/", "documents/", "documents/get-without-file/", "tools/", "agent-settings/"]
)
def test_a_window_is_moved_into_its_range(stage: Stage, path: str, query: str, limit: int, offset: int) -> None:
    client = stage.client("admin")
    whole = client.get(f"{stage.project}/{path}?limit=1000").json()
    page = client.get(f"{stage.project}/{path}?{query}").json()
    assert page["count"] == whole["count"]
    assert page["results"] == whole["results"][offset : offset + limit]
    assert (page["next"] is not None) == (offset + limit < whole["count"])
    assert (page["previous"] is not None) == (offset > 0)


@pytest.mark.parametrize("slash", ["/", ""])
def test_pages_lead_through_the_whole_list_and_back_with_their_filters(stage: Stage, slash: str) -> None:
    client = stage.client("member")
    tag = f"paged {slash}&=é#?"
    made = [stage.create(client, tags=[tag]) for _ in range(5)]
    stage.create(client)
    asked = {"tags": tag, "limit": "2", "unknown": "kept"}
    seen: list[str] = []
    url, last = f"{stage.conversations}{slash}", ""
    page = client.get(url, params=asked).json()
    while True:
        assert page["count"] == 5
        seen += [each["id"] for each in page["results"]]
        if page["next"] is None:
            last = page["previous"]
            break
        assert page["next"].startswith(f"{stage.server.url}{PREFIX}{stage.conversations}{slash}?")
        assert "unknown=kept" in page["next"]
        page = client.get(page["next"]).json()
    assert seen == made[::-1]
    assert [each["id"] for each in client.get(last).json()["results"]] == seen[2:4]


@pytest.mark.parametrize(
    "query",
    ["text=%00", "tags=%00", "tags=a,%00", "text=a&text=%00"],
)
def test_a_null_character_in_a_filter_is_refused_by_the_name_of_the_filter(stage: Stage, query: str) -> None:
    answer = stage.client("creator").get(f"{stage.conversations}/?{query}")
    assert (answer.status_code, list(answer.json())) == (400, [query.rpartition("=")[0].rpartition("&")[2]])


@pytest.mark.parametrize(
    "query",
    [
        "text=%FF%FE",
        "text=%ED%A0%80",
        "text=%25",
        "text=_",
        "text='",
        'text="',
        "text=*",
        "text=(",
        "text=a%20OR%20b",
        "text=" + "x" * 20_000,
        "tags=,,,",
        "no_tags=maybe",
        "include_archived=1",
        "tags=" + ",".join(f"t{at}" for at in range(1000)),
        "&".join(f"tags=t{at}" for at in range(1000)),
        "&&&==&",
    ],
)
def test_a_strange_filter_finds_nothing_strange(stage: Stage, query: str) -> None:
    answer = stage.client("outsider").get(f"/projects/{stage.far}/playground-conversations/?{query}")
    assert (answer.status_code, answer.json()["results"]) == (200, [])


@pytest.mark.parametrize("query_id", ["abc", "-1", "1.5", "٣", "1" * 400, "%00", "0x1"])
def test_a_turn_that_is_no_number_is_refused_by_its_name(stage: Stage, query_id: str) -> None:
    client = stage.client("creator")
    made = stage.create(client)
    answer = client.get(f"{stage.conversations}/{made}/stream/?query_id={query_id}")
    assert (answer.status_code, list(answer.json())) == (400, ["query_id"])


def test_a_turn_that_is_not_there_is_not_found(stage: Stage) -> None:
    client = stage.client("creator")
    made = stage.create(client)
    for query in ("", "?query_id=0", "?query_id=9999999999"):
        assert client.get(f"{stage.conversations}/{made}/stream/{query}").json() == NOT_FOUND


def test_an_error_carries_the_id_the_caller_gave_the_request(stage: Stage) -> None:
    client = stage.client("creator")
    answer = client.get(f"{stage.conversations}/{NOWHERE}/", headers={"X-Request-Id": "trace-42"})
    assert answer.headers["X-Request-Id"] == "trace-42"
    for bad in (b"x" * 200, b"a b", "é".encode(), b"<script>"):
        answer = client.get(f"{stage.conversations}/{NOWHERE}/", headers={"X-Request-Id": bad})
        assert answer.headers["X-Request-Id"].encode() != bad


def filled(stage: Stage, template: str) -> str:
    """A path of the near project to things that do not exist."""
    path = template.replace("{project_id}", stage.near)
    for hole in ("{conversation_id}", "{document_id}", "{agent_settings_id}", "{tool_id}"):
        path = path.replace(hole, NOWHERE)
    return path


def asked_with(stage: Stage, client: requests.Session, endpoint: Endpoint, no_id: str) -> requests.Response:
    path = filled(stage, endpoint.path).replace(NOWHERE, no_id)
    body = {"name": "a", "message": "a", "key": "a", "value": "b", "query": "a"}
    return client.request(endpoint.method, path, json=None if endpoint.method == "GET" else body, params={"key": "a"})
