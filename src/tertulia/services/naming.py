"""Names conversations that nobody named, and suggests what to ask next: in the background, after the answer was given."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import structlog
from msgspec import Struct

from tertulia.core.analysis import CodeResult, Drawing, FieldValues, QueryAnswer
from tertulia.core.clock import now
from tertulia.core.conversation import Window
from tertulia.core.document import ChunkHit, Citation
from tertulia.core.errors import InvalidInput, TertuliaError
from tertulia.core.message import AssistantMessage, Message, Outcome, ToolCall, Usage, UserMessage
from tertulia.core.run import BEGINNING, Folded, Run, fold
from tertulia.core.table import titles
from tertulia.core.tool import ChunkHits
from tertulia.providers.extractive import smalltalk
from tertulia.providers.extractive.follow_up import Answered, follow_ups
from tertulia.providers.extractive.naming import name_of
from tertulia.providers.roster import Roster
from tertulia.providers.scripted import SCRIPTED_MODEL, script_in
from tertulia.runtime.naming import MOST_QUESTIONS, NAME_CHARACTERS, Asking, Suggested, Talk
from tertulia.services.budgets import require_budget
from tertulia.services.stored_histories import has_data
from tertulia.services.transcripts import KIND
from tertulia.settings import Settings
from tertulia.store import conversations, library, runs, suggestions, transcripts
from tertulia.store.database import Connection, Database

log = structlog.get_logger(__name__)

_AT_ONCE = 4
_MOST_WAITING = 200
# by then the answer's last frame has been sent
_PAUSE_S = 0.2
# who waits for questions to ask next gets what a model has written by then
_PATIENCE_S = 3.0
_GRACE_S = 1.0
_MOST_EARLIER = 6
_MOST_CITED = 3
_NEAR = 2
_DATA = (QueryAnswer, CodeResult, Drawing, FieldValues)
Result = TypeVar("Result")


class Naming:
    """One per process: what a run became here is looked at here, so no two processes name the same turn.

    Nothing of it is kept for after a restart: a conversation that missed it keeps its default name until its next turn.
    """

    def __init__(self, database: Database, *, roster: Roster, settings: Settings, longest_s: float = 20.0) -> None:
        """`longest_s` bounds one call of a model. Raises InvalidInput where the naming model is no model here."""
        wanted = settings.naming_model
        if wanted and roster.single(wanted) is None:
            raise InvalidInput(f"The naming model is {wanted!r}, which is not configured.")
        self._database = database
        self._roster = roster
        self._settings = settings
        self._longest_s = longest_s
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_stopped = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._tasks

    def after(self, run: Run, folded: Folded) -> None:
        """Looks at a turn that has ended; returns at once."""
        if run.question is not None:
            # it left nothing in the conversation that a name or a question could be about
            return
        answer = folded.messages[-1] if folded.messages else None
        is_wanted = self._settings.automatic_names or self._settings.follow_ups
        if not is_wanted or self._is_stopped or len(self._tasks) >= _MOST_WAITING:
            return
        if isinstance(answer, AssistantMessage) and answer.outcome is Outcome.COMPLETED:
            self._begin(self._look(run, answer))

    async def follow_ups(self, run: Run) -> list[str]:
        """Questions that could follow a turn that is kept out of the history: soon, or none. For who asked it, once.

        Whoever stops waiting stops nothing: what was begun ends by itself, and is accounted.
        """
        if not self._settings.follow_ups or self._is_stopped or len(self._tasks) >= _MOST_WAITING:
            return []
        task = self._begin(self._follow_ups(run))
        await asyncio.wait((task,), timeout=_PATIENCE_S + _GRACE_S)
        return task.result() if task.done() and not task.cancelled() else []

    async def stop(self) -> None:
        """Drops what is under way."""
        self._is_stopped = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _look(self, run: Run, answer: AssistantMessage) -> None:
        await asyncio.sleep(_PAUSE_S)
        try:
            async with self._room:
                await self._suggest(run, answer)
        except TertuliaError as error:
            log.info("naming_failed", run=run.id, code=error.code(), reason=error.message)
        except Exception:
            log.exception("naming_crashed", run=run.id)

    async def _suggest(self, run: Run, answer: AssistantMessage) -> None:
        turn = await self._database.read(_turn, run, self._settings)
        if turn is None:
            return
        found = await self._found(run, turn, answer, longest_s=self._longest_s)
        if found.name or found.questions:
            await self._database.write(_keep, run, found)

    async def _follow_ups(self, run: Run) -> list[str]:
        try:
            passing = await self._database.read(_passing, run)
            if passing is None:
                return []
            turn, answer = passing
            return (await self._found(run, turn, answer, longest_s=min(_PATIENCE_S, self._longest_s))).questions
        except TertuliaError as error:
            log.info("follow_ups_failed", run=run.id, code=error.code(), reason=error.message)
        except Exception:
            log.exception("follow_ups_crashed", run=run.id)
        return []

    async def _found(self, run: Run, turn: "_Turn", answer: AssistantMessage, *, longest_s: float) -> Suggested:
        if answer.model == SCRIPTED_MODEL:
            return _told(turn)
        if (name := self._naming_model(answer.model)) in self._roster.cards:
            return await self._asked(run, name, turn, answer, longest_s=longest_s)
        return await self._extracted(run, turn, answer)

    def _naming_model(self, answered: str) -> str:
        """What the built-in model answered stays here."""
        return self._settings.naming_model or answered if answered in self._roster.cards else answered

    async def _asked(
        self, run: Run, name: str, turn: "_Turn", answer: AssistantMessage, *, longest_s: float
    ) -> Suggested:
        """What a language model makes of it. Where it fails, the name is in the question's own words."""
        model = self._roster.single(name)
        # names and questions are shown to whoever may read the conversation: what comes of data is not among it
        is_of_data = turn.is_of_data or await self._database.read(_has_data, run)
        asking = Asking(
            Talk(
                question=turn.question,
                answer="" if is_of_data else answer.text,
                earlier=turn.earlier,
                sources=turn.sources,
                wants_name=turn.wants_name,
                wants_questions=turn.wants_questions,
            )
        )
        try:
            if model is not None:
                await self._database.read(require_budget, run.project_id, run.user_id)
                async with asyncio.timeout(longest_s):
                    await asking.listen(model)
        except TimeoutError:
            log.info("naming_failed", run=run.id, model=name, reason="It took too long.")
        except TertuliaError as error:
            log.info("naming_failed", run=run.id, model=name, code=error.code(), reason=error.message)
        if asking.usage != Usage():
            usage = self._roster.priced(name, asking.usage)
            await self._database.write(_account, run, name, usage)
        found = asking.suggested
        return Suggested(name=found.name or turn.own_name, questions=found.questions)

    async def _extracted(self, run: Run, turn: "_Turn", answer: AssistantMessage) -> Suggested:
        """What the question and the documents say themselves."""
        questions: list[str] = []
        if turn.wants_questions and turn.hits:
            near = await self._database.read(_near, run.project_id, answer.citations)
            answered = Answered(
                questions=[turn.question, *turn.earlier], hits=turn.hits, near=near, citations=answer.citations
            )
            questions = await asyncio.to_thread(follow_ups, answered)
        return Suggested(name=turn.own_name, questions=questions)


class _Turn(Struct, frozen=True, kw_only=True):
    """A turn to look at, with what is wanted for it; `earlier` are the questions before its own, newest first."""

    question: str
    earlier: list[str]
    hits: list[ChunkHit]
    answers: list[QueryAnswer]
    # of a stored turn its conversation tells
    is_of_data: bool = False
    wants_name: bool
    wants_questions: bool

    @property
    def own_name(self) -> str:
        return name_of(self.question, NAME_CHARACTERS) if self.wants_name else ""

    @property
    def sources(self) -> list[str]:
        """What the answer stands on: headings of documents, the columns of data."""
        headings = [" › ".join([hit.document_name, *hit.headings]) for hit in self.hits]
        columns = [f"{each.label}: {', '.join(dict.fromkeys(titles(each.table.columns)))}" for each in self.answers]
        return list(dict.fromkeys([*columns, *headings]))


def _turn(connection: Connection, run: Run, settings: Settings) -> _Turn | None:
    """None where there is nothing to do: gone, archived, small talk, or kept by a client that shows neither."""
    found = conversations.find_conversation(connection, run.project_id, run.conversation_id)
    if found is None or found.is_archived or found.kind == KIND:
        return None
    is_newest = transcripts.count_turns(connection, found.id) == run.turn + 1
    wants_name = settings.automatic_names and found.has_default_name
    wants_questions = settings.follow_ups and is_newest
    if not (wants_name or wants_questions):
        return None
    messages = transcripts.messages_of_turn(connection, found.id, run.turn)
    question = next((each.text for each in messages if isinstance(each, UserMessage)), "")
    if not question or smalltalk.reply(question) is not None:
        return None
    return _Turn(
        question=question,
        earlier=suggestions.earlier_questions(connection, found.id, before=run.turn, limit=_MOST_EARLIER),
        hits=[hit for found in _results(messages, ChunkHits) for hit in found.hits],
        answers=_results(messages, QueryAnswer),
        wants_name=wants_name,
        wants_questions=wants_questions,
    )


def _passing(connection: Connection, run: Run) -> tuple[_Turn, AssistantMessage] | None:
    """A turn that is kept out of the history, as its log tells it, and its answer; None where nothing could follow."""
    found = conversations.find_conversation(connection, run.project_id, run.conversation_id)
    question = run.question or ""
    if found is None or found.is_archived or not question or smalltalk.reply(question) is not None:
        return None
    batches = runs.events_after(connection, run.id, BEGINNING)
    messages = fold(run.turn, (event for batch in batches for event in batch.events)).messages
    answer = messages[-1] if messages else None
    if not isinstance(answer, AssistantMessage) or answer.outcome is not Outcome.COMPLETED:
        return None
    turn = _Turn(
        question=question,
        earlier=suggestions.earlier_questions(connection, found.id, before=run.turn, limit=_MOST_EARLIER),
        hits=[hit for found in _results(messages, ChunkHits) for hit in found.hits],
        answers=_results(messages, QueryAnswer),
        is_of_data=any(_results(messages, kind) for kind in _DATA),
        wants_name=False,
        wants_questions=True,
    )
    return turn, answer


def _results(messages: Sequence[Message], kind: type[Result]) -> list[Result]:
    calls = [message for message in messages if isinstance(message, ToolCall)]
    return [call.result for call in calls if isinstance(call.result, kind)]


def _has_data(connection: Connection, run: Run) -> bool:
    """Whether the conversation holds data by now: an answer may repeat what an earlier turn gave."""
    return has_data(conversations.histories(connection, [run.conversation_id])[run.conversation_id])


def _near(connection: Connection, project_id: str, citations: Sequence[Citation]) -> list[ChunkHit]:
    """The passages around those that were cited."""
    near: list[ChunkHit] = []
    for chunk_id in list(dict.fromkeys(each.chunk_id for each in citations))[:_MOST_CITED]:
        found = library.find_chunk(connection, project_id, chunk_id)
        if found is None:
            continue
        cited, document = found
        window = Window(limit=2 * _NEAR + 1, offset=max(0, cited.ordinal - _NEAR))
        near += [
            ChunkHit(
                chunk_id=each.id,
                document_id=document.id,
                document_name=document.name,
                text=each.text,
                score=0.0,
                headings=each.headings,
            )
            for each in library.list_chunks(connection, document.id, window)
        ]
    return near


def _told(turn: _Turn) -> Suggested:
    """A script says itself what it wants suggested."""
    script = script_in(turn.question)
    if script is None:
        return Suggested()
    return Suggested(
        name=script.name[:NAME_CHARACTERS] if turn.wants_name else "",
        questions=script.follow_ups[:MOST_QUESTIONS] if turn.wants_questions else [],
    )


def _account(connection: Connection, run: Run, model: str, usage: Usage) -> None:
    if conversations.find_conversation(connection, run.project_id, run.conversation_id) is not None:
        suggestions.add_usage(connection, run, model, usage, now())


def _keep(connection: Connection, run: Run, found: Suggested) -> None:
    if found.name:
        suggestions.give_name(connection, run.conversation_id, found.name)
    if found.questions:
        suggestions.put_follow_ups(connection, run.conversation_id, run.turn, found.questions)
