"""Request bodies are read leniently and judged in words that clients know."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from tertulia.core.errors import InvalidInput
from tertulia.dialects.clarifeye.bodies import AgentFields, NewAgent, NewConversation, NewMessage
from tertulia.dialects.clarifeye.json_body import as_model, plain, read_json, read_object

AGENT = "0199c0de-0000-7000-8000-000000000001"

WRONG: list[tuple[dict[str, Any], dict[str, list[str]]]] = [
    ({}, {"agent_settings": ["This field is required."]}),
    ({"agent_settings": None}, {"agent_settings": ["This field may not be null."]}),
    ({"agent_settings": "x"}, {"agent_settings": ["Must be a valid UUID."]}),
    ({"agent_settings": [1]}, {"agent_settings": ["Not a valid string."]}),
    ({"agent_settings": AGENT, "tags": "a"}, {"tags": ['Expected a list of items but got type "str".']}),
    ({"agent_settings": AGENT, "tags": ["a", {}, []]}, {"tags": ["Not a valid string."]}),
    ({"agent_settings": AGENT, "type": ""}, {"type": ["This field may not be blank."]}),
    ({"agent_settings": AGENT, "name": True}, {"name": ["Not a valid string."]}),
    (
        {"agent_settings": AGENT, "type": "x" * 101},
        {"type": ["Ensure this field has no more than 100 characters."]},
    ),
]


def request(body: bytes, content_type: str | None = "application/json") -> Request:
    headers = [] if content_type is None else [(b"content-type", content_type.encode())]

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


def problems(model: type[Any], value: dict[str, Any]) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as caught:
        as_model(model, value)
    return caught.value.fields


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/json; charset=utf-8",
        "text/plain",
        "APPLICATION/JSON",
        "application/vnd.api+json",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    ],
)
async def test_json_is_read_under_any_likely_content_type(content_type: str | None) -> None:
    assert await read_object(request(b'{"message": "hi"}', content_type)) == {"message": "hi"}


async def test_a_form_is_read_as_an_object() -> None:
    body = request(b"message=how+much%3F&x=", "application/x-www-form-urlencoded")
    assert await read_object(body) == {"message": "how much?", "x": ""}


async def test_no_body_is_an_empty_object() -> None:
    assert await read_object(request(b" \n", "text/csv")) == {}


@pytest.mark.parametrize("content_type", ["application/xml", "multipart/form-data; boundary=x", "image/png"])
async def test_another_kind_of_body_is_refused(content_type: str) -> None:
    with pytest.raises(HTTPException) as caught:
        await read_object(request(b"<a/>", content_type))
    assert caught.value.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nope",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[1]",
        b'"text"',
        b"null",
        b"12",
        b'{"a": "x\\u0000y"}',
        b'{"a": {"b": ["\\u0000"]}}',
        b'{"\\u0000": 1}',
    ],
)
async def test_what_is_no_plain_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        await read_object(request(body))


async def test_an_escaped_backslash_before_u0000_is_just_text() -> None:
    assert await read_object(request(b'{"a": "C:\\\\u0000"}')) == {"a": "C:\\u0000"}


async def test_a_null_character_is_told_by_its_field() -> None:
    with pytest.raises(InvalidInput) as caught:
        await read_object(request(b'{"a": 1, "message": "x\\u0000"}'))
    assert caught.value.fields == {"message": ["Null characters are not allowed."]}


@given(st.binary(max_size=200))
async def test_no_bytes_break_the_reader(body: bytes) -> None:
    try:
        value = await read_json(request(body))
    except InvalidInput:
        return
    json.dumps(value)


@pytest.mark.parametrize(("value", "expected"), WRONG)
def test_each_field_is_told_what_is_wrong_with_it(value: dict[str, Any], expected: dict[str, list[str]]) -> None:
    assert problems(NewConversation, value) == expected


def test_several_fields_are_told_at_once() -> None:
    assert set(problems(NewAgent, {"tools": ["x"], "project_brief": {}})) == {"name", "tools", "project_brief"}


def test_unknown_fields_are_ignored_and_numbers_are_text() -> None:
    made = as_model(NewConversation, {"agent_settings": AGENT.upper(), "name": 12, "warehouse": "x"})
    assert (made.agent_settings, made.name) == (AGENT, "12")
    assert as_model(NewMessage, {"message": 5}).message == "5"


def test_only_what_was_sent_is_given() -> None:
    assert as_model(AgentFields, {"description": None, "project_brief": False}).given() == {
        "description": "",
        "project_brief": False,
    }


def test_a_null_character_in_a_query_is_refused() -> None:
    assert plain("text", "é") == "é"
    with pytest.raises(InvalidInput):
        plain("text", "a\x00b")
