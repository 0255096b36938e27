"""The OpenAPI document says what is served, in one place each."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from dialects.openai.test_response_stream import promised

PATHS = {
    "/chat/completions": "POST",
    "/responses": "POST",
    "/responses/{response_id}": "DELETE GET",
    "/responses/{response_id}/input_items": "GET",
    "/responses/{response_id}/cancel": "POST",
    "/models": "GET",
    "/models/{model}": "GET",
}


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    return json.loads(json.dumps(promised().content))


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in cast("dict[str, object]", part).items():
            if name == "$ref":
                yield str(value)
            yield from references(value)
    elif isinstance(part, list):
        for value in cast("list[object]", part):
            yield from references(value)


def test_the_paths_are_the_promised_ones(written: dict[str, Any]) -> None:
    served = {
        path: " ".join(sorted(method.upper() for method in operations)) for path, operations in written["paths"].items()
    }
    assert served == PATHS
    assert written["servers"] == [{"url": "/v1"}]


def test_every_reference_leads_to_a_shape_and_every_shape_is_sound_and_used(written: dict[str, Any]) -> None:
    shapes = written["components"]["schemas"]
    used = {name.rpartition("/")[2] for name in references(written)}
    assert used == set(shapes)
    for shape in shapes.values():
        Draft202012Validator.check_schema(shape)


def test_every_operation_says_what_it_answers(written: dict[str, Any]) -> None:
    assert '"422"' not in json.dumps(written)
    for operations in written["paths"].values():
        for operation in operations.values():
            assert {"200", "400", "401", "default"} <= set(operation["responses"])
            assert operation["summary"]


def test_streams_say_what_their_frames_are(written: dict[str, Any]) -> None:
    for path, method, kinds in (
        ("/chat/completions", "post", 2),
        ("/responses", "post", 15),
        ("/responses/{response_id}", "get", 15),
    ):
        content = written["paths"][path][method]["responses"]["200"]["content"]
        assert set(content) == {"application/json", "text/event-stream"}
        assert len(content["text/event-stream"]["x-event-data"]["oneOf"]) == kinds


def test_additions_say_that_they_are(written: dict[str, Any]) -> None:
    shapes = written["components"]["schemas"]
    for shape, names in {
        "Model": ("name", "agent_id", "project_id"),
        "ChatCompletion": ("conversation_id",),
        "AssistantMessage": ("citations", "reasoning_content"),
        "Annotation": ("chunk_id", "quote"),
    }.items():
        for name in names:
            assert shapes[shape]["properties"][name]["description"].startswith("Extension")
