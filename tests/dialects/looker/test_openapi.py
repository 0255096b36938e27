"""The OpenAPI document says what is served."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

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
    "/conversational_analytics/chat": "POST",
    "/lookml_models": "GET",
    "/lookml_models/{lookml_model_name}": "GET",
    "/lookml_models/{lookml_model_name}/explores/{explore_name}": "GET",
    "/models/{model_name}/views/{view_name}/fields/{field_name}/suggestions": "GET",
    "/queries": "POST",
    "/queries/{query_id}": "GET",
    "/queries/slug/{slug}": "GET",
    "/queries/{query_id}/run/{result_format}": "GET",
    "/queries/run/{result_format}": "POST",
    "/queries/models/{model_name}/views/{view_name}/run/{result_format}": "GET",
    "/query_tasks": "POST",
    "/query_tasks/multi_results": "GET",
    "/query_tasks/{query_task_id}": "GET",
    "/query_tasks/{query_task_id}/results": "GET",
}


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


def test_the_promised_paths_are_there_and_no_others(written: dict[str, Any]) -> None:
    told = {path: " ".join(sorted(method.upper() for method in methods)) for path, methods in written["paths"].items()}
    assert told == PATHS
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


def test_what_can_be_narrowed_requires_nothing_and_what_cannot_all(written: dict[str, Any]) -> None:
    shapes = written["components"]["schemas"]
    assert shapes["Conversation"]["required"] == []
    assert shapes["Source"]["required"] == []
    for name in ("Error", "AccessToken", "AgentLookml"):
        assert set(shapes[name]["required"]) == set(shapes[name]["properties"])


def test_a_query_s_dynamic_fields_are_text_and_its_filters_of_any_kind(written: dict[str, Any]) -> None:
    given = written["components"]["schemas"]["WriteQuery"]["properties"]
    assert set(given["dynamic_fields"]["type"]) == {"string", "array", "null"}
    assert given["filters"]["anyOf"][0] == {"type": "object", "additionalProperties": True, "maxProperties": 500}
