"""What a model reads: a conversation as plain exchanges, and tool results as text that can be cited."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct, structs

from tertulia.core.citing import numbered_hits
from tertulia.core.document import ChunkHit, Citation
from tertulia.core.message import AssistantMessage, Interim, Message, Reasoning, ToolCall, UserMessage
from tertulia.core.tool import (
    ChunkHits,
    DocumentHit,
    DocumentHits,
    Outline,
    OutlineEntry,
    ParameterType,
    Passage,
    ToolFailure,
    ToolParameter,
    ToolResult,
)
from tertulia.providers.model import ModelRequest, Seal
from tertulia.providers.report import read_by_model

_FENCE = re.compile(r"<(?=\s*/?\s*result\b)", re.IGNORECASE)
_LINK = re.compile(r"\s?\[\d+\]\(([^()\s]+)\)")
_UNANSWERED = "(No answer was given.)"
_NO_ARGUMENT: dict[str, Any] = {"type": "object", "properties": {}}


class Spoken(Struct, frozen=True):
    """What one side said; neighbours never have the same role."""

    role: Literal["user", "assistant"]
    text: str


class AnsweredCall(Struct, frozen=True):
    """A call of this turn; `result` is what the model reads."""

    call: ToolCall
    result: str

    @property
    def is_failure(self) -> bool:
        return isinstance(self.call.result, ToolFailure)


class Step(Struct, frozen=True):
    """One step of this turn: what was said before its calls, the calls (at least one), what was sealed with them."""

    text: str
    calls: list[AnsweredCall]
    seals: list[Seal]


class Transcript(Struct, frozen=True):
    """`spoken` ends with the message to answer; `steps` are what has been done for it, in order."""

    spoken: list[Spoken]
    steps: list[Step]


def transcript(request: ModelRequest) -> Transcript:
    """The request's conversation, its reminder at the very end. Earlier turns keep their questions and answers only."""
    at = max((at for at, each in enumerate(request.messages) if isinstance(each, UserMessage)), default=-1)
    before, this_turn = request.messages[: at + 1], request.messages[at + 1 :]
    told = Transcript(_spoken(before), _steps(this_turn, request.seals, numbered(request.messages)))
    if request.reminder:
        _remind(told, request.reminder)
    return told


def numbered(messages: Sequence[Message]) -> dict[str, int]:
    """The number of each chunk of the newest turn, by chunk id, as markers use them: `[[3]]`."""
    turn = next((each.turn for each in reversed(messages) if isinstance(each, UserMessage)), 0)
    return {hit.chunk_id: number for number, hit in numbered_hits(messages, turn).items()}


def result_text(result: ToolResult, numbers: Mapping[str, int]) -> str:
    """A result between <result> tags, which nothing inside can close. `numbers` are those of `numbered`."""
    return f"<result>\n{_FENCE.sub('&lt;', _body(result, numbers)).strip()}\n</result>"


def schema(parameters: Sequence[ToolParameter]) -> dict[str, Any]:
    """The JSON schema of a function's arguments."""
    if not parameters:
        return _NO_ARGUMENT
    return {
        "type": "object",
        "properties": {each.name: _property(each) for each in parameters},
        "required": [each.name for each in parameters if each.required],
    }


def _spoken(messages: Iterable[Message]) -> list[Spoken]:
    """Calls of earlier turns are left out: their hits cannot be cited any more, and their answers say what they gave."""
    spoken: list[Spoken] = []
    for message in messages:
        match message:
            case UserMessage(text=text):
                _speak(spoken, "user", text)
            case AssistantMessage(text=text, citations=citations):
                _speak(spoken, "assistant", _without_links(text, citations).strip() or _UNANSWERED)
            case _:
                pass
    return spoken


def _speak(spoken: list[Spoken], role: Literal["user", "assistant"], text: str) -> None:
    """Some services refuse two messages of one role in a row, and all refuse an empty one."""
    if spoken and spoken[-1].role == role:
        spoken[-1] = structs.replace(spoken[-1], text=f"{spoken[-1].text}\n\n{text}")
    else:
        spoken.append(Spoken(role, text if text.strip() else "(empty)"))


def _without_links(text: str, citations: Sequence[Citation]) -> str:
    """An answer without the links its markers became: a model that reads them writes such links itself."""
    cited = {each.chunk_id for each in citations}
    return _LINK.sub(lambda found: "" if any(each in found[1] for each in cited) else found[0], text)


def _steps(messages: Iterable[Message], seals: Sequence[Seal], numbers: Mapping[str, int]) -> list[Step]:
    """Calls stand in one step where they are neighbours, unless their seals tell them apart."""
    sealed = {call_id: tuple(seal.call_ids) for seal in seals for call_id in seal.call_ids}
    steps: list[Step] = []
    text: list[str] = []
    last: ToolCall | None = None
    for message in messages:
        match message:
            case Interim(text=said):
                text.append(said)
                last = None
            case Reasoning():
                last = None
            case ToolCall():
                if last is None or sealed.get(last.call_id) != sealed.get(message.call_id):
                    kept = [seal for seal in seals if message.call_id in seal.call_ids]
                    steps.append(Step("\n\n".join(text), [], kept))
                    text.clear()
                steps[-1].calls.append(AnsweredCall(message, result_text(message.result, numbers)))
                last = message
            case _:
                pass
    return steps


def _remind(told: Transcript, reminder: str) -> None:
    """After the fence of the last result, or after the question: some services take no message of ours in between."""
    if told.steps:
        calls = told.steps[-1].calls
        calls[-1] = structs.replace(calls[-1], result=f"{calls[-1].result}\n\n{reminder}")
    elif told.spoken:
        told.spoken[-1] = structs.replace(told.spoken[-1], text=f"{told.spoken[-1].text}\n\n{reminder}")


def _body(result: ToolResult, numbers: Mapping[str, int]) -> str:
    match result:
        case ChunkHits(hits=hits, note=note):
            passages = [_passage(hit, numbers) for hit in hits] or ["Nothing was found."]
            return "\n\n".join([*passages, *([f"Note: {note}"] if note else [])])
        case Passage(hit=hit, offset=offset, total_characters=total, next_offset=after):
            rest = f" Go on with offset {after}." if after is not None else ""
            window = f"Characters {offset} to {offset + len(hit.text)} of {total}.{rest}"
            return f"{_passage(hit, numbers)}\n\n{window}"
        case DocumentHits(documents=documents):
            return "\n".join(_document(each) for each in documents) or "No document was found."
        case Outline():
            return _outline(result)
        case ToolFailure(code=code, message=message):
            return f"The tool failed ({code}): {message}"
        case _:
            return read_by_model(result)


def _passage(hit: ChunkHit, numbers: Mapping[str, int]) -> str:
    place = [_line(hit.document_name), _pages(hit), _headings(hit.headings)]
    number = numbers.get(hit.chunk_id)
    head = ("" if number is None else f"[{number}] ") + ", ".join(part for part in place if part)
    more = ", there is more of it" if hit.is_truncated else ""
    return f"{head} (chunk_id {hit.chunk_id}{more})\n{hit.text}"


def _pages(place: ChunkHit | OutlineEntry) -> str:
    if place.first_page is None:
        return ""
    if place.last_page in (None, place.first_page):
        return f"page {place.first_page}"
    return f"pages {place.first_page}-{place.last_page}"


def _headings(headings: Sequence[str]) -> str:
    return " > ".join(_line(each) for each in headings)


def _document(document: DocumentHit) -> str:
    facts = [document.content_type]
    if document.page_count is not None:
        facts.append(f"{document.page_count} pages")
    if document.tags:
        facts.append(f"tags: {', '.join(_line(tag) for tag in document.tags)}")
    return f"- {_line(document.name)} ({'; '.join(facts)}; document_id {document.document_id})"


def _outline(outline: Outline) -> str:
    lines = [f"{_line(outline.name)}: {outline.chunk_count} passages, {outline.character_count} characters"]
    for each in outline.entries:
        place = ", ".join(part for part in (_pages(each), _headings(each.headings)) if part)
        where = f" [{place}]" if place else ""
        lines.append(f"- {each.ordinal}{where} {_line(each.preview)} (chunk_id {each.chunk_id})")
    if outline.next_offset is not None:
        lines.append(f"Go on with offset {outline.next_offset}.")
    return "\n".join(lines)


def _line(text: str) -> str:
    return " ".join(text.split())


def _property(parameter: ToolParameter) -> dict[str, Any]:
    kind: dict[str, Any] = {"type": parameter.type.value, "description": parameter.description}
    if parameter.type is ParameterType.ARRAY:
        kind["items"] = {"type": "string", **({"enum": parameter.choices} if parameter.choices else {})}
    elif parameter.choices:
        kind["enum"] = parameter.choices
    if parameter.default not in (None, ""):
        kind["default"] = msgspec.to_builtins(parameter.default)
    return kind
