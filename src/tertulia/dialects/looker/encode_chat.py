"""A conversation's history as this API shows it: a client's messages as it wrote them, ours as chat told them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import msgspec

from tertulia.core.message import ToolCall, UserMessage
from tertulia.dialects.looker.encode_answers import Listener
from tertulia.dialects.looker.encode_turn import ATTEMPT, TurnEncoder
from tertulia.dialects.looker.read_charts import chart_in
from tertulia.dialects.looker.read_messages import question_in
from tertulia.dialects.looker.wire import ConversationMessage
from tertulia.dialects.looker.wire_chat import ChatMessage
from tertulia.services.history import Entry

_SEPARATOR = "-"
_ATTEMPT = re.compile(rf"{ATTEMPT}\d+$")
_OF_THE_MOMENT = frozenset({"timestamp", "messageId", "groupId"})
# what typed clients lose of our messages, by the key they stand under
_EXTENSIONS: Mapping[str, frozenset[str]] = {
    "query": frozenset({"understood", "goldenQueryId"}),
    "result": frozenset({"formattedData", "totals", "isTruncated", "notes"}),
    "error": frozenset({"code"}),
    "looker": frozenset({"explore"}),
}


class Telling(NamedTuple):
    """Whose history is told, to whom, and what they may do with each message."""

    conversation_id: str
    listener: Listener
    can: Mapping[str, bool]


def turn_stem(conversation_id: str, turn: int) -> str:
    """How the ids of a stored turn's messages begin."""
    return f"{conversation_id}.{turn}"


def entry_id(message_id: str) -> str:
    """The entry that a message is, or is a part of."""
    return message_id.partition(_SEPARATOR)[0]


def conversation_messages(entries: Sequence[Entry], telling: Telling) -> list[ConversationMessage]:
    """All messages in their order. `entries` are the whole conversation's, oldest first."""
    messages: list[ConversationMessage] = []
    encoders: dict[int, TurnEncoder] = {}
    questions = {each.turn: each.message.text for each in entries if isinstance(each.message, UserMessage)}
    order = 0
    for entry in entries:
        if entry.wire is not None:
            order = max(order + 1, _order(entry.wire))
            messages.append(_verbatim(entry.id, entry.wire, order, telling))
            continue
        encoder = encoders.get(entry.turn)
        if encoder is None:
            stem = turn_stem(telling.conversation_id, entry.turn)
            encoder = encoders[entry.turn] = TurnEncoder(stem, telling.listener, questions.get(entry.turn, ""))
        for part, told in enumerate(_told(encoder, entry)):
            order += 1
            messages.append(_ours(f"{entry.id}{_SEPARATOR}{part}" if part else entry.id, told, order, telling))
    return messages


def already_kept(
    payloads: Sequence[Mapping[str, Any]], entries: Sequence[Entry], messages: Sequence[ConversationMessage]
) -> list[ConversationMessage | None]:
    """For each message a client brings the one that the server has stored itself, or None.

    They are told by their id; those of the newest turn also by what they say, up to a question that begins another.
    `messages` are what `conversation_messages` makes of the entries.
    """
    kept = _Kept(entries, messages)
    return [found for exchange in _exchanges(payloads) for found in kept.find(exchange)]


def bare(value: Any, under: str = "") -> Any:
    """A message, as JSON, without what differs between two tellings of it."""
    if isinstance(value, list):
        return [bare(each, under) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    left_out = _OF_THE_MOMENT | _EXTENSIONS.get(under, frozenset())
    content = cast("dict[str, Any]", value)
    return {
        name: chart_in(each) if name == "vegaConfig" else bare(each, name)
        for name, each in content.items()
        if each is not None and name not in left_out
    }


class _Kept:
    """What the server stored by itself, by id and by content."""

    def __init__(self, entries: Sequence[Entry], messages: Sequence[ConversationMessage]) -> None:
        ours = {entry.id: entry.turn for entry in entries if entry.wire is None}
        self._by_id: dict[str, _Stored] = {}
        self._questions: dict[int, ConversationMessage] = {}
        self._newest: list[tuple[Any, ConversationMessage]] = []
        self._newest_turn = entries[-1].turn if entries else -1
        for message in messages:
            turn = ours.get(entry_id(message.id))
            if turn is None:
                continue
            self._by_id[str(message.message.get("messageId"))] = _Stored(turn, message)
            if message.type == "user":
                self._questions[turn] = message
            if turn == self._newest_turn:
                self._newest.append((bare(message.message), message))

    def find(self, exchange: Sequence[Mapping[str, Any]]) -> list[ConversationMessage | None]:
        """For a question and what follows it, or for what follows alone."""
        contents = [_content(payload) for payload in exchange]
        stored = [self._with_id(content) for content in contents]
        found = [None if each is None else each.message for each in stored]
        first = 1 if exchange[0].get("type") == "user" else 0
        turn = self._turn_of(contents, stored) if first else self._newest_turn
        if first and turn is not None:
            found[0] = self._questions[turn]
        if turn == self._newest_turn:
            for at in range(first, len(found)):
                found[at] = found[at] or self._with_content(contents[at])
        return found

    def _turn_of(self, contents: Sequence[Mapping[str, Any]], stored: "Sequence[_Stored | None]") -> int | None:
        """The turn that a question began, None where it begins another: by the ids of its answers, or its words."""
        turns = [each.turn for each in stored if each is not None]
        if not turns and any(isinstance(content.get("messageId"), str) for content in contents[1:]):
            return None
        turn = turns[0] if turns else self._newest_turn
        question = self._questions.get(turn)
        asked = question_in(contents[0]).strip()
        is_same = question is not None and asked != "" and question_in(question.message).strip() == asked
        return turn if is_same else None

    def _with_id(self, content: Mapping[str, Any]) -> "_Stored | None":
        given = content.get("messageId")
        return self._by_id.get(_ATTEMPT.sub("", given)) if isinstance(given, str) else None

    def _with_content(self, content: Mapping[str, Any]) -> ConversationMessage | None:
        if not content:
            return None
        given = bare(content)
        return next((message for said, message in self._newest if said == given), None)


class _Stored(NamedTuple):
    turn: int
    message: ConversationMessage


def _exchanges(payloads: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Cut before each question."""
    exchange: list[Mapping[str, Any]] = []
    for payload in payloads:
        if payload.get("type") == "user" and exchange:
            yield exchange
            exchange = []
        exchange.append(payload)
    if exchange:
        yield exchange


def _content(payload: Mapping[str, Any]) -> dict[str, Any]:
    content = payload.get("message")
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}


def _told(encoder: TurnEncoder, entry: Entry) -> Iterator[ChatMessage]:
    message = entry.message
    if message is None:
        return
    if isinstance(message, ToolCall):
        yield encoder.begun(message)
    yield from encoder.told(message)


def _order(wire: Mapping[str, Any]) -> int:
    order = wire.get("order")
    return order if isinstance(order, int) else 0


def _verbatim(pk: str, wire: Mapping[str, Any], order: int, telling: Telling) -> ConversationMessage:
    return ConversationMessage(
        can=dict(telling.can), id=pk, message=wire.get("message") or {}, type=str(wire.get("type")), order=order
    )


def _ours(message_id: str, told: ChatMessage, order: int, telling: Telling) -> ConversationMessage:
    kind = "system" if told.user_message is msgspec.UNSET else "user"
    content = cast("dict[str, Any]", msgspec.to_builtins(told))
    # what the server wrote is deleted or left as it is
    can = {**telling.can, "update": False}
    return ConversationMessage(can=can, id=message_id, message=content, type=kind, order=order)
