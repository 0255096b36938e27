"""Chat over a real socket: what is stored and what is not, how the array grows, and what stands in its way."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
import requests

from contract.scripts import call, fail, hang, say, script, think, tokens, wait
from dialects.looker.conftest import PUPIL, Stand
from dialects.looker.turns import Json, kinds
from dialects.looker.validated import PREFIX, error_of, faults_of
from live.server import wait_until

CHAT = "/conversational_analytics/chat"
PERSIST = {"X-Tertulia-Persist": "true"}


class Room(NamedTuple):
    """A conversation of the pupil's with an agent that plays scripts."""

    stand: Stand
    agent_id: str
    id: str

    @property
    def path(self) -> str:
        return f"/conversations/{self.id}/messages"

    @property
    def messages(self) -> list[Json]:
        return self.stand.pupil.found(self.path)

    def ask(self, text: str, headers: dict[str, str] | None = None) -> list[Json]:
        answer = self.stand.pupil.post(CHAT, {"conversation_id": self.id, "user_message": text}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def open(self, text: str) -> requests.Response:
        """The answer to a question, while it is still being written."""
        return requests.post(
            f"{self.stand.url}{PREFIX}{CHAT}",
            json={"conversation_id": self.id, "user_message": text},
            headers={"Authorization": f"Bearer {self.stand.pupil.token}"},
            stream=True,
            timeout=30,
        )

    def other(self) -> Json:
        """The conversation as the project's other API shows it."""
        token = self.stand.pupil.token
        answer = self.stand.elsewhere("GET", f"playground-conversations/{self.id}/", token or "")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def cancel(self) -> None:
        path = f"playground-conversations/{self.id}/cancel/"
        assert self.stand.elsewhere("POST", path, self.stand.pupil.token or "").ok


@pytest.fixture(scope="module")
def player(stand: Stand) -> str:
    fields = {"name": "Looker player", "model": "scripted"}
    made = stand.elsewhere("POST", "agent-settings/", stand.admin.token or "", json=fields)
    assert made.status_code == 201, made.text
    return made.json()["id"]


@pytest.fixture
def room(stand: Stand, player: str) -> Room:
    return Room(stand, player, stand.pupil.made("/conversations", {"name": "Chat", "agent_id": player})["id"])


def user(text: str) -> Json:
    return {"type": "user", "message": {"userMessage": {"text": text}}}


def system(elements: list[Json]) -> list[Json]:
    return [{"type": "system", "message": each} for each in elements]


def final(elements: list[Json]) -> str:
    [found] = [each for each in elements if kinds([each]) == ["text.FINAL_RESPONSE"]]
    return "\n\n".join(found["systemMessage"]["text"]["parts"])


def test_chat_answers_and_stores_nothing(room: Room) -> None:
    elements = room.ask(script([think("Hm."), say("Hello.")]))
    assert kinds(elements) == ["text.THOUGHT", "text.FINAL_RESPONSE"]
    assert final(elements) == "Hello."
    assert room.messages == []
    assert room.other()["chat_history"] == []


def test_what_the_client_keeps_is_the_conversation_for_everybody(room: Room) -> None:
    question = script([say("Hello.")])
    elements = room.ask(question)
    made = room.stand.pupil.made(room.path, {"messages": [user(question), *system(elements)]})
    assert [each["message"] for each in made[1:]] == elements
    assert [each["content"] for each in room.other()["chat_history"]] == [question, "Hello."]


def test_a_question_that_was_kept_before_it_is_asked_is_asked_once(room: Room) -> None:
    question = script([say("Hello.")])
    room.stand.pupil.made(room.path, {"messages": [user(question)]})
    assert final(room.ask(question)) == "Hello."
    assert len(room.messages) == 1


def test_with_the_header_the_server_keeps_the_turn_and_nothing_is_doubled(room: Room) -> None:
    question = script([think("Hm."), say("Hello.")])
    elements = room.ask(question, PERSIST)
    kept = room.messages
    assert [each["message"] for each in kept[1:]] == elements
    made = room.stand.pupil.made(room.path, {"messages": [user(question), *system(elements)]})
    assert [each["id"] for each in made] == [each["id"] for each in kept]
    more = room.stand.pupil.made(room.path, {"messages": [*system(elements[-1:]), user("And then?")]})
    assert len(room.messages) == len(kept) + 1
    assert more[1]["order"] == kept[-1]["order"] + 1


def test_an_agent_may_have_its_turns_kept_and_the_header_has_the_last_word(stand: Stand, room: Room) -> None:
    stand.admin.patch(f"/agents/{room.agent_id}", {"persists_chat": True})
    room.ask(script([say("One.")]))
    room.ask(script([say("Two.")]), {"X-Tertulia-Persist": "false"})
    stand.admin.patch(f"/agents/{room.agent_id}", {"persists_chat": False})
    assert [each["type"] for each in room.messages] == ["user", "system"]


def test_suggestions_for_a_kept_turn_come_with_it(room: Room) -> None:
    told = json.loads(script([say("Hello.")])) | {"follow_ups": ["And then?"]}
    elements = room.ask(json.dumps(told), PERSIST)
    assert kinds(elements) == ["text.FINAL_RESPONSE", "text.FOLLOWUP_QUESTIONS"]
    assert elements[1]["systemMessage"]["text"]["parts"] == ["And then?"]


def suggesting(answer: str, *questions: str) -> str:
    """A message that is answered so, with these questions to follow."""
    return json.dumps(json.loads(script([say(answer)])) | {"name": "Named", "follow_ups": list(questions)})


def test_suggestions_come_with_a_turn_that_nobody_keeps_and_are_stored_nowhere(room: Room) -> None:
    elements = room.ask(suggesting("Hello.", "And then?", "Why?"))
    assert kinds(elements) == ["text.FINAL_RESPONSE", "text.FOLLOWUP_QUESTIONS"]
    assert elements[1]["systemMessage"]["text"]["parts"] == ["And then?", "Why?"]
    assert elements[1]["messageId"].endswith(".follow-ups")
    other = room.other()
    assert (other["chat_history"], other["name"]) == ([], "Chat")
    assert "suggested_questions" not in other
    assert kinds(room.ask(script([say("Hello.")]))) == ["text.FINAL_RESPONSE"]


def test_suggestions_that_a_client_keeps_are_those_of_the_conversation_until_it_goes_on(room: Room) -> None:
    question = suggesting("Hello.", "And then?", "Why?")
    elements = room.ask(question)
    made = room.stand.pupil.made(room.path, {"messages": [user(question), *system(elements)]})
    assert [each["message"] for each in room.messages[1:]] == elements
    other = room.other()
    assert other["suggested_questions"] == ["And then?", "Why?"]
    assert [each["content"] for each in other["chat_history"]] == [question, "Hello."]
    changed = {"message": {"systemMessage": {"text": {"parts": ["How?"], "textType": "FOLLOWUP_QUESTIONS"}}}}
    assert room.stand.pupil.patch(f"{room.path}/{made[-1]['id']}", changed).status_code == 200
    assert room.other()["suggested_questions"] == ["How?"]
    room.stand.pupil.made(room.path, {"messages": [user("And then?")]})
    assert "suggested_questions" not in room.other()


def test_suggestions_go_with_the_messages_they_stood_beside(room: Room) -> None:
    question = suggesting("Hello.", "And then?")
    made = room.stand.pupil.made(room.path, {"messages": [user(question), *system(room.ask(question))]})
    assert room.stand.pupil.delete(f"{room.path}?id={made[-1]['id']}").status_code == 204
    assert "suggested_questions" not in room.other()
    assert len(room.messages) == 2


def pieces(answer: requests.Response) -> Iterator[tuple[float, bytes]]:
    """What comes, piece by piece, and when."""
    for piece in answer.iter_content(chunk_size=None):
        yield time.monotonic(), piece


def test_elements_come_while_the_answer_is_made(room: Room) -> None:
    steps = [[think("First."), call("no_such_tool")], [wait(1.0), say("Last.")]]
    came = list(pieces(room.open(script(*steps))))
    assert came[0][1] == b"["
    [early] = [at for at, piece in came if b"THOUGHT" in piece]
    [late] = [at for at, piece in came if b"FINAL_RESPONSE" in piece]
    assert late - early > 0.8
    assert len(json.loads(b"".join(piece for _, piece in came))) == 4


def test_silence_is_filled_with_blanks_also_while_text_is_written(room: Room) -> None:
    answer = room.open(script([tokens(40, 0.08)]))
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert "Content-Encoding" not in answer.headers
    came = list(pieces(answer))
    assert b"".join(piece for _, piece in came[1:-1]).startswith(b"  ")
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(came)]
    assert max(gaps) < 2.0
    assert final(json.loads(b"".join(piece for _, piece in came))).startswith("word1 ")


@pytest.mark.parametrize("headers", [{}, PERSIST])
def test_a_failing_model_ends_the_array_with_an_error(room: Room, headers: dict[str, str]) -> None:
    elements = room.ask(script([say("I was about to"), fail("ProviderRefused", "The model refuses.")]), headers)
    assert kinds(elements) == ["text.PROGRESS", "error"]
    assert elements[-1]["systemMessage"]["error"]["text"] == "The model refuses."


def test_a_failing_tool_is_told_and_the_turn_goes_on(room: Room) -> None:
    elements = room.ask(script([call("no_such_tool", a=1)], [say("Without it, then.")]))
    assert kinds(elements) == ["text.PROGRESS", "error", "text.FINAL_RESPONSE"]


def test_a_cancelled_turn_ends_the_array(room: Room) -> None:
    answer = room.open(script([think("Hm."), call("no_such_tool")], [hang()]))
    came = answer.iter_content(chunk_size=None)
    read = b""
    while b"THOUGHT" not in read:
        read += next(came)
    room.cancel()
    elements = json.loads(read + b"".join(came))
    assert elements[-1]["systemMessage"]["error"]["code"] == "cancelled"


def test_a_turn_that_failed_ends_without_waiting_for_suggestions(room: Room) -> None:
    failing = json.loads(script([say("So far"), fail("ProviderRefused", "No.")])) | {"follow_ups": ["Why?"]}
    begun = time.monotonic()
    for headers in ({}, PERSIST):
        assert kinds(room.ask(json.dumps(failing), headers))[-1] == "error"
    # a second each, had they waited
    assert time.monotonic() - begun < 2.0


def test_a_client_that_leaves_leaves_nothing_behind_and_nothing_running(room: Room) -> None:
    room.open(script([hang()])).close()

    def is_free() -> bool:
        body: Any = {"conversation_id": room.id, "user_message": script([say("Hello.")])}
        return room.stand.pupil.post(CHAT, body).status_code == 200

    wait_until(is_free, seconds=15)
    assert room.messages == []


def test_a_second_question_waits_for_its_turn(room: Room) -> None:
    first = room.open(script([hang()]))
    error = error_of(room.stand.pupil.post(CHAT, {"conversation_id": room.id, "user_message": "hi"}), 409)
    assert "errors" not in error
    room.cancel()
    first.close()


def test_questions_nobody_may_ask_are_refused_before_the_array_begins(stand: Stand, room: Room) -> None:
    body = {"conversation_id": room.id, "user_message": "hi"}
    error_of(stand.nobody.post(CHAT, body), 401)
    error_of(stand.outsider.post(CHAT, body), 404)
    error_of(stand.other.post(CHAT, body), 404)
    error_of(stand.pupil.post(CHAT, {**body, "conversation_id": "7"}), 404)
    stand.pupil.patch(f"/conversations/{room.id}", {"deleted": True})
    error_of(stand.pupil.post(CHAT, body), 404)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"user_message": "hi"}, "conversation_id"),
        ({"conversation_id": "x"}, "user_message"),
        ({"conversation_id": "x", "user_message": ["hi"]}, "user_message"),
        ({"conversation_id": "x", "user_message": {"words": "hi"}}, "user_message"),
    ],
)
def test_a_body_is_judged_field_by_field(stand: Stand, body: Json, fault: str) -> None:
    assert list(faults_of(stand.pupil.post(CHAT, body))) == [fault]


def test_a_spent_budget_says_when_there_is_more(stand: Stand, room: Room) -> None:
    whose = ("--project", stand.project_id, "--user", PUPIL, "--per", "day")
    stand.demo.server.command("budget", "set", *whose, "--tokens", "0")
    refused = stand.pupil.post(CHAT, {"conversation_id": room.id, "user_message": script([say("No.")])})
    stand.demo.server.command("budget", "remove", *whose)
    assert "daily budget" in error_of(refused, 429)["message"]
    moment = datetime.now(UTC)
    left = 24 * 3600 - (moment.hour * 3600 + moment.minute * 60 + moment.second)
    assert left - 2 <= int(refused.headers["retry-after"]) <= left + 60


def test_a_blank_question_and_a_body_that_is_no_json_are_refused(stand: Stand, room: Room) -> None:
    blank = stand.pupil.post(CHAT, {"conversation_id": room.id, "user_message": " \x00"})
    assert faults_of(blank) == {"user_message": "This field may not be blank."}
    error_of(stand.pupil.call("POST", CHAT, data=b"{"), 400)


def test_a_question_is_read_whatever_the_content_type_says(stand: Stand, room: Room) -> None:
    body = json.dumps({"conversation_id": room.id, "user_message": {"text": script([say("Hello.")])}})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = stand.pupil.call("POST", CHAT, data=body.encode(), headers=headers)
    assert final(answer.json()) == "Hello."


def test_a_conversation_without_an_agent_asks_its_sources(stand: Stand) -> None:
    made = stand.pupil.conversation()
    answer = stand.pupil.post(CHAT, {"conversation_id": made["id"], "user_message": "What is a frobnication?"})
    assert answer.status_code == 200
    elements = answer.json()
    assert kinds(elements)[0] == "schema.query"
    assert kinds(elements)[-1] == "text.FINAL_RESPONSE"
