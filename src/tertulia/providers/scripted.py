"""A model that plays a script: for tests, benchmarks and demonstrations."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from tertulia.core import errors
from tertulia.core.errors import ProviderFailed, TertuliaError
from tertulia.core.message import ToolCall, Usage, UserMessage
from tertulia.providers.model import CallWanted, ModelEvent, ModelRequest, ReasoningChunk, StepUsage, TextChunk

SCRIPTED_MODEL = "scripted"


class Say(Struct, frozen=True, tag="say", tag_field="do"):
    """Text, in one piece."""

    text: str


class Think(Struct, frozen=True, tag="think", tag_field="do"):
    text: str


class Call(Struct, frozen=True, kw_only=True, tag="call", tag_field="do"):
    """A function call; an empty `function` means the first one the agent has. Without a `call_id` it gets one."""

    function: str = ""
    arguments: dict[str, Any] = {}
    call_id: str | None = None


class Spend(Struct, frozen=True, kw_only=True, tag="spend", tag_field="do"):
    """Tokens used."""

    input_tokens: int = 0
    output_tokens: int = 0


class Wait(Struct, frozen=True, tag="wait", tag_field="do"):
    seconds: float


class Tokens(Struct, frozen=True, kw_only=True, tag="tokens", tag_field="do"):
    """`count` numbered words, one piece each, `interval_s` apart."""

    count: int
    interval_s: float = 0.0


class Fail(Struct, frozen=True, kw_only=True, tag="fail", tag_field="do"):
    """Raises the error of that class name in core/errors.py."""

    error: str
    message: str | None = None


class Hang(Struct, frozen=True, tag="hang", tag_field="do"):
    """Waits until cancelled."""


Action: TypeAlias = Say | Think | Call | Spend | Wait | Tokens | Fail | Hang


class Script(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One list of actions per step; a turn that asks for more steps than there are gets the last one again.

    Calls are passed over where none may be made.
    `name` and `follow_ups` are what the conversation is called and offered once the turn has ended.
    """

    steps: list[list[Action]]
    name: str = ""
    follow_ups: list[str] = []


class Scripted:
    """Plays `script`; a user message that is itself a script as JSON is played instead.

    The step to play follows from the turn's tool calls alone, so that a turn taken over after a crash goes on in place.
    """

    def __init__(self, script: Script) -> None:
        self._script = script

    @property
    def name(self) -> str:
        return SCRIPTED_MODEL

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Raises what the script says, ProviderFailed where the script names no such error or function."""
        newest = next((each for each in reversed(request.messages) if isinstance(each, UserMessage)), None)
        script = (script_in(newest.text) if newest else None) or self._script
        if not script.steps:
            return
        turn = newest.turn if newest else 0
        done = sum(isinstance(each, ToolCall) and each.turn == turn for each in request.messages)
        step = step_after(script, done)
        for at, action in enumerate(script.steps[step]):
            async for event in _play(action, f"scripted-{turn}-{step}-{at}", request):
                yield event


def tokens(count: int, interval_s: float = 0.0) -> Script:
    """One step that says `count` words, `interval_s` seconds apart, and reports them as used."""
    return Script(steps=[[Tokens(count=count, interval_s=interval_s), Spend(output_tokens=count)]])


def script_in(text: str) -> Script | None:
    """The script a message holds as JSON, `{"steps": [[{"do": "say", "text": "hi"}]]}` for one; None for any other text."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return msgspec.json.decode(text, type=Script)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def step_after(script: Script, calls_done: int) -> int:
    """The index of the step to play once that many calls have results; the last one where the script is at its end."""
    wanted = 0
    for at, actions in enumerate(script.steps[:-1]):
        wanted += sum(isinstance(action, Call) for action in actions)
        if wanted > calls_done or not any(isinstance(action, Call) for action in actions):
            return at
    return len(script.steps) - 1


async def _play(action: Action, call_id: str, request: ModelRequest) -> AsyncIterator[ModelEvent]:
    match action:
        case Say(text=text):
            yield TextChunk(text)
        case Think(text=text):
            yield ReasoningChunk(text)
        case Call() if not request.may_call:
            pass
        case Call(function=function, arguments=arguments):
            name = function or _first_function(request)
            yield CallWanted(call_id=action.call_id or call_id, function=name, arguments=arguments)
        case Spend(input_tokens=read, output_tokens=written):
            yield StepUsage(Usage(input_tokens=read, output_tokens=written))
        case Wait(seconds=seconds):
            await asyncio.sleep(seconds)
        case Tokens(count=count, interval_s=interval_s):
            for word in _words(count):
                if interval_s > 0:
                    await asyncio.sleep(interval_s)
                yield TextChunk(word)
        case Fail(error=error, message=message):
            raise _error(error, message)
        case Hang():
            await asyncio.Event().wait()


def _words(count: int) -> Sequence[str]:
    return [f"word{at} " if at < count else f"word{at}" for at in range(1, count + 1)]


def _first_function(request: ModelRequest) -> str:
    if not request.functions:
        raise ProviderFailed("The script calls a function, but the agent has none.")
    return request.functions[0].name


def _error(name: str, message: str | None) -> TertuliaError:
    found = getattr(errors, name, None)
    if isinstance(found, type) and issubclass(found, TertuliaError):
        return found(message)
    return ProviderFailed(f"The script names an error that does not exist: {name}.")
