"""Filter expressions for numbers: `5`, `NOT 5`, `1,3,5`, `>1 AND <=9`, `[1,5)`, `5 to 10`, `NULL`, `NOT NULL`."""

import math
import re
from collections.abc import Sequence

from msgspec import Struct

from tertulia.core.errors import InvalidFilter

FORMS = "5  NOT 5  1,3,5  NOT 1,3,5  >5  >=1 AND <=9  <1 OR >9  [1,5)  (1,inf)  5 to 10  NULL  NOT NULL"
_MOST_DIGITS = 38
_NUMBER = r"-?(?:0|[1-9][0-9]*)?(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?"
_INTERVAL = re.compile(rf"([\[(])\s*(-inf|{_NUMBER})\s*,\s*(\+?inf|{_NUMBER})\s*([\])])", re.IGNORECASE)
_TO = re.compile(rf"({_NUMBER})\s*\bto\b\s*({_NUMBER})", re.IGNORECASE)
_COMPARISON = re.compile(rf"(>=|<=|>|<)\s*({_NUMBER})")
_NOT = re.compile(r"(?:not\b|!=|<>)\s*", re.IGNORECASE)
_AND = re.compile(r"\s*\band\b\s*", re.IGNORECASE)

Number = int | float


class Values(Struct, frozen=True, tag="values"):
    """Any of these numbers."""

    values: tuple[Number, ...]
    is_excluded: bool = False


class Interval(Struct, frozen=True, tag="interval"):
    """Between two numbers; None is open. `has_low` and `has_high` tell whether the ends belong to it."""

    low: Number | None
    high: Number | None
    has_low: bool = True
    has_high: bool = True
    is_excluded: bool = False


class NoNumber(Struct, frozen=True, tag="null"):
    is_excluded: bool = False


NumberTerm = Values | Interval | NoNumber


class NumberFilter(Struct, frozen=True, tag="number"):
    """One of the included terms holds, if there are any, and none of the excluded does."""

    terms: tuple[NumberTerm, ...]


def parse_number(text: str) -> NumberFilter:
    return NumberFilter(_gathered([_term(piece) for piece in _pieces(text)]))


def print_number(expression: NumberFilter) -> str:
    included = [term for term in expression.terms if not term.is_excluded]
    excluded = [term for term in expression.terms if term.is_excluded]
    if len(included) + len(excluded) == 1:
        return ("NOT " if excluded else "") + _printed(*included, *excluded)
    texts = [_printed(term) for term in included]
    for term in excluded:
        texts += [f"NOT {text}" for text in _parts(term)]
    # Looker reads a single NOT as one for all values around it: it is written twice
    if any(isinstance(term, Values) for term in included) and len(texts) == len(included) + 1:
        texts.append(texts[-1])
    return ",".join(texts)


def printed_number(value: Number) -> str:
    return repr(value) if isinstance(value, int) or not value.is_integer() or abs(value) >= 1e16 else str(int(value))


def _pieces(text: str) -> Sequence[str]:
    """The terms between commas and ORs; the comma of an interval belongs to it."""
    pieces: list[str] = []
    start = depth = 0
    for found in re.finditer(r"[\[(]|[\])]|,|\bor\b", text, re.IGNORECASE):
        sign = found[0]
        if sign in "[(":
            depth = 1
        elif sign in "])":
            depth = 0
        elif not depth:
            pieces.append(text[start : found.start()])
            start = found.end()
    pieces.append(text[start:])
    return [piece.strip() for piece in pieces if piece.strip()]


def _term(piece: str) -> NumberTerm:
    negation = _NOT.match(piece)
    body = piece[negation.end() :].strip() if negation else piece
    is_excluded = negation is not None
    if body.upper() in ("NULL", "-NULL"):
        return NoNumber(is_excluded or body.startswith("-"))
    if found := _INTERVAL.fullmatch(body):
        return _interval(*found.groups(), is_excluded=is_excluded)
    if _COMPARISON.match(body):
        return _compared(_AND.split(body), is_excluded=is_excluded)
    if found := _TO.fullmatch(body):
        return _interval("[", found[1], found[2], "]", is_excluded=is_excluded)
    return Values((_number(body),), is_excluded)


def _compared(parts: Sequence[str], *, is_excluded: bool) -> Interval:
    """`>5`, or a lower and an upper bound that both hold."""
    found = [_COMPARISON.fullmatch(part.strip()) for part in parts]
    bounds = [(match[1], _number(match[2])) for match in found if match]
    lows = [(sign, value) for sign, value in bounds if ">" in sign]
    highs = [(sign, value) for sign, value in bounds if "<" in sign]
    if len(bounds) != len(parts) or len(lows) > 1 or len(highs) > 1:
        raise InvalidFilter(f"AND joins a lower and an upper bound, as in >1 AND <=9: {' AND '.join(parts)[:80]!r}.")
    if is_excluded and len(bounds) > 1:
        raise InvalidFilter("NOT before AND can be read in two ways. Write an interval: NOT (1,9].")
    low_sign, low = lows[0] if lows else ("", None)
    high_sign, high = highs[0] if highs else ("", None)
    return _checked(Interval(low, high, low_sign != ">", high_sign != "<", is_excluded))


def _interval(opening: str, low: str, high: str, closing: str, *, is_excluded: bool) -> Interval:
    bottom = None if low.lower() in ("", "-inf") else _number(low)
    top = None if high.lower() in ("", "inf", "+inf") else _number(high)
    if bottom is None and top is None:
        raise InvalidFilter("An interval needs a number at one end at least: [1,5)  (1,inf)  (-inf,5].")
    has_low, has_high = bottom is None or opening == "[", top is None or closing == "]"
    return _checked(Interval(bottom, top, has_low, has_high, is_excluded))


def _checked(interval: Interval) -> Interval:
    low, high = interval.low, interval.high
    if low is None or high is None or low < high or (low == high and interval.has_low and interval.has_high):
        return interval
    raise InvalidFilter(f"No number lies in the interval {_printed(interval)}.")


def _number(text: str) -> Number:
    if not re.fullmatch(_NUMBER, text) or not re.search(r"[0-9]", text):
        hint = " Write numbers without separators: 1000." if re.fullmatch(r"0[0-9]+", text) else ""
        raise InvalidFilter(f"{text[:80]!r} is no number.{hint} Forms: {FORMS}")
    if re.fullmatch(r"-?[0-9]+", text):
        if len(text) > _MOST_DIGITS:
            raise InvalidFilter(f"A number has at most {_MOST_DIGITS} digits.")
        return int(text)
    if text.lower().startswith(("e", "-e")):
        raise InvalidFilter(f"{text[:80]!r} is no number. Forms: {FORMS}")
    value = float(text)
    if not math.isfinite(value):
        raise InvalidFilter(f"The number {text[:80]} is too large.")
    return value


def _gathered(terms: Sequence[NumberTerm]) -> tuple[NumberTerm, ...]:
    """Single values together, with NOT reaching over the values that follow it: NOT 66, 99, 4 excludes all three."""
    negations = [at for at, term in enumerate(terms) if term.is_excluded and not isinstance(term, NoNumber)]
    if negations:
        terms = _spread(terms, negations)
    included = [value for term in terms if isinstance(term, Values) and not term.is_excluded for value in term.values]
    excluded = [value for term in terms if isinstance(term, Values) and term.is_excluded for value in term.values]
    gathered: list[NumberTerm] = []
    if included:
        gathered.append(Values(tuple(dict.fromkeys(included))))
    others = [term for term in terms if not isinstance(term, Values)]
    gathered += dict.fromkeys(term for term in others if not term.is_excluded)
    if excluded:
        gathered.append(Values(tuple(dict.fromkeys(excluded)), is_excluded=True))
    gathered += dict.fromkeys(term for term in others if term.is_excluded)
    return tuple(gathered)


def _spread(terms: Sequence[NumberTerm], negations: Sequence[int]) -> Sequence[NumberTerm]:
    first = negations[0]
    before = [term for term in terms[:first] if isinstance(term, Values)]
    after = [term for term in terms[first + 1 :] if isinstance(term, Values) and not term.is_excluded]
    is_value = isinstance(terms[first], Values)
    if (after and (len(negations) > 1 or before or not is_value)) or (before and is_value and len(negations) == 1):
        raise InvalidFilter(
            "It is not clear which of these values NOT is about. To exclude all of them write NOT 1,2,3;"
            " otherwise put what is included first and repeat the NOT: 1,NOT 2,NOT 2.",
        )
    if not after:
        return terms
    stop = next((at for at in range(first + 1, len(terms)) if not isinstance(terms[at], Values)), len(terms))
    if any(isinstance(term, Values) for term in terms[stop:]):
        raise InvalidFilter("Put the values that NOT is about next to each other: NOT 1,2,3,[7,9].")
    excluded = [Values(term.values, is_excluded=True) for term in terms[first:stop] if isinstance(term, Values)]
    return [*terms[:first], *excluded, *terms[stop:]]


def _printed(term: NumberTerm) -> str:
    match term:
        case NoNumber():
            return "NULL"
        case Values(values=values):
            return ",".join(printed_number(value) for value in values)
        case Interval(low=low, high=None) if low is not None:
            return f"{'>=' if term.has_low else '>'}{printed_number(low)}"
        case Interval(low=None, high=high) if high is not None:
            return f"{'<=' if term.has_high else '<'}{printed_number(high)}"
        case Interval():
            ends = (printed_number(end) for end in (term.low, term.high) if end is not None)
            return f"{'[' if term.has_low else '('}{','.join(ends)}{']' if term.has_high else ')'}"


def _parts(term: NumberTerm) -> Sequence[str]:
    """Values one by one: with something included beside them, each needs its own NOT."""
    return [printed_number(value) for value in term.values] if isinstance(term, Values) else [_printed(term)]
