"""The messages of a conversation as a client keeps them: verbatim, in order, whatever is in them."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from dialects.looker.conftest import Stand
from dialects.looker.validated import Api, Json, error_of, faults_of


def user(text: str) -> Json:
    return {"type": "user", "message": {"userMessage": {"text": text}, "timestamp": "2026-02-23T12:00:00.000Z"}}


def system(text: str, kind: str = "FINAL_RESPONSE") -> Json:
    told = {"text": {"parts": [text], "textType": kind}, "groupId": 0}
    return {"type": "system", "message": {"timestamp": "2026-02-23T12:00:01.000Z", "systemMessage": told}}


TURNS = [user("How much?"), system("Adding up", "THOUGHT"), system("Five."), user("And now?"), system("Six.")]

ANYTHING: list[Json] = [
    {},
    {"user_message": "Old code"},
    {"userMessage": None},
    {"systemMessage": {"error": {"text": "It broke"}}},
    {"systemMessage": {"chart": {"result": {"vegaConfig": {"mark": "bar"}}}}},
    {"systemMessage": {"chart": {"result": {"vegaConfig": '{"mark": "bar"}'}}}},
    {"systemMessage": {"data": {"result": {"name": "x", "data": [{"a.b": 1}]}}}},
    {"systemMessage": {"hologram": [1, {"x": None}]}},
    {"z": 1, "a": {"emoji": "🦊", "nothing": None, "deep": [[[[]]]]}, "number": 12345678901234567890},
    {"systemMessage": {"text": {"parts": "no list", "textType": 7}}},
    {"userMessage": {"text": "back\\slash \\u0000 \\n"}},
]
REFUSED: list[tuple[Json, str]] = [
    ({}, "messages"),
    ({"messages": None}, "messages"),
    ({"messages": {}}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": [{}]}, "messages[0].type"),
    ({"messages": [{"type": "user"}]}, "messages[0].message"),
    ({"messages": [{"type": "", "message": {}}]}, "messages[0].type"),
    ({"messages": [{"type": "user", "message": []}]}, "messages[0].message"),
    ({"messages": [user("Good"), {"type": "user", "message": "bad"}]}, "messages[1].message"),
    ({"messages": [user("x")] * 1_001}, "messages"),
]


def path_of(caller: Api, *messages: Json) -> str:
    path = f"/conversations/{caller.conversation()['id']}/messages"
    if messages:
        caller.made(path, {"messages": list(messages)})
    return path


def test_messages_are_kept_word_for_word_and_in_order(stand: Stand) -> None:
    path = path_of(stand.pupil)
    made = stand.pupil.made(path, {"messages": TURNS})
    assert [{"type": each["type"], "message": each["message"]} for each in made] == TURNS
    assert [each["order"] for each in made] == [1, 2, 3, 4, 5]
    assert stand.pupil.found(path) == made
    for each in made:
        stand.pupil.document.check_whole("ConversationMessage", each)
        assert each["can"] == {"show": True, "update": True, "destroy": True}
        assert stand.pupil.found(f"{path}/{each['id']}") == each
    more = stand.pupil.made(path, {"messages": [user("Once more")]})
    assert more[0]["order"] == 6
    conversation = stand.pupil.found(path.removesuffix("/messages"))
    assert conversation["messages"] == [*made, *more]


def test_a_text_that_was_cut_in_a_character_is_kept_with_its_replacement(stand: Stand) -> None:
    sent = b'{"messages": [{"type": "user", "message": {"userMessage": {"text": "hi \\ud83d"}}}]}'
    made = stand.pupil.call("POST", path_of(stand.pupil), data=sent)
    assert made.status_code == 200, made.text
    assert made.json()[0]["message"] == {"userMessage": {"text": "hi \ufffd"}}


def test_names_that_cannot_be_kept_apart_are_refused(stand: Stand) -> None:
    message: Json = {"userMessage": {"text": "a\x00b"}, "more": [{"": 1}]}
    [made] = stand.pupil.made(path_of(stand.pupil), {"messages": [{"type": "user", "message": message}]})
    assert made["message"] == {**message, "userMessage": {"text": "ab"}}
    message["more"][0]["\x00"] = 2
    refused = stand.pupil.post(path_of(stand.pupil), {"messages": [{"type": "user", "message": message}]})
    assert "U+0000" in error_of(refused, 400)["message"]


def test_failures_and_code_are_shown_by_the_other_api(stand: Stand) -> None:
    told: list[Json] = [
        {"analysis": {"progressEvent": {"code": "1 / 0"}}},
        {"analysis": {"progressEvent": {"executionError": "ZeroDivisionError"}}},
        {"error": {"text": "It broke."}},
    ]
    path = path_of(
        stand.pupil, user("Why?"), *({"type": "system", "message": {"systemMessage": each}} for each in told)
    )
    where = f"playground-conversations/{path.split('/')[2]}/"
    history = stand.elsewhere("GET", where, stand.pupil.token or "").json()["chat_history"]
    assert [(each["type"], each["content"]) for each in history] == [
        ("message", "Why?"),
        ("reasoning_flow", "1 / 0"),
        ("reasoning_flow", "ZeroDivisionError"),
        ("message", "It broke."),
    ]
    assert history[-1]["outcome"] == "failed"


def test_the_answers_to_a_question_end_before_the_next(stand: Stand) -> None:
    path = path_of(stand.pupil, *TURNS)
    stored = stand.pupil.found(path)
    first = stand.pupil.found(f"{path}/{stored[0]['id']}/responses")
    assert first == stored[1:3]
    assert stand.pupil.found(f"{path}/{stored[3]['id']}/responses", params={"fields": "id"}) == [
        {"id": stored[4]["id"]}
    ]
    error_of(stand.pupil.get(f"{path}/{stored[1]['id']}/responses"), 404)
    error_of(stand.pupil.get(f"{path}/0/responses"), 404)


@pytest.mark.parametrize("message", ANYTHING)
def test_whatever_an_object_holds_is_kept(stand: Stand, message: Json) -> None:
    path = path_of(stand.pupil, user("A question first"))
    for kind in ("user", "system"):
        [made] = stand.pupil.made(path, {"messages": [{"type": kind, "message": message}]})
        assert made["message"] == message
        assert stand.pupil.found(f"{path}/{made['id']}")["message"] == message


def test_rows_of_a_model_that_is_not_loaded_here_stay_their_clients_own(stand: Stand) -> None:
    result = {"name": "sales", "data": [{"orders.count": 7}]}
    looker = {"model": "elsewhere", "view": "orders", "fields": ["orders.count"]}
    written = [
        {"type": "user", "message": {"userMessage": {"text": "How many?"}}},
        {"type": "system", "message": {"systemMessage": {"data": {"query": {"name": "sales", "looker": looker}}}}},
        {"type": "system", "message": {"systemMessage": {"data": {"result": result}}}},
        {"type": "system", "message": {"systemMessage": {"text": {"parts": ["7"], "textType": "FINAL_RESPONSE"}}}},
    ]
    path = path_of(stand.pupil)
    stand.pupil.made(path, {"messages": written})
    assert [each["message"] for each in stand.pupil.found(path)] == [each["message"] for each in written]


def test_a_message_of_more_than_a_megabyte_is_kept(stand: Stand) -> None:
    rows = [{"order_items.total": number, "products.name": "x" * 200} for number in range(8_000)]
    message = {"systemMessage": {"data": {"result": {"name": "many", "data": rows}}}}
    path = path_of(stand.pupil, user("Everything"))
    [made] = stand.pupil.made(path, {"messages": [{"type": "system", "message": message}]})
    assert len(json.dumps(message)) > 1_500_000
    assert made["message"] == message


@pytest.mark.parametrize(("body", "fault"), REFUSED)
def test_what_is_no_message_is_refused_and_nothing_is_kept(stand: Stand, body: Json, fault: str) -> None:
    path = path_of(stand.pupil)
    assert fault in faults_of(stand.pupil.post(path, body))
    assert stand.pupil.found(path) == []


def test_far_too_many_messages_are_refused_before_they_are_read(stand: Stand) -> None:
    path = path_of(stand.pupil)
    message: Json = {"type": "user", "message": {}}
    answer = stand.pupil.post(path, {"messages": [message] * 150_000})
    assert "1000" in faults_of(answer)["messages"]
    # compared with each other they take half a minute
    assert answer.elapsed.total_seconds() < 20


@pytest.mark.parametrize("text", ["1," * 950_000, "{" + "1," * 950_000, "{'a': [" + "1," * 950_000 + "]}"])
def test_a_long_text_in_the_place_of_a_chart_is_kept_and_not_read(stand: Stand, text: str) -> None:
    path = path_of(stand.pupil, user("Draw"))
    chart = {"type": "system", "message": {"systemMessage": {"chart": {"result": {"vegaConfig": text}}}}}
    answer = stand.pupil.post(path, {"messages": [chart, chart]})
    assert [each["message"] for each in answer.json()] == [chart["message"]] * 2
    assert answer.elapsed.total_seconds() < 3


@pytest.mark.parametrize("bracket", ["[]", "{}"])
def test_messages_are_nested_a_hundred_deep_and_no_deeper(stand: Stand, bracket: str) -> None:
    path = path_of(stand.pupil, user("Begin"))

    def nested(levels: int) -> bytes:
        opened, closed = ("[", "]") if bracket == "[]" else ('{"a":', "}")
        # the body, the list, its item and the message itself are four
        deep = opened * (levels - 4) + "1" + closed * (levels - 4)
        return f'{{"messages": [{{"type": "system", "message": {{"x": {deep}}}}}]}}'.encode()

    assert stand.pupil.call("POST", path, data=nested(100)).status_code == 200
    assert len(stand.pupil.found(path)) == 2
    for levels in (101, 480, 900, 5_000):
        told = error_of(stand.pupil.call("POST", path, data=nested(levels)), 400)["message"]
        assert "nested too deeply: at most 100" in told
    assert len(stand.pupil.found(path)) == 2


def test_a_message_is_changed(stand: Stand) -> None:
    path = path_of(stand.pupil, *TURNS)
    stored = stand.pupil.found(path)
    third = f"{path}/{stored[2]['id']}"
    changed = stand.pupil.patch(third, system("Fifty.")).json()
    assert changed == {**stored[2], "message": system("Fifty.")["message"]}
    assert stand.pupil.patch(third, {"type": "system"}).json() == changed
    assert stand.pupil.patch(third, {}).json() == changed
    assert [each["order"] for each in stand.pupil.found(path)] == [1, 2, 3, 4, 5]
    error_of(stand.pupil.patch(third, {"message": "text"}), 422)


def test_messages_are_deleted_all_or_none(stand: Stand) -> None:
    path = path_of(stand.pupil, *TURNS)
    ids = [each["id"] for each in stand.pupil.found(path)]
    answer = stand.pupil.delete(path, params={"id": f"{ids[1]},nothing"})
    assert "nothing" in error_of(answer, 404)["message"]
    assert len(stand.pupil.found(path)) == 5
    gone = stand.pupil.delete(path, params={"id": f"{ids[1]},{ids[2]}"})
    assert (gone.status_code, gone.content) == (204, b"")
    assert [each["id"] for each in stand.pupil.found(path)] == [ids[0], ids[3], ids[4]]
    error_of(stand.pupil.get(f"{path}/{ids[1]}"), 404)
    error_of(stand.pupil.delete(path), 400)
    error_of(stand.pupil.delete(path, params={"id": ids[1]}), 404)


@pytest.mark.parametrize("unknown", ["0", "x", "9" * 30, "1-1", "-", "%2E"])
def test_a_message_that_is_not_there_is_not_found(stand: Stand, unknown: str) -> None:
    path = path_of(stand.pupil, *TURNS)
    error_of(stand.pupil.get(f"{path}/{unknown}"), 404)
    error_of(stand.pupil.patch(f"{path}/{unknown}", user("x")), 404)
    error_of(stand.pupil.delete(path, params={"id": unknown}), 404)


def test_a_message_of_another_conversation_is_not_found(stand: Stand) -> None:
    theirs = path_of(stand.pupil, *TURNS)
    message_id = stand.pupil.found(theirs)[0]["id"]
    mine = path_of(stand.pupil, user("Mine"))
    error_of(stand.pupil.get(f"{mine}/{message_id}"), 404)
    error_of(stand.pupil.delete(mine, params={"id": message_id}), 404)
    assert len(stand.pupil.found(theirs)) == 5


def test_nobody_else_reads_or_writes_them(stand: Stand) -> None:
    path = path_of(stand.pupil, *TURNS)
    for caller in (stand.other, stand.outsider):
        error_of(caller.get(path), 404)
        error_of(caller.post(path, {"messages": [user("Me too")]}), 404)
        error_of(caller.delete(path, params={"id": "1"}), 404)
    stand.elsewhere("POST", f"playground-conversations/{path.split('/')[2]}/share/", stand.pupil.token or "")
    assert len(stand.other.found(path)) == 5
    assert stand.other.found(path)[0]["can"] == {"show": True, "update": False, "destroy": False}
    error_of(stand.other.post(path, {"messages": [user("Me too")]}), 403)
    error_of(stand.other.patch(f"{path}/{stand.other.found(path)[0]['id']}", user("x")), 403)


def test_what_a_client_keeps_is_told_by_the_other_api(stand: Stand) -> None:
    path = path_of(stand.pupil, *TURNS)
    conversation_id = path.split("/")[2]
    told = stand.elsewhere("GET", f"playground-conversations/{conversation_id}/", stand.pupil.token or "").json()
    said = [each["content"] for each in told["chat_history"] if each["type"] == "message"]
    assert said == ["How much?", "Five.", "And now?", "Six."]


def test_what_the_other_api_keeps_is_told_here(stand: Stand) -> None:
    token = stand.pupil.token or ""
    made = stand.elsewhere("GET", "agent-settings/", token).json()
    agent = next(each for each in made["results"] if each["name"] == "Default agent")
    body = {"agent_settings": agent["id"], "name": "From there"}
    conversation = stand.elsewhere("POST", "playground-conversations/", token, json=body).json()
    sent = stand.elsewhere(
        "POST",
        f"playground-conversations/{conversation['id']}/send_message_stream/",
        token,
        json={"message": "What is a kiln?"},
    )
    assert sent.status_code < 300, sent.text
    path = f"/conversations/{conversation['id']}/messages"
    stored = stand.pupil.found(path)
    assert (stored[0]["type"], stored[0]["message"]["userMessage"]["text"]) == ("user", "What is a kiln?")
    assert stored[-1]["message"]["systemMessage"]["text"]["textType"] == "FINAL_RESPONSE"
    assert [each["order"] for each in stored] == list(range(1, len(stored) + 1))
    ids = [each["id"] for each in stored]
    assert len(set(ids)) == len(ids)
    for each in stored:
        assert stand.pupil.found(f"{path}/{each['id']}") == each
        assert each["can"] == {"show": True, "update": False, "destroy": True}
    error_of(stand.pupil.patch(f"{path}/{ids[-1]}", system("Rewritten")), 422)
    again = stand.pupil.made(
        path, {"messages": [{"type": each["type"], "message": each["message"]} for each in stored]}
    )
    assert [each["id"] for each in again] == ids
    assert stand.pupil.found(path) == stored
    assert stand.pupil.delete(path, params={"id": ",".join(ids)}).status_code == 204
    assert stand.pupil.found(path) == []


def test_messages_posted_at_once_are_all_kept(stand: Stand) -> None:
    path = path_of(stand.pupil, user("Begin"))

    def post(number: int) -> list[Json]:
        return stand.pupil.made(path, {"messages": [system(f"No. {number}")]})

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(post, range(18)))
    stored = stand.pupil.found(path)
    assert len(stored) == 19
    assert {each["id"] for each in stored[1:]} == {one["id"] for [one] in made}
    orders = [each["order"] for each in stored]
    assert orders == sorted(set(orders))
