"""Whether somebody who reads an old conversation may see the data in it now, and what is left of it where not.

A result that its reader may not see keeps its query and loses its values; what was written after it, with the values in
view, loses its text, because it may repeat them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import structs

from tertulia.core.access import Actor
from tertulia.core.analysis import CodeResult, Drawing, FieldValues, QueryAnswer
from tertulia.core.errors import PermissionDenied
from tertulia.core.message import Aside, AssistantMessage, Interim, Message, Reasoning, Support, ToolCall
from tertulia.core.query import Query, Source
from tertulia.core.run import Batch, Event, ReasoningDelta, Restarted, Run, SupportChecked, TextDelta, ToolCallFinished
from tertulia.core.table import Table
from tertulia.core.tool import Caller, ToolFailure, ToolResult
from tertulia.semantic.compile.row_scope import row_scope
from tertulia.semantic.compile.scope import every_field, may_see, queryable_fields
from tertulia.services.callers import caller_alone
from tertulia.store import codec
from tertulia.store.database import Database
from tertulia.store.messages import Entry

if TYPE_CHECKING:
    from tertulia.semantic.analyst import Analyst, Holding

TEXT_WITHHELD = "This was written about data that you may not see. Ask the question yourself to see what you may."
ROWS_WITHHELD = (
    "The rows are withheld: you may not see all of the data they come from. Ask yourself to see what you may."
)
CELLS_WITHHELD = "Some columns are withheld: you may not see {names}."
# histories without any of these hold no data, and are not even decoded
_MARKS = tuple(f'"kind":"{kind}"'.encode() for kind in ("query_answer", "code_result", "field_values", "drawing"))
_CLOSED_DRAWING = ToolFailure(code=PermissionDenied.code(), message="The chart is withheld: you may not see its data.")
_OWN_KINDS = ("table_calculation", "measure", "dimension")
_Data = QueryAnswer | CodeResult | Drawing | FieldValues


class Rights:
    """`load` brings in what knows the models: done when first there is data to judge."""

    def __init__(self, database: Database, load: "Callable[[], Analyst]") -> None:
        self._database = database
        self._load = load

    async def histories(self, actor: Actor, stored: Sequence[bytes]) -> list[bytes]:
        """JSON arrays of messages, as this reader may see them; those without data are given back as they are."""
        if not any(_has_data(each) for each in stored):
            return list(stored)
        reader = await self._reader(actor)
        return await asyncio.to_thread(lambda: [_history(reader, each) for each in stored])

    async def messages(self, actor: Actor, stored: Sequence[Message]) -> list[Message]:
        """The messages of one conversation, or of its last turns, oldest first, as this reader may see them."""
        if not any(isinstance(each, ToolCall) and isinstance(each.result, _Data) for each in stored):
            return list(stored)
        screen = _Screen(await self._reader(actor))
        return [screen.message(each) for each in stored]

    async def entries(self, actor: Actor, stored: Sequence[Entry]) -> list[Entry]:
        """Like `messages`; of what a client wrote nothing stays that could repeat a value.

        Rows a client wrote of an explore that this project never had are no data of it, and stay as they are.
        """
        if not any(isinstance(each.message, ToolCall) and isinstance(each.message.result, _Data) for each in stored):
            return list(stored)
        reader = await self._reader(actor)
        screen = _Screen(reader)
        entries = [
            each if each.message is None or _is_foreign(reader, each) else _in_place(each, screen.message(each.message))
            for each in stored
        ]
        turns = [new.turn for old, new in zip(stored, entries, strict=True) if new is not old]
        if not turns:
            return entries
        return [_without_aside(each) if each.message is None and each.turn >= min(turns) else each for each in entries]

    def batches(self, actor: Actor, run: Run, live: AsyncIterator[Batch]) -> AsyncIterator[Batch]:
        """The events of a run as somebody who watches it may see them; who asked may see them all."""
        return live if actor.user_id == run.user_id else self._screened(actor, live)

    async def _screened(self, actor: Actor, live: AsyncIterator[Batch]) -> AsyncIterator[Batch]:
        screen: _Screen | None = None
        async for batch in live:
            if screen is None and any(isinstance(each, ToolCallFinished) for each in batch.events):
                screen = _Screen(await self._reader(actor))
            yield batch if screen is None else Batch(batch.first, [screen.event(each) for each in batch.events])

    async def scoped(self, actor: Actor, written: "Message | Aside") -> "Message | Aside":
        """What a client keeps of rows it was shown, marked with what its user may see now: clients do not know that."""
        if not isinstance(written, ToolCall) or not isinstance(written.result, QueryAnswer) or written.result.scope:
            return written
        scope = (await self._reader(actor)).scope(written.result.query.source)
        return structs.replace(written, result=structs.replace(written.result, scope=scope or ""))

    async def _reader(self, actor: Actor) -> "_Reader":
        analyst = await asyncio.to_thread(self._load)
        caller = await self._database.read(caller_alone, actor)
        return _Reader(await analyst.holding(caller), caller)


class _Reader:
    """One reader, and what is known by now of their rights."""

    def __init__(self, holding: "Holding", caller: Caller) -> None:
        self._holding = holding
        self._caller = caller
        self._scopes: dict[Source, str | None] = {}
        self._fields: dict[Source, tuple[frozenset[str], frozenset[str]]] = {}

    def knows(self, source: Source) -> bool:
        """Whether there is such an explore here, open to the reader or not."""
        model = self._holding.models.get(source.model)
        return model is not None and source.explore in model.explores

    def scope(self, source: Source) -> str | None:
        """The digest of the rows the reader is shown, None for an explore that is closed to them or gone."""
        if source not in self._scopes:
            self._scopes[source] = self._scope(source)
        return self._scopes[source]

    def fields(self, source: Source) -> frozenset[str]:
        """What the reader may ask of an explore that is open to them, by full name."""
        return self._known(source)[0]

    def closed(self, source: Source) -> frozenset[str]:
        """What else the explore has."""
        return self._known(source)[1]

    def _known(self, source: Source) -> tuple[frozenset[str], frozenset[str]]:
        if source not in self._fields:
            model = self._holding.models[source.model]
            explore = model.explores[source.explore]
            open_ones = frozenset(queryable_fields(model, explore, self._caller.attributes))
            self._fields[source] = open_ones, frozenset(every_field(model, explore)) - open_ones
        return self._fields[source]

    def _scope(self, source: Source) -> str | None:
        model = self._holding.models.get(source.model)
        explore = None if model is None else model.explores.get(source.explore)
        if model is None or explore is None or not may_see(model, explore, self._caller.attributes):
            return None
        return row_scope(model, explore, self._caller.attributes)


class _Screen:
    """What passes to one reader, message by message: `is_closed` from the first result on that was withheld."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader
        self.is_closed = False
        self._has_told = False

    def message(self, message: Message) -> Message:
        match message:
            case ToolCall():
                result = self._result(message.result)
                return message if result is message.result else structs.replace(message, result=result)
            case AssistantMessage() if self.is_closed and message.text:
                return structs.replace(message, text=TEXT_WITHHELD, citations=[], support=None)
            case Interim() | Reasoning() if self.is_closed:
                return structs.replace(message, text=TEXT_WITHHELD)
            case _:
                return message

    def event(self, event: Event) -> Event:
        """Events keep their places, because followers count them; withheld text is empty after it was told once."""
        match event:
            case Restarted():
                self.is_closed = self._has_told = False
                return event
            case ToolCallFinished():
                return structs.replace(event, result=self._result(event.result))
            case TextDelta() if self.is_closed:
                text = "" if self._has_told else TEXT_WITHHELD
                self._has_told = True
                return TextDelta(text=text)
            case ReasoningDelta() if self.is_closed:
                return ReasoningDelta(text="")
            case SupportChecked() if self.is_closed:
                return SupportChecked(support=Support())
            case _:
                return event

    def _result(self, result: ToolResult) -> ToolResult:
        shown = self._shown(result)
        self.is_closed = self.is_closed or shown is not result
        return shown

    def _shown(self, result: ToolResult) -> ToolResult:
        match result:
            case QueryAnswer():
                return self._answer(result)
            case CodeResult(answers=answers):
                shown = [self._answer(each) for each in answers]
                is_open = all(new is old for new, old in zip(shown, answers, strict=True))
                return result if is_open else CodeResult(code=result.code, output=TEXT_WITHHELD, answers=shown)
            case Drawing():
                return result if self._may_see_drawing(result) else _CLOSED_DRAWING
            case FieldValues(source=source, field=field):
                is_open = self._reader.scope(source) == result.scope and field in self._reader.fields(source)
                return result if is_open else structs.replace(result, values=[], is_complete=False)
            case _:
                return result

    def _may_see_drawing(self, drawing: Drawing) -> bool:
        query = drawing.query
        if query is None:
            # nobody knows what it shows
            return not self.is_closed
        return self._reader.scope(query.source) == drawing.scope and not self._closed_fields(query)

    def _answer(self, answer: QueryAnswer) -> QueryAnswer:
        if self._reader.scope(answer.query.source) != answer.scope:
            return _without_rows(answer)
        closed = self._closed_fields(answer.query)
        if not closed:
            return answer
        return _without_rows(answer) if _is_telling(answer, closed) else _without_columns(answer, closed)

    def _closed_fields(self, query: Query) -> set[str]:
        """The fields of a query that the reader may not ask for; what it makes by itself is closed with any of them."""
        closed_ones = self._reader.closed(query.source)
        own = {str(each[kind]) for each in query.dynamic_fields for kind in _OWN_KINDS if kind in each}
        named = {*query.fields, *_sorted_by(query), *_deciding(query)} - own
        found = named - self._reader.fields(query.source)
        made_of = msgspec.json.encode([query.dynamic_fields, query.filter_expression]).decode()
        found |= {name for name in closed_ones if name in made_of}
        return found | own if found else found


def _deciding(query: Query) -> set[str]:
    """The fields that decide which rows and columns there are: these alone tell about them."""
    return {*query.filters, *query.pivots}


def _sorted_by(query: Query) -> set[str]:
    return {text.split()[0] for text in query.sorts if text.strip()}


def _is_telling(answer: QueryAnswer, closed: Collection[str]) -> bool:
    """Whether the rows that are there tell what closed fields hold: chosen by them, or the first of more in their order."""
    query = answer.query
    if any(name in _deciding(query) or name in query.filter_expression for name in closed):
        return True
    return answer.table.is_truncated and (not query.sorts or not _sorted_by(query).isdisjoint(closed))


def _without_rows(answer: QueryAnswer) -> QueryAnswer:
    columns = list({each.name: structs.replace(each, pivot="") for each in answer.table.columns}.values())
    return structs.replace(answer, sql="", table=Table(columns=columns, rows=[]), notes=[ROWS_WITHHELD], chart=None)


def _without_columns(answer: QueryAnswer, closed: Collection[str]) -> QueryAnswer:
    table = answer.table
    places = {place for place, column in enumerate(table.columns) if column.name in closed}

    def emptied(row: Sequence[Any]) -> list[Any]:
        return [None if place in places else value for place, value in enumerate(row)]

    rows = [emptied(row) for row in table.rows]
    if not answer.query.sorts or not _sorted_by(answer.query).isdisjoint(closed):
        # the order would rank what is withheld
        rows.sort(key=str)
    labels = dict.fromkeys(table.columns[place].label for place in sorted(places))
    return structs.replace(
        answer,
        sql="",
        table=structs.replace(table, rows=rows, totals=None if table.totals is None else emptied(table.totals)),
        notes=[*answer.notes, CELLS_WITHHELD.format(names=", ".join(labels))],
        chart=None,
    )


def _has_data(history: bytes) -> bool:
    return any(mark in history for mark in _MARKS)


def _history(reader: _Reader, stored: bytes) -> bytes:
    if not _has_data(stored):
        return stored
    screen = _Screen(reader)
    before = codec.messages.decode(stored)
    after = [screen.message(each) for each in before]
    return codec.dump(after).encode() if screen.is_closed else stored


def _is_foreign(reader: _Reader, entry: Entry) -> bool:
    if entry.wire is None or not isinstance(entry.message, ToolCall):
        return False
    result = entry.message.result
    return isinstance(result, QueryAnswer) and not reader.knows(result.query.source)


def _in_place(entry: Entry, shown: Message) -> Entry:
    return entry if shown is entry.message else structs.replace(entry, message=shown, wire=None)


def _without_aside(entry: Entry) -> Entry:
    """A client's own object says what it likes, and so nothing of it stays."""
    return structs.replace(entry, message=Interim(turn=entry.turn, at=entry.at, text=TEXT_WITHHELD), wire=None)
