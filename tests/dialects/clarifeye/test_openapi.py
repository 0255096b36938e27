"""The OpenAPI document says what is served, in one place each."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from tertulia.dialects.clarifeye import (
    agent_routes,
    conversation_routes,
    document_routes,
    metadata_routes,
    project_routes,
    tool_routes,
    turn_routes,
)
from tertulia.dialects.clarifeye.openapi import document

MODULES = (
    agent_routes,
    conversation_routes,
    document_routes,
    metadata_routes,
    project_routes,
    tool_routes,
    turn_routes,
)
CONVERSATION = (
    "id name type created_by chat_history agent_settings agent_settings_name created_at updated_at message_count"
    " tool_call_count tokens tags conversation_instructions is_shared can_send_messages is_archived archived_at"
)
CHAT_MESSAGE = "role content type query_id user_id used_tokens_input used_tokens_output timestamp tool_type input_parameters results"
PATHS = """
/ DELETE GET PATCH
/agent-settings/ GET POST
/agent-settings/{agent_settings_id}/ DELETE GET PATCH PUT
/available-document-metadata/ GET
/available-document-tags/ GET
/document-tags-by-document/ GET
/documents/ GET
/documents/bulk-upload/ POST
/documents/filter-by-metadata/ POST
/documents/filter-by-tag/ POST
/documents/get-without-file/ GET
/documents/indexing-status/ GET
/documents/{document_id}/ DELETE GET
/documents/{document_id}/file/ GET
/documents/{document_id}/metadata-add/ POST
/documents/{document_id}/metadata-remove-key/ POST
/documents/{document_id}/metadata-remove-pair/ POST
/documents/{document_id}/metadata-values/ GET
/playground-conversations/ GET POST
/playground-conversations/all-tags/ GET
/playground-conversations/{conversation_id}/ DELETE GET PATCH
/playground-conversations/{conversation_id}/cancel/ POST
/playground-conversations/{conversation_id}/permanent_delete/ POST
/playground-conversations/{conversation_id}/send_message_stream/ POST
/playground-conversations/{conversation_id}/share/ POST
/playground-conversations/{conversation_id}/stream/ GET
/playground-conversations/{conversation_id}/unarchive/ POST
/playground-conversations/{conversation_id}/unshare/ POST
/tools/ GET POST
/tools/{tool_id}/ DELETE GET PUT
/tools/{tool_id}/parameters/ GET
/tools/{tool_id}/run/ POST
/usage/ GET
"""


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    app = FastAPI()
    for module in MODULES:
        app.router.routes.extend(module.router.routes)
    return json.loads(json.dumps(document(app, "/api/v1")))


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in cast("dict[str, object]", part).items():
            if name == "$ref":
                yield str(value)
            yield from references(value)
    elif isinstance(part, list):
        for value in cast("list[object]", part):
            yield from references(value)


def test_the_paths_are_the_promised_ones_with_their_slash(written: dict[str, Any]) -> None:
    served = {
        path: " ".join(sorted(method.upper() for method in operations)) for path, operations in written["paths"].items()
    }
    assert served.pop("/projects/") == "GET POST"
    promised = {path: methods for path, _, methods in (line.partition(" ") for line in PATHS.strip().splitlines())}
    assert served == {f"/projects/{{project_id}}{path}": methods for path, methods in promised.items()}


def test_every_reference_leads_to_a_shape_and_every_shape_is_sound(written: dict[str, Any]) -> None:
    shapes = written["components"]["schemas"]
    assert {name.rpartition("/")[2] for name in references(written)} <= set(shapes)
    for shape in shapes.values():
        Draft202012Validator.check_schema(shape)


def test_no_shape_of_the_framework_is_left(written: dict[str, Any]) -> None:
    text = json.dumps(written)
    assert "HTTPValidationError" not in text
    assert '"422"' not in text


@pytest.mark.parametrize(("shape", "fields"), [("Conversation", CONVERSATION), ("ChatMessage", CHAT_MESSAGE)])
def test_a_documented_shape_has_every_documented_field(written: dict[str, Any], shape: str, fields: str) -> None:
    properties = written["components"]["schemas"][shape]["properties"]
    assert set(fields.split()) <= set(properties)
    for name in set(properties) - set(fields.split()):
        assert properties[name]["description"].startswith("Extension")


def test_every_operation_says_what_it_answers_to_whom(written: dict[str, Any]) -> None:
    for path, operations in written["paths"].items():
        for operation in operations.values():
            assert {"401", "default"} <= set(operation["responses"])
            [done] = [status for status in operation["responses"] if status.startswith("2")]
            headers = operation["responses"][done].get("headers", {})
            assert ("X-Effective-User" in headers) == ("{project_id}" in path)
            assert operation["summary"]


def test_ids_and_times_carry_their_format(written: dict[str, Any]) -> None:
    conversation = written["components"]["schemas"]["Conversation"]["properties"]
    assert conversation["id"] == {"type": "string", "format": "uuid"}
    assert conversation["created_at"] == {"type": "string", "format": "date-time"}
    [project, *_] = written["paths"]["/projects/{project_id}/"]["get"]["parameters"]
    assert (project["name"], project["schema"]["format"]) == ("project_id", "uuid")


def test_windows_are_documented_as_they_are_read(written: dict[str, Any]) -> None:
    parameters = written["paths"]["/projects/{project_id}/playground-conversations/"]["get"]["parameters"]
    by_name = {parameter["name"]: parameter["schema"] for parameter in parameters}
    limit = by_name["limit"]
    assert (limit["type"], limit["minimum"], limit["maximum"], limit["default"]) == ("integer", 1, 1000, 100)
    assert by_name["no_tags"]["enum"] == ["true", "false"]


def test_a_stream_says_what_its_frames_are(written: dict[str, Any]) -> None:
    send = written["paths"]["/projects/{project_id}/playground-conversations/{conversation_id}/send_message_stream/"]
    content = send["post"]["responses"]["200"]["content"]
    assert list(content) == ["text/event-stream"]
    assert len(content["text/event-stream"]["x-event-data"]["oneOf"]) == 3
