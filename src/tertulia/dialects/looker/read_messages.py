"""From what a client keeps of a chat to what it means to everybody. Whatever it is, it is read: at the least as an aside."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from tertulia.core.clock import now
from tertulia.core.message import Aside, AssistantMessage, Message, Reasoning, ToolCall, UserMessage
from tertulia.core.tool import ToolKind
from tertulia.dialects.looker.read_answers import Answers
from tertulia.services.history import Entry, Written

_FINAL = ("FINAL_RESPONSE", "TEXT_TYPE_UNSPECIFIED", "", "0", "1")
_ON_THE_WAY = ("THOUGHT", "PROGRESS", "2", "3")
_MARKS = re.compile(r"[*_`#>]+")


def read_written(payload: Mapping[str, Any], order: int) -> Written:
    """One message alone; `order` is its number in the conversation, which is kept with it."""
    return read_batch([payload], order=order)[0]


def read_batch(payloads: Sequence[Mapping[str, Any]], *, order: int, earlier: Sequence[Entry] = ()) -> list[Written]:
    """Messages that a client keeps together, numbered from `order` on; each payload has `type` and `message`.

    A query, its SQL, its rows and its chart are one call of a tool, which stands where the rows do. `earlier` are the
    entries of the conversation so far: rows may belong to a query that was kept before.
    """
    contents = [_content(payload) for payload in payloads]
    answers = Answers([_system(_content(each.wire or {})) for each in _newest_turn(earlier)])
    for at, content in enumerate(contents):
        answers.take(at, _system(content))
    written: list[Written] = []
    for at, (payload, content) in enumerate(zip(payloads, contents, strict=True)):
        number = order + at
        wire = {"type": payload.get("type"), "message": payload.get("message"), "order": number}
        written.append(Written(message=_read(content, answers, at, number), wire=wire))
    return written


def question_in(content: Mapping[str, Any]) -> str:
    """The question in a client's message, in any shape that clients write it; "" where there is none."""
    for name in ("userMessage", "user_message"):
        value: Any = content.get(name)
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get("text")
        if isinstance(value, str) and value.strip():
            return value.replace("\x00", "")
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
    text = _system(content).get("text")
    return _said(cast("dict[str, Any]", text)) if isinstance(text, dict) else Aside(turn=0, at=moment)


def _said(text: Mapping[str, Any]) -> AssistantMessage | Reasoning | Aside:
    kind = text.get("textType", text.get("text_type", ""))
    given = text.get("parts")
    listed = cast("list[Any]", given) if isinstance(given, list) else [given]
    parts = [each.replace("\x00", "") for each in listed if isinstance(each, str) and each.strip()]
    moment = now()
    if str(kind).upper() in _FINAL and parts:
        return AssistantMessage(turn=0, at=moment, text="\n\n".join(parts))
    if str(kind).upper() in _ON_THE_WAY and parts:
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
