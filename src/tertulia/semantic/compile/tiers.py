"""Tiers: numbers by the bucket they fall in, labelled in the four styles of LookML."""

from collections.abc import Sequence
from itertools import pairwise

from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.engine import Engine
from tertulia.semantic.lookml.model import Field

_UNDEFINED = "Undefined"


def tier_labels(field: Field) -> list[str]:
    """From the lowest bucket to the highest, then the label of what is in none. Raises InvalidQuery without tiers."""
    bounds = _bounds(field)
    style = field.style or "classic"
    if style == "integer":
        middle = [f"{_whole(low)} to {_whole(high - 1)}" for low, high in pairwise(bounds)]
        return [f"Below {_whole(bounds[0])}", *middle, f"{_whole(bounds[-1])} or Above", _UNDEFINED]
    if style == "relational":
        middle = [f">= {low} and < {high}" for low, high in pairwise(bounds)]
        return [f"< {bounds[0]}", *middle, f">= {bounds[-1]}", _UNDEFINED]
    spans = [f"(-inf,{bounds[0]})", *(f"[{low},{high})" for low, high in pairwise(bounds)), f"[{bounds[-1]},inf)"]
    if style == "interval":
        return [*spans, _UNDEFINED]
    return [*(f"T{place:02} {span}" for place, span in enumerate(spans)), f"TXX {_UNDEFINED}"]


def tiered(field: Field, value: exp.Expr, engine: Engine) -> exp.Expr:
    """The label of the bucket that a number falls in."""
    bounds = _bounds(field)
    labels = tier_labels(field)
    case = exp.Case()
    number = value if isinstance(value, exp.Column) else exp.paren(value)
    for bound, label in zip(bounds, labels, strict=False):
        case = case.when(exp.LT(this=number.copy(), expression=engine.number(bound)), engine.text(label))
    highest = exp.GTE(this=number.copy(), expression=engine.number(bounds[-1]))
    return case.when(highest, engine.text(labels[-2])).else_(engine.text(labels[-1]))


def _bounds(field: Field) -> Sequence[float]:
    if not field.tiers:
        raise InvalidQuery(f"{field.name} ({field.place}) is a tier without tiers.")
    return sorted(float(bound) for bound in set(field.tiers))


def _whole(bound: float) -> str:
    return f"{bound:g}" if bound != int(bound) else str(int(bound))
