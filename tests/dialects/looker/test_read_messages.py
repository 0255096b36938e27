"""What clients keep of a chat, in every shape they write it, and what it means to everybody."""

from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialects.looker.turns import AT, CATEGORY, DONE, QUESTION, UNITS, Json, asked, gave, said, thought, told, units
from tertulia.core.analysis import QueryAnswer
from tertulia.core.message import Aside, AssistantMessage, Interim, Message, Outcome, Reasoning, ToolCall, UserMessage
from tertulia.core.query import Query
from tertulia.core.table import ColumnKind, ColumnType, PivotKey
from tertulia.dialects.looker.encode_answers import Listener
from tertulia.dialects.looker.encode_turn import TurnEncoder
from tertulia.dialects.looker.read_messages import read_batch
from tertulia.services.history import Entry
from tertulia.store import codec

LOOKER: Json = {
    "model": "shop",
    "view": "order_items",
    "fields": [CATEGORY, UNITS],
    "filters": {CATEGORY: "-Bikes"},
    "sorts": [f"{UNITS} desc 0", f"{CATEGORY} asc"],
    "limit": "20",
}
ROWS: Json = {"name": "sales", "data": [{CATEGORY: "Parts", UNITS: "12"}]}
CHART: Json = {"mark": "bar", "data": {"values": [{"x": 1}]}, "encoding": {"x": {"field": "x"}}}


def system(**content: Any) -> Json:
    return {"type": "system", "message": {"systemMessage": {**content, "groupId": 0}, "timestamp": "2026-02-23T12:00Z"}}


def text(kind: Any, *parts: Any) -> Json:
    return system(text={"parts": list(parts), "textType": kind})


def data_query(**changes: Any) -> Json:
    return system(data={"query": {"name": "sales", "question": QUESTION, "looker": {**LOOKER, **changes}}})


def read(*payloads: Json) -> list[Message | Aside]:
    return [each.message for each in read_batch(payloads, order=1)]


def answer_in(*payloads: Json) -> QueryAnswer:
    """The one answer in a batch."""
    [found] = [each.result for each in read(*payloads) if isinstance(each, ToolCall)]
    assert isinstance(found, QueryAnswer)
    return found


@pytest.mark.parametrize(
    "message",
    [
        {"userMessage": {"text": "hi"}, "timestamp": "2026-02-23T12:00:00.000Z"},
        {"userMessage": {"text": "hi"}, "timestamp": "2026-02-23T12:00:00.123000+0000"},
        {"user_message": "hi"},
        {"user_message": {"text": "hi"}},
        {"userMessage": "hi", "extra": [1]},
    ],
)
def test_a_question_is_read_in_every_shape(message: Json) -> None:
    [written] = read_batch([{"type": "user", "message": message}], order=7)
    assert isinstance(written.message, UserMessage)
    assert written.message.text == "hi"
    assert written.wire == {"type": "user", "message": message, "order": 7}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (text("FINAL_RESPONSE", "One.", "Two."), AssistantMessage(turn=0, at=AT, text="One.\n\nTwo.")),
        (text(1, "One."), AssistantMessage(turn=0, at=AT, text="One.")),
        (text("THOUGHT", "Summary.", "Whole thought."), Reasoning(turn=0, at=AT, text="Summary.\n\nWhole thought.")),
        (text("THOUGHT", "Whole", "**Whole** thought."), Reasoning(turn=0, at=AT, text="**Whole** thought.")),
        (text("PROGRESS", "Only a summary"), Reasoning(turn=0, at=AT, text="Only a summary")),
        (text("FOLLOWUP_QUESTIONS", "And then?"), Aside(turn=0, at=AT)),
        (text("SOMETHING_NEW", "x"), Aside(turn=0, at=AT)),
        (text("FINAL_RESPONSE"), Aside(turn=0, at=AT)),
        (text("FINAL_RESPONSE", None, 5), Aside(turn=0, at=AT)),
        (system(error={"text": "No."}), AssistantMessage(turn=0, at=AT, text="No.", outcome=Outcome.FAILED)),
        (system(error={}), Aside(turn=0, at=AT)),
        (system(analysis={"progressEvent": {"code": "1 + 1"}}), Reasoning(turn=0, at=AT, text="1 + 1")),
        (system(analysis={"progressEvent": {"executionOutput": "2\n"}}), Reasoning(turn=0, at=AT, text="2\n")),
        (system(analysis={"progressEvent": {"code": 5}}), Aside(turn=0, at=AT)),
        (system(analysis={"query": {"question": "How?"}}), Aside(turn=0, at=AT)),
        (data_query(), Aside(turn=0, at=AT)),
        ({"type": "user", "message": {"userMessage": {"text": "  "}}}, Aside(turn=0, at=AT)),
        ({"type": "system", "message": {}}, Aside(turn=0, at=AT)),
    ],
)
def test_texts_are_answers_or_reasoning_and_all_else_is_an_aside(payload: Json, expected: Message | Aside) -> None:
    [message] = read(payload)
    assert msgspec.structs.replace(message, at=AT) == expected


@pytest.mark.parametrize(("given", "text"), [(5, "5"), (False, "false"), (["a"], '["a"]'), ({"b": None}, '{"b":null}')])
def test_a_question_that_is_no_text_is_asked_as_its_json(given: Any, text: str) -> None:
    for message in ({"userMessage": {"text": given}}, {"user_message": {"text": given}}):
        [asked_as] = read({"type": "user", "message": message})
        assert isinstance(asked_as, UserMessage)
        assert asked_as.text == text


def test_an_error_that_was_got_over_is_no_end_of_its_turn() -> None:
    question = {"type": "user", "message": {"userMessage": {"text": "hi"}}}
    found = read(question, system(error={"text": "Not yet."}), text("FINAL_RESPONSE", "Five."), question)
    assert [type(each) for each in found] == [UserMessage, Interim, AssistantMessage, UserMessage]
    ended = read(question, text("THOUGHT", "Hm."), system(error={"text": "Not at all."}), question)
    assert [type(each) for each in ended] == [UserMessage, Reasoning, AssistantMessage, UserMessage]


def test_the_default_limit_is_none_that_somebody_chose() -> None:
    assert answer_in(data_query(limit="500"), system(data={"result": ROWS})).query.limit is None
    assert answer_in(data_query(limit="499"), system(data={"result": ROWS})).query.limit == 499


def test_query_sql_rows_and_chart_are_one_call_where_the_rows_stand() -> None:
    messages = read(
        data_query(),
        system(data={"generatedSql": "SELECT 1"}),
        system(data={"result": ROWS}),
        system(chart={"query": {"instructions": "draw", "dataResultName": "sales"}}),
        system(chart={"result": {"vegaConfig": msgspec.json.encode(CHART).decode()}}),
    )
    assert [type(each) for each in messages] == [Aside, Aside, ToolCall, Aside, Aside]
    call = messages[2]
    assert isinstance(call, ToolCall)
    assert isinstance(call.result, QueryAnswer)
    assert (call.result.sql, call.result.question, call.result.label) == ("SELECT 1", QUESTION, "Sales")
    assert call.result.query == Query(
        model="shop",
        explore="order_items",
        fields=[CATEGORY, UNITS],
        filters={CATEGORY: "-Bikes"},
        sorts=[f"{UNITS} desc", CATEGORY],
        limit=20,
    )
    assert call.result.chart is not None
    assert call.result.chart["data"] == CHART["data"]


@pytest.mark.parametrize("config", [CHART, msgspec.json.encode(CHART).decode(), repr(CHART)])
def test_a_chart_is_read_as_an_object_as_json_and_as_python_writes_it(config: Any) -> None:
    rows = system(data={"result": ROWS})
    found = answer_in(data_query(), rows, system(chart={"result": {"vegaConfig": config}}))
    assert found.chart is not None
    assert found.chart["mark"] == {"type": "bar"} or found.chart["mark"] == "bar"


@pytest.mark.parametrize("config", ["no chart", "[1]", {"mark": "bar", "data": {"url": "http://x"}}, 5, "(" * 10_000])
def test_what_is_no_chart_leaves_the_rows_without_one(config: Any) -> None:
    rows = system(data={"result": ROWS})
    assert answer_in(data_query(), rows, system(chart={"result": {"vegaConfig": config}})).chart is None


@pytest.mark.parametrize(
    ("changes", "filters"),
    [
        ({"filters": [{"field": CATEGORY, "value": "Parts"}]}, {CATEGORY: "Parts"}),
        ({"filters": {CATEGORY: 5}}, {CATEGORY: "5"}),
        ({"filters": None}, {}),
        ({"filters": [5, {"field": None}]}, {}),
    ],
)
def test_filters_are_read_as_a_map_and_as_a_list(changes: Json, filters: dict[str, str]) -> None:
    assert answer_in(data_query(**changes), system(data={"result": ROWS})).query.filters == filters


def test_an_explore_is_read_under_either_name() -> None:
    by_explore = {name: value for name, value in LOOKER.items() if name != "view"} | {"explore": "order_items"}
    asked_for = system(data={"query": {"name": "sales", "looker": by_explore}})
    assert answer_in(asked_for, system(data={"result": ROWS})).query.explore == "order_items"
    assert [type(each) for each in read(data_query(view=None), system(data={"result": ROWS}))] == [Aside, Aside]


def test_rows_go_with_the_query_of_their_name() -> None:
    other = system(data={"query": {"name": "other", "looker": {**LOOKER, "view": "customers"}}})
    assert answer_in(data_query(), other, system(data={"result": ROWS})).query.explore == "order_items"
    assert [type(each) for each in read(other, system(data={"result": ROWS}))] == [Aside, Aside]


def test_rows_may_come_later_than_their_query() -> None:
    kept = read_batch([data_query()], order=1)[0]
    entry = Entry(id="1", turn=0, position=0, at=AT, message=None, wire=kept.wire)
    [late] = read_batch([system(data={"result": ROWS})], order=2, earlier=[entry])
    assert isinstance(late.message, ToolCall)


def test_numbers_written_as_text_are_numbers_again_where_the_schema_says_so() -> None:
    schema = {"fields": [{"name": UNITS, "type": "NUMBER", "category": "MEASURE", "displayName": "Units"}]}
    table = answer_in(data_query(), system(data={"result": {**ROWS, "schema": schema}})).table
    assert table.rows == [["Parts", 12]]
    assert [(each.label, each.kind, each.type) for each in table.columns] == [
        ("Category", ColumnKind.DIMENSION, ColumnType.STRING),
        ("Units", ColumnKind.MEASURE, ColumnType.NUMBER),
    ]
    assert answer_in(data_query(), system(data={"result": ROWS})).table.rows == [["Parts", "12"]]


def test_pivoted_rows_have_a_column_for_each_pivot() -> None:
    rows = {"name": "sales", "data": [{CATEGORY: "Parts", UNITS: {"2025": 7, "2026": 8}}]}
    table = answer_in(data_query(pivots=["orders.year"]), system(data={"result": rows})).table
    assert [(each.name, each.pivot) for each in table.columns] == [(CATEGORY, ""), (UNITS, "2025"), (UNITS, "2026")]
    assert table.rows == [["Parts", 7, 8]]
    assert table.pivots == [PivotKey(key="2025", values=["2025"]), PivotKey(key="2026", values=["2026"])]


def test_a_result_without_rows_is_an_answer_all_the_same() -> None:
    table = answer_in(data_query(), system(data={"result": {"name": "sales", "data": []}})).table
    assert [each.name for each in table.columns] == [CATEGORY, UNITS]
    assert table.rows == []


def test_more_cells_than_there_is_room_for_stay_an_aside() -> None:
    rows = [{f"f{number}": 1} for number in range(1_100)]
    assert isinstance(read(data_query(), system(data={"result": {"name": "sales", "data": rows}}))[1], Aside)


def typed(element: Json) -> Json:
    """A message as a typed Python client sends it back: without keys it does not know, and nulls."""
    lost = {"explore", "formattedData", "understood", "goldenQueryId", "isTruncated", "notes", "totals"}

    def kept(value: Any, under: str) -> Any:
        if isinstance(value, list):
            return [kept(each, under) for each in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        left_out = set[str]() if under in ("data", "lookerExploreReference") else lost
        pairs = cast("Json", value).items()
        return {name: kept(each, name) for name, each in pairs if name not in left_out and each is not None}

    stamped = element["timestamp"].replace("+00:00", "+0000")
    return {"type": "system", "message": {**kept(element, ""), "timestamp": stamped}}


def test_what_chat_told_reads_back_as_what_it_was_after_a_typed_client_had_it() -> None:
    told_once = told(thought("Hm. So."), asked("c"), gave("c", units(question=QUESTION)), *said("Done."), DONE)
    messages = read(*map(typed, told_once))
    reasoning = [each.text for each in messages if isinstance(each, Reasoning)]
    answers = [each.text for each in messages if isinstance(each, AssistantMessage)]
    assert (reasoning, answers) == (["Hm. So."], ["Done."])
    found = answer_in(*map(typed, told_once))
    before = units()
    assert msgspec.structs.replace(found.query, limit=None) == before.query
    assert (found.sql, found.table) == (before.sql, before.table)
    assert found.chart is not None


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def shaken(value: Any) -> st.SearchStrategy[Any]:
    """The value with any part of it replaced by anything."""
    parts: st.SearchStrategy[Any] = st.just(value)
    if isinstance(value, dict):
        parts = st.fixed_dictionaries({name: shaken(each) for name, each in cast("Json", value).items()})
    elif isinstance(value, list):
        parts = st.tuples(*map(shaken, cast("list[Any]", value))).map(list)
    return st.one_of(parts, parts, parts, parts, ANYTHING)


WHOLE = [
    {"type": "user", "message": {"userMessage": {"text": "hi"}}},
    text("THOUGHT", "a", "b"),
    data_query(pivots=[], dynamic_fields="[]", total=True, column_limit=5),
    system(data={"generatedSql": "SELECT 1"}),
    system(
        data={
            "result": {
                "name": "sales",
                "schema": {"fields": [{"name": UNITS, "type": "number", "category": "measure", "valueFormat": "0"}]},
                "data": [{CATEGORY: "Parts", UNITS: {"value": 5}}, {CATEGORY: None, UNITS: "7"}],
            }
        }
    ),
    system(chart={"query": {"dataResultName": "sales"}}),
    system(chart={"result": {"vegaConfig": CHART}}),
    text("FINAL_RESPONSE", "a"),
]


@settings(max_examples=200, deadline=None)
@given(st.tuples(*map(shaken, WHOLE)).map(list))
def test_whatever_a_client_keeps_is_read_stored_and_told_again(payloads: list[Any]) -> None:
    objects = [cast("Json", each) if isinstance(each, dict) else Json() for each in payloads]
    written = read_batch(objects, order=1)
    assert len(written) == len(objects)
    encoder = TurnEncoder("stem", Listener("https://figures.test"), "")
    for each in written:
        codec.dump(each.wire)
        codec.dump(each.message)
        if not isinstance(each.message, Aside):
            msgspec.json.encode(encoder.told(each.message))
