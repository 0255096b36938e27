"""From a turn's messages to the messages of a chat: one of ours may be several of them."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from tertulia.core.analysis import (
    Clarification,
    CodeResult,
    Drawing,
    ExploreFields,
    ExploreList,
    FieldValues,
    QueryAnswer,
)
from tertulia.core.document import ChunkHit
from tertulia.core.message import AssistantMessage, Interim, Message, Outcome, Reasoning, ToolCall, UserMessage
from tertulia.core.run import ToolCallRequested
from tertulia.core.tool import ChunkHits, DocumentHits, Outline, Passage, ToolFailure, ToolKind
from tertulia.dialects.looker import wire_chat
from tertulia.dialects.looker.answers import instant
from tertulia.dialects.looker.encode_answers import AnswerEncoder, Listener, Part
from tertulia.dialects.looker.wire_chat import ChatMessage, ErrorMessage, SystemMessage, TextMessage, TextType

ATTEMPT = "~"
"""Stands in a message's id before the number of its attempt, but for the first."""
CANCELLED = "The answer was stopped."
_UNFINISHED = "The answer was not finished"
_UNANSWERED = "This turn failed."
_LONGEST_SUMMARY = 120
_SENTENCE_END = re.compile(r"(?<=[.!?\u3002])\s|\n")
_SCHEMA_CALLS = frozenset({ToolKind.ASK_DATA, ToolKind.LIST_EXPLORES, ToolKind.DESCRIBE_EXPLORE})
# a call's summary, and the argument that tells the rest
_SUMMARIES: Mapping[str, tuple[str, str]] = {
    ToolKind.RUN_QUERY: ("Running a query", "explore"),
    ToolKind.DRAW_CHART: ("Drawing a chart", "title"),
    ToolKind.RUN_CODE: ("Running code", ""),
    ToolKind.SEARCH_FIELD_VALUES: ("Looking up values", "field"),
    ToolKind.DOCUMENT_RETRIEVAL: ("Looking for documents", "query"),
    ToolKind.GET_DOCUMENT_OUTLINE: ("Reading the outline of a document", ""),
    ToolKind.GET_CHUNK: ("Reading a passage", ""),
}
_SEARCH = ("Searching the documents", "query")
_SEARCH_ENDING = "_chunks"

Said = TextMessage | ErrorMessage | Part


class TurnEncoder:
    """One turn. Its messages must be told in their order: what they show is named and grouped as they come.

    `has_suggested` says whether what to ask next was among them.
    """

    def __init__(self, stem: str, listener: Listener, question: str) -> None:
        """`stem` begins the id of each message: it must be the turn's alone."""
        self.has_suggested = False
        self._stem = stem
        self._ending = ""
        self._answers = AnswerEncoder(listener, question)
        self._texts = 0
        self._groups: dict[str, int] = {}
        self._choices: list[str] = []

    def restart(self, attempt: int) -> None:
        """What follows is a new attempt at the turn: its messages are told apart from those of the dead one."""
        self._ending = f"{ATTEMPT}{attempt}"
        self._answers.restart()
        self._texts = 0
        self._choices = []

    def user(self, message: UserMessage) -> ChatMessage:
        return ChatMessage(
            timestamp=instant(message.at),
            message_id=f"{self._stem}.question",
            user_message=wire_chat.UserMessage(text=message.text),
        )

    def begun(self, call: ToolCall | ToolCallRequested) -> ChatMessage:
        """That a call was made; a result is not looked at."""
        return self._message(call.call_id, 0, call.at, self._announced(call))

    def told(self, message: Message) -> list[ChatMessage]:
        """All that a message shows; of a call its result."""
        match message:
            case UserMessage():
                return [self.user(message)]
            case ToolCall():
                results = enumerate(self._results(message), start=1)
                return [self._message(message.call_id, part, message.at, said) for part, said in results]
            case Reasoning(text=text):
                parts: list[Said] = [_two_parts(summary_of(text), text, "THOUGHT")]
            case Interim(text=text):
                parts = [progress(summary_of(text), text)]
            case AssistantMessage():
                parts = list(self._answered(message))
        key = f"text-{self._texts}"
        self._texts += 1
        return [self._message(key, part, message.at, said) for part, said in enumerate(parts)]

    def noted(self, key: str, at: datetime, said: Said) -> ChatMessage:
        """What is told of the turn itself and no message of it stands for."""
        return self._message(key, 0, at, said)

    def _message(self, key: str, part: int, at: datetime, said: Said) -> ChatMessage:
        group = self._groups.setdefault(key + self._ending, len(self._groups))
        place = f"{key}.{part}" if part else key
        return ChatMessage(
            timestamp=instant(at),
            message_id=f"{self._stem}.{place}{self._ending}",
            system_message=_system(said, group),
        )

    def _announced(self, call: ToolCall | ToolCallRequested) -> Said:
        arguments = call.arguments
        if call.label in _SCHEMA_CALLS:
            return self._answers.asked(_text(arguments.get("question")) or _text(arguments.get("search")))
        known = _SEARCH if call.label.endswith(_SEARCH_ENDING) else _SUMMARIES.get(call.label)
        summary, telling = known or (f"Calling {call.function}", "")
        told = _text(arguments.get(telling))
        whole = _text(arguments.get("code")) if call.label == ToolKind.RUN_CODE else _listed(arguments)
        return progress(f"{summary}: {told}" if told else summary, whole)

    def _results(self, call: ToolCall) -> Iterator[Said]:
        self._choices = []
        match call.result:
            case QueryAnswer() as answer:
                yield from self._answers.answer(answer, with_source=call.label == ToolKind.ASK_DATA)
            case ExploreList() | ExploreFields() as found:
                yield self._answers.explores(found)
            case Drawing() as drawing:
                yield from self._answers.drawing(drawing)
            case CodeResult() as ran:
                yield from self._answers.code(ran)
            case ToolFailure(code=code, message=message):
                yield ErrorMessage(text=message, code=code)
            case Clarification() as clarification:
                self._choices = clarification.choices
                yield progress(clarification.message, _clarified(clarification))
            case result:
                yield _found(result)

    def _answered(self, answer: AssistantMessage) -> Iterator[Said]:
        """The answer as a whole; of one that was broken off what was written, and why it ends."""
        if answer.outcome is Outcome.COMPLETED:
            yield TextMessage(parts=[answer.text], text_type="FINAL_RESPONSE")
            if self._choices:
                self.has_suggested = True
                yield follow_ups(self._choices)
            return
        if answer.text:
            yield progress(_UNFINISHED, answer.text)
        if answer.outcome is Outcome.CANCELLED:
            yield ErrorMessage(text=CANCELLED, code="cancelled")
        elif answer.problem is not None:
            yield ErrorMessage(text=answer.problem.message, code=answer.problem.code)
        else:
            yield ErrorMessage(text=_UNANSWERED)


def follow_ups(questions: list[str]) -> TextMessage:
    return TextMessage(parts=questions, text_type="FOLLOWUP_QUESTIONS")


def progress(summary: str, whole: str = "") -> TextMessage:
    return _two_parts(summary, whole or summary, "PROGRESS")


def summary_of(text: str) -> str:
    """The first sentence without Markdown, cut where it is long."""
    plain = re.sub(r"[*_`#>]+", "", text).strip()
    first = _SENTENCE_END.split(plain, maxsplit=1)[0].strip()
    return first if len(first) <= _LONGEST_SUMMARY else f"{first[: _LONGEST_SUMMARY - 1].rstrip()}…"


def _two_parts(summary: str, whole: str, kind: TextType) -> TextMessage:
    return TextMessage(parts=[summary, whole], text_type=kind)


def _system(said: Said, group: int) -> SystemMessage:
    match said:
        case TextMessage():
            return SystemMessage(text=said, group_id=group)
        case ErrorMessage():
            return SystemMessage(error=said, group_id=group)
        case wire_chat.SchemaMessage():
            return SystemMessage(schema=said, group_id=group)
        case wire_chat.DataMessage():
            return SystemMessage(data=said, group_id=group)
        case wire_chat.AnalysisMessage():
            return SystemMessage(analysis=said, group_id=group)
        case wire_chat.ChartMessage():
            return SystemMessage(chart=said, group_id=group)


def _found(result: ChunkHits | DocumentHits | Outline | Passage | FieldValues) -> TextMessage:
    """What was looked up, in words."""
    match result:
        case ChunkHits(hits=hits, note=note):
            names = {hit.document_id for hit in hits}
            counted = f"{_count(len(hits), 'passage')} in {_count(len(names), 'document')}"
            lines = [note or "", *(_passage(hit) for hit in hits)]
        case DocumentHits(documents=documents):
            counted = _count(len(documents), "document")
            lines = [f"- {each.name}" for each in documents]
        case Outline(name=name, entries=entries):
            counted = f"{_count(len(entries), 'passage')} of {name}"
            lines = [f"- {' › '.join(each.headings) or each.preview}" for each in entries]
        case Passage(hit=hit):
            counted, lines = f"a passage of {hit.document_name}", [_passage(hit)]
        case FieldValues(values=values, field=field, is_complete=is_complete):
            counted = f"{_count(len(values), 'value')} of {field}"
            lines = [", ".join(values) + ("" if is_complete else " ... and more")]
    summary = f"Found {counted}"
    return progress(summary, "\n\n".join(line for line in lines if line) or summary)


def _passage(hit: ChunkHit) -> str:
    page = "" if hit.first_page is None else f", page {hit.first_page}"
    return f"{' › '.join([hit.document_name, *hit.headings])}{page}\n{hit.text}"


def _clarified(clarification: Clarification) -> str:
    lines = [clarification.message, *(f"- {choice}" for choice in clarification.choices)]
    if clarification.nearest and not clarification.choices:
        lines.append(f"Close to it: {', '.join(clarification.nearest)}.")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _listed(arguments: Mapping[str, Any]) -> str:
    encode = msgspec.json.encode
    return "\n".join(f"{name}: {_text(value) or encode(value).decode()}" for name, value in arguments.items())
