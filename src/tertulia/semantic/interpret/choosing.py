"""Which explore answers: one that covers every phrase, that starts from what is measured, and joins the least."""

from collections.abc import Sequence
from itertools import product
from math import prod

from msgspec import Struct

from tertulia.semantic.interpret.dating import is_trade
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.meaning import Kind, Meaning
from tertulia.semantic.interpret.plan import Plan, Unfit
from tertulia.semantic.interpret.planning import plans_of
from tertulia.semantic.interpret.reading import Item, Reading
from tertulia.semantic.interpret.resolving import Part, meanings_of, parts_of
from tertulia.semantic.interpret.structure import Role

_MOST_COMBINATIONS = 48


class Verdict(Struct, frozen=True, kw_only=True):
    """The plans that mean different things, each in its best explore; without any, why not."""

    plans: Sequence[Plan] = ()
    unfit: Unfit | None = None


def choose(reading: Reading, known: Lexicon) -> Verdict:
    try:
        options = [(item, _meanings(item)) for item in reading.items]
    except Unfit as unfit:
        return Verdict(unfit=unfit)
    found: list[Plan] = []
    reasons: list[Unfit] = []
    for stage in known.stages:
        parts = [parts_of(item, stage, meanings) for item, meanings in options]
        missing = next((item for (item, _), each in zip(options, parts, strict=True) if not each), None)
        if missing is not None:
            reasons.append(Unfit(f"No explore has {missing.term.text!r} together with the rest of the question.", 1))
            continue
        if prod(map(len, parts)) > _MOST_COMBINATIONS:
            reasons.append(Unfit("Too many fields could be meant. Name them in full.", 5))
            continue
        for combination in product(*parts):
            try:
                found += plans_of(reading, stage, combination, known)
            except Unfit as unfit:
                reasons.append(unfit)
    return _verdict(found, reasons, reading, known)


def _meanings(item: Item) -> list[Meaning]:
    meanings = meanings_of(item)
    if not meanings:
        raise Unfit(_misplaced(item), 5)
    return meanings


def _misplaced(item: Item) -> str:
    kinds = {each.kind for each in item.term.meanings}
    text = item.term.text
    if item.aggregate and kinds & {Kind.MEASURE, Kind.ENTITY}:
        return f"There is no {item.aggregate} of {text!r} here."
    if kinds == {Kind.DIMENSION}:
        return f"I do not see what to do with {text!r}: break down by it, list it or filter it by a value?"
    return f"I do not see what {text!r} is for in this question."


def _verdict(found: Sequence[Plan], reasons: Sequence[Unfit], reading: Reading, known: Lexicon) -> Verdict:
    if not found:
        unfit = max(reasons, key=lambda each: each.weight, default=Unfit("There is nothing to ask here."))
        return Verdict(unfit=unfit)
    certain = [plan for plan in found if not plan.doubt] or list(found)
    if Role.TRADE in reading.roles:
        certain = [plan for plan in certain if is_trade(plan.stage, plan.stage.explore.base)] or certain
    most = max(plan.own for plan in certain)
    groups: dict[tuple[object, ...], list[Plan]] = {}
    for plan in certain:
        if plan.own == most:
            groups.setdefault(_meaning(plan), []).append(plan)
    order = {stage.source: at for at, stage in enumerate(known.stages)}
    best = [min(plans, key=lambda plan: _distance(plan, order[plan.stage.source])) for plans in groups.values()]
    return Verdict(plans=best)


def _meaning(plan: Plan) -> tuple[object, ...]:
    """What is counted through another view depends on which: that is part of the meaning."""
    base = plan.stage.explore.base
    is_through = plan.home != base and plan.home in plan.stage.determined(base)
    return (*plan.meaning, plan.stage.aliases[base].name if is_through else "")


def _distance(plan: Plan, order: int) -> tuple[bool, int, int]:
    return plan.home != plan.stage.explore.base, len(plan.stage.joined(plan.aliases)), order


def combine(parts: Sequence[Sequence[Part]]) -> list[tuple[Part, ...]]:
    """Every way to take one part of each; none where there are too many to choose from."""
    return list(product(*parts)) if prod(map(len, parts)) <= _MOST_COMBINATIONS else []
