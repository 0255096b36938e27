"""The examination: every question asked once, and what came back marked against the truth."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct

from evaluation.examinee import Examinee, Reply
from evaluation.marking import Rows, is_right, rows_of, says_nothing
from evaluation.questions import Answerable, Sheet, Unanswerable
from evaluation.truth import Truths
from tertulia.core.query import Query


class Mark(StrEnum):
    """`wrong` is a number that is not true, or any to a question that has none; `broken` is a fault of the product."""

    RIGHT = "right"
    WRONG = "wrong"
    REFUSED = "refused"
    BROKEN = "broken"


class Result(Struct, frozen=True, kw_only=True):
    number: int
    question: Answerable | Unanswerable
    mark: Mark
    reply: Reply
    expected: list[Rows] = []

    @property
    def is_answerable(self) -> bool:
        return isinstance(self.question, Answerable)

    @property
    def is_fine(self) -> bool:
        return self.mark is (Mark.RIGHT if self.is_answerable else Mark.REFUSED)


class Examination:
    def __init__(self, sheet: Sheet, examinee: Examinee, truths: Truths) -> None:
        self._sheet = sheet
        self._examinee = examinee
        self._truths = truths
        self._queries: dict[str, Query | None] = {}

    async def hold(self, chosen: Sequence[int], *, on_asked: Callable[[int], None]) -> list[Result]:
        results: list[Result] = []
        for number, question in self._sheet.numbered:
            if number in chosen:
                results.append(await self._examine(number, question))
                on_asked(number)
        return results

    async def _examine(self, number: int, question: Answerable | Unanswerable) -> Result:
        if isinstance(question, Unanswerable):
            reply = await self._examinee.ask(question.ask)
            return Result(number=number, question=question, mark=_mark_refusal(reply, question), reply=reply)
        expected = [self._truths.rows(sql, question.labels) for sql in question.truth]
        reply = await self._reply(question)
        mark = _mark_answer(reply, question, expected)
        return Result(number=number, question=question, mark=mark, reply=reply, expected=expected)

    async def _reply(self, question: Answerable) -> Reply:
        earlier = await self._query_of(question.after) if question.after else None
        reply = await self._examinee.ask(question.ask, earlier=earlier)
        if not question.after:
            self._queries[question.ask] = reply.answer.query if reply.answer else None
        return reply

    async def _query_of(self, ask: str) -> Query | None:
        """What the question before was answered with, None where it was refused: then nothing can be amended."""
        if ask not in self._queries:
            await self._reply(self._sheet.find(ask))
        return self._queries[ask]


def _mark_answer(reply: Reply, question: Answerable, expected: Sequence[Rows]) -> Mark:
    if reply.answer is None:
        return Mark.BROKEN if reply.is_broken else Mark.REFUSED
    given = rows_of(reply.answer.table)
    return Mark.RIGHT if any(is_right(given, truth, question) for truth in expected) else Mark.WRONG


def _mark_refusal(reply: Reply, question: Unanswerable) -> Mark:
    if reply.is_broken:
        return Mark.BROKEN
    if reply.answer is None:
        return Mark.REFUSED
    is_empty = question.may_be_empty and says_nothing(rows_of(reply.answer.table))
    return Mark.REFUSED if is_empty else Mark.WRONG
