"""Who may do what: every endpoint of the OpenAPI document, for everybody, in every state of a conversation."""

from typing import Any, NamedTuple

import pytest
import requests

from contract.client import Client
from contract.promise import Endpoint
from contract.stage import FAR, Stage

# `outside`: a member of another project; `foreign`: its admin; `bound`: an admin of both whose token opens only the other
# one; `nobody`: no token, or a revoked one. State is the conversation's; "-" where there is none.
COLUMNS = {
    "admin": ("admin",),
    "creator": ("creator",),
    "member": ("member",),
    "outside": ("outsider",),
    "foreign": ("foreign admin",),
    "bound": ("bound elsewhere",),
    "nobody": ("nobody", "revoked"),
}
TABLE = """
                                                                     admin creator member outside foreign bound nobody
GET    /playground-conversations/                          -         200   200     200    403     403     403   401
POST   /playground-conversations/                          -         201   201     201    403     403     403   401
GET    /playground-conversations/all-tags/                 -         200   200     200    403     403     403   401
GET    /playground-conversations/{conversation_id}/        private   200   200     403    403     403     403   401
GET    /playground-conversations/{conversation_id}/        shared    200   200     200    403     403     403   401
GET    /playground-conversations/{conversation_id}/        archived  404   404     403    403     403     403   401
PATCH  /playground-conversations/{conversation_id}/        private   200   200     403    403     403     403   401
PATCH  /playground-conversations/{conversation_id}/        shared    200   200     403    403     403     403   401
PATCH  /playground-conversations/{conversation_id}/        archived  404   404     403    403     403     403   401
DELETE /playground-conversations/{conversation_id}/        private   204   204     403    403     403     403   401
DELETE /playground-conversations/{conversation_id}/        shared    204   204     403    403     403     403   401
DELETE /playground-conversations/{conversation_id}/        archived  404   404     403    403     403     403   401
POST   /playground-conversations/{conversation_id}/unarchive/           private   400 400 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/unarchive/           shared    400 400 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/unarchive/           archived  204 204 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/permanent_delete/    private   400 403 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/permanent_delete/    shared    400 403 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/permanent_delete/    archived  204 403 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/share/               private   200 200 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/share/               shared    400 400 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/share/               archived  404 404 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/unshare/             private   400 400 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/unshare/             shared    200 200 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/unshare/             archived  404 404 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/send_message_stream/ private   200 200 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/send_message_stream/ shared    200 200 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/send_message_stream/ archived  404 404 403 403 403 403 401
GET    /playground-conversations/{conversation_id}/stream/              private   200 200 403 403 403 403 401
GET    /playground-conversations/{conversation_id}/stream/              shared    200 200 200 403 403 403 401
GET    /playground-conversations/{conversation_id}/stream/              archived  404 404 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/cancel/              private   200 200 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/cancel/              shared    200 200 403 403 403 403 401
POST   /playground-conversations/{conversation_id}/cancel/              archived  200 200 403 403 403 403 401
GET    /documents/                                         -         200   200     200    403     403     403   401
POST   /documents/bulk-upload/                             -         201   403     403    403     403     403   401
GET    /documents/get-without-file/                        -         200   200     200    403     403     403   401
POST   /documents/filter-by-tag/                           -         200   200     200    403     403     403   401
POST   /documents/filter-by-metadata/                      -         200   200     200    403     403     403   401
GET    /documents/indexing-status/                         -         200   200     200    403     403     403   401
GET    /documents/{document_id}/                           -         200   200     200    403     403     403   401
DELETE /documents/{document_id}/                           -         204   403     403    403     403     403   401
GET    /documents/{document_id}/file/                      -         200   200     200    403     403     403   401
POST   /documents/{document_id}/metadata-add/              -         200   403     403    403     403     403   401
POST   /documents/{document_id}/metadata-remove-pair/      -         200   403     403    403     403     403   401
POST   /documents/{document_id}/metadata-remove-key/       -         200   403     403    403     403     403   401
GET    /documents/{document_id}/metadata-values/           -         200   200     200    403     403     403   401
GET    /available-document-tags/                           -         200   200     200    403     403     403   401
GET    /available-document-metadata/                       -         200   200     200    403     403     403   401
GET    /document-tags-by-document/                         -         200   200     200    403     403     403   401
GET    /agent-settings/                                    -         200   200     200    403     403     403   401
POST   /agent-settings/                                    -         201   403     403    403     403     403   401
GET    /agent-settings/{agent_settings_id}/                -         200   200     200    403     403     403   401
PUT    /agent-settings/{agent_settings_id}/                -         200   403     403    403     403     403   401
PATCH  /agent-settings/{agent_settings_id}/                -         200   403     403    403     403     403   401
DELETE /agent-settings/{agent_settings_id}/                -         204   403     403    403     403     403   401
GET    /tools/                                             -         200   200     200    403     403     403   401
POST   /tools/                                             -         201   403     403    403     403     403   401
GET    /tools/{tool_id}/                                   -         200   200     200    403     403     403   401
PUT    /tools/{tool_id}/                                   -         200   403     403    403     403     403   401
DELETE /tools/{tool_id}/                                   -         204   403     403    403     403     403   401
GET    /tools/{tool_id}/parameters/                        -         200   200     200    403     403     403   401
POST   /tools/{tool_id}/run/                               -         200   200     200    403     403     403   401
GET    /usage/                                             -         200   200     200    403     403     403   401
GET    /                                                   -         200   200     200    403     403     403   401
PATCH  /                                                   -         200   403     403    403     403     403   401
DELETE /                                                   -         204   403     403    403     403     403   401
GET    (projects)                                          -         200   200     200    200     200     200   401
POST   (projects)                                          -         201   403     403    403     201     403   401
"""
BODIES: dict[str, Any] = {
    "POST /playground-conversations/": {"agent_settings": "{scripted_agent}"},
    "PATCH /playground-conversations/{conversation_id}/": {"name": "Renamed"},
    "POST /playground-conversations/{conversation_id}/send_message_stream/": {"message": "Hello"},
    "POST /documents/filter-by-tag/": {"tag_values": ["a"]},
    "POST /documents/filter-by-metadata/": {"metadata_values": ["a"]},
    "POST /documents/{document_id}/metadata-add/": {"key": "a", "value": "b"},
    "POST /documents/{document_id}/metadata-remove-pair/": {"key": "a", "value": "b"},
    "POST /documents/{document_id}/metadata-remove-key/": {"key": "a"},
    "POST /agent-settings/": {"name": "New"},
    "PUT /agent-settings/{agent_settings_id}/": {"name": "Renamed"},
    "PATCH /agent-settings/{agent_settings_id}/": {"name": "Renamed"},
    "POST /tools/": {"name": "New"},
    "PUT /tools/{tool_id}/": {"name": "Renamed"},
    "POST /tools/{tool_id}/run/": {"query": "a"},
    "PATCH /": {"business_brief": "Changed"},
    "POST (projects)": {"name": "New"},
}
QUERIES = {"GET /documents/{document_id}/metadata-values/": {"key": "a"}}


class Row(NamedTuple):
    """What an endpoint answers to whom, in one state of the conversation."""

    method: str
    path: str
    state: str
    statuses: dict[str, int]

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def endpoint(self) -> Endpoint:
        below = "/projects/" if self.path == "(projects)" else f"/projects/{{project_id}}{self.path}"
        return Endpoint(self.method, below)

    def __str__(self) -> str:
        return f"{self.key} {self.state}"


def read(table: str) -> list[Row]:
    rows: list[Row] = []
    for line in table.strip().splitlines()[1:]:
        method, path, state, *statuses = line.split()
        rows.append(Row(method, path, state, dict(zip(COLUMNS, map(int, statuses), strict=True))))
    return rows


ROWS = read(TABLE)


class Play:
    """One request on things that nobody has touched before."""

    def __init__(self, stage: Stage, row: Row) -> None:
        self._stage = stage
        self._row = row
        self._admin = stage.client("admin")
        self.conversation_id = self._conversation() if "{conversation_id}" in row.path else ""

    def ask(self, client: Client, *, spare_project: bool = False, slash: str = "/") -> requests.Response:
        row, stage = self._row, self._stage
        project = stage.project
        if spare_project:
            project = f"/projects/{self._admin.post('/projects/', json={'name': 'Spare'}).json()['id']}"
        path = "/projects/" if row.path == "(projects)" else f"{project}{self._filled()}"
        path = f"{path.rstrip('/')}{slash}"
        if row.path == "/documents/bulk-upload/":
            return client.post(path, files={"files": ("a.txt", b"text")}, data={"skip_parsing": "true"})
        body = BODIES.get(row.key)
        if row.key == "POST /playground-conversations/":
            body = {"agent_settings": stage.agent_id}
        return client.request(row.method, path, json=body, params=QUERIES.get(row.key))

    def _filled(self) -> str:
        path = self._row.path
        makers = {"{document_id}": self._document, "{agent_settings_id}": self._agent, "{tool_id}": self._tool}
        for hole, make in makers.items():
            if hole in path:
                path = path.replace(hole, make())
        return path.replace("{conversation_id}", self.conversation_id)

    def _conversation(self) -> str:
        stage, creator = self._stage, self._stage.client("creator")
        made = stage.create(creator)
        if "/stream/" in self._row.path:
            stage.send(creator, made, "Hello")
        match self._row.state:
            case "shared":
                assert creator.post(f"{stage.conversations}/{made}/share/").status_code == 200
            case "archived":
                assert creator.delete(f"{stage.conversations}/{made}/").status_code == 204
            case _:
                pass
        return made

    def _document(self) -> str:
        path = f"{self._stage.project}/documents/bulk-upload/"
        sent = {"files": ("a.txt", b"text")}
        return self._admin.post(path, files=sent, data={"skip_parsing": "true"}).json()[0]["id"]

    def _agent(self) -> str:
        return self._admin.post(f"{self._stage.project}/agent-settings/", json={"name": "Mine"}).json()["id"]

    def _tool(self) -> str:
        return self._admin.post(f"{self._stage.project}/tools/", json={"name": "Mine"}).json()["id"]


def test_the_table_names_every_endpoint_that_is_served_and_no_other(stage: Stage) -> None:
    assert sorted({row.endpoint for row in ROWS}) == sorted(stage.promise.endpoints)


def test_the_table_names_every_conversation_endpoint_in_every_state() -> None:
    states = {
        key: sorted(row.state for row in ROWS if row.key == key)
        for key in {row.key for row in ROWS if "{conv" in row.path}
    }
    assert set(map(tuple, states.values())) == {("archived", "private", "shared")}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_an_endpoint_answers_everybody_as_the_table_says(stage: Stage, row: Row) -> None:
    answered: dict[str, int] = {}
    for column, roles in COLUMNS.items():
        for role in roles:
            play = Play(stage, row)
            before = stage.get(stage.client("admin"), play.conversation_id) if play.conversation_id else None
            is_lethal = row.key == "DELETE /" and row.statuses[column] == 204
            status = play.ask(stage.client(role), spare_project=is_lethal).status_code
            answered[role] = status
            if before and status >= 400:
                assert stage.get(stage.client("admin"), play.conversation_id) == before, role
    assert answered == {role: row.statuses[column] for column, roles in COLUMNS.items() for role in roles}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_path_without_its_slash_is_served_as_its_twin(stage: Stage, row: Row) -> None:
    answer = Play(stage, row).ask(stage.client("admin"), spare_project=row.key == "DELETE /", slash="")
    assert answer.status_code == row.statuses["admin"]


@pytest.mark.parametrize("role", ["admin", "creator"])
def test_an_archived_conversation_is_read_by_who_asks_for_archived_ones(stage: Stage, role: str) -> None:
    creator = stage.client("creator")
    path = f"{stage.conversations}/{stage.create(creator)}/"
    creator.post(f"{path}share/")
    creator.delete(path)
    answer = stage.client(role).get(path, params={"include_archived": "true"})
    assert (answer.status_code, answer.json()["is_archived"]) == (200, True)


@pytest.mark.parametrize(("role", "can"), [("admin", True), ("creator", True), ("member", False)])
def test_can_send_messages_says_what_sending_would_answer(stage: Stage, role: str, *, can: bool) -> None:
    creator = stage.client("creator")
    made = stage.create(creator)
    creator.post(f"{stage.conversations}/{made}/share/")
    assert stage.get(stage.client(role), made)["can_send_messages"] is can
    assert (stage.send(stage.client(role), made, "Hello").status_code == 200) is can


@pytest.mark.parametrize(
    ("role", "status", "text"),
    [
        ("nobody", 401, "Authentication credentials were not provided."),
        ("member", 403, "You do not have permission to perform this action."),
        ("outsider", 403, "You do not have permission to perform this action."),
    ],
)
def test_a_refusal_has_the_documented_words(stage: Stage, role: str, status: int, text: str) -> None:
    made = stage.create(stage.client("creator"))
    answer = stage.client(role).get(f"{stage.conversations}/{made}/")
    assert (answer.status_code, answer.json()) == (status, {"error": text})


def test_an_unknown_project_is_not_found_by_those_who_are_known(stage: Stage) -> None:
    path = "/projects/01890000-0000-7000-8000-000000000000/playground-conversations/"
    known = [stage.client(role).get(path) for role in ("admin", "outsider", "bound elsewhere")]
    assert [(each.status_code, each.json()) for each in known] == [(404, {"error": "Not found."})] * 3
    assert stage.client("nobody").get(path).status_code == 401


@pytest.mark.parametrize(
    "header",
    ["", "Token", "Token ", "Basic abc", "Token nonsense", "ttl_no-scheme", "Token a b", "Bearer é", "Token  \t"],
)
def test_a_credential_that_opens_nothing_is_refused_as_if_it_were_not_there(stage: Stage, header: str) -> None:
    client = stage.client("nobody")
    answer = client.get(f"{stage.conversations}/", headers={"Authorization": header.encode()})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token", "BEARER"])
def test_both_schemes_open_the_same_door(stage: Stage, scheme: str) -> None:
    assert stage.client("creator", scheme=scheme).get(f"{stage.conversations}/").status_code == 200


@pytest.mark.parametrize("role", ["admin", "creator", "outsider", "bound elsewhere"])
def test_the_project_list_shows_only_what_the_token_opens(stage: Stage, role: str) -> None:
    listed = {each["id"] for each in stage.client(role).get("/projects/").json()["results"]}
    is_near = role in ("admin", "creator")
    assert (stage.near in listed, stage.far in listed) == (is_near, not is_near), FAR


def test_a_conversation_is_made_by_whoever_asked(stage: Stage) -> None:
    for role in ("admin", "creator", "member"):
        client = stage.client(role)
        assert stage.get(client, stage.create(client))["created_by"] == stage.user_id(role)
