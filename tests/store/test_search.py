"""Searches with wildcards, lists and orders, against what a few lines of Python say they must find."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from store.conftest import NOW, make_project
from tertulia.core.agent import Agent, AgentSearch, Workflow
from tertulia.core.conversation import Conversation, ConversationSearch
from tertulia.core.errors import InvalidInput
from tertulia.core.ids import new_id
from tertulia.core.project import Project, User
from tertulia.core.search import Pattern, Sort
from tertulia.store import agents, conversations, projects
from tertulia.store.search import matcher, search_agents, search_conversations
from tertulia.store.text import fold

LETTERS = "abßAB%_é\u0301e \n."


def begin(connection: Connection, project: Project, name: str, *, minute: int = 0, **values: Any) -> Conversation:
    moment = NOW + timedelta(minutes=minute)
    fields: dict[str, Any] = {"creator_id": "ada", **values}
    new = Conversation(id=new_id(), project_id=project.id, name=name, created_at=moment, updated_at=moment, **fields)
    conversations.insert_conversation(connection, new)
    if new.archived_at is not None:
        conversations.update_conversation(connection, new)
    return new


def hire(connection: Connection, project: Project, name: str, *, minute: int = 0, **values: Any) -> Agent:
    moment = NOW + timedelta(minutes=minute)
    new = Agent(id=new_id(), project_id=project.id, name=name, created_at=moment, updated_at=moment, **values)
    agents.insert_agent(connection, new)
    return new


def names(
    connection: Connection, project: Project, wanted: ConversationSearch, *, creator_id: str = "ada"
) -> list[str]:
    ids = search_conversations(connection, project.id, wanted, creator_id=creator_id)
    return [each.name for each in conversations.find_conversations(connection, project.id, ids)]


def hired(connection: Connection, project: Project, **wanted: Any) -> list[str]:
    ids = search_agents(connection, project.id, AgentSearch(**wanted))
    return [each.name for each in agents.find_kept_agents(connection, project.id, ids)]


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        ("sales", "Sales", True),
        ("sales", "Sales today", False),
        ("sales%", "Sales today", True),
        ("%sales%", "All SALES today", True),
        ("s_les", "sales", True),
        ("s_les", "sles", False),
        ("_", "é", True),
        ("STRASSE", "straße", True),
        ("café", "CAFE\u0301", True),
        ("οδός", "ΟΔΌΣ", True),
        ("50.%", "50x5", False),
        ("a\\%", "a\\b", True),
        ("%", "", True),
        ("", "", True),
        ("", "a", False),
        ("_%", "", False),
        ("ab%ba", "aba", False),
        ("%a%a%", "a", False),
        ("a%b", "a\nb", True),
    ],
)
def test_wildcards_stand_for_characters_and_case_for_nothing(pattern: str, text: str, *, is_found: bool) -> None:
    assert matcher(Pattern(pattern))(text) is is_found


@given(st.text(LETTERS, max_size=8), st.text(LETTERS, max_size=12))
def test_a_pattern_finds_what_a_slow_one_finds(pattern: str, text: str) -> None:
    wild = {"%": ".*", "_": "."}
    slow = re.compile("".join(wild.get(each, re.escape(each)) for each in fold(pattern)), re.DOTALL)
    assert matcher(Pattern(pattern))(text) is (slow.fullmatch(fold(text)) is not None)


def test_no_pattern_takes_long() -> None:
    began = time.process_time()
    assert not matcher(Pattern("%a" * 400 + "%b"))("a" * 5_000)
    # what tries every way to match takes longer than the world has
    assert time.process_time() - began < 20


def test_a_search_shows_the_newest_of_ones_own_in_one_project(connection: Connection, project: Project) -> None:
    begin(connection, project, "old", minute=0)
    begin(connection, project, "new", minute=1)
    begin(connection, project, "of another", creator_id="ben")
    begin(connection, make_project(connection, "second"), "elsewhere")
    assert names(connection, project, ConversationSearch()) == ["new", "old"]


def test_ids_of_others_are_not_found(connection: Connection, project: Project) -> None:
    own = begin(connection, project, "own")
    foreign = begin(connection, make_project(connection, "second"), "elsewhere")
    of_another = begin(connection, project, "of another", creator_id="ben")
    wanted = ConversationSearch(ids=[own.id, foreign.id, of_another.id, "unknown"])
    assert names(connection, project, wanted) == ["own"]
    both = [own.id, foreign.id]
    assert [each.name for each in conversations.find_conversations(connection, project.id, both)] == ["own"]


def test_conditions_all_hold_or_with_is_any_some_do(connection: Connection, project: Project) -> None:
    agent = hire(connection, project, "Scribe")
    begin(connection, project, "Sales", category="dashboard", agent_id=agent.id, minute=3)
    begin(connection, project, "sales", category="conversation", minute=2)
    begin(connection, project, "other", category="dashboard", minute=1)
    begin(connection, project, "nothing", minute=0)

    def found(**wanted: Any) -> list[str]:
        return names(connection, project, ConversationSearch(**wanted))

    sales = Pattern("SALES")
    assert found(name=sales) == ["Sales", "sales"]
    assert found(name=sales, categories=["dashboard"]) == ["Sales"]
    assert found(name=sales, categories=["dashboard"], is_any=True) == ["Sales", "sales", "other"]
    assert found(categories=["dashboard", "conversation"]) == ["Sales", "sales", "other"]
    assert found(agent_ids=[agent.id]) == ["Sales"]
    assert found(agent_is_null=False) == ["Sales"]
    assert found(agent_is_null=True) == ["sales", "other", "nothing"]
    assert found(agent_ids=[agent.id], agent_is_null=True) == ["Sales", "sales", "other", "nothing"]
    assert found(agent_ids=[agent.id], categories=["conversation"], is_any=True) == ["Sales", "sales"]
    assert found(name=Pattern("none"), is_any=True) == []
    assert found(is_any=True) == ["Sales", "sales", "other", "nothing"]


def test_archived_ones_are_shown_to_whom_asks(connection: Connection, project: Project) -> None:
    begin(connection, project, "open", minute=1)
    begin(connection, project, "archived", archived_at=NOW)
    assert names(connection, project, ConversationSearch(is_archived=False)) == ["open"]
    assert names(connection, project, ConversationSearch(is_archived=True)) == ["archived"]
    assert names(connection, project, ConversationSearch()) == ["open", "archived"]
    either = ConversationSearch(is_archived=False, is_any=True, name=Pattern("%"))
    assert names(connection, project, either) == ["open"]


def test_sorts_order_one_after_the_other_with_nothing_last(connection: Connection, project: Project) -> None:
    begin(connection, project, "b", category="x", minute=0)
    begin(connection, project, "B", category="x", minute=1)
    begin(connection, project, "a", category="y", minute=2)
    begin(connection, project, "c", minute=3)

    def sorted_by(*sorts: Sort) -> list[str]:
        return names(connection, project, ConversationSearch(sorts=list(sorts)))

    up, down = Sort("category"), Sort("category", is_descending=True)
    newest = Sort("created_at", is_descending=True)
    assert sorted_by(up, newest) == ["B", "b", "a", "c"]
    assert sorted_by(down, newest) == ["a", "B", "b", "c"]
    assert sorted_by(Sort("name"), Sort("created_at")) == ["a", "b", "B", "c"]
    assert sorted_by(newest, Sort("created_at")) == ["c", "a", "B", "b"]


@given(limit=st.integers(0, 7), offset=st.integers(0, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
def test_pages_join_without_gap_with_a_pattern_and_without(connection: Connection, limit: int, offset: int) -> None:
    project = make_project(connection, "pages")
    for number in range(6):
        begin(connection, project, f"even {number}" if number % 2 == 0 else f"odd {number}")
    for pattern in (None, Pattern("even%"), Pattern("%")):
        everything = names(connection, project, ConversationSearch(name=pattern))
        window = ConversationSearch(name=pattern, limit=limit, offset=offset)
        assert names(connection, project, window) == everything[offset : offset + limit]


@pytest.mark.parametrize(
    "wanted",
    [
        ConversationSearch(sorts=[Sort("turn_count")]),
        ConversationSearch(limit=-1),
        ConversationSearch(offset=-1),
        ConversationSearch(ids=["x"] * 1_001),
        ConversationSearch(agent_ids=["x"] * 1_001),
        ConversationSearch(name=Pattern("%" * 1_001)),
    ],
)
def test_what_cannot_be_searched_for_is_refused(
    connection: Connection, project: Project, wanted: ConversationSearch
) -> None:
    with pytest.raises(InvalidInput):
        search_conversations(connection, project.id, wanted, creator_id="ada")


def test_huge_windows_are_no_trouble(connection: Connection, project: Project) -> None:
    begin(connection, project, "one")
    assert names(connection, project, ConversationSearch(limit=2**80)) == ["one"]
    assert names(connection, project, ConversationSearch(offset=2**80)) == []
    assert names(connection, project, ConversationSearch(name=Pattern("%"), limit=2**80, offset=2**80)) == []


def test_agents_are_found_by_creator_and_by_not_being_the_creators(
    connection: Connection, project: Project, user: User
) -> None:
    ben = projects.insert_user(connection, "ben@example.org", NOW, is_superuser=False)
    hire(connection, project, "of ada", creator_id=user.id, minute=3)
    hire(connection, project, "of ben", creator_id=ben.id, minute=2)
    hire(connection, project, "of nobody", minute=1)
    hire(connection, make_project(connection, "second"), "elsewhere", creator_id=user.id)
    assert hired(connection, project, creator_serials=[user.serial]) == ["of ada"]
    assert hired(connection, project, creator_serials=[user.serial, ben.serial]) == ["of ada", "of ben"]
    assert hired(connection, project, creator_serials=[user.serial], is_not_owned=True) == ["of ben", "of nobody"]
    assert hired(connection, project, is_not_owned=True) == ["of ada", "of ben", "of nobody"]
    for nobody in (-1, 999, 2**80):
        assert hired(connection, project, creator_serials=[nobody]) == []
        assert len(hired(connection, project, creator_serials=[nobody], is_not_owned=True)) == 3


def test_workflows_are_found_by_their_primary_agent(connection: Connection, project: Project) -> None:
    primary = hire(connection, project, "primary", minute=3)
    hire(connection, project, "workflow", workflow=Workflow(primary_agent_id=primary.id, cron="0 * * * *"), minute=2)
    quoting = f'{{"primary_agent_id":"{primary.id}"}}'
    hire(connection, project, "quotes", workflow=Workflow(destination_parameters=quoting), minute=1)
    assert hired(connection, project, primary_agent_ids=[primary.id]) == ["workflow"]
    assert hired(connection, project, primary_is_null=False) == ["workflow"]
    assert hired(connection, project, primary_is_null=True) == ["primary", "quotes"]
    assert hired(connection, project, primary_agent_ids=[primary.id], primary_is_null=True) == [
        "primary",
        "workflow",
        "quotes",
    ]
    assert hired(connection, project, primary_agent_ids=['"', "%"]) == []


def test_agents_are_found_by_what_they_are_called_and_described_as(connection: Connection, project: Project) -> None:
    hire(connection, project, "Straße", description="Roads", minute=2)
    hire(connection, project, "Other", description="of STRASSE", minute=1)
    assert hired(connection, project, name=Pattern("strasse")) == ["Straße"]
    assert hired(connection, project, name=Pattern("%"), description=Pattern("%stra_e")) == []
    assert hired(connection, project, name=Pattern("strasse"), description=Pattern("%straße"), is_any=True) == [
        "Straße",
        "Other",
    ]


def test_agents_out_of_use_are_in_no_list_but_in_searches_that_ask(connection: Connection, project: Project) -> None:
    used = hire(connection, project, "used", minute=1)
    trashed = hire(connection, project, "trashed", trashed_at=NOW)
    gone = hire(connection, project, "gone")
    agents.delete_agents(connection, [gone.id], NOW)
    assert hired(connection, project, is_trashed=False) == ["used"]
    assert hired(connection, project, is_trashed=True) == ["trashed"]
    assert hired(connection, project) == ["used", "trashed"]
    assert agents.find_agent(connection, project.id, trashed.id) is None
    kept = agents.find_kept_agent(connection, project.id, trashed.id)
    assert kept is not None
    assert kept.trashed_at == NOW
    assert agents.find_kept_agents(connection, make_project(connection, "second").id, [used.id]) == []


def test_more_agents_than_one_statement_names_are_found_in_order(connection: Connection, project: Project) -> None:
    made = [hire(connection, project, f"{number:04}", minute=number) for number in range(1_200)]
    ids = [each.id for each in reversed(made)]
    assert [each.id for each in agents.find_kept_agents(connection, project.id, ids + ids)] == ids
    assert len(hired(connection, project, limit=5_000)) == 1_200
