"""Usage over the wire, each answer held against the document."""

import pytest

from dialects.clarifeye.conftest import Callers

SCRIPT = {"steps": [[{"do": "say", "text": "Hi."}, {"do": "spend", "input_tokens": 3, "output_tokens": 4}]]}


def test_a_turn_is_counted_for_its_user_its_agent_and_its_project(callers: Callers) -> None:
    before = callers.creator.get("/usage/").json()
    callers.creator.send(callers.creator.create(callers.agent_id), SCRIPT)
    own, everybodys = callers.creator.get("/usage/").json(), callers.admin.get("/usage/").json()
    assert own["tokens"]["total"] - before["tokens"]["total"] == 7
    assert own["turns"] - before["turns"] == 1
    assert own["playground_conversations_count"] - before["playground_conversations_count"] == 1
    assert [each["email"] for each in own["by_user"]] == ["creator@example.org"]
    players = [each for each in own["by_agent"] if each["agent_settings"] == callers.agent_id]
    assert [each["agent_settings_name"] for each in players] == ["Player"]
    told = [each for each in everybodys["by_user"] if each["email"] == "creator@example.org"]
    assert [each["tokens"] for each in told] == [own["tokens"]]


def test_a_month_is_told_with_its_borders(callers: Callers) -> None:
    found = callers.admin.get("/usage/?month=2023-12").json()
    assert (found["month"], found["month_start"], found["month_end"]) == (
        "2023-12",
        "2023-12-01T00:00:00Z",
        "2024-01-01T00:00:00Z",
    )
    assert (found["tokens"]["total"], found["by_user"], found["total_documents_count"]) == (0, [], 0)
    assert callers.admin.get("/usage/?month=").json()["month"] is None


@pytest.mark.parametrize(
    "month", ["2026", "2026-13", "2026-1", "26-01", "0000-01", "9999-12", "2026-01-01", "\u0661", "x"]
)
def test_what_is_no_month_is_refused(callers: Callers, month: str) -> None:
    answer = callers.admin.get("/usage/", params={"month": month})
    assert (answer.status_code, list(answer.json())) == (400, ["month"])


def test_another_projects_usage_is_not_shown(callers: Callers) -> None:
    assert callers.outsider.get("/usage/").status_code == 403
    assert callers.nobody.get("/usage/").status_code == 401
