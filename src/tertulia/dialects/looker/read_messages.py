"""From what a client keeps of a chat to what it means to everybody. Whatever it is, it is read: at the least as an aside."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from tertulia.core.clock import now
from tertulia.core.message import Aside, AssistantMessage, Interim, Message, Outcome, Reasoning, ToolCall, UserMessage
from tertulia.core.tool import ToolKind
from tertulia.dialects.looker.read_answers import Answers
from tertulia.services.history import Entry, Written

_FINAL = ("FINAL_RESPONSE", "TEXT_TYPE_UNSPECIFIED", "", "0", "1")
_ON_THE_WAY = ("THOUGHT", "PROGRESS", "2", "3")
_NEXT = ("FOLLOWUP_QUESTIONS", "4")
_MOST_QUESTIONS = 3
_LONGEST_QUESTION = 300
_STEPS = ("plannerReasoning", "coderInstruction", "code", "executionOutput", "executionError", "resultNaturalLanguage")
_MARKS = re.compile(r"[*_`#>]+")


def read_batch(payloads: Sequence[Mapping[str, Any]], *, order: int, earlier: Sequence[Entry] = ()) -> list[Written]:
    """Messages that a client keeps together, numbered from `order` on; each payload has `type` and `message`.

    A query, its SQL, its rows and its chart are one call of a tool, which stands where the rows do. `earlier` are the
    entries of the conversation so far: rows may belong to a query that was kept before.
    """
    contents = [_content(payload) for payload in payloads]
    answers = Answers([_system(_content(each.wire or {})) for each in _newest_turn(earlier)])
    for at, content in enumerate(contents):
        answers.take(at, _system(content))
    failures = _failures(contents)
    written: list[Written] = []
    for at, (payload, content) in enumerate(zip(payloads, contents, strict=True)):
        number = order + at
        wire = {"type": payload.get("type"), "message": payload.get("message"), "order": number}
        message = _failed(content) if at in failures else _read(content, answers, at, number)
        written.append(Written(message=message, wire=wire, follow_ups=_follow_ups(content)))
    return written


def question_in(content: Mapping[str, Any]) -> str:
    """The question in a client's message, in any shape that clients write it; "" where there is none."""
    for name in ("userMessage", "user_message"):
        value: Any = content.get(name)
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get("text")
        if (text := _as_text(value).replace("\x00", "")).strip():
            return text
    return ""


def _read(content: Mapping[str, Any], answers: Answers, at: int, number: int) -> Message | Aside:
    moment = now()
    if question := question_in(content):
        return UserMessage(turn=0, at=moment, text=question, user_id="")
    answer = answers.find(at)
    if answer is not None:
        query = answer.query
        return ToolCall(
            turn=0,
            at=moment,
            call_id=f"kept-{number}",
            function=ToolKind.RUN_QUERY,
            label=ToolKind.RUN_QUERY,
            arguments={"explore": str(query.source), "fields": query.fields, "filters": query.filters},
            result=answer,
        )
    system = _system(content)
    if error := _error(content):
        return Interim(turn=0, at=moment, text=error)
    if step := _step(system):
        return Reasoning(turn=0, at=moment, text=step)
    text = system.get("text")
    return _said(cast("dict[str, Any]", text)) if isinstance(text, dict) else Aside(turn=0, at=moment)


def _failed(content: Mapping[str, Any]) -> AssistantMessage:
    return AssistantMessage(turn=0, at=now(), text=_error(content), outcome=Outcome.FAILED)


def _failures(contents: Sequence[Mapping[str, Any]]) -> set[int]:
    """The places of errors that nothing of their turn follows: others were got over."""
    found: set[int] = set()
    is_last = True
    for at in reversed(range(len(contents))):
        if question_in(contents[at]):
            is_last = True
        elif _system(contents[at]):
            if is_last and _error(contents[at]):
                found.add(at)
            is_last = False
    return found


def _error(content: Mapping[str, Any]) -> str:
    error = _system(content).get("error")
    text = cast("dict[str, Any]", error).get("text") if isinstance(error, dict) else error
    return text.replace("\x00", "").strip() if isinstance(text, str) else ""


def _step(system: Mapping[str, Any]) -> str:
    """What an analysis planned, ran and found, as text."""
    analysis = system.get("analysis")
    event = cast("dict[str, Any]", analysis).get("progressEvent") if isinstance(analysis, dict) else None
    if not isinstance(event, dict):
        return ""
    given = [cast("dict[str, Any]", event).get(name) for name in _STEPS]
    return "\n\n".join(each.replace("\x00", "") for each in given if isinstance(each, str) and each.strip())


def _as_text(value: Any) -> str:
    """Text, or the JSON of what stands in its place."""
    if isinstance(value, str):
        return value
    return "" if value is None or value in ([], {}) else msgspec.json.encode(value).decode()


def _follow_ups(content: Mapping[str, Any]) -> list[str]:
    """The first of the questions that a message suggests, each in one line."""
    text = _system(content).get("text")
    kind, parts = _kind_and_parts(cast("dict[str, Any]", text)) if isinstance(text, dict) else ("", [])
    questions = dict.fromkeys(" ".join(part.split()) for part in parts if kind in _NEXT)
    return [each for each in questions if len(each) <= _LONGEST_QUESTION][:_MOST_QUESTIONS]


def _kind_and_parts(text: Mapping[str, Any]) -> tuple[str, list[str]]:
    given = text.get("parts")
    listed = cast("list[Any]", given) if isinstance(given, list) else [given]
    parts = [each.replace("\x00", "") for each in listed if isinstance(each, str) and each.strip()]
    return str(text.get("textType", text.get("text_type", ""))).upper(), parts


def _said(text: Mapping[str, Any]) -> AssistantMessage | Reasoning | Aside:
    kind, parts = _kind_and_parts(text)
    moment = now()
    if kind in _FINAL and parts:
        return AssistantMessage(turn=0, at=moment, text="\n\n".join(parts))
    if kind in _ON_THE_WAY and parts:
        return Reasoning(turn=0, at=moment, text=_without_summary(parts))
    return Aside(turn=0, at=moment)


def _without_summary(parts: Sequence[str]) -> str:
    """A thought without its summary, where that only repeats how the thought begins."""
    summary, whole = _MARKS.sub("", parts[0]).strip().rstrip("…"), "\n\n".join(parts[1:])
    return whole if summary in _MARKS.sub("", whole) else "\n\n".join(parts)


def _newest_turn(entries: Sequence[Entry]) -> list[Entry]:
    return [each for each in entries if each.turn == entries[-1].turn]


def _content(payload: Mapping[str, Any]) -> dict[str, Any]:
    content = payload.get("message")
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}


def _system(content: Mapping[str, Any]) -> dict[str, Any]:
    value = content.get("systemMessage", content.get("system_message"))
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
