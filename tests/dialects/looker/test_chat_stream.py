"""One turn's events as elements of an array: their order, their names, and what happens where a turn breaks off."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest

from dialects.looker.turns import (
    ADDRESS,
    AT,
    CATEGORY,
    DONE,
    FAILED,
    QUESTION,
    RESTARTED,
    STARTED,
    UNITS,
    Attempts,
    Json,
    asked,
    gave,
    kind,
    kinds,
    said,
    thought,
    told,
    units,
)
from tertulia.core.analysis import (
    Clarification,
    CodeResult,
    Drawing,
    ExploreCard,
    ExploreFields,
    ExploreList,
    FieldCard,
    FieldValues,
)
from tertulia.core.document import ChunkHit
from tertulia.core.errors import Unavailable
from tertulia.core.query import Source
from tertulia.core.run import CancelledByUser, Event
from tertulia.core.table import ROW_TOTAL, Column, ColumnKind, ColumnType, PivotKey, Table
from tertulia.core.tool import ChunkHits, ToolFailure, ToolKind, ToolResult
from tertulia.dialects.looker.chat_stream import RESTARTED as BEGINS_AGAIN
from tertulia.dialects.looker.encode_answers import LONGEST_RESULT, Listener

SOURCE = Source("shop", "order_items")
CLARIFIED = Clarification(message="Which ones?", choices=["units sold in 2025", "units sold in 2026"])


def system(element: Json, *path: str) -> Any:
    found = element["systemMessage"]
    for name in path:
        found = found[name]
    return found


def only(elements: list[Json], wanted: str) -> Json:
    [found] = [each for each in elements if kind(each) == wanted]
    return found


def test_a_data_question_is_told_in_the_order_that_clients_expect() -> None:
    elements = told(
        thought("Let me look. There are orders."),
        asked("call-1", question=QUESTION),
        gave("call-1", units()),
        *said("Parts sold best."),
        DONE,
    )
    assert kinds(elements) == [
        "text.THOUGHT",
        "schema.query",
        "schema.result",
        "data.query",
        "data.generatedSql",
        "data.result",
        "chart.query",
        "chart.result",
        "text.FINAL_RESPONSE",
    ]
    assert system(elements[0], "text", "parts") == ["Let me look.", "Let me look. There are orders."]
    assert system(elements[-1], "text", "parts") == ["Parts sold best."]


def test_a_query_reads_the_same_in_both_spellings_that_clients_know() -> None:
    looker = system(only(told(asked("c"), gave("c", units()), DONE), "data.query"), "data", "query", "looker")
    assert looker["view"] == looker["explore"] == "order_items"
    assert looker["filters"] == {CATEGORY: "-Bikes"}
    assert looker["limit"] == "500"
    assert "client_id" not in looker


def test_rows_are_objects_with_typed_values_and_a_readable_twin() -> None:
    result = system(only(told(asked("c"), gave("c", units()), DONE), "data.result"), "data", "result")
    assert result["data"] == [{CATEGORY: "Parts", UNITS: 1221}, {CATEGORY: "Tools", UNITS: None}]
    assert result["formattedData"] == [{CATEGORY: "Parts", UNITS: "1,221"}, {CATEGORY: "Tools", UNITS: "∅"}]
    assert [each["category"] for each in result["schema"]["fields"]] == ["dimension", "measure"]


def test_one_name_holds_query_rows_and_chart_together_and_is_given_once() -> None:
    elements = told(
        asked("a", ToolKind.RUN_QUERY), gave("a", units()), asked("b", ToolKind.RUN_QUERY), gave("b", units()), DONE
    )
    names = [
        system(each, *path)
        for each in elements
        for wanted, path in (
            ("data.query", ("data", "query", "name")),
            ("data.result", ("data", "result", "name")),
            ("chart.query", ("chart", "query", "dataResultName")),
        )
        if kind(each) == wanted
    ]
    assert names == ["units_by_category"] * 3 + ["units_by_category_2"] * 3


def test_pivoted_values_stand_under_their_pivot() -> None:
    count = Column(name="o.count", label="Count", kind=ColumnKind.MEASURE, type=ColumnType.NUMBER)
    table = Table(
        columns=[
            Column(name="o.year", label="Year", kind=ColumnKind.DIMENSION, type=ColumnType.NUMBER),
            msgspec.structs.replace(count, pivot="open"),
            msgspec.structs.replace(count, pivot=ROW_TOTAL),
        ],
        rows=[[2025, 7, 9]],
        pivots=[PivotKey(key="open", values=["open"])],
        totals=[None, 7, 9],
    )
    result = system(only(told(asked("c"), gave("c", units(table=table)), DONE), "data.result"), "data", "result")
    assert result["data"] == [{"o.year": 2025, "o.count": {"open": 7, ROW_TOTAL: 9}}]
    assert result["totals"] == {"o.year": None, "o.count": {"open": 7, ROW_TOTAL: 9}}
    assert [each["name"] for each in result["schema"]["fields"]] == ["o.year", "o.count"]


def test_a_result_beyond_the_limit_loses_whole_rows_and_says_so() -> None:
    rows: list[list[Any]] = [["x" * 10_000, number] for number in range(400)]
    result = system(only(told(asked("c"), gave("c", units(rows)), DONE), "data.result"), "data", "result")
    assert 0 < len(result["data"]) < 400
    assert len(result["formattedData"]) == len(result["data"])
    assert len(msgspec.json.encode(result["data"])) <= LONGEST_RESULT * 1.01
    assert result["isTruncated"] is True


@pytest.mark.parametrize(("takes_objects", "shape"), [(False, str), (True, dict)])
def test_a_chart_is_text_or_an_object_by_client(*, takes_objects: bool, shape: type) -> None:
    listener = Listener(ADDRESS, takes_objects=takes_objects)
    elements = told(asked("c"), gave("c", units()), DONE, listener=listener)
    config = system(only(elements, "chart.result"), "chart", "result", "vegaConfig")
    assert isinstance(config, shape)
    assert (config if takes_objects else msgspec.json.decode(config))["mark"] == "bar"


def test_a_drawing_names_the_rows_it_draws_where_they_were_shown() -> None:
    drawn = Drawing(title="Units", chart={"mark": "bar"}, query=units().query)
    elements = told(
        asked("a", ToolKind.RUN_QUERY),
        gave("a", units(chart=None)),
        asked("b", ToolKind.DRAW_CHART, title="Units"),
        gave("b", drawn),
        asked("c", ToolKind.DRAW_CHART),
        gave("c", msgspec.structs.replace(drawn, query=None)),
        DONE,
    )
    queries = [system(each, "chart", "query") for each in elements if kind(each) == "chart.query"]
    assert queries == [{"instructions": "Units", "dataResultName": "units_by_category"}, {"instructions": "Units"}]


def test_code_is_told_with_the_queries_it_asked() -> None:
    ran = CodeResult(code="x = 1", output="1\n", value=[1], problem="It broke.", answers=[units()])
    elements = told(asked("c", ToolKind.RUN_CODE, code="x = 1"), gave("c", ran), DONE)
    assert kinds(elements) == [
        "text.PROGRESS",
        "data.query",
        "data.generatedSql",
        "data.result",
        "analysis.query",
        *["analysis.progressEvent"] * 4,
        "text.FINAL_RESPONSE",
    ]
    assert system(elements[4], "analysis", "query", "dataResultNames") == ["units_by_category"]
    events = [system(each, "analysis", "progressEvent") for each in elements[5:9]]
    assert events == [
        {"code": "x = 1"},
        {"executionOutput": "1\n"},
        {"resultReferenceData": "[1]"},
        {"executionError": "It broke."},
    ]


@pytest.mark.parametrize(
    ("called", "result", "expected"),
    [
        (
            ToolKind.LIST_EXPLORES,
            ExploreList(explores=[ExploreCard(source=SOURCE, label="Sales")]),
            ["schema.query", "schema.result"],
        ),
        (
            ToolKind.DESCRIBE_EXPLORE,
            ExploreFields(
                explore=ExploreCard(source=SOURCE, label="Sales"),
                fields=[FieldCard(name=UNITS, label="Units", type="number", is_measure=True)],
            ),
            ["schema.query", "schema.result"],
        ),
        (
            ToolKind.SEARCH_FIELD_VALUES,
            FieldValues(source=SOURCE, field=CATEGORY, values=["Parts"]),
            ["text.PROGRESS", "text.PROGRESS"],
        ),
        (
            "hybrid_chunks",
            ChunkHits(hits=[ChunkHit(chunk_id="1", document_id="2", document_name="a.pdf", text="Hi.", score=1.0)]),
            ["text.PROGRESS", "text.PROGRESS"],
        ),
        (ToolKind.RUN_QUERY, ToolFailure(code="unknown_field", message="No."), ["text.PROGRESS", "error"]),
        ("something_else", ToolFailure(code="unknown_tool", message="No."), ["text.PROGRESS", "error"]),
    ],
)
def test_other_calls_are_told_as_schema_progress_and_errors(
    called: str, result: ToolResult, expected: list[str]
) -> None:
    elements = told(asked("c", called), gave("c", result), *said("So."), DONE)
    assert kinds(elements) == [*expected, "text.FINAL_RESPONSE"]


def test_a_question_that_is_asked_back_offers_what_could_be_asked() -> None:
    elements = told(asked("c"), gave("c", CLARIFIED), *said("Which ones?"), DONE)
    assert kinds(elements)[-2:] == ["text.FINAL_RESPONSE", "text.FOLLOWUP_QUESTIONS"]
    assert system(elements[-1], "text", "parts") == CLARIFIED.choices


def test_text_on_the_way_is_progress_and_the_answer_comes_once() -> None:
    elements = told(*said("Let me see."), asked("c"), gave("c", units(chart=None)), *said("Done."), DONE)
    assert kinds(elements)[0] == "text.PROGRESS"
    assert [each for each in kinds(elements) if each == "text.FINAL_RESPONSE"] == ["text.FINAL_RESPONSE"]


def test_calls_at_once_are_told_as_they_come_in_groups_of_their_own() -> None:
    elements = told(asked("a"), asked("b"), gave("b", units(chart=None)), gave("a", CLARIFIED), DONE)
    assert kinds(elements)[:3] == ["schema.query", "schema.query", "schema.result"]
    groups = [system(each, "groupId") for each in elements]
    assert groups == [0, 1, 1, 1, 1, 1, 0, 2, 2]


def test_every_element_is_whole_as_soon_as_it_can_be() -> None:
    played = Attempts([STARTED, thought("Hm."), asked("c"), gave("c", units()), *said("So."), DONE])
    written = [bool(piece) for piece in played.pieces]
    assert written == [False, False, True, True, False, False, False, False, True]
    assert all(piece.startswith((b"{", b",\n{")) and piece.endswith(b"}") for piece in played.pieces if piece)


def test_ids_are_each_messages_own_and_times_have_six_digits() -> None:
    elements = told(thought("Hm."), asked("c"), gave("c", units()), *said("So."), DONE)
    ids = [each["messageId"] for each in elements]
    assert len(set(ids)) == len(ids)
    assert all(each.startswith("run-1.") for each in ids)
    assert {each["timestamp"] for each in elements} == {"2026-06-30T12:00:00.000042+00:00"}


@pytest.mark.parametrize(
    ("ending", "text"), [(FAILED, "The model is away."), (CancelledByUser(at=AT), "The answer was stopped.")]
)
def test_a_turn_that_breaks_off_keeps_what_was_written_and_says_why(ending: Event, text: str) -> None:
    elements = told(*said("I was about to"), ending)
    assert kinds(elements) == ["text.PROGRESS", "error"]
    assert system(elements[0], "text", "parts")[1] == "I was about to"
    assert system(elements[1], "error", "text") == text


def test_a_call_that_was_under_way_is_told_as_interrupted() -> None:
    assert kinds(told(asked("c"), CancelledByUser(at=AT))) == ["schema.query", "error", "error"]


def test_a_stream_that_ends_before_its_turn_is_an_array_all_the_same() -> None:
    played = Attempts([STARTED, asked("c")])
    played.pieces.append(played.stream.break_off(Unavailable("Later.")))
    assert not played.stream.has_ended
    assert kinds(played.elements) == ["schema.query", "error"]


@pytest.mark.parametrize(
    ("events", "may_suggest"),
    [
        ([*said("Yes."), DONE], True),
        ([*said("Yes.")], False),
        ([*said("Yes."), FAILED], False),
        ([*said("Yes."), CancelledByUser(at=AT)], False),
        ([asked("call-1"), gave("call-1", CLARIFIED), *said("Which?"), DONE], False),
    ],
)
def test_questions_may_follow_a_whole_answer_that_brought_none_itself(
    events: list[Event], *, may_suggest: bool
) -> None:
    assert Attempts([STARTED, *events]).stream.may_suggest is may_suggest


def test_nothing_follows_the_end() -> None:
    played = Attempts([STARTED, *said("So."), DONE, *said("More."), DONE])
    assert played.stream.has_ended
    assert kinds(played.elements) == ["text.FINAL_RESPONSE"]


def test_a_new_attempt_repeats_nothing_and_says_that_it_begins_again() -> None:
    first: list[Event] = [STARTED, thought("Hm."), asked("c"), gave("c", units()), *said("Half an ans")]
    again: list[Event] = [RESTARTED, thought("Hm."), asked("c"), gave("c", units()), *said("A whole answer."), DONE]
    elements = Attempts(first, again).elements
    whole = kinds(Attempts(again).elements)
    assert kinds(elements) == [*whole[:-1], "text.PROGRESS", "text.FINAL_RESPONSE"]
    assert system(elements[-2], "text", "parts")[0] == BEGINS_AGAIN
    ids = [each["messageId"] for each in elements]
    assert len(set(ids)) == len(ids)


def test_a_new_attempt_that_finds_other_rows_shows_them_under_another_name() -> None:
    first: list[Event] = [STARTED, asked("c"), gave("c", units(chart=None))]
    again: list[Event] = [RESTARTED, asked("c"), gave("c", units([["Parts", 1]], chart=None)), DONE]
    elements = Attempts(first, again).elements
    names = [system(each, "data", "result", "name") for each in elements if kind(each) == "data.result"]
    assert names == ["units_by_category", "units_by_category_2"]
    third = Attempts(first, again[:-1], again).elements
    assert len([each for each in third if kind(each) == "data.result"]) == 2


def test_an_attempt_that_died_before_it_showed_anything_is_not_spoken_of() -> None:
    assert kinds(Attempts([STARTED, *said("Ha")], [RESTARTED, *said("So."), DONE]).elements) == ["text.FINAL_RESPONSE"]


def test_groups_never_go_back() -> None:
    elements = Attempts([STARTED, asked("c"), gave("c", units())], [RESTARTED, *said("So."), DONE]).elements
    groups = [system(each, "groupId") for each in elements]
    assert all(before <= after for before, after in pairwise(groups))
