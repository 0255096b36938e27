"""Which explore answers: one that covers every phrase, that starts from what is measured, and joins the least."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod

from msgspec import Struct

from tertulia.core.query import Source
from tertulia.semantic.interpret.dating import is_trade
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.meaning import Kind, Meaning
from tertulia.semantic.interpret.plan import UNSEEN, Plan, Unfit
from tertulia.semantic.interpret.planning import plans_of
from tertulia.semantic.interpret.population import is_header
from tertulia.semantic.interpret.reading import Item, Reading, Use
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
    shut_out: set[tuple[object, ...]] = set()
    answered: set[tuple[object, ...]] = set()
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
                plans = plans_of(reading, stage, combination, known)
            except Unfit as unfit:
                reasons.append(unfit)
                if unfit.weight == UNSEEN:
                    shut_out.add(_chosen(combination, options))
                continue
            found += plans
            answered.add(_chosen(combination, options))
    if found and shut_out - answered:
        # a reading that only its rows shut out must not leave the field to another one silently
        unfit = Unfit(
            "This can mean several things, and one of them cannot be counted here. Name the fields in full.", 5
        )
        return Verdict(unfit=unfit)
    return _verdict(found, reasons, reading, known)


def _chosen(combination: Sequence[Part], options: Sequence[tuple[Item, Sequence[Meaning]]]) -> tuple[object, ...]:
    """Which of several meanings each phrase was given."""
    return tuple(
        (part.place, tuple((seen.place, seen.field.name) for seen in part.fields), _measure_key(part))
        for part, (_, meanings) in zip(combination, options, strict=True)
        if len(meanings) > 1
    )


def _measure_key(part: Part) -> object:
    """What is counted is the same, whichever measure of an explore counts it."""
    if part.measure is None:
        return None
    return part.measure.place if part.item.use is Use.COUNT else part.measure.key


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
        certain = [plan for plan in certain if _is_of_trade(plan)] or certain
    most = max((plan.own, plan.stated) for plan in certain)
    groups: dict[tuple[object, ...], list[Plan]] = {}
    for plan in certain:
        if (plan.own, plan.stated) == most:
            groups.setdefault(plan.meaning, []).append(plan)
    order = {stage.source: at for at, stage in enumerate(known.stages)}
    return Verdict(plans=[best for plans in groups.values() for best in _best(plans, order)])


def _is_of_trade(plan: Plan) -> bool:
    base = plan.stage.explore.base
    return is_trade(plan.stage, base) and (plan.home == base or base in plan.relations)


def _best(plans: Sequence[Plan], order: Mapping[Source, int]) -> list[Plan]:
    """The nearest explore. Several where something is counted through views that have nothing to do with each other."""
    ranked = sorted(plans, key=lambda plan: _distance(plan, order[plan.stage.source]))
    first = ranked[0]
    if first.home == first.stage.explore.base:
        return [first]
    own = _first_view(first)
    others = [plan for plan in ranked[1:] if _first_view(plan) != own and not _is_one_way(first, plan)]
    return [first, *others[:1]]


def _is_one_way(first: Plan, other: Plan) -> bool:
    """Whether one base looks up the other, so that both count along the same way."""
    views = {alias: view.name for alias, view in first.stage.aliases.items()}
    above = {views[alias] for alias in first.stage.determined(first.stage.explore.base) if alias in views}
    others = {alias: view.name for alias, view in other.stage.aliases.items()}
    below = {others[alias] for alias in other.stage.determined(other.stage.explore.base) if alias in others}
    return _first_view(other) in above or _first_view(first) in below


def _first_view(plan: Plan) -> str:
    return plan.stage.explore.view


def _distance(plan: Plan, order: int) -> tuple[object, ...]:
    """From the home first, then from what relates to it row by row, then with the fewest joins."""
    base = plan.stage.explore.base
    is_fanned = not plan.relations <= plan.stage.determined(base)
    joins = len(plan.stage.joined(plan.aliases))
    is_foreign = any(each.is_ratio and each.alias != base for each in plan.measures)
    is_far = plan.home != base and not is_header(plan.stage, plan.home)
    is_roundabout = bool(plan.relations) and base not in plan.relations
    is_fenced = bool(plan.stage.explore.access_filters)
    return is_fenced, plan.home != base, is_foreign, is_fanned, is_far, is_roundabout, joins, order


def combine(parts: Sequence[Sequence[Part]]) -> list[tuple[Part, ...]]:
    """Every way to take one part of each; none where there are too many to choose from."""
    return list(product(*parts)) if prod(map(len, parts)) <= _MOST_COMBINATIONS else []
