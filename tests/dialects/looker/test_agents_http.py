"""Agents through their whole life, with everything nested in them."""

from typing import Any, cast

import lkml
import pytest

from dialects.looker.conftest import ADMIN, OUTSIDER, PUPIL, Stand
from dialects.looker.validated import CUSTOMERS, SALES, Json, error_of, faults_of
from tertulia.core.ids import new_id

WORKFLOW: Json = {
    "primary_agent": None,
    "polling_frequency_cron": "0 7 * * 1-5",
    "destination": {"type": "email", "parameters": '{"to": ["till@corner.example"]}'},
}


def test_an_agent_is_created_with_every_field(stand: Stand) -> None:
    made = stand.admin.agent(
        name="Cashier",
        description="Knows the till",
        category="conversation",
        sources=[SALES, CUSTOMERS],
        context={"instructions": "Be brief.", "show_debug": True},
        code_interpreter=True,
        workflow_params=WORKFLOW,
        persists_chat=True,
    )
    stand.admin.document.check_whole("Agent", made)
    assert made == {
        "can": {"show": True, "update": True, "destroy": True, "chat": True},
        "id": made["id"],
        "created_by_user_id": stand.ids[ADMIN],
        "created_by_name": ADMIN,
        "created_by_first_name": "head",
        "created_by_last_name": "",
        "created_by_avatar_url": None,
        "name": "Cashier",
        "description": "Knows the till",
        "category": "conversation",
        "sources": [SALES, CUSTOMERS],
        "has_inaccessible_source": False,
        "golden_queries": [],
        "golden_query_ids": [],
        "context": {"instructions": "Be brief.", "show_analytical_details": False, "show_debug": True},
        "deleted": False,
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
        "content_metadata_id": made["id"],
        "code_interpreter": True,
        "studio_agent_id": None,
        "workflow_params": WORKFLOW,
        "is_lookml": False,
        "lookml_agent_id": None,
        "lookml_edit_uri": None,
        "persists_chat": True,
    }
    assert stand.admin.found(f"/agents/{made['id']}") == made


def test_an_agent_is_no_workflow_of_its_own(stand: Stand) -> None:
    made = stand.admin.agent()
    refused = stand.admin.patch(f"/agents/{made['id']}", {"workflow_params": {"primary_agent": made["id"]}})
    assert "another agent" in faults_of(refused)["workflow_params.primary_agent"]


def test_a_source_that_is_not_open_to_the_caller_is_told(stand: Stand) -> None:
    made = stand.admin.agent(sources=[SALES, {"model": "thelook", "explore": "products"}])
    assert made["has_inaccessible_source"] is True


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"description": "", "sources": [SALES]}, "name"),
        ({"name": "x", "sources": [SALES]}, "description"),
        ({"name": "x", "description": ""}, "sources"),
        ({"name": "x", "description": "", "sources": []}, "sources"),
        ({"name": "", "description": "", "sources": [SALES]}, "name"),
        ({"name": " ", "description": "", "sources": [SALES]}, "name"),
        ({"name": "x" * 256, "description": "", "sources": [SALES]}, "name"),
        ({"name": "x", "description": "", "sources": [SALES] * 6}, "sources"),
        ({"name": "x", "description": "", "sources": [SALES], "golden_query_ids": [999_999]}, "golden_query_ids"),
        ({"name": "x", "description": "", "sources": [SALES], "golden_query_ids": ["x"]}, "golden_query_ids[0]"),
        ({"name": "x", "description": "", "sources": [SALES], "golden_query_ids": [2**70]}, "golden_query_ids[0]"),
        ({"name": "x", "description": "", "sources": [SALES], "context": "text"}, "context"),
        ({"name": "x", "description": "", "sources": [SALES], "created_by_user_id": "0"}, "created_by_user_id"),
    ],
)
def test_an_agent_that_cannot_be_is_refused_field_by_field(stand: Stand, body: Json, fault: str) -> None:
    assert fault in faults_of(stand.admin.post("/agents", body))


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"polling_frequency_cron": "whenever"}, "polling_frequency_cron"),
        ({"polling_frequency_cron": "61 * * * *"}, "polling_frequency_cron"),
        ({"polling_frequency_cron": "* * * * * *"}, "polling_frequency_cron"),
        ({"polling_frequency_cron": "* " * 10_000}, "polling_frequency_cron"),
        ({"destination": {"type": "pigeon"}}, "destination.type"),
        ({"destination": {"type": "email", "parameters": "{"}}, "destination.parameters"),
        ({"primary_agent": "nobody"}, "primary_agent"),
        ({"primary_agent": new_id()}, "primary_agent"),
        ("often", ""),
    ],
)
def test_a_workflow_that_cannot_be_is_refused(stand: Stand, given: Any, fault: str) -> None:
    body = {"name": "x", "description": "", "sources": [SALES], "workflow_params": given}
    wanted = f"workflow_params.{fault}" if fault else "workflow_params"
    assert list(faults_of(stand.admin.post("/agents", body))) == [wanted]


def test_what_is_not_named_stays_in_nested_settings_too(stand: Stand) -> None:
    made = stand.admin.agent(context={"instructions": "Be brief.", "show_debug": True}, workflow_params=WORKFLOW)
    primary = stand.admin.agent()
    path = f"/agents/{made['id']}"
    given: Json = {
        "context": {"show_analytical_details": True},
        "workflow_params": {"primary_agent": primary["id"], "destination": {"parameters": {"to": []}}},
    }
    changed = stand.admin.patch(path, given).json()
    assert changed["context"] == {"instructions": "Be brief.", "show_analytical_details": True, "show_debug": True}
    assert changed["workflow_params"] == {
        "primary_agent": primary["id"],
        "polling_frequency_cron": "0 7 * * 1-5",
        "destination": {"type": "email", "parameters": '{"to":[]}'},
    }
    emptied = stand.admin.patch(path, {"context": None, "workflow_params": None, "category": None}).json()
    assert emptied["context"] == {"instructions": "", "show_analytical_details": False, "show_debug": False}
    assert emptied["workflow_params"] is None
    assert emptied["name"] == made["name"]


def test_what_was_never_said_of_a_workflow_is_left_out(stand: Stand) -> None:
    made = stand.admin.agent(workflow_params={"polling_frequency_cron": "5 4 * * *"})
    assert made["workflow_params"] == {
        "primary_agent": None,
        "polling_frequency_cron": "5 4 * * *",
        "destination": {},
    }


def test_an_agent_given_back_as_it_was_shown_stays_as_it_is(stand: Stand) -> None:
    made = stand.admin.agent(workflow_params=WORKFLOW, category="dashboard")
    answer = stand.admin.patch(f"/agents/{made['id']}", made)
    assert answer.status_code == 200, answer.text
    assert {**answer.json(), "updated_at": ""} == {**made, "updated_at": ""}


def test_another_member_may_be_named_as_its_maker_and_a_stranger_not(stand: Stand) -> None:
    made = stand.admin.agent(created_by_user_id=stand.ids[PUPIL])
    assert (made["created_by_user_id"], made["created_by_name"]) == (stand.ids[PUPIL], PUPIL)
    told = faults_of(stand.admin.patch(f"/agents/{made['id']}", {"created_by_user_id": stand.ids[OUTSIDER]}))
    assert list(told) == ["created_by_user_id"]


def test_deleting_softly_takes_out_of_use_and_brings_back(stand: Stand) -> None:
    made = stand.admin.agent(name="On leave")
    path = f"/agents/{made['id']}"
    gone = stand.admin.patch(path, {"deleted": True}).json()
    assert (gone["deleted"], gone["can"]["chat"]) == (True, False)
    assert stand.admin.found(path)["deleted"] is True
    assert stand.pupil.found("/agents/search", params={"id": made["id"]}) == []
    [hidden] = stand.pupil.found("/agents/search", params={"id": made["id"], "deleted": "true"})
    assert hidden["deleted"] is True
    assert "agent_id" in faults_of(stand.pupil.post("/conversations", {"name": "x", "agent_id": made["id"]}))
    back = stand.admin.patch(path, {"deleted": False, "name": "Back"}).json()
    assert (back["deleted"], back["name"]) == (False, "Back")


def test_deleting_removes_for_good_and_all_or_none(stand: Stand) -> None:
    ids = [stand.admin.agent()["id"] for _ in range(2)]
    missing = new_id()
    assert missing in error_of(stand.admin.delete("/agents", params={"id": f"{ids[0]},{missing}"}), 404)["message"]
    answer = stand.admin.delete("/agents", params={"id": ",".join(ids)})
    assert (answer.status_code, answer.content) == (204, b"")
    for each in ids:
        error_of(stand.admin.get(f"/agents/{each}"), 404)
        error_of(stand.admin.patch(f"/agents/{each}", {"deleted": False}), 404)


def test_members_read_agents_and_only_admins_write_them(stand: Stand) -> None:
    made = stand.admin.agent()
    path = f"/agents/{made['id']}"
    assert stand.pupil.found(path)["can"] == {"show": True, "update": False, "destroy": False, "chat": True}
    error_of(stand.pupil.post("/agents", {"name": "x", "description": "", "sources": [SALES]}), 403)
    error_of(stand.pupil.patch(path, {"name": "Mine"}), 403)
    error_of(stand.pupil.delete("/agents", params={"id": made["id"]}), 403)


def test_the_agent_every_project_begins_with_is_shown_and_stays(stand: Stand) -> None:
    [found] = stand.admin.found("/agents/search", params={"name": "Default agent"})
    assert found["can"] == {"show": True, "update": False, "destroy": False, "chat": True}
    assert (found["sources"], "created_by_user_id" in found) == ([], False)
    error_of(stand.admin.patch(f"/agents/{found['id']}", {"name": "Mine"}), 403)
    error_of(stand.admin.delete("/agents", params={"id": found["id"]}), 403)


def test_another_projects_agent_is_not_there(stand: Stand) -> None:
    made = stand.admin.agent()
    for method, sent in (("GET", None), ("PATCH", {"name": "Mine"})):
        error_of(stand.outsider.call(method, f"/agents/{made['id']}", json=sent), 404)
    error_of(stand.outsider.delete("/agents", params={"id": made["id"]}), 404)
    error_of(stand.outsider.get(f"/agents/lookml/{made['id']}"), 404)


def test_an_agent_is_told_as_lookml_that_reads_back(stand: Stand) -> None:
    made = stand.admin.agent(
        name='The "Till" agent',
        description="Says\nwhat sold } # no comment",
        context={"instructions": 'Quote "exactly".', "show_analytical_details": True},
        code_interpreter=True,
    )
    told = stand.pupil.found(f"/agents/lookml/{made['id']}")
    assert told["agent_id"] == made["id"]
    assert told["lookml"].startswith("# explore: shop/order_items\nagent: the_till_agent {\n")
    parsed = cast("dict[str, Json]", lkml.load(told["lookml"]))  # pyright: ignore[reportUnknownMemberType] - untyped
    block = parsed["agent"]
    assert block["name"] == "the_till_agent"
    assert block["is_dashboard_agent"] == "no"
    assert block["advanced_analytics"] == "yes"
    assert block["show_thinking"] == "yes"
    assert block["description"] == "Says\nwhat sold } # no comment"


@pytest.mark.parametrize("unknown", ["search", "7", "a%2Fb%20c", "lookml", "%00"])
def test_an_agent_that_is_not_there_is_not_found(stand: Stand, unknown: str) -> None:
    error_of(stand.admin.get(f"/agents/lookml/{unknown}"), 404)
    error_of(stand.admin.patch(f"/agents/{unknown}", {"name": "x"}), 404)
