"""A conversation without the data that its reader may not see, and without what was written with that data in view.

A result that is withheld keeps its query and loses its values. After it people's own words, documents, and data that the
reader may see stay as they were; whatever else a model wrote by then may repeat a value, and goes.
"""

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import structs

from tertulia.core.analysis import Clarification, CodeResult, Drawing, FieldValues, QueryAnswer
from tertulia.core.errors import PermissionDenied
from tertulia.core.message import AssistantMessage, Interim, Message, Reasoning, Support, ToolCall
from tertulia.core.run import (
    Event,
    ReasoningDelta,
    Restarted,
    SupportChecked,
    TextDelta,
    ToolCallFinished,
    ToolCallRequested,
)
from tertulia.core.table import Table
from tertulia.core.tool import ToolFailure, ToolResult
from tertulia.services.readers import Reader, deciding, sorted_by

TEXT_WITHHELD = "This was written about data that you may not see. Ask the question yourself to see what you may."
ROWS_WITHHELD = (
    "The rows are withheld: you may not see all of the data they come from. Ask yourself to see what you may."
)
CELLS_WITHHELD = "Some columns are withheld: you may not see {names}."
_CLOSED_DRAWING = ToolFailure(code=PermissionDenied.code(), message="The chart is withheld: you may not see its data.")


class Screen:
    """What passes to one reader, message by message: `is_closed` from the first result on that was withheld."""

    def __init__(self, reader: Reader, *, is_closed: bool = False) -> None:
        self._reader = reader
        self.is_closed = self._was_closed = is_closed
        self._has_told = False

    def message(self, message: Message) -> Message:
        """The message itself where nothing of it is withheld."""
        match message:
            case ToolCall():
                return self._call(message)
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
                self.is_closed, self._has_told = self._was_closed, False
                return event
            case ToolCallFinished():
                return structs.replace(event, result=self._result(event.result))
            case _:
                return self._unsaid(event) if self.is_closed else event

    def _unsaid(self, event: Event) -> Event:
        match event:
            case TextDelta():
                text = "" if self._has_told else TEXT_WITHHELD
                self._has_told = True
                return TextDelta(text=text)
            case ReasoningDelta():
                return ReasoningDelta(text="")
            case ToolCallRequested():
                return structs.replace(event, arguments={})
            case SupportChecked():
                return SupportChecked(support=Support())
            case _:
                return event

    def _call(self, call: ToolCall) -> ToolCall:
        arguments = {} if self.is_closed else call.arguments
        result = self._result(call.result)
        if result is call.result and arguments == call.arguments:
            return call
        return structs.replace(call, arguments=arguments, result=result)

    def _result(self, result: ToolResult) -> ToolResult:
        was_closed = self.is_closed
        shown = self._shown(result)
        self.is_closed = was_closed or shown is not result
        return _without_words(shown) if was_closed else shown

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
                is_open = self._reader.scope(source) == result.scope and self._reader.may_ask(source, field)
                return result if is_open else structs.replace(result, values=[], is_complete=False)
            case _:
                return result

    def _may_see_drawing(self, drawing: Drawing) -> bool:
        """A chart made after something was withheld, or of nobody knows what, may show it."""
        if drawing.query is None or self.is_closed:
            return not self.is_closed
        return self._sees_rows(drawing) and not self._reader.closed_fields(drawing.query)

    def _sees_rows(self, of: QueryAnswer | Drawing) -> bool:
        return of.query is not None and self._reader.scope(of.query.source) == of.scope

    def _answer(self, answer: QueryAnswer) -> QueryAnswer:
        if not self._sees_rows(answer):
            return _without_rows(answer)
        closed = self._reader.closed_fields(answer.query)
        if not closed:
            return answer
        return _without_rows(answer) if _is_telling(answer, closed) else _without_columns(answer, closed)


def _without_words(result: ToolResult) -> ToolResult:
    """Without what a model wrote into the call. A query stays: whoever reads can run it as themselves."""
    match result:
        case QueryAnswer(question=question):
            return structs.replace(result, question="") if question else result
        case CodeResult(answers=answers):
            return CodeResult(code="", output=TEXT_WITHHELD, answers=answers)
        case Clarification():
            return Clarification(message=TEXT_WITHHELD)
        case ToolFailure(code=code):
            return ToolFailure(code=code, message=TEXT_WITHHELD)
        case _:
            return result


def _is_telling(answer: QueryAnswer, closed: Collection[str]) -> bool:
    """Whether the rows that are there tell what closed fields hold: chosen by them, or the first of more in their order."""
    query = answer.query
    if any(name in deciding(query) or name in query.filter_expression for name in closed):
        return True
    return answer.table.is_truncated and (not query.sorts or not sorted_by(query).isdisjoint(closed))


def _without_rows(answer: QueryAnswer) -> QueryAnswer:
    columns = list({each.name: structs.replace(each, pivot="") for each in answer.table.columns}.values())
    return structs.replace(answer, sql="", table=Table(columns=columns, rows=[]), notes=[ROWS_WITHHELD], chart=None)


def _without_columns(answer: QueryAnswer, closed: Collection[str]) -> QueryAnswer:
    table = answer.table
    places = {place for place, column in enumerate(table.columns) if column.name in closed}

    def emptied(row: Sequence[Any]) -> list[Any]:
        return [None if place in places else value for place, value in enumerate(row)]

    rows = [emptied(row) for row in table.rows]
    if not answer.query.sorts or not sorted_by(answer.query).isdisjoint(closed):
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
