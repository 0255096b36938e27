"""What table calculations can make of a whole column, or of a list."""

import math
import statistics
from bisect import bisect_right
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import reduce
from itertools import accumulate
from typing import Any, Protocol, cast

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.compile.formula import Call, Formula
from tertulia.semantic.grid import nulls_last
from tertulia.semantic.row_functions import bounded, number

_TOO_LARGE = "A calculation puts together numbers that are too large."
_LISTS = frozenset({"pivot_row", "list", "offset_list"})


class Sheet(Protocol):
    """Where a calculation stands."""

    row: int

    def evaluate(self, formula: Formula) -> Any: ...

    def column(self, formula: Formula) -> list[Any]: ...

    def once(self, formula: Formula, what: Hashable, make: Callable[[], Any]) -> Any:
        """What is made of a formula's column, which is the same in every row."""
        ...

    def spend(self, steps: int) -> None:
        """Raises InvalidQuery for more steps than a query may take."""
        ...


Function = Callable[[Sheet, Sequence[Formula]], Any]


def _is_list(formula: Formula) -> bool:
    return isinstance(formula, Call) and formula.name in _LISTS


def _made(sheet: Sheet, formula: Formula, what: Hashable, make: Callable[[], Any]) -> Any:
    """Of a list anew in each row, of a column once."""
    return make() if _is_list(formula) else sheet.once(formula, what, make)


def _values(sheet: Sheet, formula: Formula) -> list[Any]:
    """The values of a list, or of a column; without nulls."""
    found = sheet.evaluate(formula) if _is_list(formula) else sheet.column(formula)
    sheet.spend(len(found))
    return [value for value in found if value is not None]


def _numbers(sheet: Sheet, formula: Formula) -> list[Any]:
    try:
        return [number(value) for value in _values(sheet, formula)]
    except TypeError as error:
        raise InvalidQuery("A calculation adds up what is no number.") from error


def _of_numbers(function: Callable[[Sequence[Any]], Any], least: int = 1) -> Function:
    def call(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
        def make() -> Any:
            values = _numbers(sheet, arguments[0])
            try:
                return bounded(function(values)) if len(values) >= least else None
            except (ArithmeticError, AttributeError, ValueError) as error:
                raise InvalidQuery(_TOO_LARGE) from error

        return _made(sheet, arguments[0], function, make)

    return call


def _product(values: Sequence[Any]) -> Any:
    return reduce(lambda left, right: bounded(left * right), values)


def _count(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    return _made(sheet, arguments[0], _count, lambda: len(_values(sheet, arguments[0])))


def _count_distinct(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    return _made(sheet, arguments[0], _count_distinct, lambda: len(set(map(_key, _values(sheet, arguments[0])))))


def _extreme(choose: Callable[..., Any]) -> Function:
    def call(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
        def make() -> Any:
            values = _values(sheet, arguments[0])
            return choose(values, key=nulls_last) if values else None

        return _made(sheet, arguments[0], choose, make)

    return call


def _percentile(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    values = _made(sheet, arguments[0], _percentile, lambda: sorted(_numbers(sheet, arguments[0])))
    fraction = sheet.evaluate(arguments[1])
    if not values or not isinstance(fraction, int | float) or not 0 <= fraction <= 1:
        return None
    place = fraction * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    try:
        return values[low] + (values[high] - values[low]) * (place - low)
    except ArithmeticError as error:
        raise InvalidQuery(_TOO_LARGE) from error


def _running(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    """Up to this row."""
    return sheet.once(arguments[0], _running, lambda: _sums(sheet.column(arguments[0])))[sheet.row]


def _sums(values: Sequence[Any]) -> list[Any]:
    """Of each value and all before it."""
    try:
        numbers = [0 if value is None else number(value) for value in values]
    except TypeError as error:
        raise InvalidQuery("A calculation adds up what is no number.") from error
    return list(map(bounded, accumulate(numbers)))


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
    found = values[max(first, 0) : max(first + count, 0)]
    sheet.spend(len(found))
    return found


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
    keys = _made(sheet, arguments[1], _rank, lambda: sorted(map(nulls_last, _values(sheet, arguments[1]))))
    return 1 + len(keys) - bisect_right(keys, nulls_last(value))


def _match(sheet: Sheet, arguments: Sequence[Formula]) -> Any:
    value = sheet.evaluate(arguments[0])
    places = sheet.once(arguments[1], _match, lambda: _places(sheet.column(arguments[1])))
    return None if value is None else places.get(_key(value))


def _places(values: Sequence[Any]) -> Mapping[Any, int]:
    """The first row of each value, counted from 1."""
    return {_key(value): place for place, value in reversed(list(enumerate(values, start=1)))}


def _key(value: Any) -> Any:
    """A value as a key: lists have none of their own."""
    return tuple(map(_key, cast("list[Any]", value))) if isinstance(value, list) else value


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
    "product": (_ONE, _of_numbers(_product)),
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
