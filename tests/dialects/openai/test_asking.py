"""Messages in every shape that clients send become turns, a question and instructions; the rest is refused by name."""

from typing import Any

import pytest

from tertulia.core.errors import InvalidInput
from tertulia.dialects.openai.asking import completion_question, response_question
from tertulia.dialects.openai.bodies import NewCompletion, NewResponse
from tertulia.dialects.openai.errors import ParameterMissing, ParameterUnsupported
from tertulia.dialects.openai.json_body import as_model
from tertulia.services.transcripts import EarlierTurn, Question

IMAGE = {"type": "image_url", "image_url": {"url": "data:,"}}


def asked(*messages: dict[str, Any], **fields: Any) -> Question:
    given = as_model(NewCompletion, {"model": "m", "messages": list(messages), **fields})
    return completion_question(given, "a")


def said(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def responded(given: Any, **fields: Any) -> Question:
    return response_question(as_model(NewResponse, {"model": "m", "input": given, **fields}), "a")


def test_the_last_message_is_asked_and_those_before_are_turns() -> None:
    question = asked(said("user", "One?"), said("assistant", "1."), said("user", "Two?"))
    assert (question.text, question.agent_id, question.instructions) == ("Two?", "a", None)
    assert question.earlier == [EarlierTurn("One?", "1.")]


def test_system_and_developer_messages_are_instructions_wherever_they_stand() -> None:
    question = asked(said("system", "Be brief."), said("user", "One?"), said("developer", "In verse."))
    assert question.instructions == "Be brief.\n\nIn verse."
    assert question.earlier == []


def test_parts_of_text_are_one_text() -> None:
    parts = [{"type": "text", "text": "Wh"}, {"type": "input_text", "text": "y?"}]
    refusal = [{"type": "refusal", "refusal": "No."}, {"type": "output_text", "text": " Sorry."}]
    question = asked(said("user", "Go."), said("assistant", refusal), said("user", parts))
    assert (question.text, question.earlier) == ("Why?", [EarlierTurn("Go.", "No. Sorry.")])


def test_messages_of_one_side_in_a_row_are_joined() -> None:
    texts = [said("user", "A"), said("user", "B"), said("assistant", "C"), said("assistant", "D"), said("user", "E")]
    question = asked(*texts, said("user", "F"))
    assert (question.text, question.earlier) == ("E\n\nF", [EarlierTurn("A\n\nB", "C\n\nD")])


def test_a_greeting_and_an_answer_that_never_came_are_turns_with_an_empty_side() -> None:
    question = asked(said("assistant", "Hello!"), said("user", "A"), said("assistant", ""), said("user", "B"))
    assert question.earlier == [EarlierTurn("", "Hello!"), EarlierTurn("A", "")]


def test_calls_of_tools_that_came_before_are_left_out() -> None:
    call: dict[str, Any] = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "type": "function", "function": {}}],
    }
    result = {"role": "tool", "content": "42", "tool_call_id": "c"}
    question = asked(said("user", "A"), call, result, said("assistant", "It is 42."), said("user", "B"))
    assert question.earlier == [EarlierTurn("A", "It is 42.")]


def test_settings_of_sampling_and_unknown_fields_are_ignored() -> None:
    ignored = {"temperature": 0.1, "max_tokens": 5, "n": 1, "tools": [], "logit_bias": {"1": 2}, "whatever": [1]}
    assert asked(said("user", "A"), **ignored).text == "A"
    assert asked(said("user", "A"), tools=[{"type": "function"}], tool_choice="none").text == "A"


def test_null_characters_are_dropped() -> None:
    assert asked(said("system", "B\x00e."), said("user", "A\x00?")).text == "A?"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"functions": [{"name": "f"}], "function_call": "auto"}, "functions"),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "messages[0].content[0].type"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(ParameterUnsupported) as caught:
        asked(*fields.pop("messages", [said("user", "A")]), **fields)
    assert list(caught.value.fields) == [param]


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([], "messages"),
        ("Hello", "messages"),
        ([{"content": "A"}], "messages[0].role"),
        ([{"role": "user", "content": 5}], "messages[0].content"),
        ([{"role": "user", "content": [{"text": "A"}]}], "messages[0].content[0].type"),
        ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0].text"),
        ([{"role": "user", "content": ["A"]}], "messages[0].content[0]"),
        ([{"role": "nobody", "content": "A"}], "messages[0].role"),
        ([{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}], "messages"),
        ([{"role": "system", "content": "A"}], "messages"),
        ([{"role": "user", "content": " \n"}], "messages"),
        ([{"role": "user"}], "messages"),
    ],
)
def test_what_is_wrong_is_refused_by_name(messages: Any, param: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        completion_question(as_model(NewCompletion, {"model": "m", "messages": messages}), "a")
    assert list(caught.value.fields) == [param]


def test_what_is_missing_is_told_apart_from_what_is_wrong() -> None:
    with pytest.raises(ParameterMissing) as caught:
        as_model(NewCompletion, {"messages": [said("user", "A")]})
    assert list(caught.value.fields) == ["model"]


def test_an_input_is_a_text_or_items() -> None:
    assert responded("Why?").text == "Why?"
    items: list[dict[str, Any]] = [
        said("developer", "Be brief."),
        {"type": "message", **said("user", [{"type": "input_text", "text": "One?"}])},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "message", "id": "msg_1", **said("assistant", [{"type": "output_text", "text": "1."}])},
        said("user", "Two?"),
    ]
    question = responded(items, instructions="In verse.")
    assert (question.text, question.earlier) == ("Two?", [EarlierTurn("One?", "1.")])
    assert question.instructions == "In verse.\n\nBe brief."


def test_what_a_response_gives_back_is_kept_with_it() -> None:
    given = responded("Why?", instructions="Be brief.", metadata={"k": "v"}, store=False, temperature=1).given
    assert given == {"model": "m", "instructions": "Be brief.", "metadata": {"k": "v"}}


@pytest.mark.parametrize(
    ("given", "fields", "param"),
    [
        ([{"type": "item_reference", "id": "msg_1"}], {}, "input[0]"),
        ([said("user", [{"type": "input_image"}])], {}, "input[0].content[0].type"),
        ([said("assistant", "B")], {}, "input"),
        ([{"type": "message", "content": "A"}], {}, "input[0].role"),
        ("", {}, "input"),
        ("A", {"tools": [{"type": "web_search"}]}, "tools"),
        ("A", {"prompt": {"id": "p"}}, "prompt"),
    ],
)
def test_what_a_response_cannot_do_is_refused_by_name(given: Any, fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        responded(given, **fields)
    assert list(caught.value.fields) == [param]


def test_metadata_has_its_limits() -> None:
    with pytest.raises(InvalidInput) as caught:
        responded("A", metadata={str(key): "v" for key in range(17)})
    assert list(caught.value.fields) == ["metadata"]
