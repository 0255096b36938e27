"""Responses over a real socket: asked, gone on with, branched, read again, resumed, cancelled, put away."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dialects.openai.conftest import Stand
from dialects.openai.validated import say, script
from live.server import wait_until

SLOW = script({"do": "say", "text": "Begun. "}, {"do": "hang"})
SPOKEN = script({"do": "think", "text": "Hm."}, {"do": "tokens", "count": 20}, {"do": "spend", "output_tokens": 20})


def text_of(response: dict[str, Any]) -> str:
    return "".join(part["text"] for item in response["output"] if item["type"] == "message" for part in item["content"])


def test_a_response_is_read_again_as_it_was_given(stand: Stand) -> None:
    given = stand.pupil.respond(
        model="scribe", input=SPOKEN, instructions="Be brief.", metadata={"k": "v"}, store=False, temperature=0
    )
    assert text_of(given).endswith("word20")
    assert given["status"] == "completed"
    assert (given["instructions"], given["metadata"], given["store"]) == ("Be brief.", {"k": "v"}, True)
    assert given["output"][0]["content"][0]["text"] == "Hm."
    assert stand.pupil.get(f"/responses/{given['id']}").json() == given
    asked = stand.pupil.get(f"/responses/{given['id']}/input_items").json()
    assert [item["content"][0]["text"] for item in asked["data"]] == [SPOKEN]


def test_a_stream_ends_with_the_response_that_is_read_again(stand: Stand) -> None:
    events = stand.pupil.stream("POST", "/responses", json={"model": "scribe", "input": SPOKEN, "stream": True})
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    last = events[-1]
    assert last["type"] == "response.completed"
    path = f"/responses/{last['response']['id']}"
    assert stand.pupil.get(path).json() == last["response"]
    assert stand.pupil.stream("GET", f"{path}?stream=true") == events
    assert stand.pupil.stream("GET", f"{path}?stream=true&starting_after=9") == events[10:]


def test_citations_are_annotations_with_their_place_in_the_text(stand: Stand) -> None:
    asked = {"model": "default-agent", "input": "When does the pottery course begin?", "stream": True}
    events = stand.pupil.stream("POST", "/responses", json=asked)
    [item] = [item for item in events[-1]["response"]["output"] if item["type"] == "message"]
    [part] = item["content"]
    added = [event["annotation"] for event in events if event["type"].endswith("annotation.added")]
    assert added == part["annotations"] != []
    for annotation in added:
        assert part["text"][annotation["start_index"] : annotation["end_index"]].endswith(f"({annotation['url']})")
        assert "19:30" in annotation["quote"]


def test_the_response_before_is_gone_on_with_in_its_conversation(stand: Stand) -> None:
    first = stand.pupil.respond(model="scribe", input=say("One."), instructions="Be brief.")
    second = stand.pupil.respond(input=say("Two."), previous_response_id=first["id"])
    assert second["conversation"] == first["conversation"]
    assert second["previous_response_id"] == first["id"]
    place = first["conversation"]["id"]
    assert stand.history(place, stand.pupil) == [say("One."), "One.", say("Two."), "Two."]
    assert stand.stored(place, stand.pupil)["conversation_instructions"] is None


def test_an_older_response_is_gone_on_with_in_a_copy(stand: Stand) -> None:
    first = stand.pupil.respond(model="scribe", input=say("One."))
    second = stand.pupil.respond(input=say("Two."), previous_response_id=first["id"])
    branch = stand.pupil.respond(input=say("Other."), previous_response_id=first["id"])
    assert branch["conversation"] != first["conversation"]
    assert stand.history(branch["conversation"]["id"], stand.pupil) == [say("One."), "One.", say("Other."), "Other."]
    third = stand.pupil.respond(input=say("Three."), previous_response_id=second["id"])
    assert third["conversation"] == first["conversation"]
    assert len(stand.history(first["conversation"]["id"], stand.pupil)) == 6


def test_another_model_goes_on_in_a_copy(stand: Stand) -> None:
    first = stand.pupil.respond(model="scribe", input=say("One."))
    second = stand.pupil.respond(
        model="default-agent", input="When does the pottery course begin?", previous_response_id=first["id"]
    )
    assert "19:30" in text_of(second)
    assert second["conversation"] != first["conversation"]
    assert stand.stored(second["conversation"]["id"], stand.pupil)["agent_settings_name"] == "Default agent"


def test_the_same_response_gone_on_with_twenty_times_at_once_gives_twenty_answers(stand: Stand) -> None:
    first = stand.pupil.respond(model="scribe", input=say("One."))

    def ask(number: int) -> dict[str, Any]:
        return stand.pupil.respond(input=say(f"Branch {number}."), previous_response_id=first["id"])

    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(ask, range(20)))
    assert [text_of(each) for each in done] == [f"Branch {number}." for number in range(20)]
    assert sum(each["conversation"] == first["conversation"] for each in done) == 1


def test_items_bring_the_transcript_along_and_it_is_recognised(stand: Stand) -> None:
    first = stand.pupil.respond(model="scribe", input=say("One."))
    items = [{"role": "user", "content": say("One.")}, *first["output"], {"role": "user", "content": say("Two.")}]
    assert stand.pupil.respond(model="scribe", input=items)["conversation"] == first["conversation"]


def test_a_conversation_of_the_other_api_is_gone_on_with_and_is_a_response_too(stand: Stand) -> None:
    draft = {"agent_settings": stand.agent_id, "conversation_instructions": "Be brief."}
    place = stand.elsewhere(stand.pupil, "POST", "", json=draft).json()["id"]
    first = stand.pupil.respond(input=say("One."), conversation=place)
    assert first["conversation"] == {"id": place}
    path = f"{place}/send_message_stream/"
    assert stand.elsewhere(stand.pupil, "POST", path, json={"message": say("Two.")}).status_code == 200
    elsewhere = stand.pupil.get(f"/responses/{first['id'][:-1]}1").json()
    assert (text_of(elsewhere), elsewhere["model"]) == ("Two.", stand.agent_id)
    third = stand.pupil.respond(input=say("Three."), previous_response_id=elsewhere["id"])
    assert third["conversation"] == {"id": place}
    assert stand.stored(place, stand.pupil)["conversation_instructions"] == "Be brief."
    for refused in (
        {"instructions": "Be long."},
        {"model": "default-agent"},
        {"previous_response_id": third["id"]},
    ):
        answer = stand.pupil.post("/responses", json={"input": "No.", "conversation": {"id": place}, **refused})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, next(iter(refused)))
    branched = stand.pupil.respond(input=say("Four."), previous_response_id=third["id"], instructions="Be long.")
    assert branched["conversation"] != {"id": place}
    assert len(stand.history(branched["conversation"]["id"], stand.pupil)) == 8
    imported = stand.pupil.get(f"/responses/{branched['id'][:-1]}1").json()
    assert text_of(imported) == "Two."
    retold = stand.pupil.stream("GET", f"/responses/{imported['id']}?stream=true")
    assert retold[-1]["response"] == imported


def test_a_response_in_the_background_is_watched_and_cancelled(stand: Stand) -> None:
    asked = stand.pupil.respond(model="scribe", input=SLOW, background=True)
    assert (asked["status"], asked["background"], asked["output"]) == ("queued", True, [])
    path = f"/responses/{asked['id']}"
    wait_until(lambda: stand.pupil.get(path).json()["status"] == "in_progress")
    busy = stand.pupil.post("/responses", json={"input": "No.", "previous_response_id": asked["id"]})
    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "response_in_progress")
    busy = stand.pupil.post("/responses", json={"input": "No.", "conversation": asked["conversation"]["id"]})
    assert busy.status_code == 409
    cancelled = stand.pupil.post(f"{path}/cancel").json()
    assert (cancelled["status"], text_of(cancelled)) == ("cancelled", "Begun. ")
    assert stand.pupil.post(f"{path}/cancel").json() == cancelled
    events = stand.pupil.stream("GET", f"{path}?stream=true")
    assert (events[-1]["type"], events[-1]["response"]["status"]) == ("response.incomplete", "cancelled")


def test_a_deleted_response_is_found_no_more_and_the_last_one_takes_its_conversation_along(stand: Stand) -> None:
    first = stand.pupil.respond(model="scribe", input=say("One."))
    second = stand.pupil.respond(input=say("Two."), previous_response_id=first["id"])
    place = first["conversation"]["id"]
    gone = stand.pupil.call("DELETE", f"/responses/{first['id']}").json()
    assert gone == {"id": first["id"], "object": "response", "deleted": True}
    assert stand.pupil.get(f"/responses/{first['id']}").status_code == 404
    refused = stand.pupil.post("/responses", json={"input": "No.", "previous_response_id": first["id"]})
    assert refused.json()["error"]["code"] == "previous_response_not_found"
    assert stand.stored(place, stand.pupil)["is_archived"] is False
    assert stand.pupil.get(f"/responses/{second['id']}").status_code == 200
    stand.pupil.call("DELETE", f"/responses/{second['id']}")
    assert stand.stored(place, stand.pupil)["is_archived"] is True
    assert stand.pupil.call("DELETE", f"/responses/{second['id']}").status_code == 404


def test_somebody_elses_response_is_not_there(stand: Stand) -> None:
    mine = stand.pupil.respond(model="scribe", input=say("Mine."))
    path = f"/responses/{mine['id']}"
    for caller in (stand.other, stand.outsider):
        answers = (
            caller.get(path),
            caller.get(f"{path}?stream=true"),
            caller.get(f"{path}/input_items"),
            caller.post(f"{path}/cancel"),
            caller.call("DELETE", path),
        )
        assert {answer.status_code for answer in answers} == {404}
        refused = caller.post("/responses", json={"input": "No.", "previous_response_id": mine["id"]})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "previous_response_id")
        closed = caller.post("/responses", json={"input": "No.", "conversation": mine["conversation"]["id"]})
        assert closed.status_code in (403, 404)
    assert stand.history(mine["conversation"]["id"], stand.pupil) == [say("Mine."), "Mine."]


def test_a_shared_response_is_read_by_others_and_gone_on_with_in_their_own_copy(stand: Stand) -> None:
    mine = stand.pupil.respond(model="scribe", input=say("Shared."))
    place = mine["conversation"]["id"]
    stand.elsewhere(stand.pupil, "POST", f"{place}/share/")
    assert stand.other.get(f"/responses/{mine['id']}").json() == mine
    assert stand.other.post(f"/responses/{mine['id']}/cancel").json() == mine
    assert stand.other.call("DELETE", f"/responses/{mine['id']}").status_code == 403
    theirs = stand.other.respond(input=say("On."), previous_response_id=mine["id"])
    assert theirs["conversation"] != mine["conversation"]
    assert stand.history(theirs["conversation"]["id"], stand.other) == [say("Shared."), "Shared.", say("On."), "On."]


def test_a_turn_that_fails_is_an_error_an_event_and_a_failed_response(stand: Stand) -> None:
    failing = script({"do": "say", "text": "So far."}, {"do": "fail", "error": "RateLimited", "message": "Slow down."})
    refused = stand.pupil.post("/responses", json={"model": "scribe", "input": failing})
    assert (refused.status_code, refused.headers["x-should-retry"]) == (429, "false")
    assert int(refused.headers["retry-after"]) > 0
    events = stand.pupil.stream("POST", "/responses", json={"model": "scribe", "input": failing, "stream": True})
    last = events[-1]
    assert last["type"] == "response.failed"
    assert last["response"]["error"] == {"code": "rate_limit_exceeded", "message": "Slow down."}
    assert text_of(last["response"]) == "So far."
    assert stand.pupil.get(f"/responses/{last['response']['id']}").json() == last["response"]


@pytest.mark.parametrize("response_id", ["resp_1", "nonsense", "resp_" + "0" * 40, "resp_" + "f" * 40])
def test_what_is_no_response_is_not_found(stand: Stand, response_id: str) -> None:
    assert stand.pupil.get(f"/responses/{response_id}").status_code == 404
    refused = stand.pupil.post("/responses", json={"input": "A", "previous_response_id": response_id})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "previous_response_not_found")


@pytest.mark.parametrize("conversation", ["conv_1", "01a1fb68-8dbe-7780-9d8e-a349356485ec"])
def test_what_is_no_conversation_is_not_found(stand: Stand, conversation: str) -> None:
    for model in ({}, {"model": "scribe"}):
        refused = stand.pupil.post("/responses", json={"input": "A", "conversation": conversation, **model})
        assert refused.status_code == 404


def test_without_anything_to_go_on_with_a_model_is_needed(stand: Stand) -> None:
    refused = stand.pupil.post("/responses", json={"input": "A"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "model")
