"""The OpenAPI document says what is served, and shows what the vendor's own client knows."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator
from looker_sdk.sdk.api40 import models

from dialects.looker.conftest import Stand

PATHS = {
    "/login": "POST",
    "/login/{user_id}": "POST",
    "/token": "POST",
    "/logout": "DELETE",
    "/user": "GET",
    "/versions": "GET",
    "/session": "GET PATCH",
    "/conversations": "DELETE POST",
    "/conversations/search": "GET",
    "/conversations/{conversation_id}": "GET PATCH",
    "/conversations/{conversation_id}/messages": "DELETE GET POST",
    "/conversations/{conversation_id}/messages/{message_id}": "GET PATCH",
    "/conversations/{conversation_id}/messages/{user_message_id}/responses": "GET",
    "/agents": "DELETE POST",
    "/agents/search": "GET",
    "/agents/{agent_id}": "GET PATCH",
    "/agents/lookml/{agent_id}": "GET",
    "/golden_queries": "POST",
    "/golden_queries/{golden_query_id}": "DELETE PATCH",
}
SHAPES = ("Conversation", "ConversationMessage", "Agent", "AgentLookml", "GoldenQuery", "Source", "Context")
WORKFLOWS = ("WorkflowParams", "WorkflowDestination")
OTHERS = ("AccessToken", "Error", "ValidationErrorDetail", "ValidationError", "ApiVersion", "ApiSession")


@pytest.fixture(scope="module")
def written(stand: Stand) -> dict[str, Any]:
    return stand.nobody.document.content


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in cast("dict[str, object]", part).items():
            if name == "$ref":
                yield str(value)
            yield from references(value)
    elif isinstance(part, list):
        for value in cast("list[object]", part):
            yield from references(value)


@pytest.mark.parametrize("path", PATHS)
def test_the_promised_paths_are_there(written: dict[str, Any], path: str) -> None:
    assert " ".join(sorted(method.upper() for method in written["paths"][path])) == PATHS[path]
    assert written["servers"] == [{"url": "/api/4.0"}]


def test_every_reference_leads_to_a_shape_and_every_shape_is_sound_and_used(written: dict[str, Any]) -> None:
    shapes = written["components"]["schemas"]
    used = {name.rpartition("/")[2] for name in references(written)}
    assert used == set(shapes)
    for shape in shapes.values():
        Draft202012Validator.check_schema(shape)


def test_every_operation_says_what_it_answers(written: dict[str, Any]) -> None:
    for operations in written["paths"].values():
        for operation in operations.values():
            assert {"400", "401", "404", "429", "default"} <= set(operation["responses"])
            assert {"200", "204"} & set(operation["responses"])
            assert operation["summary"]
            if "requestBody" in operation and "422" in operation["responses"]:
                assert "ValidationError" in str(operation["responses"]["422"])


@pytest.mark.parametrize("name", [*SHAPES, *WORKFLOWS, *OTHERS])
def test_a_shape_has_every_field_that_the_vendors_client_knows(written: dict[str, Any], name: str) -> None:
    known = set(getattr(models, name).__annotations__)
    shown = written["components"]["schemas"][name]["properties"]
    assert known - set(shown) == set()
    for extra in set(shown) - known:
        assert shown[extra]["description"].startswith("Extension"), extra


def test_what_can_be_narrowed_requires_nothing_and_what_cannot_all(written: dict[str, Any]) -> None:
    shapes = written["components"]["schemas"]
    assert shapes["Conversation"]["required"] == []
    assert shapes["Source"]["required"] == []
    for name in ("Error", "AccessToken", "AgentLookml"):
        assert set(shapes[name]["required"]) == set(shapes[name]["properties"])
