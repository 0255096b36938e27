"""From a request's messages to a question: turns as they came before, the text to answer, what the agent is told."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tertulia.core.errors import InvalidInput
from tertulia.dialects.openai.bodies import GivenItem, Message, NewCompletion, NewResponse, Part
from tertulia.dialects.openai.errors import ParameterUnsupported
from tertulia.services.transcripts import EarlierTurn, Question

_TOLD = ("system", "developer")
_LEFT_OUT = ("tool", "function")
_TEXTS = ("text", "input_text", "output_text")
_TOOLS = "The client's tools are not supported: agents have tools of their own. Send the request without them."


class Spoken(NamedTuple):
    """One message, and the parameter it stands in."""

    role: str
    text: str
    param: str


def completion_question(given: NewCompletion, agent_id: str) -> Question:
    """Raises InvalidInput and ParameterUnsupported naming the parameter."""
    _refuse_tools("tools", given.tools, given.tool_choice)
    _refuse_tools("functions", given.functions, given.function_call)
    if given.n not in (None, 1):
        raise ParameterUnsupported(fields={"n": ["Only one choice is given. Ask again for another answer."]})
    spoken = [
        Spoken(message.role, _text(message, f"messages[{at}]"), f"messages[{at}]")
        for at, message in enumerate(given.messages)
        if message.role not in _LEFT_OUT
    ]
    return _question(spoken, "messages", agent_id=agent_id, given={})


def response_question(given: NewResponse, agent_id: str) -> Question:
    """Raises InvalidInput and ParameterUnsupported naming the parameter."""
    _refuse_tools("tools", given.tools, given.tool_choice)
    if given.prompt is not None:
        raise ParameterUnsupported(fields={"prompt": ["There are no stored prompts here."]})
    told = [Spoken("system", _clean(given.instructions), "instructions")] if given.instructions else []
    echo: dict[str, Any] = {
        "model": given.model,
        "instructions": given.instructions,
        "previous_response_id": given.previous_response_id,
        "metadata": given.metadata,
        "background": given.background,
    }
    kept = {name: value for name, value in echo.items() if value}
    return _question([*told, *_items(given.input)], "input", agent_id=agent_id, given=kept)


def _items(given: str | Sequence[GivenItem]) -> Iterable[Spoken]:
    if isinstance(given, str):
        yield Spoken("user", _clean(given), "input")
        return
    for at, item in enumerate(given):
        if item.type == "item_reference":
            problem = "References to items are not supported. Send previous_response_id, or the items themselves."
            raise ParameterUnsupported(fields={f"input[{at}]": [problem]})
        if item.type == "message":
            yield Spoken(item.role, _text(item, f"input[{at}]"), f"input[{at}]")


def _question(spoken: Sequence[Spoken], param: str, *, agent_id: str, given: dict[str, Any]) -> Question:
    told: list[str] = []
    turns: list[_Turn] = []
    for role, text, place in spoken:
        if role in _TOLD:
            told.append(text)
        elif role == "user":
            if not turns or turns[-1].answers is not None:
                turns.append(_Turn())
            turns[-1].questions.append(text)
        elif role == "assistant":
            turns = turns or [_Turn()]
            turns[-1].answers = [*(turns[-1].answers or ()), text]
        else:
            raise InvalidInput(fields={f"{place}.role": [f"There is no role {role!r} here."]})
    if not turns or turns[-1].answers is not None:
        raise InvalidInput(fields={param: ["The last message must be the user's."]})
    *earlier, last = turns
    text = _joined(last.questions)
    if not text.strip():
        raise InvalidInput(fields={param: ["The last message has no text."]})
    return Question(
        text=text,
        agent_id=agent_id,
        earlier=[EarlierTurn(_joined(each.questions), _joined(each.answers or ())) for each in earlier],
        instructions=_joined(told) or None,
        given=given,
    )


class _Turn:
    """A turn while it is read; `answers` is None until somebody answered."""

    def __init__(self) -> None:
        self.questions: list[str] = []
        self.answers: list[str] | None = None


def _text(message: Message | GivenItem, place: str) -> str:
    """The text of a message, its parts without anything between them."""
    content = message.content
    if content is None:
        return ""
    if isinstance(content, str):
        return _clean(content)
    return "".join(_clean(_part(part, f"{place}.content[{at}]")) for at, part in enumerate(content))


def _part(part: Part, place: str) -> str:
    text = part.refusal if part.type == "refusal" else part.text
    if part.type not in (*_TEXTS, "refusal"):
        raise ParameterUnsupported(fields={f"{place}.type": [f"Only text is understood, not {part.type!r}."]})
    if text is None:
        raise InvalidInput(fields={f"{place}.text": ["This parameter is required."]})
    return text


def _refuse_tools(param: str, tools: Sequence[object] | None, choice: object) -> None:
    if tools and choice != "none":
        raise ParameterUnsupported(fields={param: [_TOOLS]})


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(text for text in texts if text.strip())


def _clean(text: str | None) -> str:
    return (text or "").replace("\x00", "")
