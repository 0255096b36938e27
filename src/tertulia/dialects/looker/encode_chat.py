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
    return [kept.find(payload, payloads[at + 1 :]) for at, payload in enumerate(payloads)]


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
        newest = entries[-1].turn if entries else -1
        self._by_id: dict[str, tuple[int, ConversationMessage]] = {}
        self._questions: dict[int, ConversationMessage] = {}
        self._newest: list[tuple[Any, ConversationMessage]] = []
        self._newest_turn = newest
        self._is_newest = True
        for message in messages:
            turn = ours.get(entry_id(message.id))
            if turn is None:
                continue
            self._by_id[str(message.message.get("messageId"))] = (turn, message)
            if message.type == "user":
                self._questions[turn] = message
            if turn == newest:
                self._newest.append((bare(message.message), message))

    def find(self, payload: Mapping[str, Any], following: Sequence[Mapping[str, Any]]) -> ConversationMessage | None:
        content = payload.get("message")
        if not isinstance(content, dict):
            return None
        spoken = cast("dict[str, Any]", content)
        found = self._with_id(spoken)
        if found is not None:
            return found[1]
        if payload.get("type") != "user":
            return self._with_content(spoken) if self._is_newest else None
        turn = next((each[0] for each in map(self._of, following) if each is not None), self._newest_turn)
        question = self._questions.get(turn)
        asked = question_in(spoken).strip()
        is_same = question is not None and asked != "" and question_in(question.message).strip() == asked
        self._is_newest = is_same and turn == self._newest_turn
        return question if is_same else None

    def _of(self, payload: Mapping[str, Any]) -> tuple[int, ConversationMessage] | None:
        content = payload.get("message")
        return self._with_id(cast("dict[str, Any]", content)) if isinstance(content, dict) else None

    def _with_id(self, content: Mapping[str, Any]) -> tuple[int, ConversationMessage] | None:
        given = content.get("messageId")
        return self._by_id.get(_ATTEMPT.sub("", given)) if isinstance(given, str) else None

    def _with_content(self, content: Mapping[str, Any]) -> ConversationMessage | None:
        given = bare(content)
        return next((message for said, message in self._newest if said == given), None)


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
    return ConversationMessage(can=dict(telling.can), id=message_id, message=content, type=kind, order=order)
