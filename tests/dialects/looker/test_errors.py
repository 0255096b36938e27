"""Every error of the tree has a status here, and a shape that this API's clients decode."""

import json
import re
from typing import Any

import pytest
from starlette.responses import Response

from tertulia.core import errors
from tertulia.core.errors import InvalidInput, InvalidQuery, TertuliaError
from tertulia.dialects.looker.errors import (
    TABLE,
    InvalidParameter,
    MissingField,
    Unreadable,
    error_answer,
    row_of,
)

CLASSES = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, TertuliaError)]
HERE = "http://127.0.0.1:8800/api/4.0/openapi.json"
# addresses under which one client looks for more on another host
LOOKED_UP = re.compile(r"(docs\.looker\.com|cloud\.google\.com/looker/docs)/r/err/")


class Unheard(errors.Conflict):
    """Nobody thought of this one."""


def body_of(answer: Response) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(bytes(answer.body))
    assert body["documentation_url"] == HERE
    assert not LOOKED_UP.search(HERE)
    assert isinstance(body["message"], str)
    assert body["message"]
    return body


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_has_its_own_row_and_answers_in_shape(kind: type[TertuliaError]) -> None:
    answer = error_answer(kind(), HERE)
    row = TABLE[kind]
    assert answer.status_code == row.status
    body = body_of(answer)
    if row.status == 422:
        assert body["message"] == "Validation Failed"
        assert [set(each) for each in body["errors"]] == [{"field", "code", "message", "documentation_url"}]
    else:
        assert set(body) == {"message", "documentation_url"}


def test_a_class_without_a_row_answers_as_its_parent() -> None:
    assert row_of(Unheard()).status == 409


def test_a_fault_names_every_field_with_its_own_address() -> None:
    answer = error_answer(
        InvalidInput(fields={"name": ["Too long.", "Too odd."], "agent_settings": ["Unknown."]}), HERE
    )
    assert body_of(answer)["errors"] == [
        {"field": "name", "code": "invalid", "message": "Too long. Too odd.", "documentation_url": HERE},
        {"field": "agent_id", "code": "invalid", "message": "Unknown.", "documentation_url": HERE},
    ]


def test_the_parts_of_a_query_that_are_wrong_are_the_fields_that_hold_them() -> None:
    parts = {"explore": ["There is none."], "sorts": ["There is no a.b.", "There is no c.d."]}
    assert [
        (each["field"], each["message"]) for each in body_of(error_answer(InvalidQuery(parts=parts), HERE))["errors"]
    ] == [
        ("view", "There is none."),
        ("sorts", "There is no a.b. There is no c.d."),
    ]
    [fault] = body_of(error_answer(InvalidQuery("It selects nothing."), HERE))["errors"]
    assert (fault["field"], fault["message"]) == (None, "It selects nothing.")


def test_a_missing_field_has_its_own_code() -> None:
    [fault] = body_of(error_answer(MissingField(fields={"name": ["This field is required."]}), HERE))["errors"]
    assert (fault["field"], fault["code"]) == ("name", "missing_field")


def test_a_fault_without_a_field_is_told_all_the_same() -> None:
    [fault] = body_of(error_answer(InvalidInput("Nothing fits."), HERE))["errors"]
    assert (fault["field"], fault["message"]) == (None, "Nothing fits.")


@pytest.mark.parametrize("error", [InvalidParameter("limit", "Too large."), Unreadable("No JSON.")])
def test_what_stands_in_no_field_of_a_body_is_told_in_a_sentence(error: InvalidInput) -> None:
    answer = error_answer(error, HERE)
    assert answer.status_code == 400
    assert body_of(answer)["message"] == error.message


def test_words_of_their_own_are_kept_and_others_put_in_this_apis() -> None:
    assert body_of(error_answer(errors.NotFound("There is no agent 7."), HERE))["message"] == "There is no agent 7."
    assert "deleted" in body_of(error_answer(errors.Archived(), HERE))["message"]


@pytest.mark.parametrize("kind", [errors.RateLimited, errors.Unavailable, errors.BudgetSpent])
def test_a_passing_state_says_when_to_come_back(kind: type[TertuliaError]) -> None:
    assert int(error_answer(kind(), HERE).headers["retry-after"]) > 0
