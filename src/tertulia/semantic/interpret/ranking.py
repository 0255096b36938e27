"""Top and bottom, most and least: what a plan is ordered and cut by."""

from typing import NoReturn

from msgspec import structs

from tertulia.semantic.interpret.amounts import Rank
from tertulia.semantic.interpret.catalogue import Seen, Stage, is_date
from tertulia.semantic.interpret.conditions import adjective_fields
from tertulia.semantic.interpret.dating import is_trade
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.meaning import Kind
from tertulia.semantic.interpret.outline import Outline
from tertulia.semantic.interpret.plan import Condition, Measured, Plan, Unfit
from tertulia.semantic.interpret.reading import Reading, Use
from tertulia.semantic.interpret.resolving import counting, custom, measured, naming

_NAMED = (Kind.ENTITY, Kind.DIMENSION)
_TOPS = (5, 10)
_SELLING = ("revenue", "units sold")


def rankings(outline: Outline, reading: Reading, stage: Stage, known: Lexicon) -> list[Outline]:
    """Every measure that `top` can mean where none is named: which, must be asked."""
    rank = reading.rank
    is_told = bool(outline.orders or outline.measures or outline.order_fields)
    if rank is None or rank.adjective or is_told or not (outline.breakdowns or reading.grains):
        return [outline]
    if rank.is_common:
        return [structs.replace(outline, orders=[_occurrences(outline, stage, rank)])]
    found = [
        measured(stage, seen)
        for name in ((rank.measure,) if rank.measure else _SELLING if rank.is_selling else _SELLING[:1])
        for meaning in known.named(name)
        if meaning.kind is Kind.MEASURE and (seen := stage.seen(meaning.place, meaning.field)) is not None
    ]
    alias = outline.breakdowns[0].alias if outline.breakdowns else ""
    count = counting(stage, stage.explore.base)
    is_told = rank.is_selling or bool(rank.measure)
    if count is not None and not is_told and is_trade(stage, stage.explore.base) and stage.explore.base != alias:
        found.append(count)
    if not found:
        raise Unfit(f"Say by what measure: {rank.word!r} by what?", 6)
    measures = {each.name: each for each in found}.values()
    doubt = "" if is_told and len(measures) == 1 else f"By what is {rank.word!r} meant?"
    return [structs.replace(outline, orders=[measure], doubt=outline.doubt or doubt) for measure in measures]


def _occurrences(outline: Outline, stage: Stage, rank: Rank) -> Measured:
    """How often a property occurs among the things that have it. Raises Unfit where it names each of them."""
    seen = outline.breakdowns[0] if len(outline.breakdowns) == 1 else None
    count = counting(stage, seen.alias) if seen is not None else None
    if seen is None or count is None or seen in naming(stage, seen.alias) or is_date(seen):
        raise Unfit(f"Say by what measure: {rank.word!r} by what?", 6)
    if any(alias != seen.alias for alias in outline.contexts):
        raise Unfit(f"I do not see of what the {rank.word} is meant. Name a measure.", 6)
    return count


def sorted_plans(plan: Plan, reading: Reading, known: Lexicon, outline: Outline) -> list[Plan]:
    """The plan in its order; several where it must be asked by what or how many. Raises Unfit."""
    if reading.rank is None:
        return [_ordered(plan, reading, outline)]
    rank = reading.rank
    if not plan.breakdowns:
        return [_extreme(plan, rank, outline)]
    if rank.amount and len(_groups(plan)) > 1:
        raise Unfit("I cannot rank within each group, only over all of them.", 6)
    if rank.adjective:
        return [
            cut
            for seen in adjective_fields(known, plan.stage, rank.adjective, plan.breakdowns[0].alias)
            for cut in _cut(_by_field(plan, seen), seen.name, reading)
        ] or _refused(f"I do not know what {rank.word!r} is measured by.")
    if outline.order_fields and not _is_listing(reading):
        return [_extreme(plan, rank, outline)]
    if outline.order_fields:
        seen = outline.order_fields[0]
        return _cut(_by_field(plan, seen), seen.name, reading)
    measures = outline.orders or plan.measures
    if len(measures) != 1:
        raise Unfit("I can rank by one measure only.", 6)
    return _cut(_with(plan, measures[0]), measures[0].name, reading)


def _ordered(plan: Plan, reading: Reading, outline: Outline) -> Plan:
    if outline.orders and not plan.breakdowns:
        raise Unfit("I do not see what to order.", 5)
    for measure in outline.orders:
        plan = _with(plan, measure)
    dates = [seen for seen in plan.breakdowns if is_date(seen)]
    is_descending = reading.is_ascending is not True
    if not plan.breakdowns:
        return plan
    if outline.order_fields:
        plan = _by_field(plan, outline.order_fields[0])
        return structs.replace(plan, sorts=[(outline.order_fields[0].name, is_descending)])
    if outline.orders or (plan.measures and (not dates or reading.is_ascending is not None)):
        measure = (outline.orders or plan.measures)[0]
        sorts = [(measure.name, is_descending), *((seen.name, False) for seen in plan.breakdowns)]
        return structs.replace(plan, sorts=sorts)
    firsts = [*dates, *(seen for seen in plan.breakdowns if seen not in dates)]
    return structs.replace(plan, sorts=[(seen.name, reading.is_ascending is False) for seen in firsts])


def _cut(plan: Plan, by: str, reading: Reading) -> list[Plan]:
    """To the amount that was said; the single best where one was asked for; else it must be asked."""
    rank = reading.rank
    if rank is None:
        return [plan]
    sorts = [(by, rank.is_top), *((seen.name, False) for seen in plan.breakdowns if seen.name != by)]
    if rank.amount:
        return [structs.replace(plan, sorts=sorts, limit=rank.amount)]
    if len(_groups(plan, by)) > 1:
        raise Unfit("I cannot rank within each group, only over all of them.", 6)
    if _is_single(reading):
        return [structs.replace(plan, sorts=sorts, limit=1)]
    return [structs.replace(plan, sorts=sorts, limit=amount, doubt="How many?") for amount in _TOPS]


def _is_single(reading: Reading) -> bool:
    ranked = [item for item in reading.items if item.use in (Use.RANKED, Use.LIST, Use.SUBJECT)]
    named = [item for item in ranked if any(each.kind in _NAMED for each in item.term.meanings)]
    if named:
        return not any(item.is_plural for item in named)
    return bool(reading.grains) and not reading.is_rank_plural


def _extreme(plan: Plan, rank: Rank, outline: Outline) -> Plan:
    """`the highest price`, with nothing to rank: the maximum itself."""
    if rank.amount or len(outline.order_fields) != 1 or plan.measures or outline.orders:
        raise Unfit("I do not see what to rank.", 5)
    measure = custom(plan.stage, outline.order_fields[0], "max" if rank.is_top else "min")
    sorts = [(measure.name, rank.is_top)] if plan.breakdowns else []
    return structs.replace(plan, measures=[measure], sorts=sorts)


def _is_listing(reading: Reading) -> bool:
    """Whether things are ranked (`product with the highest price`) rather than their extreme asked for by groups."""
    return any(item.use in (Use.LIST, Use.RANKED, Use.SUBJECT) for item in reading.items)


def _by_field(plan: Plan, seen: Seen) -> Plan:
    """Rows without the value have no rank."""
    if seen.alias != plan.breakdowns[0].alias:
        raise Unfit(f"{seen.label} is not a property of {plan.breakdowns[0].view_words}.", 4)
    breakdowns = [*plan.breakdowns, *([seen] if seen not in plan.breakdowns else [])]
    if any(each.name == seen.name for each in plan.conditions):
        return structs.replace(plan, breakdowns=breakdowns)
    present = Condition(
        name=seen.name,
        label=seen.label,
        alias=seen.alias,
        place=seen.place,
        expression="NOT NULL",
        spoken="",
    )
    return structs.replace(plan, breakdowns=breakdowns, conditions=[*plan.conditions, present])


def _groups(plan: Plan, by: str = "") -> set[tuple[str, str]]:
    """Breakdowns that name one thing together, such as first and last name, count once."""
    return {(seen.alias, "" if "name" in seen.field.name else seen.name) for seen in plan.breakdowns if seen.name != by}


def _with(plan: Plan, measure: Measured) -> Plan:
    if any(each.name == measure.name for each in plan.measures):
        return plan
    return structs.replace(plan, measures=[*plan.measures, measure])


def _refused(reason: str) -> NoReturn:
    raise Unfit(reason, 6)
