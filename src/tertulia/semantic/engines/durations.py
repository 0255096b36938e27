"""Whole intervals between two timestamps."""

from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.phrasebook import Phrasebook
from tertulia.semantic.engines.template import fill, term
from tertulia.semantic.engines.timeframes import Timeframes, number

_MICROSECONDS = {
    "second": 1_000_000,
    "minute": 60_000_000,
    "hour": 3_600_000_000,
    "day": 86_400_000_000,
    "week": 604_800_000_000,
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def elapsed(phrases: Phrasebook, at: Timeframes, start: exp.Expr, end: exp.Expr, interval: str) -> exp.Expr:
    """Raises InvalidQuery for an interval that does not exist."""
    if interval in _MICROSECONDS:
        between = fill(phrases.dialect, phrases.microseconds, a=start, b=end)
        return fill(phrases.dialect, phrases.quotient, a=between, b=number(_MICROSECONDS[interval]))
    if interval not in _MONTHS:
        known = ", ".join((*_MICROSECONDS, *_MONTHS))
        raise InvalidQuery(f"There is no interval {interval!r}. There are: {known}.")
    months = _months(phrases, at, start, end)
    size = _MONTHS[interval]
    return months if size == 1 else fill(phrases.dialect, phrases.quotient, a=months, b=number(size))


def _months(phrases: Phrasebook, at: Timeframes, start: exp.Expr, end: exp.Expr) -> exp.Expr:
    """The months between the two months, less one that is not complete."""
    years = exp.Sub(this=at.part(end, "YEAR"), expression=at.part(start, "YEAR"))
    months = exp.Sub(this=at.part(end, "MONTH"), expression=at.part(start, "MONTH"))
    counted = exp.Add(this=exp.Mul(this=exp.Paren(this=years), expression=number(12)), expression=term(months))
    into_start, into_end = (_into_month(phrases, at, moment) for moment in (start, end))
    is_cut = exp.and_(exp.GTE(this=end, expression=start), exp.LT(this=into_end, expression=into_start))
    is_cut_back = exp.and_(exp.LT(this=end, expression=start), exp.GT(this=into_end, expression=into_start))
    correction = exp.Case(
        ifs=[exp.If(this=is_cut, true=number(-1)), exp.If(this=is_cut_back, true=number(1))], default=number(0)
    )
    return exp.Add(this=counted, expression=correction)


def _into_month(phrases: Phrasebook, at: Timeframes, moment: exp.Expr) -> exp.Expr:
    return term(fill(phrases.dialect, phrases.microseconds, a=at.truncated(moment, "MONTH"), b=moment))
