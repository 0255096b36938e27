"""Searches: wildcards, lists, nulls, order, pages, and what they never show."""

from typing import Any

import pytest

from dialects.looker.conftest import ADMIN, DEPUTY, OTHER, Stand
from dialects.looker.validated import CUSTOMERS, Api, Json, error_of

NAMES = ["Sales 2024", "sales 2025", "Returns 100%", "Returns 100x", "Snow_White", "SnowXWhite", "Ärger"]


@pytest.fixture(scope="module")
def filled(stand: Stand) -> dict[str, Json]:
    """Conversations of one member by name, every other with an agent."""
    agent = stand.admin.agent(name="Searcher")
    made: dict[str, Json] = {}
    for at, name in enumerate(NAMES):
        fields: dict[str, Any] = {"agent_id": agent["id"]} if at % 2 else {"category": "dashboard"}
        made[name] = stand.other.conversation(name=name, **fields)
    return made


def names(caller: Api, **params: object) -> list[str]:
    return [each["name"] for each in caller.found("/conversations/search", params=params)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("Sales 2024", {"Sales 2024"}),
        ("SALES 2024", {"Sales 2024"}),
        ("Sales", set[str]()),
        ("sales%", {"Sales 2024", "sales 2025"}),
        ("%2025", {"sales 2025"}),
        ("%100_", {"Returns 100%", "Returns 100x"}),
        ("Snow_White", {"Snow_White", "SnowXWhite"}),
        ("ÄRGER", {"Ärger"}),
        ("%", set(NAMES)),
        ("NOT NULL", set(NAMES)),
        ("IS NULL", set[str]()),
        ("[sS]ales%", set[str]()),
        ("\\", set[str]()),
        ("'", set[str]()),
    ],
)
def test_names_are_matched_as_a_whole_with_wildcards(
    stand: Stand, filled: dict[str, Json], pattern: str, expected: set[str]
) -> None:
    assert set(names(stand.other, name=pattern, limit=100)) == expected


@pytest.mark.parametrize(
    ("said", "has_agent"), [("null", False), ("not null", True), ("IS NULL", False), ("Not Null", True)]
)
def test_agents_are_asked_for_by_null_and_not_null(
    stand: Stand,
    filled: dict[str, Json],
    said: str,
    has_agent: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    expected = {name for name, made in filled.items() if (made["agent_id"] is not None) is has_agent}
    assert set(names(stand.other, agent_id=said)) == expected


def test_agents_and_conversations_are_asked_for_by_id(stand: Stand, filled: dict[str, Json]) -> None:
    agent_id = filled["sales 2025"]["agent_id"]
    assert set(names(stand.other, agent_id=f"x,{agent_id}")) == {n for n in filled if filled[n]["agent_id"]}
    wanted = f"{filled['Ärger']['id']},nothing, {filled['Sales 2024']['id']}"
    assert set(names(stand.other, id=wanted)) == {"Ärger", "Sales 2024"}
    assert names(stand.other, id="5") == []


def test_categories_are_asked_for_by_list(stand: Stand, filled: dict[str, Json]) -> None:
    expected = {name for name in filled if filled[name]["category"] == "dashboard"}
    assert set(names(stand.other, category="conversation,dashboard")) == expected


def test_what_has_no_category_is_asked_for_by_null(stand: Stand, filled: dict[str, Json]) -> None:
    dashboards = {name for name in filled if filled[name]["category"] == "dashboard"}
    others = set(filled) - dashboards
    assert {filled[name]["category"] for name in others} == {None}
    assert set(names(stand.other, category="NULL")) == others
    assert set(names(stand.other, category="not null")) == dashboards
    assert set(names(stand.other, category="dashboard,IS NULL")) == set(filled)


def test_agents_without_a_category_or_a_person_behind_them_are_asked_for_by_null(stand: Stand) -> None:
    bare, made = stand.admin.agent(name="Bare"), stand.admin.agent(name="Kind", category="conversation")
    first = stand.admin.found("/agents/search", params={"created_by_user_id": "null"})
    assert first
    assert {each.get("created_by_user_id") for each in first} == {None}
    owned = {each["id"] for each in stand.admin.found("/agents/search", params={"created_by_user_id": "NOT NULL"})}
    assert {bare["id"], made["id"]} <= owned
    assert not owned & {each["id"] for each in first}
    turned = {"created_by_user_id": "null", "not_owned_by": "true"}
    assert {each["id"] for each in stand.admin.found("/agents/search", params=turned)} == owned
    kinds = {each["id"]: each for each in stand.admin.found("/agents/search", params={"category": "null"})}
    assert bare["id"] in kinds
    assert made["id"] not in kinds


def test_messages_that_were_not_asked_for_are_null_and_not_an_empty_list(stand: Stand, filled: dict[str, Json]) -> None:
    [plain] = stand.other.found("/conversations/search", params={"name": "Ärger"})
    assert plain["messages"] is None
    [asked] = stand.other.found("/conversations/search", params={"name": "Ärger", "fields": "id,messages"})
    assert asked == {"id": filled["Ärger"]["id"], "messages": []}


def test_conditions_hold_together_or_any_of_them(stand: Stand, filled: dict[str, Json]) -> None:
    assert names(stand.other, name="Sales%", agent_id="not null") == ["sales 2025"]
    either = set(names(stand.other, name="Ärger", agent_id="not null", filter_or="true"))
    assert either == {"Ärger", *(name for name in filled if filled[name]["agent_id"])}


def test_results_come_in_the_order_asked_for(stand: Stand, filled: dict[str, Json]) -> None:
    assert names(stand.other, sorts="created_at") == NAMES
    assert names(stand.other, sorts="created_at desc") == NAMES[::-1]
    grouped = stand.other.found("/conversations/search", params={"sorts": "category desc,created_at asc"})
    kinds = [each["category"] for each in grouped]
    assert kinds == sorted(kinds, key=lambda kind: kind is None) or kinds == sorted(kinds, key=lambda kind: kind or "")


@pytest.mark.parametrize("sorts", ["colour", "name sideways", "name desc desc", "id;drop", "messages"])
def test_an_order_that_there_is_not_is_refused(stand: Stand, filled: dict[str, Json], sorts: str) -> None:
    assert "sorts" in error_of(stand.other.get("/conversations/search", params={"sorts": sorts}), 400)["message"]


def test_pages_join_to_the_whole(stand: Stand, filled: dict[str, Json]) -> None:
    pages = [names(stand.other, sorts="created_at", limit=3, offset=at) for at in range(0, 9, 3)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [name for page in pages for name in page] == NAMES
    assert names(stand.other, limit=0) == []
    assert names(stand.other, offset=2**53) == []


@pytest.mark.parametrize(
    "query", ["limit=-1", "limit=x", "offset=-1", "offset=9" + "9" * 30, "deleted=perhaps", "filter_or=2", "fields=a(b"]
)
def test_a_parameter_that_does_not_read_is_named(stand: Stand, query: str) -> None:
    told = error_of(stand.other.get(f"/conversations/search?{query}"), 400)
    assert query.partition("=")[0] in told["message"]


@pytest.mark.parametrize(("name", "value"), [("name", "x" * 1_001), ("id", ",".join(map(str, range(1_001))))])
def test_what_is_asked_has_its_bounds(stand: Stand, name: str, value: str) -> None:
    for path in ("/conversations/search", "/agents/search"):
        assert name in error_of(stand.other.get(path, params={name: value}), 400)["message"]


def test_a_limit_beyond_all_bounds_is_cut(stand: Stand, filled: dict[str, Json]) -> None:
    assert len(names(stand.other, limit=10**15)) == len(NAMES)


def test_nobody_finds_the_conversations_of_others(stand: Stand, filled: dict[str, Json]) -> None:
    wanted = ",".join(each["id"] for each in filled.values())
    assert names(stand.admin, id=wanted) == []
    assert names(stand.outsider, id=wanted) == []


def test_messages_come_where_they_are_asked_for(stand: Stand, filled: dict[str, Json]) -> None:
    made = filled["Ärger"]
    sent = {"messages": [{"type": "user", "message": {"userMessage": {"text": "Why?"}}}]}
    kept = stand.other.made(f"/conversations/{made['id']}/messages", sent)
    params = {"id": made["id"], "fields": "name,messages(id,type),conversation_agent(name)"}
    assert stand.other.found("/conversations/search", params=params) == [
        {"name": "Ärger", "messages": [{"id": kept[0]["id"], "type": "user"}], "conversation_agent": None}
    ]
    [whole] = stand.other.found("/conversations/search", params={"id": made["id"]})
    stand.other.document.check_whole("Conversation", whole)


def test_with_their_messages_come_fifty_conversations_at_most(stand: Stand) -> None:
    for _ in range(51):
        stand.pupil.conversation(name="Heavy")
    params = {"name": "Heavy", "sorts": "created_at", "limit": 60}
    assert len(stand.pupil.found("/conversations/search", params={**params, "fields": "id"})) == 51
    page = stand.pupil.found("/conversations/search", params={**params, "fields": "id,messages(id)"})
    assert (len(page), page[0]["messages"]) == (50, [])
    rest = stand.pupil.found("/conversations/search", params={**params, "fields": "id,messages", "offset": 50})
    assert len({each["id"] for each in [*page, *rest]}) == 51


@pytest.mark.parametrize("path", ["/conversations/search?agent_id", "/agents/search?primary_agent_id"])
def test_null_and_not_null_are_not_asked_for_together(stand: Stand, path: str) -> None:
    told = error_of(stand.other.get(f"{path}=null,not null"), 400)["message"]
    assert path.partition("?")[2] in told


def agent_names(caller: Api, **params: object) -> set[str]:
    return {each["name"] for each in caller.found("/agents/search", params=params)}


@pytest.fixture(scope="module")
def agents(stand: Stand) -> dict[str, Json]:
    primary = stand.admin.agent(name="Zebra one", description="Asks about stripes", category="conversation")
    return {
        "Zebra one": primary,
        "Zebra two": stand.admin.agent(
            name="Zebra two",
            description="",
            category="dashboard",
            sources=[CUSTOMERS],
            created_by_user_id=stand.ids[DEPUTY],
        ),
        "Zebra flow": stand.admin.agent(
            name="Zebra flow",
            description="Runs by itself",
            workflow_params={"primary_agent": primary["id"], "polling_frequency_cron": "0 * * * *"},
        ),
    }


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"name": "zebra%"}, {"Zebra one", "Zebra two", "Zebra flow"}),
        ({"description": "%stripes"}, {"Zebra one"}),
        ({"name": "zebra%", "description": "IS NULL"}, {"Zebra two"}),
        ({"name": "zebra%", "category": "dashboard"}, {"Zebra two"}),
        ({"name": "zebra%", "primary_agent_id": "not null"}, {"Zebra flow"}),
        ({"name": "zebra%", "primary_agent_id": "null"}, {"Zebra one", "Zebra two"}),
        ({"name": "Zebra one", "description": "Runs%", "filter_or": "true"}, {"Zebra one", "Zebra flow"}),
        ({"name": "zebra%", "deleted": "true"}, set[str]()),
        ({"name": "zebra%", "id": "x"}, set[str]()),
        ({"name": "zebra%", "created_by_user_id": "x"}, set[str]()),
    ],
)
def test_agents_are_found(stand: Stand, agents: dict[str, Json], params: dict[str, str], expected: set[str]) -> None:
    assert agent_names(stand.pupil, **params) == expected


def test_agents_are_found_by_who_made_them(stand: Stand, agents: dict[str, Json]) -> None:
    deputy, admin = stand.ids[DEPUTY], stand.ids[ADMIN]
    assert agent_names(stand.pupil, name="zebra%", created_by_user_id=deputy) == {"Zebra two"}
    assert agent_names(stand.pupil, name="zebra%", created_by_user_id=f"{deputy},{admin}") == set(agents)
    others = agent_names(stand.pupil, name="zebra%", created_by_user_id=deputy, not_owned_by="true")
    assert others == {"Zebra one", "Zebra flow"}


def test_workflows_are_found_by_their_agent(stand: Stand, agents: dict[str, Json]) -> None:
    assert agent_names(stand.pupil, primary_agent_id=agents["Zebra one"]["id"]) == {"Zebra flow"}


@pytest.mark.parametrize("sort", ["name", "description desc", "content_metadata_id", "created_by_user_id", "category"])
def test_agents_come_in_order(stand: Stand, agents: dict[str, Json], sort: str) -> None:
    found = stand.pupil.found("/agents/search", params={"name": "zebra%", "sorts": sort})
    assert len(found) == 3
    if sort in ("name", "content_metadata_id"):
        values = [each[sort] for each in found]
        assert values == sorted(values)


def test_nobody_finds_the_agents_of_another_project(stand: Stand, agents: dict[str, Json]) -> None:
    assert agent_names(stand.outsider, name="zebra%") == set()
    assert OTHER not in agent_names(stand.outsider)
