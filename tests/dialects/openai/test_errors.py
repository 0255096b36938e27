"""Every error of the tree has a status, a type and a code here, and one shape."""

import json
from typing import Any

import pytest
from starlette.responses import Response

from tertulia.core import errors
from tertulia.core.errors import InvalidInput, TertuliaError
from tertulia.core.message import Problem
from tertulia.dialects.openai.errors import (
    TABLE,
    ModelNotFound,
    ParameterUnsupported,
    error_answer,
    internal_error_answer,
    problem_error,
    row_of,
)

CLASSES = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, TertuliaError)]


class Unheard(errors.Conflict):
    """Nobody thought of this one."""


def error_of(answer: Response) -> dict[str, Any]:
    body = json.loads(bytes(answer.body))
    assert list(body) == ["error"]
    return body["error"]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_has_its_own_row_and_answers_in_shape(kind: type[TertuliaError]) -> None:
    answer = error_answer(kind())
    row = TABLE[kind]
    assert answer.status_code == row.status
    assert error_of(answer) == {"message": kind().message, "type": row.type, "param": None, "code": row.code}
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("kind", CLASSES)
def test_a_turn_that_failed_with_a_class_is_answered_as_that_class(kind: type[TertuliaError]) -> None:
    error = problem_error(Problem(code=kind.code(), message="Why."))
    assert (type(error), error.message) == (kind, "Why.")


def test_a_turn_that_failed_with_an_unknown_code_is_the_servers_fault() -> None:
    assert row_of(problem_error(Problem(code="of_a_later_version", message="Why."))).status == 500


def test_a_class_without_a_row_answers_as_its_parent() -> None:
    assert row_of(Unheard()).status == 409


def test_the_parameter_at_fault_is_named() -> None:
    found = error_of(error_answer(InvalidInput(fields={"messages[0].role": ["There is no such role."]})))
    assert found["param"] == "messages[0].role"
    assert found["message"] == "Invalid 'messages[0].role': There is no such role."
    assert error_of(error_answer(ParameterUnsupported(fields={"n": ["One."]})))["code"] == "unsupported_parameter"


def test_an_unknown_model_is_said_as_clients_know_it() -> None:
    answer = error_answer(ModelNotFound())
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "model_not_found"
    assert error_of(answer)["param"] == "model"


def test_a_missing_token_is_challenged() -> None:
    assert error_answer(errors.Unauthenticated()).headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("kind", [errors.RateLimited, errors.Unavailable])
def test_a_passing_state_says_when_to_come_back(kind: type[TertuliaError]) -> None:
    assert int(error_answer(kind()).headers["retry-after"]) > 0


def test_a_spent_budget_and_a_stored_turn_are_not_asked_again_by_themselves() -> None:
    assert error_answer(errors.BudgetSpent()).headers["x-should-retry"] == "false"
    assert error_answer(errors.ProviderFailed(), is_final=True).headers["x-should-retry"] == "false"
    assert "x-should-retry" not in error_answer(errors.RunInProgress()).headers


def test_a_bug_shows_nothing_of_itself() -> None:
    answer = internal_error_answer()
    assert answer.status_code == 500
    assert error_of(answer)["type"] == "server_error"
