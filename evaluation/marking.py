"""Whether an answer's rows are the true ones: labels exactly, numbers within a millionth, columns in any order."""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

from msgspec import Struct

from evaluation.questions import Answerable
from tertulia.core.table import ROW_TOTAL, Column, ColumnKind, ColumnType, Table

_TOLERANCE = 1e-6
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})( 00:00(:00)?)?")
_WORDS = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


class Rows(Struct, frozen=True, kw_only=True):
    """Rows taken apart into labels and numbers, in their order."""

    labels: list[tuple[Any, ...]]
    numbers: list[tuple[Any, ...]]

    @property
    def width(self) -> tuple[int, int]:
        """How many label columns and how many number columns; nought and nought without rows."""
        return (len(self.labels[0]), len(self.numbers[0])) if self.labels else (0, 0)


def is_right(answer: Rows, truth: Rows, question: Answerable) -> bool:
    return any(_same(view, truth, is_ordered=question.ordered) for view in _views(answer, truth, question))


def says_nothing(answer: Rows) -> bool:
    """Whether there is no row, or no number but nought."""
    return not any(number for row in answer.numbers for number in row)


def rows_of(table: Table) -> Rows:
    """The rows of an answer; pivoted ones are laid out one under the other."""
    plain = [at for at, column in enumerate(table.columns) if not column.pivot and _is_label(column)]
    pivots = [key for key in table.pivots if key.key != ROW_TOTAL]
    groups = [(key.key, tuple(key.values)) for key in pivots] or [("", ())]
    found = Rows(labels=[], numbers=[])
    for row in table.rows:
        for key, values in groups:
            cells = [
                row[at] for at, column in enumerate(table.columns) if column.pivot == key and not _is_label(column)
            ]
            if key and all(cell is None for cell in cells):
                continue
            labels = [*(_label(row[at], table.columns[at].timeframe) for at in plain), *map(_label, values)]
            # a row without a label and without a number is what a join leaves over: it says nothing
            if labels and not any(cells) and all(label is None for label in labels):
                continue
            found.labels.append(tuple(labels))
            found.numbers.append(tuple(_number(cell) for cell in cells))
    return found


def _is_label(column: Column) -> bool:
    return column.kind is ColumnKind.DIMENSION or column.type is ColumnType.STRING


def _views(answer: Rows, truth: Rows, question: Answerable) -> Iterator[Rows]:
    """The answer with its columns in every order that could be the truth's, and without those it may have besides."""
    (labels, numbers), (wanted_labels, wanted_numbers) = answer.width, truth.width
    if numbers < wanted_numbers or (numbers > wanted_numbers and "numbers" not in question.may_add):
        return
    if labels < wanted_labels:
        if not question.may_drop_labels or len(answer.labels) != 1:
            return
        wanted_labels = 0
    for kept in permutations(range(labels), wanted_labels):
        if not all(_may_go(answer, at, question) for at in range(labels) if at not in kept):
            continue
        for counted in permutations(range(numbers), wanted_numbers):
            yield Rows(
                labels=[tuple(row[at] for at in kept) for row in answer.labels],
                numbers=[tuple(row[at] for at in counted) for row in answer.numbers],
            )


def _may_go(answer: Rows, column: int, question: Answerable) -> bool:
    """Whether a label may be left out: where it says the same in every row it only repeats the filter."""
    return "labels" in question.may_add or len({row[column] for row in answer.labels}) == 1


def _same(answer: Rows, truth: Rows, *, is_ordered: bool) -> bool:
    if len(answer.labels) != len(truth.labels):
        return False
    wanted = [tuple(_number(cell) for cell in row) for row in truth.numbers]
    if is_ordered and not all(_close(*pair) for pair in zip(answer.numbers, wanted, strict=True)):
        return False
    drops = bool(truth.labels) and not answer.labels[0]
    mine = _grouped(answer.labels, answer.numbers)
    true = _grouped([() if drops else tuple(_label(cell) for cell in row) for row in truth.labels], wanted)
    return mine.keys() == true.keys() and all(
        len(mine[key]) == len(true[key]) and all(_close(*pair) for pair in zip(mine[key], true[key], strict=True))
        for key in true
    )


def _grouped(labels: Sequence[tuple[Any, ...]], numbers: Sequence[tuple[Any, ...]]) -> dict[Any, list[tuple[Any, ...]]]:
    groups: defaultdict[Any, list[tuple[Any, ...]]] = defaultdict(list)
    for label, row in zip(labels, numbers, strict=True):
        groups[label].append(row)
    return {label: sorted(rows, key=str) for label, rows in groups.items()}


def _close(mine: tuple[Any, ...], true: tuple[Any, ...]) -> bool:
    return len(mine) == len(true) and all(
        one == other
        or (isinstance(one, float) and isinstance(other, float) and math.isclose(one, other, rel_tol=_TOLERANCE))
        for one, other in zip(mine, true, strict=True)
    )


def _number(value: Any) -> float | str | None:
    if value is None:
        return None
    return float(value) if isinstance(value, int | float | Decimal) else str(value)


def _label(value: Any, timeframe: str = "") -> str | float | None:
    """One spelling for what is the same: periods by their first day, yes and no, whole numbers."""
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else "no"
        case datetime() | date():
            return value.isoformat()[:10]
        case int() | float() | Decimal() if timeframe == "year":
            return f"{int(value)}-01-01"
        case int() | float() | Decimal():
            return float(value)
        case _:
            return _text(str(value).strip(), timeframe)


def _text(text: str, timeframe: str) -> str:
    if timeframe == "year" and text.isdecimal():
        return f"{text}-01-01"
    if found := _QUARTER.fullmatch(text):
        return f"{found[1]}-{int(found[2]) * 3 - 2:02}-01"
    if found := _MONTH.fullmatch(text):
        return f"{text}-01"
    if found := _DAY.fullmatch(text):
        return found[1]
    return _WORDS.get(text.lower(), text)
