"""What table calculations can make of a whole column, or of a list."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.compile.formula import Call, Formula
from tertulia.semantic.grid import nulls_last
from tertulia.semantic.row_functions import number

_LISTS = frozenset({"pivot_row", "list", "offset_list"})


class Sheet(Protocol):
    """Where a calculation stands."""

    row: int

    def evaluate(self, formula: Formula) -> Any: ...

    def column(self, formula: Formula) -> list[Any]: ...


Function = Callable[[Sheet, Sequence[Formula]], Any]


def _values(sheet: Sheet, formula: Formula) -> list[Any]:
    """The values of a list, or of a column; without nulls."""
    if isinstance(formula, Call) and formula.name in _LISTS:
        return [value for value in sheet.evaluate(formula) if value is not None]
    return [value for value in sheet.column(formula) if value is not None]


def _numbers(sheet: Sheet, formula: Formula) -> list[Any]:
    try:
        return [number(value) for value in _values(sheet, formula)]
    except TypeError as error:
        raise InvalidQuery("A calculation adds up what is no number.") from error


def _of_numbers(function: Callable[[Sequence[Any]], Any], least: int = 1) -> Function:
    def call(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
        values = _numbers(sheet, arguments[0])
        return function(values) if len(values) >= least else None

    return call


def _count(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    return len(_values(sheet, arguments[0]))


def _count_distinct(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    return len(set(_values(sheet, arguments[0])))


def _extreme(choose: Callable[..., Any]) -> Function:
    def call(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
        values = _values(sheet, arguments[0])
        return choose(values, key=nulls_last) if values else None

    return call


def _percentile(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    values, fraction = sorted(_numbers(sheet, arguments[0])), sheet.evaluate(arguments[1])
    if not values or not isinstance(fraction, int | float) or not 0 <= fraction <= 1:
        return None
    place = fraction * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def _running(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    """Up to this row."""
    values = sheet.column(arguments[0])[: sheet.row + 1]
    try:
        return sum(number(value) for value in values if value is not None)
    except TypeError as error:
        raise InvalidQuery("A calculation adds up what is no number.") from error


def _offset(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    step = sheet.evaluate(arguments[1])
    values = sheet.column(arguments[0])
    place = sheet.row + step if isinstance(step, int) else -1
    return values[place] if 0 <= place < len(values) else None


def _offset_list(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    start, count = sheet.evaluate(arguments[1]), sheet.evaluate(arguments[2])
    if not isinstance(start, int) or not isinstance(count, int):
        return []
    values = sheet.column(arguments[0])
    first = sheet.row + start
    return values[max(first, 0) : max(first + count, 0)]


def _index(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    """The value in a row, counted from 1."""
    place = sheet.evaluate(arguments[1])
    values = sheet.column(arguments[0])
    return values[place - 1] if isinstance(place, int) and 1 <= place <= len(values) else None


def _rank(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    """1 for the largest; equal values share the first of their places."""
    value = sheet.evaluate(arguments[0])
    if value is None:
        return None
    return 1 + sum(1 for other in _values(sheet, arguments[1]) if nulls_last(other) > nulls_last(value))


def _match(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    value = sheet.evaluate(arguments[0])
    values = sheet.column(arguments[1])
    return values.index(value) + 1 if value is not None and value in values else None


def _lookup(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    place = _match(sheet, arguments)
    return None if place is None else sheet.column(arguments[2])[place - 1]


def _list(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    return [sheet.evaluate(argument) for argument in arguments]


_ONE, _TWO, _THREE = range(1, 2), range(2, 3), range(3, 4)
COLUMN_FUNCTIONS: Mapping[str, tuple[range, Function]] = {
    "sum": (_ONE, _of_numbers(sum)),
    "mean": (_ONE, _of_numbers(statistics.fmean)),
    "median": (_ONE, _of_numbers(statistics.median)),
    "stddev_samp": (_ONE, _of_numbers(statistics.stdev, 2)),
    "stddev_pop": (_ONE, _of_numbers(statistics.pstdev)),
    "var_samp": (_ONE, _of_numbers(statistics.variance, 2)),
    "var_pop": (_ONE, _of_numbers(statistics.pvariance)),
    "product": (_ONE, _of_numbers(math.prod)),
    "max": (_ONE, _extreme(max)),
    "min": (_ONE, _extreme(min)),
    "count": (_ONE, _count),
    "count_distinct": (_ONE, _count_distinct),
    "percentile": (_TWO, _percentile),
    "running_total": (_ONE, _running),
    "offset": (_TWO, _offset),
    "offset_list": (_THREE, _offset_list),
    "index": (_TWO, _index),
    "rank": (_TWO, _rank),
    "match": (_TWO, _match),
    "lookup": (_THREE, _lookup),
    "list": (range(1, 50), _list),
}
NEEDS_EVERY_ROW = COLUMN_FUNCTIONS.keys() - {"running_total", "offset", "offset_list", "index", "list"}
