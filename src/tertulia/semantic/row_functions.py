"""What table calculations can make of the values of one row. Nulls pass through, as in SQL."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.filters.clock import Clock, Unit

_MANY = 50
_MOST_TEXT = 100_000
# what a float could still hold
_MOST_BITS = 1_000
_CLOCK = Clock(now=datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
_MONTHS = {"months": 1, "quarters": 3, "years": 12}
_UNITS = {
    "seconds": Unit.SECOND,
    "minutes": Unit.MINUTE,
    "hours": Unit.HOUR,
    "days": Unit.DAY,
    "weeks": Unit.WEEK,
    "months": Unit.MONTH,
    "quarters": Unit.QUARTER,
    "years": Unit.YEAR,
}


def operate(sign: str, left: Any, right: Callable[[], Any]) -> Any:
    """`right` is asked for only where it matters. Raises InvalidQuery for values the sign has no meaning for."""
    if sign in ("and", "or"):
        return _connected(sign, left, right())
    value = right()
    if left is None or value is None:
        return None
    try:
        return _SIGNS[sign](left, value)
    except (TypeError, ArithmeticError) as error:
        raise InvalidQuery(f"A calculation cannot make {_short(left)} {sign} {_short(value)}.") from error


def number(value: Any) -> Any:
    """A number from what a database gave: whole numbers of many digits come as text. Raises TypeError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(value)
    if not isinstance(value, str):
        return value
    try:
        return int(value) if value.lstrip("-").isdecimal() else float(value)
    except ValueError as error:
        raise TypeError(value) from error


def bounded(value: Any) -> Any:
    """Whole numbers are exact, and so they could grow without end. Raises InvalidQuery."""
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise InvalidQuery("A calculation makes too large a number.")
    return value


def _connected(sign: str, left: Any, right: Any) -> Any:
    """By the logic of three values."""
    decisive = sign == "or"
    if decisive in (left, right) and (left is decisive or right is decisive):
        return decisive
    return None if left is None or right is None else not decisive


def _divided(left: Any, right: Any) -> Any:
    return None if number(right) == 0 else number(left) / number(right)


def _remainder(left: Any, right: Any) -> Any:
    return None if number(right) == 0 else math.fmod(number(left), number(right))


def _compared(sign: str) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        if isinstance(left, str) != isinstance(right, str):
            left, right = number(left), number(right)
        return _ORDERS[sign](left, right)

    return compare


_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: bounded(number(left) + number(right)),
    "-": lambda left, right: bounded(number(left) - number(right)),
    "*": lambda left, right: bounded(number(left) * number(right)),
    "/": _divided,
    "%": _remainder,
    **{sign: _compared(sign) for sign in _ORDERS},
}


def _passing_null(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        if None in values:
            return None
        try:
            return function(*values)
        except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise InvalidQuery(f"A calculation cannot use {', '.join(map(_short, values))} this way.") from error

    return call


def _power(base: Any, exponent: Any) -> Any:
    made = number(base) ** float(number(exponent))
    return made if isinstance(made, float) and math.isfinite(made) else None


def _logarithm(value: Any) -> Any:
    return math.log(number(value)) if number(value) > 0 else None


def _root(value: Any) -> Any:
    return math.sqrt(number(value)) if number(value) >= 0 else None


def _rounded(value: Any, digits: Any) -> Any:
    """Halves away from zero."""
    scale = 10.0 ** int(number(digits))
    scaled = abs(number(value)) * scale
    whole = math.floor(scaled + 0.5)
    if math.isclose(scaled + 0.5, whole + 1, rel_tol=1e-12):
        whole += 1
    return math.copysign(whole / scale, number(value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _concatenated(*values: Any) -> str:
    return _bounded("".join("" if value is None else _text(value) for value in values))


def _replaced(text: str, old: str, new: str) -> str:
    size = len(text) + (text.count(old) if old else 0) * len(new)
    if size > _MOST_TEXT:
        raise InvalidQuery("A calculation would make too long a text.")
    return text.replace(old, new) if old else text


def _bounded(text: str) -> str:
    if len(text) > _MOST_TEXT:
        raise InvalidQuery("A calculation would make too long a text.")
    return text


def _cut(text: str, start: Any, length: Any) -> str:
    first = max(int(number(start)), 1) - 1
    return text[first : first + max(int(number(length)), 0)]


def _to_number(value: Any) -> Any:
    try:
        return number(value)
    except TypeError:
        return None


def moment(value: Any) -> datetime:
    """A moment from a day, a time, a month or a year as results show them. Raises ValueError."""
    text = str(value)
    if len(text) == 4:
        text += "-01"
    return datetime.fromisoformat(f"{text}-01" if len(text) == 7 else text)


def _shown(made: datetime, like: Any) -> str:
    is_day = len(str(like)) <= 10 and made.time() == datetime.min.time()
    return made.date().isoformat() if is_day else made.isoformat(sep=" ")


def _differing(unit: str) -> Callable[[Any, Any], Any]:
    def between(start: Any, end: Any) -> int:
        first, last = moment(start), moment(end)
        if unit in _SECONDS:
            return int((last - first).total_seconds() / _SECONDS[unit])
        months = (last.year - first.year) * 12 + last.month - first.month
        within_first, within_last = first - first.replace(day=1), last - last.replace(day=1)
        if months > 0 and within_last < within_first:
            months -= 1
        if months < 0 and within_last > within_first:
            months += 1
        return int(months / _MONTHS[unit])

    return between


def _adding(unit: str) -> Callable[[Any, Any], Any]:
    def add(amount: Any, start: Any) -> str:
        return _shown(_CLOCK.later(moment(start), int(number(amount)), _UNITS[unit]), start)

    return add


def _cutting(unit: str) -> Callable[[Any], Any]:
    def cut(value: Any) -> str:
        return _shown(_CLOCK.start_of(moment(value), _UNITS[unit]), value)

    return cut


def _reading(part: str) -> Callable[[Any], Any]:
    def read(value: Any) -> int:
        return getattr(moment(value), part)

    return read


def _date(year: Any, month: Any, day: Any) -> str:
    return date(int(year), int(month), int(day)).isoformat()


def _is_null(value: Any) -> bool:
    return value is None


def _not(value: Any) -> Any:
    return None if value is None else value is not True


_OF_ONE: Mapping[str, Callable[[Any], Any]] = {
    "-": lambda value: -number(value),
    "abs": lambda value: abs(number(value)),
    "ceiling": lambda value: math.ceil(number(value)),
    "floor": lambda value: math.floor(number(value)),
    "sqrt": _root,
    "exp": lambda value: math.exp(number(value)),
    "ln": _logarithm,
    "length": lambda value: len(_text(value)),
    "lower": lambda value: _text(value).lower(),
    "upper": lambda value: _text(value).upper(),
    "to_string": _text,
    "to_number": _to_number,
    "to_date": lambda value: moment(value).date().isoformat(),
    "extract_years": _reading("year"),
    "extract_months": _reading("month"),
    "extract_days": _reading("day"),
    "extract_hours": _reading("hour"),
    "extract_minutes": _reading("minute"),
    **{f"trunc_{unit}": _cutting(unit) for unit in _UNITS},
}
_OF_TWO: Mapping[str, Callable[[Any, Any], Any]] = {
    "round": _rounded,
    "power": _power,
    "mod": _remainder,
    "contains": lambda value, part: _text(part) in _text(value),
    "position": lambda value, part: _text(value).find(_text(part)) + 1,
    **{f"diff_{unit}": _differing(unit) for unit in _UNITS},
    **{f"add_{unit}": _adding(unit) for unit in _UNITS},
}
_OF_THREE: Mapping[str, Callable[[Any, Any, Any], Any]] = {
    "replace": lambda value, old, new: _replaced(_text(value), _text(old), _text(new)),
    "substring": lambda value, start, length: _cut(_text(value), start, length),
    "date": _date,
}
ROW_FUNCTIONS: Mapping[str, tuple[range, Callable[..., Any]]] = {
    "is_null": (range(1, 2), _is_null),
    "not": (range(1, 2), _not),
    "concat": (range(1, _MANY), _concatenated),
    **{name: (range(1, 2), _passing_null(function)) for name, function in _OF_ONE.items()},
    **{name: (range(2, 3), _passing_null(function)) for name, function in _OF_TWO.items()},
    **{name: (range(3, 4), _passing_null(function)) for name, function in _OF_THREE.items()},
}


def _short(value: Any) -> str:
    return repr(value)[:60]
