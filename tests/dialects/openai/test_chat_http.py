"""Chat completions over a real socket: a transcript goes on where it is stored, and nowhere else."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dialects.openai.conftest import Stand
from dialects.openai.validated import Api, say, script, transcript
from live.server import wait_until

SLOW = script({"do": "say", "text": "Begun. "}, {"do": "hang"})
TITLE_TASK = (
    "### Task:\nGenerate a concise, 3-5 word title for the chat.\n### Chat History:\n<chat_history>\n"
    "USER: When is pottery?\n</chat_history>"
)


def content(completion: dict[str, Any]) -> str:
    return completion["choices"][0]["message"]["content"]


def chunks(caller: Api, *texts: str, **fields: Any) -> list[dict[str, Any]]:
    sent = {"model": "scribe", "messages": transcript(*texts), "stream": True, **fields}
    return caller.stream("POST", "/chat/completions", json=sent)


def streamed_text(frames: list[dict[str, Any]]) -> str:
    return "".join(choice["delta"].get("content", "") for frame in frames for choice in frame.get("choices", ()))


def test_a_question_is_answered_and_stored_for_the_other_api(stand: Stand) -> None:
    done = stand.pupil.chat("default-agent", "When does the pottery course begin?")
    assert "19:30" in content(done)
    message = done["choices"][0]["message"]
    assert message["citations"][0]["quote"] in "The pottery course begins at 19:30 on Thursdays."
    place = message["annotations"][0]["url_citation"]
    assert message["content"][place["start_index"] : place["end_index"]].endswith(f"({place['url']})")
    assert done["usage"]["total_tokens"] == done["usage"]["prompt_tokens"] + done["usage"]["completion_tokens"] > 0
    stored = stand.stored(done["conversation_id"], stand.pupil)
    assert stored["type"] == "openai"
    assert stored["name"] == "When does the pottery course begin?"
    assert stand.history(done["conversation_id"], stand.pupil) == [stored["name"], content(done)]


def test_a_stream_shows_the_same_as_an_answer_that_was_waited_for(stand: Stand) -> None:
    steps = {
        "steps": [
            [
                {"do": "think", "text": "Where?"},
                {"do": "say", "text": "Let me look."},
                {"do": "call", "arguments": {"query": "pottery"}},
            ],
            [{"do": "tokens", "count": 30}, {"do": "spend", "input_tokens": 4, "output_tokens": 30}],
        ]
    }
    done = stand.pupil.chat("scribe", json.dumps(steps))
    frames = chunks(stand.pupil, json.dumps(steps), stream_options={"include_usage": True})
    assert content(done).startswith("Let me look.\n\nword1 word2 ")
    assert streamed_text(frames) == content(done)
    assert frames[-1]["usage"] == done["usage"]
    assert frames[-2]["choices"][0]["finish_reason"] == done["choices"][0]["finish_reason"] == "stop"
    assert frames[0]["conversation_id"] == frames[-2]["conversation_id"] != done["conversation_id"]
    message, last = done["choices"][0]["message"], frames[-2]["choices"][0]["delta"]
    assert message["reasoning_content"] == "Where?"
    assert message["support"]["cited"] == 0
    assert message["answered_by"] == "scripted"
    assert "asked_model" not in message
    names = ("annotations", "citations", "support", "answered_by")
    assert {name: message[name] for name in names} == last


def test_earlier_messages_go_on_with_the_conversation_they_are(stand: Stand) -> None:
    texts = [say("The first answer.")]
    first = done = stand.pupil.chat("scribe", *texts)
    for number in range(2, 5):
        texts += [content(done), say(f"Answer {number}.")]
        done = stand.pupil.chat("scribe", *texts)
        assert done["conversation_id"] == first["conversation_id"]
    assert stand.history(first["conversation_id"], stand.pupil) == [*texts, "Answer 4."]


def test_what_a_client_trimmed_and_cut_into_parts_is_still_the_same_transcript(stand: Stand) -> None:
    first = stand.pupil.chat("scribe", say("  Two\nlines.  \n"))
    parts = [{"type": "text", "text": "Two\r\n"}, {"type": "text", "text": "lines."}]
    messages = [*transcript(say("  Two\nlines.  \n")), {"role": "assistant", "content": parts}]
    sent = {"model": stand.agent_id, "messages": [*messages, {"role": "user", "content": say("On.")}]}
    assert stand.pupil.post("/chat/completions", json=sent).json()["conversation_id"] == first["conversation_id"]


def test_another_transcript_begins_another_conversation_with_its_turns(stand: Stand) -> None:
    question = say("The true answer.")
    first = stand.pupil.chat("scribe", question)
    other = stand.pupil.chat("scribe", question, "An answer nobody gave.", say("On."))
    assert other["conversation_id"] != first["conversation_id"]
    assert stand.history(other["conversation_id"], stand.pupil) == [
        question,
        "An answer nobody gave.",
        say("On."),
        "On.",
    ]
    assert stand.stored(other["conversation_id"], stand.pupil)["message_count"] == 4
    assert stand.history(first["conversation_id"], stand.pupil) == [question, "The true answer."]


def test_asking_again_from_an_earlier_place_leaves_the_conversation_and_takes_its_citations_along(stand: Stand) -> None:
    question = "On which day is the kiln fired?"
    first = stand.pupil.chat("default-agent", question)
    texts = [question, content(first)]
    second = stand.pupil.chat("default-agent", *texts, "And when does the pottery course begin?")
    again = stand.pupil.chat("default-agent", *texts, "When does the pottery course begin?")
    assert second["conversation_id"] == first["conversation_id"] != again["conversation_id"]
    assert len(stand.history(first["conversation_id"], stand.pupil)) == 4
    copied = stand.stored(again["conversation_id"], stand.pupil)["chat_history"]
    original = stand.stored(first["conversation_id"], stand.pupil)["chat_history"]
    answers = [next(entry for entry in entries if entry.get("citations")) for entries in (copied, original)]
    assert answers[0]["citations"] == answers[1]["citations"]
    assert (answers[0]["used_tokens_input"], answers[1]["used_tokens_input"] > 0) == (0, True)


def test_the_same_words_of_somebody_else_are_another_conversation(stand: Stand) -> None:
    question = say("Shared words.")
    mine, theirs = stand.pupil.chat("scribe", question), stand.other.chat("scribe", question)
    texts = [question, "Shared words.", say("On.")]
    assert stand.other.chat("scribe", *texts)["conversation_id"] == theirs["conversation_id"]
    assert stand.pupil.chat("scribe", *texts)["conversation_id"] == mine["conversation_id"]
    assert stand.admin.chat("scribe", *texts)["conversation_id"] not in (
        mine["conversation_id"],
        theirs["conversation_id"],
    )


def test_a_conversation_that_was_archived_is_not_gone_on_with(stand: Stand) -> None:
    question = say("Before it was archived.")
    first = stand.pupil.chat("scribe", question)
    assert stand.elsewhere(stand.pupil, "DELETE", f"{first['conversation_id']}/").status_code == 204
    later = stand.pupil.chat("scribe", question, "Before it was archived.", say("On."))
    assert later["conversation_id"] != first["conversation_id"]
    assert len(stand.history(later["conversation_id"], stand.pupil)) == 4


def test_a_conversation_that_went_on_elsewhere_is_left_as_it_is(stand: Stand) -> None:
    question = say("Here.")
    first = stand.pupil.chat("scribe", question)
    path = f"{first['conversation_id']}/send_message_stream/"
    assert stand.elsewhere(stand.pupil, "POST", path, json={"message": say("There.")}).status_code == 200
    later = stand.pupil.chat("scribe", question, "Here.", say("On."))
    assert stand.history(later["conversation_id"], stand.pupil) == [question, "Here.", say("On."), "On."]
    assert stand.history(first["conversation_id"], stand.pupil) == [question, "Here.", say("There."), "There."]
    whole = [question, "Here.", say("There."), "There.", say("On.")]
    assert stand.history(stand.pupil.chat("scribe", *whole)["conversation_id"], stand.pupil) == [*whole, "On."]


def test_instructions_are_those_of_the_newest_turn_in_one_conversation(stand: Stand) -> None:
    texts = [say("First."), "First.", say("Second.")]
    told = [{"role": "system", "content": "It is Monday."}, *transcript(texts[0])]
    first = stand.pupil.post("/chat/completions", json={"model": "scribe", "messages": told}).json()
    assert stand.stored(first["conversation_id"], stand.pupil)["conversation_instructions"] == "It is Monday."
    told = [{"role": "system", "content": "It is Tuesday."}, *transcript(*texts)]
    second = stand.pupil.post("/chat/completions", json={"model": "scribe", "messages": told}).json()
    assert second["conversation_id"] == first["conversation_id"]
    assert stand.stored(first["conversation_id"], stand.pupil)["conversation_instructions"] == "It is Tuesday."


def test_twenty_at_once_with_one_transcript_each_get_an_answer_and_one_goes_on(stand: Stand) -> None:
    question = say("The trunk.")
    first = stand.pupil.chat("scribe", question)
    texts = [question, "The trunk."]

    def ask(number: int) -> dict[str, Any]:
        return stand.pupil.chat("scribe", *texts, say(f"Branch {number}."))

    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(ask, range(20)))
    assert [content(each) for each in done] == [f"Branch {number}." for number in range(20)]
    places = [each["conversation_id"] for each in done]
    assert len(set(places)) == 20
    assert places.count(first["conversation_id"]) == 1
    for number, place in enumerate(places):
        expected = [*texts, say(f"Branch {number}."), f"Branch {number}."]
        assert stand.history(place, stand.pupil) == expected


def test_a_frontends_own_tasks_leave_the_conversation_alone(stand: Stand) -> None:
    question = say("Pottery is on Thursdays.")
    first = stand.pupil.chat("scribe", question)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(stand.pupil.chat, "default-agent", TITLE_TASK, stream=False) for _ in range(3)]
    tasks = [each.result() for each in asked]
    assert all(content(task) for task in tasks)
    assert stand.history(first["conversation_id"], stand.pupil) == [question, "Pottery is on Thursdays."]
    on = stand.pupil.chat("scribe", question, "Pottery is on Thursdays.", say("On."))
    assert on["conversation_id"] == first["conversation_id"]


def test_an_answer_goes_on_when_its_client_leaves(stand: Stand) -> None:
    message = script({"do": "tokens", "count": 40, "interval_s": 0.02})
    sent = {"model": "scribe", "messages": transcript(message), "stream": True}
    answer = stand.pupil.post("/chat/completions", json=sent, stream=True)
    frames = stand.pupil.frames("POST", "/chat/completions", answer)
    conversation_id = next(frames)["conversation_id"]
    next(frames)
    answer.close()
    wait_until(lambda: stand.stored(conversation_id, stand.pupil)["message_count"] == 2)
    assert stand.history(conversation_id, stand.pupil)[1].endswith(" word40")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("ProviderTimeout", 504, "provider_timeout"),
        ("RateLimited", 429, "rate_limit_exceeded"),
        ("ContextTooLong", 400, "context_length_exceeded"),
        ("BudgetSpent", 429, "insufficient_quota"),
    ],
)
def test_a_turn_that_fails_is_an_error_and_its_text_is_kept(stand: Stand, error: str, status: int, code: str) -> None:
    message = script({"do": "say", "text": "So far."}, {"do": "fail", "error": error, "message": "Why."})
    refused = stand.pupil.post("/chat/completions", json={"model": "scribe", "messages": transcript(message)})
    assert refused.status_code == status
    assert (refused.json()["error"]["code"], refused.json()["error"]["message"]) == (code, "Why.")
    assert refused.headers["x-should-retry"] == "false"
    frames = chunks(stand.pupil, message)
    assert streamed_text(frames) == "So far."
    assert frames[-1]["error"]["code"] == code
    assert stand.history(frames[0]["conversation_id"], stand.pupil)[1] == "So far.\n\nWhy."


def test_a_turn_that_was_cancelled_ends_with_what_was_written(stand: Stand) -> None:
    sent = {"model": "scribe", "messages": transcript(SLOW), "stream": True}
    answer = stand.pupil.post("/chat/completions", json=sent, stream=True)
    frames = stand.pupil.frames("POST", "/chat/completions", answer)
    conversation_id = next(frames)["conversation_id"]
    next(frames)
    assert stand.elsewhere(stand.pupil, "POST", f"{conversation_id}/cancel/").json()["was_running"] is True
    rest = [frame for frame in frames if frame]
    assert rest[-1]["choices"][0]["finish_reason"] == "stop"
    assert stand.history(conversation_id, stand.pupil)[1] == "Begun. "


def test_a_message_over_the_limit_leaves_no_conversation_behind(stand: Stand) -> None:
    before = stand.elsewhere(stand.other, "GET", "").json()["count"]
    refused = stand.other.post("/chat/completions", json={"model": "scribe", "messages": transcript("x" * 200_001)})
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "request_too_large")
    assert stand.elsewhere(stand.other, "GET", "").json()["count"] == before
