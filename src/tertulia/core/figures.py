"""The numbers that results of governed data showed: what stands behind a number in an answer."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tertulia.core.analysis import CodeResult, QueryAnswer
from tertulia.core.formats import shown
from tertulia.core.message import Message, ToolCall
from tertulia.core.table import Table

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def figures(messages: Iterable[Message], turn: int) -> frozenset[str]:
    """Every number of a turn's query results, as its format shows it and as it is, without commas.

    The numbers of the filters and of the words for them count too: an answer names the dates it stands for.
    """
    found: set[str] = set()
    for message in messages:
        if isinstance(message, ToolCall) and message.turn == turn:
            for answer in _answers(message):
                found.update(_of_answer(answer))
    return frozenset(found)


def numbers_in(text: str) -> list[str]:
    return [each.replace(",", "") for each in NUMBER.findall(text)]


def _answers(call: ToolCall) -> list[QueryAnswer]:
    match call.result:
        case QueryAnswer():
            return [call.result]
        case CodeResult(answers=answers):
            return answers
        case _:
            return []


def _of_answer(answer: QueryAnswer) -> Iterator[str]:
    texts = [answer.understood, answer.question, *answer.notes, *answer.query.filters.values()]
    for text in (*texts, *_cells(answer.table), str(len(answer.table.rows))):
        yield from numbers_in(text)


def _cells(table: Table) -> Iterator[str]:
    for row in (*table.rows, table.totals or []):
        for column, value in zip(table.columns, row, strict=False):
            yield from _cell(value, shown(value, column))


def _cell(value: Any, text: str) -> Iterator[str]:
    yield text
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield repr(value)
