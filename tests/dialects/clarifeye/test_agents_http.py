"""Agents and projects over a real socket."""

import uuid
from typing import Any

import pytest

from dialects.clarifeye.conftest import Callers

AGENTS = "/agent-settings/"
RESERVED = {"base_url", "token", "warehouse_id", "agent_settings_id"}
VENDORS: dict[str, Any] = {
    "name": "Job listing",
    "description": "",
    "agent_conversation_starter": "",
    "additional_instructions": "Just use the search tools",
    "model": "gpt-4o",
    "project_brief": False,
    "knowledge_graph_mode": "do_not_inject",
    "knowledge_graph_parameters": [{"name": "x"}],
    "tags_hierarchies_mode": "inject_all",
    "tags_hierarchies_parameters": [],
    "selected_workflows_mode": "do_not_use_workflow",
    "selected_workflows": [],
}


def test_a_project_begins_with_a_readonly_agent(callers: Callers) -> None:
    found = callers.creator.get(f"{AGENTS}{callers.default_agent_id}/").json()
    assert found["readonly"]
    assert found["created_by"] is None
    assert not RESERVED & set(found)
    for method in ("PUT", "PATCH", "DELETE"):
        answer = callers.admin.call(method, f"{AGENTS}{callers.default_agent_id}/", json={"name": "Mine"})
        assert answer.status_code == 403


def test_an_agent_gives_back_what_it_was_given(callers: Callers) -> None:
    tools = [tool["id"] for tool in callers.admin.get("/tools/").json()["results"][:2]]
    made = callers.admin.post(AGENTS, json={**VENDORS, "tools": tools, "token": "x", "project": "y"})
    assert made.status_code == 201
    value = made.json()
    assert {name: value[name] for name in VENDORS} == VENDORS
    assert (value["tools"], value["readonly"], value["local_documents"]) == (tools, False, [])
    assert not RESERVED & set(value)
    assert callers.creator.get(f"{AGENTS}{value['id']}").json() == value


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_leaves_out_what_was_not_sent(callers: Callers, method: str) -> None:
    made = callers.admin.post(AGENTS, json=VENDORS).json()
    sent = {"description": "New", "knowledge_graph_parameters": {"depth": 2}, "project_brief": "A brief."}
    changed = callers.admin.call(method, f"{AGENTS}{made['id']}/", json=sent)
    assert changed.status_code == 200
    value = changed.json()
    assert value.pop("updated_at") > made.pop("updated_at")
    assert value == {**made, **sent}
    assert callers.admin.get(AGENTS).json()["results"][0]["id"] == made["id"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x", "tools": [str(uuid.uuid4())]}, "tools"),
        ({"name": "x", "tools": "all"}, "tools"),
        ({"name": "x", "knowledge_graph_parameters": "none"}, "knowledge_graph_parameters"),
        ({"name": "x\x00"}, "name"),
    ],
)
def test_what_is_wrong_is_told_by_its_field(callers: Callers, sent: dict[str, Any], field: str) -> None:
    answer = callers.admin.post(AGENTS, json=sent)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_only_admins_write_agents(callers: Callers) -> None:
    assert callers.creator.post(AGENTS, json=VENDORS).status_code == 403
    assert callers.creator.call("PUT", f"{AGENTS}{callers.agent_id}/", json=VENDORS).status_code == 403
    assert callers.creator.call("DELETE", f"{AGENTS}{callers.agent_id}/").status_code == 403


def test_the_conversations_of_a_deleted_agent_stay(callers: Callers) -> None:
    made = callers.admin.post(AGENTS, json={"name": "Short-lived"}).json()
    conversation = callers.creator.create(made["id"])
    assert callers.admin.get(f"{AGENTS}{made['id']}/").json()["last_conversation_date"]
    assert callers.admin.call("DELETE", f"{AGENTS}{made['id']}/").status_code == 204
    assert callers.admin.get(f"{AGENTS}{made['id']}/").status_code == 404
    found = callers.creator.get(f"/playground-conversations/{conversation}/")
    assert found.status_code == 200


def test_a_caller_sees_the_projects_its_credential_opens(callers: Callers) -> None:
    found = callers.creator.get("/projects/", whole=True).json()["results"]
    assert [project["id"] for project in found] == [callers.creator.project_id]
    assert not {"base_url", "token"} & set(found[0])
    assert callers.creator.get("/").json() == found[0]


def test_projects_are_changed_by_admins_and_keep_what_was_set(callers: Callers) -> None:
    before = callers.admin.get("/").json()
    assert callers.creator.call("PATCH", "/", json={"name": "Mine"}).status_code == 403
    sent = {"max_fetchable_objects": 7, "ontology": {"a": [1]}, "unheard_of": 1}
    value = callers.admin.call("PATCH", "/", json=sent).json()
    assert (value["max_fetchable_objects"], value["ontology"], value["name"]) == (7, {"a": [1]}, before["name"])
    assert "unheard_of" not in value
    assert callers.admin.call("PATCH", "/", json={"name": ""}).status_code == 400


def test_a_project_is_made_and_unmade_by_an_admin_of_everything(callers: Callers) -> None:
    body = {"name": "New one", "business_brief": "For trying out."}
    assert callers.creator.post("/projects/", whole=True, json=body).status_code == 403
    made = callers.admin.post("/projects/", whole=True, json=body)
    assert made.status_code == 201
    project = made.json()
    assert (project["name"], project["business_brief"]) == ("New one", "For trying out.")
    path = f"/projects/{project['id']}/"
    agents = callers.admin.get(f"{path}agent-settings/", whole=True).json()
    assert [agent["readonly"] for agent in agents["results"]] == [True]
    assert callers.creator.get(path, whole=True).status_code == 403
    assert callers.admin.call("DELETE", path, whole=True).status_code == 204
    assert callers.admin.get(path, whole=True).status_code == 404
