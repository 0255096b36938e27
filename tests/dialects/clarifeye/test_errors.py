"""Every error of the tree has a status and a shape here."""

import pytest

from dialects.clarifeye.turns import value_of
from tertulia.core import errors
from tertulia.core.errors import InvalidInput, TertuliaError
from tertulia.dialects.clarifeye.errors import (
    STATUS,
    error_answer,
    internal_error_answer,
    status_of,
    tool_error_answer,
)

CLASSES = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, TertuliaError)]


class Unheard(errors.Conflict):
    """Nobody thought of this one."""


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_has_its_own_row_and_answers_in_shape(kind: type[TertuliaError]) -> None:
    assert kind in STATUS
    answer = error_answer(kind())
    assert answer.status_code == STATUS[kind]
    assert value_of(answer) == {"error": kind().message}
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_has_a_tool_error(kind: type[TertuliaError]) -> None:
    answer = tool_error_answer(kind("Why."))
    body = value_of(answer)
    assert body["status"] == "error"
    assert body["message"] == "Why."
    assert body["error_code"] == kind.code().upper()


def test_a_class_without_a_row_answers_as_its_parent() -> None:
    assert status_of(Unheard()) == 409


def test_problems_of_fields_stand_under_their_names() -> None:
    answer = error_answer(InvalidInput(fields={"name": ["This field is required."]}))
    assert (answer.status_code, value_of(answer)) == (400, {"name": ["This field is required."]})


def test_problems_of_fields_are_one_sentence_in_a_tool_error() -> None:
    answer = tool_error_answer(InvalidInput(fields={"query": ["Too long."], "top_k": ["No number."]}))
    assert value_of(answer)["message"] == "query: Too long. top_k: No number."


def test_a_challenge_names_both_schemes() -> None:
    challenge = error_answer(errors.Unauthenticated()).headers["www-authenticate"]
    assert "Token" in challenge
    assert "Bearer" in challenge


@pytest.mark.parametrize("kind", [errors.RateLimited, errors.Unavailable])
def test_a_passing_state_says_when_to_come_back(kind: type[TertuliaError]) -> None:
    assert int(error_answer(kind()).headers["retry-after"]) > 0


def test_a_spent_budget_does_not_ask_to_be_tried_again_at_once() -> None:
    assert "retry-after" not in error_answer(errors.BudgetSpent()).headers


@pytest.mark.parametrize(
    ("request_id", "body"),
    [
        ("r-1", {"error": "Internal server error.", "request_id": "r-1"}),
        (None, {"error": "Internal server error."}),
    ],
)
def test_a_bug_shows_no_more_than_where_to_look(request_id: str | None, body: dict[str, str]) -> None:
    answer = internal_error_answer(request_id)
    assert (answer.status_code, value_of(answer)) == (500, body)
