"""One turn: model, tools in parallel, model again, until it answers or a limit is reached."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Protocol

import structlog
from msgspec import Struct, structs

from tertulia.core.citing import numbered_hits
from tertulia.core.clock import now
from tertulia.core.errors import BudgetSpent, InvalidFilter, TertuliaError, UnknownField, UnsafeAggregate
from tertulia.core.figures import figures
from tertulia.core.message import Interim, Message, Reasoning, ToolCall, Usage, UserMessage
from tertulia.core.run import (
    Completed,
    Event,
    ModelSwitched,
    ReasoningDelta,
    SupportChecked,
    TextDelta,
    TextStarted,
    ToolCallFinished,
    ToolCallRequested,
    UsageReported,
)
from tertulia.core.tool import Caller, Tool, ToolFailure, ToolParameter, ToolResult
from tertulia.providers.model import (
    CallWanted,
    Cut,
    FunctionSpec,
    Model,
    ModelChosen,
    ModelEvent,
    ModelRequest,
    ReasoningChunk,
    Seal,
    StepUsage,
    TextChunk,
)
from tertulia.providers.roster import Roster
from tertulia.runtime.citing import Citing, Link, Verify
from tertulia.runtime.journal import Briefing
from tertulia.runtime.prompt import functions, instructions
from tertulia.runtime.window import fit, tokens_in

log = structlog.get_logger(__name__)

_CUT = "\n\n(The answer stops here: the model reached the longest answer it may give.)"
_UNFINISHED = "I have used all the steps I may take and have no answer yet. Ask for less at once, or ask again."
_LEFT_OUT = "(The {count} earliest turns of this conversation are left out here for want of room.)"
_REPEATED = "You made this call before with the same arguments. Use its result, or search for something else."
_REPEAT_LIMIT = 2
_REPAIRS_SPENT = "This tool refused several of your queries. Stop here: say what is missing, or ask the user."
_REPAIR_LIMIT = 2
_REPAIRABLE = frozenset(error.code() for error in (UnknownField, InvalidFilter, UnsafeAggregate))
# what a model does for its tokens; an answer that was whole before they were counted is let stand
_WORK = (TextChunk, ReasoningChunk, CallWanted)
_LAST_STEP = "You have used all your steps. Answer now from what you have, without calling tools."


class Toolbox(Protocol):
    """What the loop needs of tools. `run` raises children of TertuliaError for what the model should be told."""

    async def parameters_of(self, caller: Caller, tool: Tool) -> list[ToolParameter]: ...

    async def brief(self, caller: Caller, tools: Sequence[Tool], question: str) -> str:
        """What a model should know of what the tools can reach before it answers a question, "" for nothing."""
        ...

    async def run(self, caller: Caller, tool: Tool, arguments: dict[str, Any]) -> ToolResult: ...


class Limits(Struct, frozen=True, kw_only=True):
    step_limit: int
    tool_seconds: float


class Loop:
    """Executes turns. Stateless between them; everything it gives is an event."""

    def __init__(
        self, toolbox: Toolbox, *, roster: Roster, verify: Verify, link: Callable[[str], Link], limits: Limits
    ) -> None:
        """`link` gives for a project the addresses of its passages."""
        self._toolbox = toolbox
        self._roster = roster
        self._verify = verify
        self._link = link
        self._limits = limits

    async def play(self, briefing: Briefing, model: Model) -> AsyncGenerator[Event, None]:
        """The events of a turn after its beginning; the last one is Completed. Raises ProviderFailed and its children.

        BudgetSpent where more was spent than a budget had left, and there is still something to do.
        """
        turn = _Turn(briefing, await self._functions(briefing), self._roster, model.name)
        turn.told = instructions(briefing, await self._brief(briefing))
        turn.require_allowance()
        for step in range(1, self._limits.step_limit + 1):
            calls: list[ToolCallRequested] = []
            request = turn.request(is_last=step == self._limits.step_limit)
            citing = Citing(
                numbered_hits(turn.messages, briefing.run.turn),
                verify=self._verify,
                link=self._link(briefing.run.project_id),
                figures=figures(turn.messages, briefing.run.turn),
            )
            answering = _Step(turn, citing, may_call=request.may_call)
            async with contextlib.aclosing(answering.play(model, request)) as events:
                async for event in events:
                    if isinstance(event, ToolCallRequested):
                        calls.append(event)
                    yield event
            if citing.dropped:
                log.info("citations_dropped", run=briefing.run.id, count=citing.dropped)
            if not calls:
                yield SupportChecked(citing.support())
                yield Completed(at=now(), is_cut=answering.is_cut)
                return
            async for finished in self._call_all(turn, calls):
                yield finished

    async def _functions(self, briefing: Briefing) -> dict[str, tuple[Tool, FunctionSpec]]:
        parameters = [await self._toolbox.parameters_of(briefing.caller, tool) for tool in briefing.tools]
        return functions(briefing.tools, parameters)

    async def _brief(self, briefing: Briefing) -> str:
        asked = next((each.text for each in reversed(briefing.messages) if isinstance(each, UserMessage)), "")
        return await self._toolbox.brief(briefing.caller, briefing.tools, asked)

    async def _call_all(self, turn: "_Turn", calls: Sequence[ToolCallRequested]) -> AsyncIterator[Event]:
        tasks = [asyncio.create_task(self._call(turn, call)) for call in calls]
        try:
            for done in asyncio.as_completed(tasks):
                finished = await done
                yield finished
            turn.keep_calls(calls, [task.result() for task in tasks])
        finally:
            for task in tasks:
                task.cancel()

    async def _call(self, turn: "_Turn", call: ToolCallRequested) -> ToolCallFinished:
        tool = turn.tool_of(call)
        try:
            if tool is None:
                result: ToolResult = ToolFailure(code="unknown_tool", message=f"There is no tool {call.function}.")
            elif turn.is_repeated(call):
                result = ToolFailure(code="repeated_call", message=_REPEATED)
            elif turn.has_no_repair_left(call):
                result = ToolFailure(code="repairs_spent", message=_REPAIRS_SPENT)
            else:
                async with asyncio.timeout(self._limits.tool_seconds):
                    result = await self._toolbox.run(turn.briefing.caller, tool, call.arguments)
        except TimeoutError:
            result = ToolFailure(code="query_timeout", message="The tool took too long.")
        except TertuliaError as error:
            result = ToolFailure(code=error.code(), message=error.message)
        except Exception:
            log.exception("tool_crashed", tool=call.function)
            result = ToolFailure(code="internal_error", message="The tool failed.")
        return ToolCallFinished(at=now(), call_id=call.call_id, result=result)


class _Turn:
    """What a turn knows so far: the conversation and this turn's own calls."""

    def __init__(
        self, briefing: Briefing, named: dict[str, tuple[Tool, FunctionSpec]], roster: Roster, model: str
    ) -> None:
        self.briefing = briefing
        self.told = ""
        self._roster = roster
        self._asked = self._model = model
        self.messages: list[Message] = list(briefing.messages)
        self.seals: list[Seal] = []
        self._named = named
        self._spent = Usage()

    def request(self, *, is_last: bool) -> ModelRequest:
        told = self.told
        shown = fit(self.messages, self._roster.room(self._asked) - tokens_in(told))
        if shown.left_out:
            told = f"{told}\n\n{_LEFT_OUT.format(count=shown.left_out)}"
        return ModelRequest(
            instructions=told,
            messages=shown.messages,
            functions=[spec for _, spec in self._named.values()],
            may_call=not is_last,
            reminder=_LAST_STEP if is_last else "",
            seals=list(self.seals),
            cache_key=self.briefing.run.conversation_id,
        )

    def requested(self, wanted: CallWanted) -> ToolCallRequested:
        tool, spec = self._named.get(wanted.function, (None, None))
        return ToolCallRequested(
            at=now(),
            call_id=wanted.call_id,
            function=wanted.function,
            label=spec.label if spec else wanted.function,
            arguments=wanted.arguments,
            tool_id=tool.id if tool else None,
        )

    def priced(self, usage: Usage) -> Usage:
        """The usage of a step with what it cost; from here on it counts as spent."""
        priced = self._roster.priced(self._model, usage)
        self._spent += priced
        return priced

    def require_allowance(self) -> None:
        """Raises BudgetSpent where this turn has used more than was left for it."""
        for allowance in self.briefing.allowances:
            if allowance.is_exceeded_by(self._spent):
                raise BudgetSpent(allowance.refusal, renews_at=allowance.renews_at)

    def switch(self, name: str) -> Iterator[Event]:
        """Takes note of which model answers; tells of it where that is another than before."""
        if name != self._model:
            self._model = name
            yield ModelSwitched(model=name)

    def is_repeated(self, call: ToolCallRequested) -> bool:
        """Whether this call was made often enough in this turn with the same arguments."""
        same = [
            each
            for each in self.messages
            if isinstance(each, ToolCall)
            and each.turn == self.briefing.run.turn
            and (each.function, each.arguments) == (call.function, call.arguments)
        ]
        return len(same) >= _REPEAT_LIMIT

    def has_no_repair_left(self, call: ToolCallRequested) -> bool:
        """Whether this tool refused queries of this turn so often that another try will not help."""
        refused = [
            each
            for each in self.messages
            if isinstance(each, ToolCall)
            and (each.turn, each.function) == (self.briefing.run.turn, call.function)
            and isinstance(each.result, ToolFailure)
            and each.result.code in _REPAIRABLE
        ]
        return len(refused) > _REPAIR_LIMIT

    def tool_of(self, call: ToolCallRequested) -> Tool | None:
        return self._named[call.function][0] if call.function in self._named else None

    def keep_said(self, text: str) -> None:
        if text:
            self.messages.append(Interim(turn=self.briefing.run.turn, at=now(), text=text))

    def keep_thought(self, text: str) -> None:
        if text:
            self.messages.append(Reasoning(turn=self.briefing.run.turn, at=now(), text=text))

    def keep_calls(self, calls: Sequence[ToolCallRequested], finished: Sequence[ToolCallFinished]) -> None:
        self.messages.extend(
            ToolCall(
                turn=self.briefing.run.turn,
                at=end.at,
                call_id=call.call_id,
                function=call.function,
                label=call.label,
                arguments=call.arguments,
                result=end.result,
                tool_id=call.tool_id,
            )
            for call, end in zip(calls, finished, strict=True)
        )


class _Step:
    """One answer of the model: given on as events as it comes, kept for the next step when it ends."""

    def __init__(self, turn: _Turn, citing: Citing, *, may_call: bool) -> None:
        self.is_cut = False
        self._may_call = may_call
        self._turn = turn
        self._citing = citing
        self._said: list[str] = []
        self._thought: list[str] = []
        self._calls: list[ToolCallRequested] = []
        self._seals: list[Seal] = []

    async def play(self, model: Model, request: ModelRequest) -> AsyncGenerator[Event, None]:
        chunks = model.stream(request)
        try:
            async for chunk in chunks:
                if isinstance(chunk, _WORK):
                    self._turn.require_allowance()
                for event in self._take(chunk):
                    yield event
        finally:
            # left early, a model's stream is closed at once and its connection with it
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()
        for event in self._end():
            yield event

    def _take(self, chunk: ModelEvent) -> Iterator[Event]:
        match chunk:
            case TextChunk(text=text):
                if not self._said:
                    yield TextStarted(at=now())
                self._said.append(text)
                yield from self._citing.feed(text)
            case ReasoningChunk(text=text):
                self._thought.append(text)
                yield ReasoningDelta(text)
            case StepUsage(usage=usage):
                yield UsageReported(self._turn.priced(usage))
            case ModelChosen(name=name):
                yield from self._turn.switch(name)
            case CallWanted() if self._may_call:
                self._calls.append(self._turn.requested(chunk))
            case CallWanted(function=function):
                log.info("call_ignored", run=self._turn.briefing.run.id, function=function)
            case Seal():
                self._seals.append(chunk)
            case Cut():
                self.is_cut = True

    def _end(self) -> Iterator[Event]:
        """Calls come last, whatever was said between them: text after a call would begin a new segment."""
        yield from self._citing.flush()
        if not self._calls and (closing := self._closing()):
            if not self._said:
                yield TextStarted(at=now())
            yield TextDelta(closing)
        self._turn.keep_thought("".join(self._thought))
        if self._calls:
            self._turn.require_allowance()
            self._turn.keep_said("".join(self._said))
            call_ids = [call.call_id for call in self._calls]
            self._turn.seals.extend(structs.replace(seal, call_ids=call_ids) for seal in self._seals)
        yield from self._calls

    def _closing(self) -> str:
        """What the reader is told where the model's own words are no whole answer."""
        if self.is_cut:
            return _CUT
        return "" if self._may_call or "".join(self._said).strip() else _UNFINISHED
