"""A history as this API shows it, and which of a client's messages the server has kept already."""

from collections.abc import Sequence
from typing import Any

import msgspec

from dialects.looker.turns import (
    AT,
    DONE,
    LISTENER,
    QUESTION,
    RESTARTED,
    STARTED,
    Attempts,
    Json,
    asked,
    gave,
    kind,
    said,
    thought,
    units,
)
from tertulia.core.message import Message, UserMessage
from tertulia.core.run import Event, fold
from tertulia.dialects.looker.encode_chat import Telling, already_kept, conversation_messages, entry_id
from tertulia.dialects.looker.wire import ConversationMessage
from tertulia.services.history import Entry

TURN = 2
EVENTS: list[Event] = [STARTED, thought("Hm."), asked("c"), gave("c", units()), *said("Done."), DONE]
TELLING = Telling("conversation-1", LISTENER, {"show": True})


def question(turn: int = TURN, text: str = QUESTION) -> UserMessage:
    return UserMessage(turn=turn, at=AT, text=text, user_id="user-1")


def stored(messages: Sequence[Message], *, first: int = 10) -> list[Entry]:
    """Entries as the server keeps them of its own accord."""
    return [
        Entry(id=str(first + at), turn=each.turn, position=at, at=AT, message=each) for at, each in enumerate(messages)
    ]


def kept(message: Message, *, pk: int, order: int, **content: Any) -> Entry:
    """An entry as a client keeps it."""
    role = "user" if isinstance(message, UserMessage) else "system"
    wire = {"type": role, "message": content, "order": order}
    return Entry(id=str(pk), turn=message.turn, position=0, at=AT, message=message, wire=wire)


OURS = stored([question(), *fold(TURN, EVENTS).messages])


def told(entries: Sequence[Entry]) -> list[ConversationMessage]:
    return conversation_messages(entries, TELLING)


def found(entries: Sequence[Entry], *payloads: Json) -> list[str | None]:
    """The ids of what was recognised."""
    return [None if each is None else each.id for each in already_kept(payloads, entries, told(entries))]


def user(text: str) -> Json:
    return {"type": "user", "message": {"userMessage": {"text": text}}}


def system(element: Json) -> Json:
    return {"type": "system", "message": element}


def streamed(*attempts: list[Event]) -> list[Json]:
    return [system(each) for each in Attempts(*attempts or [EVENTS], is_kept_out=False).elements]


def test_a_stored_turn_is_told_in_the_words_of_its_stream() -> None:
    messages = told(OURS)
    assert (messages[0].type, messages[0].message["userMessage"]) == ("user", {"text": QUESTION})
    in_history = [{**each.message, "timestamp": ""} for each in messages[1:]]
    in_stream = [{**each["message"], "timestamp": ""} for each in streamed()]
    assert in_history == in_stream


def test_parts_of_one_entry_have_its_id_and_a_number_and_orders_ascend() -> None:
    messages = told(OURS)
    assert [each.id for each in messages] == ["10", "11", "12", *[f"12-{part}" for part in range(1, 7)], "13"]
    assert [each.order for each in messages] == list(range(1, 11))
    assert {entry_id(each.id) for each in messages} == {"10", "11", "12", "13"}
    assert all(each.can == {"show": True, "update": False} for each in messages)


def test_a_clients_message_comes_back_verbatim_in_its_order() -> None:
    own = {"systemMessage": {"text": {"parts": ["x"], "textType": "NEW"}}, "mine": [1]}
    entries = [kept(question(3, "and then?"), pk=20, order=40, **own), *stored([question(4)], first=30)]
    messages = told([*OURS, *entries])
    assert messages[-2].message == own
    assert [each.order for each in messages[-2:]] == [40, 41]


def test_messages_of_a_stored_turn_are_recognised_by_their_id() -> None:
    given = streamed()
    assert found(OURS, user(QUESTION), *given) == [each.id for each in told(OURS)]
    changed = msgspec.json.decode(msgspec.json.encode(given[-1]).replace(b"Done.", b"Not quite."))
    assert found(OURS, changed) == ["13"]


def test_messages_without_an_id_are_recognised_by_what_they_say() -> None:
    bare = [system({"systemMessage": each["message"]["systemMessage"]}) for each in streamed()]
    assert found(OURS, *bare) == [each.id for each in told(OURS)][1:]


def test_what_typed_clients_lose_makes_no_difference() -> None:
    given = next(each for each in streamed() if kind(each["message"]) == "data.query")
    spoken = given["message"]["systemMessage"]["data"]["query"]
    del spoken["looker"]["explore"], given["message"]["messageId"], given["message"]["timestamp"]
    spoken["looker"]["pivots"] = None
    assert found(OURS, given) == ["12-2"]


def test_a_chart_is_recognised_in_either_form() -> None:
    given = streamed()[-2]
    result = given["message"]["systemMessage"]["chart"]["result"]
    del given["message"]["messageId"]
    assert found(OURS, given) == ["12-6"]
    result["vegaConfig"] = msgspec.json.decode(result["vegaConfig"])
    assert found(OURS, given) == ["12-6"]
    result["vegaConfig"] = repr(result["vegaConfig"])
    assert found(OURS, given) == ["12-6"]


def test_what_says_something_else_is_not_recognised() -> None:
    thinking = {"systemMessage": {"text": {"parts": ["Hm.", "Hm?"], "textType": "THOUGHT"}}}
    assert found(OURS, system(thinking), system({}), {"type": "system"}, user("another?")) == [None] * 4


def test_a_question_that_begins_another_turn_ends_the_recognising_by_words() -> None:
    answer = system({"systemMessage": {"text": {"parts": ["Done."], "textType": "FINAL_RESPONSE"}}})
    assert found(OURS, answer) == ["13"]
    assert found(OURS, user("something else?"), answer) == [None, None]
    assert found([*OURS, kept(question(3, "next?"), pk=20, order=11)], answer) == [None]


def test_an_older_stored_turn_is_recognised_with_its_question() -> None:
    newer = stored([question(3, "next?")], first=20)
    assert found([*OURS, *newer], user(QUESTION), streamed()[-1]) == ["10", "13"]
    assert found([*OURS, *newer], user(QUESTION)) == [None]


def test_the_same_question_with_answers_of_another_turn_is_asked_again() -> None:
    others = [system({**each["message"], "messageId": f"other-{at}"}) for at, each in enumerate(streamed())]
    assert found(OURS, user(QUESTION), *others) == [None] * (1 + len(others))
    assert found(OURS, user(QUESTION), *streamed(), user(QUESTION), *others)[len(told(OURS)) :] == [None] * (
        1 + len(others)
    )


def test_what_a_dead_attempt_showed_is_recognised_as_what_came_of_it() -> None:
    first: list[Event] = [STARTED, thought("Hm."), asked("c")]
    again: list[Event] = [RESTARTED, thought("Hm!"), asked("c"), gave("c", units()), *said("Done."), DONE]
    entries = stored([question(), *fold(TURN, again).messages])
    given = streamed(first, again)
    assert given[3]["message"]["messageId"].endswith("~2")
    unknown = [kind(each["message"]) for each, one in zip(given, found(entries, *given), strict=True) if one is None]
    assert unknown == ["text.PROGRESS"]


def test_an_empty_conversation_keeps_nothing() -> None:
    assert told([]) == []
    assert found([], user(QUESTION), *streamed()) == [None] * (1 + len(streamed()))
