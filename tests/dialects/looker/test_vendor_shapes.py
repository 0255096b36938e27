"""The OpenAPI document beside the vendor's own client: every operation, parameter, body and answer that both have.

What one has and the other has not is listed here, with the reason; an entry that is no longer needed fails too.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from looker_sdk.sdk.api40 import models

from dialects.looker.conftest import Stand
from dialects.looker.vendor import Operation, is_optional, is_text, members, operations
from dialects.looker.vendor_fit import EXTENSIONS, Fit, value_faults

Json = dict[str, Any]

# OAuth's own form of a login; the client sends it outside its methods
NO_METHOD = {("post", "/token")}

# fields of answers that are never told, by our shape
NEVER_TOLD: Mapping[str, set[str]] = {
    # a query in a chat is no saved one: it has no number, no address and no picture
    "ChatQuery": {
        "can",
        "client_id",
        "expanded_share_url",
        "filter_config",
        "has_table_calculations",
        "id",
        "share_url",
        "slug",
        "url",
        "vis_config",
        "visible_ui_sections",
    },
    # code is written by the model that answers, and its rows and charts are messages of their own
    "AnalysisEvent": {
        "coderInstruction",
        "error",
        "plannerReasoning",
        "resultCsvData",
        "resultNaturalLanguage",
        "resultVegaChartJson",
    },
    # of BigQuery alone, or in place of what is told in newer fields
    "DataMessage": {"bigQueryJob", "generatedLookerQuery"},
    "Datasource": {"structSchema"},
    "LookerExploreReference": {"privateLookerInstanceInfo", "schema"},
    "SystemMessage": {"exampleQueries"},
    # of an explore in full: read the explore
    "DataSourceSchema": {"filters", "synonyms", "tags"},
    "Field": {"mode", "subfields", "tags"},
    # charts are specifications; pictures are a format of queries
    "ChartResult": {"image"},
}

# fields of bodies that are taken and ignored, by the client's model
PASSED_OVER: Mapping[str, set[str]] = {
    # agents are written at /agents
    "WriteConversation": {"conversation_agent"},
    # an identical query has one client id, and the other two are for a page that is not here
    "WriteQuery": {"client_id", "filter_config", "visible_ui_sections"},
    # there are no looks and dashboards, and a task begins at once
    "WriteCreateQueryTask": {"dashboard_id", "deferred", "look_id"},
}

# where less is taken than the client could send
NARROWER = {
    "WriteApiSession.workspace_id",  # there is one workspace
    "WorkflowDestination.type",  # the two that the API names
    "WriteConversationMessages.messages[]",  # each is {type, message}, as the API says in words
    # for spreadsheets of old and for pages that are not here
    "WriteCreateQueryTask.result_format: gsxml",
    "WriteCreateQueryTask.result_format: json_fe",
    "WriteCreateQueryTask.result_format: odc",
}

# what a creation must have: the API says so in words, the client's types do not
NEEDED: Mapping[str, set[str]] = {
    "create_agent": {"name", "description", "sources"},
    "create_conversation": {"name"},
    "create_conversation_message": {"messages"},
    "create_golden_query": {"questions", "answer"},
    "create_query": {"model", "view"},
    "run_inline_query": {"model", "view"},
    "create_query_task": {"query_id", "result_format"},
    "conversational_analytics_chat": {"conversation_id", "user_message"},
}

# parameters that the client has and the document has not: an empty answer has no fields
NOT_DECLARED: Mapping[str, set[str]] = {
    "delete_agent": {"fields"},
    "delete_conversation": {"fields"},
    "delete_conversation_message": {"fields"},
}


@pytest.fixture(scope="module")
def written(stand: Stand) -> Json:
    return stand.nobody.document.content


@pytest.fixture(scope="module")
def served(written: Json) -> list[tuple[Operation, Json]]:
    """The operations that both have, each with what the document says of it."""
    known = operations()
    return [
        (known[method, path], operation)
        for path, methods in written["paths"].items()
        for method, operation in methods.items()
        if (method, path) in known
    ]


def parameters(operation: Json, place: str) -> dict[str, Json]:
    return {each["name"]: each for each in operation.get("parameters", ()) if each["in"] == place}


def body_of(operation: Json) -> Json:
    [content] = operation["requestBody"]["content"].values()
    return content["schema"]


def shape_of(written: Json, schema: Json) -> Json:
    return written["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


def test_every_path_is_one_of_the_client_s(written: Json) -> None:
    ours = {(method, path) for path, methods in written["paths"].items() for method in methods}
    assert ours - operations().keys() == NO_METHOD
    assert len(ours) > 40


def test_every_parameter_of_the_client_is_declared_with_its_type(
    written: Json, served: list[tuple[Operation, Json]]
) -> None:
    fit, faults = Fit(written["components"]["schemas"]), list[str]()
    for known, operation in served:
        ours = parameters(operation, "query")
        assert known.query.keys() - ours.keys() == NOT_DECLARED.get(known.name, set())
        for name in known.query.keys() & ours.keys():
            faults += fit.body_faults(ours[name]["schema"], known.query[name], f"{known.name}({name})")
        assert set(parameters(operation, "path")) == {part[1:-1] for part in known.path.split("/") if "{" in part}
    assert faults == []


def test_a_parameter_must_be_given_where_the_client_always_gives_it(served: list[tuple[Operation, Json]]) -> None:
    for known, operation in served:
        ours = {name for name, each in parameters(operation, "query").items() if each["required"]}
        assert ours == {name for name, kind in known.query.items() if not is_optional(kind)}, known.name


def test_no_parameter_is_declared_that_the_client_does_not_have(served: list[tuple[Operation, Json]]) -> None:
    for known, operation in served:
        # the parameters of an address that is run are those of an explore's, and the ones of every run
        if known.name != "run_url_encoded_query":
            assert parameters(operation, "query").keys() <= known.query.keys(), known.name


def test_every_body_that_the_client_can_send_is_taken(written: Json, served: list[tuple[Operation, Json]]) -> None:
    fit, faults = Fit(written["components"]["schemas"]), set[str]()
    for known, operation in served:
        if known.form:
            assert set(shape_of(written, body_of(operation))["properties"]) == known.form
            continue
        assert ("requestBody" in operation) == (known.body is not None), known.name
        if known.body is not None:
            assert operation["requestBody"]["required"] is True
            faults |= set(fit.body_faults(body_of(operation), known.body, known.name))
    passed_over = {f"{model}.{name}: is not taken" for model, names in PASSED_OVER.items() for name in names}
    assert passed_over <= faults
    told = faults - passed_over
    assert {each for each in told if not any(each.startswith(place) for place in NARROWER)} == set()
    assert {place for place in NARROWER if not any(each.startswith(place) for each in told)} == set()


def test_a_body_must_have_what_the_api_says_and_nothing_else(
    written: Json, served: list[tuple[Operation, Json]]
) -> None:
    for known, operation in served:
        if known.body is not None:
            shape = shape_of(written, body_of(operation))
            assert set(shape.get("required", ())) == NEEDED.get(known.name, set())


def test_every_answer_is_of_a_type_that_the_client_decodes(written: Json, served: list[tuple[Operation, Json]]) -> None:
    fit, faults = Fit(written["components"]["schemas"]), list[str]()
    for known, operation in served:
        if "204" in operation["responses"] and "200" not in operation["responses"]:
            assert known.answer is str
        elif is_text(known):
            assert "text/csv" in operation["responses"]["200"]["content"]
        else:
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            faults += fit.answer_faults(schema, known.answer, known.name)
    for status, model in (("default", models.Error), ("422", models.ValidationError)):
        schema = written["paths"]["/queries"]["post"]["responses"][status]["content"]["application/json"]["schema"]
        faults += fit.answer_faults(schema, model, status)
    assert faults == []


def test_every_field_that_the_client_knows_is_told_but_for_those_listed(
    written: Json, served: list[tuple[Operation, Json]]
) -> None:
    shapes = written["components"]["schemas"]
    fit = Fit(shapes)
    for known, operation in served:
        content = operation["responses"].get("200", {}).get("content", {})
        if "application/json" in content and not is_text(known):
            list(fit.answer_faults(content["application/json"]["schema"], known.answer, known.name))
    missing = {name: members(model).keys() - shapes[name]["properties"].keys() for name, model in fit.met.items()}
    assert {name: fields for name, fields in missing.items() if fields} == NEVER_TOLD
    told = {(model.__name__, each) for name, model in fit.met.items() for each in shapes[name]["properties"]}
    assert {(model, each) for model, names in EXTENSIONS.items() for each in names} <= told
    assert len(fit.met) > 50


AGENT: Json = {
    "id": "a",
    "created_at": "2026-02-23T12:00:00.000000+00:00",
    "sources": [{"model": "m"}],
    "deleted": False,
}


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        (AGENT, models.Agent, ""),
        ({**AGENT, "persists_chat": True}, models.Agent, ""),
        ({**AGENT, "id": 7}, models.Agent, "agent.id: 7 for"),
        ({**AGENT, "deleted": "no"}, models.Agent, "agent.deleted: 'no' for"),
        ({**AGENT, "created_at": "2026-02-23T12:00:00Z"}, models.Agent, "is no time"),
        ({**AGENT, "colour": "red"}, models.Agent, "Agent has no colour"),
        ({**AGENT, "sources": [{"view": "v"}]}, models.Agent, "agent.sources[]: Source has no view"),
        ({**AGENT, "sources": {}}, models.Agent, "agent.sources: {} for"),
        ({"model": "m"}, models.Query, "view is missing"),
        ({"model": "m", "view": None}, models.Query, "agent.view: null for"),
        ({"week_start_day": "noday"}, models.LookmlModelExploreField, "'noday' is no WeekStartDay"),
    ],
)
def test_what_does_not_fit_the_client_s_types_is_told(value: Json, kind: Any, told: str) -> None:
    faults = "; ".join(value_faults(value, kind, "agent"))
    assert told in faults
    assert bool(told) == bool(faults)


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ({"model": {"type": "string"}, "explore": {"type": "string"}}, ""),
        ({"model": {"type": "integer"}, "explore": {"type": "string"}}, "Source.model: {'type': 'integer'} for"),
        ({"model": {"type": "array", "items": {}}}, "Source.model"),
        ({"view": {"type": "string"}}, "Source.view: the client does not know it"),
    ],
)
def test_a_shape_of_another_type_than_the_client_s_is_told(shape: Json, told: str) -> None:
    fit = Fit({"Source": {"type": "object", "required": [], "properties": shape}})
    faults = "; ".join(fit.answer_faults({"$ref": "#/components/schemas/Source"}, models.Source, "source"))
    assert told in faults
    assert bool(told) == bool(faults)
