"""Agents have names that say who they are, and that go on naming the same one."""

from datetime import UTC, datetime

import pytest

from tertulia.core.ids import new_id
from tertulia.dialects.openai.model_names import model_names, named
from tertulia.services.transcripts import OpenAgent

AT = datetime(2026, 3, 1, tzinfo=UTC)


def agent(name: str, project: str = "Lending", agent_id: str = "") -> OpenAgent:
    return OpenAgent(
        id=agent_id or new_id(), project_id=project, project_name=project, name=name, description="", created_at=AT
    )


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("Default agent", "default-agent"),
        ("  Was kostet's?  ", "was-kostet-s"),
        ("Ärzte & Café", "arzte-cafe"),
        ("契約 係", "契約-係"),
        ("김치", "김치"),
        ("!!!", "agent"),
        ("x" * 200, "x" * 64),
    ],
)
def test_a_name_becomes_letters_digits_and_hyphens(name: str, model: str) -> None:
    one = agent(name)
    assert model_names([one]) == {one.id: model}
    assert named([one], model) == [one]


def test_two_projects_with_an_agent_of_one_name_are_told_apart_by_the_project() -> None:
    here, there = agent("Default agent"), agent("Default agent", "Night School")
    names = model_names([here, there])
    assert names == {here.id: "default-agent@lending", there.id: "default-agent@night-school"}
    assert named([here, there], "default-agent@night-school") == [there]
    assert named([here, there], "default-agent") == [here, there]


def test_a_name_with_the_project_works_before_it_is_needed() -> None:
    here = agent("Default agent")
    assert named([here], "default-agent@lending") == [here]
    assert named([here], "Default-Agent@Lending ") == [here]


def test_two_of_one_name_in_one_project_are_told_apart_by_their_ids() -> None:
    agents = [agent("Clerk"), agent("clerk!")]
    names = model_names(agents)
    assert len(set(names.values())) == 2
    for each in agents:
        assert names[each.id].startswith("clerk@lending-")
        assert named(agents, names[each.id]) == [each]


def test_the_uuid_always_names_its_agent() -> None:
    agents = [agent("Clerk"), agent("Clerk")]
    assert named(agents, agents[1].id) == [agents[1]]
    assert named(agents, agents[1].id.upper()) == [agents[1]]
    assert named(agents, new_id()) == []
