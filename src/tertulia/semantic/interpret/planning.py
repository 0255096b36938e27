"""The parts of a question put together as plans for one explore, or the reason why they do not fit."""

from collections.abc import Iterator, Sequence
from itertools import product

from msgspec import structs

from tertulia.semantic.interpret.catalogue import Seen, Stage, is_date
from tertulia.semantic.interpret.conditions import compared_fields, is_joint, number_condition, value_conditions
from tertulia.semantic.interpret.dating import (
    DateChoice,
    Ground,
    alias_of,
    date_condition,
    dates_of,
    grain_field,
    hinted,
)
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.meaning import Kind
from tertulia.semantic.interpret.outline import Outline, outline_of
from tertulia.semantic.interpret.plan import Condition, Plan, Unfit
from tertulia.semantic.interpret.population import check_population, check_related, relations_of
from tertulia.semantic.interpret.ranking import rankings, sorted_plans
from tertulia.semantic.interpret.reading import Item, Reading
from tertulia.semantic.interpret.resolving import Part
from tertulia.semantic.interpret.structure import Role

_MOST_PLANS = 24


def plans_of(reading: Reading, stage: Stage, parts: Sequence[Part], known: Lexicon) -> list[Plan]:
    """More than one where the words leave a choice. Raises Unfit."""
    plans: list[Plan] = []
    for outline in [
        ranked
        for each in _shown(outline_of(reading, stage, parts, known))
        for ranked in rankings(each, reading, stage, known)
    ]:
        presence = check_population(outline, stage, reading, known)
        for completed in _compared(reading, stage, known, outline):
            for plan in _dated(reading, stage, known, completed):
                check_related(plan, outline, reading)
                kept = plan if presence is None else _with_presence(plan, presence)
                plans += sorted_plans(kept, reading, known, outline)
    return plans[:_MOST_PLANS]


def _with_presence(plan: Plan, presence: Condition) -> Plan:
    if any(each.name == presence.name for each in plan.conditions):
        return plan
    return structs.replace(plan, conditions=[*plan.conditions, presence])


def _shown(outline: Outline) -> Iterator[Outline]:
    """A thing that was only named, as its number and as a list."""
    part = outline.open_thing
    if part is None:
        yield outline
        return
    doubt = f"How many of {part.item.term.text!r}, or a list?"
    if part.count is not None:
        yield structs.replace(outline, measures=[part.count], doubt=doubt)
    yield structs.replace(outline, breakdowns=list(part.fields), is_listing=True, doubt=doubt)


def _compared(reading: Reading, stage: Stage, known: Lexicon, outline: Outline) -> Iterator[Outline]:
    """Every way to attach comparisons that name no field."""
    if not reading.unattached:
        yield outline
        return
    home = outline.homes(stage)[0]
    choices = [
        compared_fields(stage, known, compare, alias_of(near, stage) or home) for compare, near in reading.unattached
    ]
    if not all(choices):
        raise Unfit("I do not know what the number compares. Name the field.", 5)
    is_told = all(compare.adjective or compare.currency or compare.unit for compare, _ in reading.unattached)
    for fields in product(*choices):
        numbers = [
            number_condition(seen, compare) for seen, (compare, _) in zip(fields, reading.unattached, strict=True)
        ]
        doubt = "" if is_told else "I do not know what the number compares."
        yield structs.replace(outline, numbers=[*outline.numbers, *numbers], doubt=outline.doubt or doubt)


def _dated(reading: Reading, stage: Stage, known: Lexicon, outline: Outline) -> Iterator[Plan]:
    """One plan for every choice of dates, of periods, and of together or each."""
    slots = _slots(reading, stage, known, outline)
    texts = [timing.period.expressions for timing in reading.timings]
    for dates in product(*slots):
        for expressions in product(*texts):
            for is_each in _together(reading, outline):
                yield _plan(reading, stage, known, outline, (dates, expressions), is_each=is_each)


def _slots(reading: Reading, stage: Stage, known: Lexicon, outline: Outline) -> list[list[DateChoice]]:
    """The dates each time phrase may be about; where there is only a breakdown by time, the dates of that."""
    homes = outline.homes(stage)
    is_related = bool(relations_of(outline, stage, reading, known)) and homes[0] != stage.explore.base
    is_new = Role.NEW in reading.roles or (Role.CREATED in reading.roles and not reading.timings)
    if is_new and not (reading.timings or reading.grains):
        raise Unfit("Say since when something counts as new.", 5)

    adjectives = [item.term.text for item in reading.items if not _is_entity(item)]
    ground = Ground(
        stage=stage,
        known=known,
        homes=homes,
        is_related=is_related,
        is_new=is_new,
        hints=hinted(adjectives, stage, known),
    )
    slots = [dates_of(timing, ground) for timing in reading.timings]
    if outline.bound:
        bound = [DateChoice(alias=part.alias, group=part.group) for part in outline.bound]
        if len(bound) > 1 or any(timing.date or timing.verb for timing in reading.timings):
            raise Unfit("I do not see which date is meant.", 4)
        return [bound for _ in slots] or [bound]
    if not slots and (reading.grains or reading.days):
        return [dates_of(None, ground)]
    return slots


def _is_entity(item: Item) -> bool:
    return any(each.kind is Kind.ENTITY for each in item.term.meanings)


def _together(reading: Reading, outline: Outline) -> Sequence[bool]:
    """`in Germany and France`, `in 2022 and 2023`: both readings, unless words decide."""
    if _is_versus(reading):
        return (True,)
    if Role.TOGETHER in reading.roles or not outline.measures:
        return (False,)
    joint = _joint_fields(outline)
    is_open = any(seen not in outline.breakdowns for seen in joint)
    is_by_time = bool(reading.grains) or any(is_date(seen) for seen in outline.breakdowns)
    is_open = is_open or (_has_joint_times(reading) and not is_by_time)
    return (False, True) if is_open else (False,)


def _plan(
    reading: Reading,
    stage: Stage,
    known: Lexicon,
    outline: Outline,
    timed: tuple[Sequence[DateChoice], Sequence[str]],
    *,
    is_each: bool,
) -> Plan:
    dates, expressions = timed
    grains, conditions = _time_members(reading, stage, dates, expressions, is_each=is_each)
    breakdowns = [*grains, *outline.breakdowns]
    if is_each:
        breakdowns += _compared_fields(outline) if _is_versus(reading) else _joint_fields(outline)
    doubt = outline.doubt or ("I do not know which date is meant." if any(each.is_doubtful for each in dates) else "")
    filters = [*value_conditions(outline.filters), *outline.numbers, *outline.haves, *outline.presences, *conditions]
    measures = {each.name: each for each in outline.measures}
    return Plan(
        stage=stage,
        measures=list(measures.values()),
        breakdowns=list({each.name: each for each in breakdowns}.values()),
        conditions=_merged(filters),
        home=outline.homes(stage)[0],
        is_together=not is_each and (bool(_joint_fields(outline)) or _has_joint_times(reading)),
        own=_own(outline, stage),
        stated=outline.stated,
        relations=frozenset(relations_of(outline, stage, reading, known)),
        doubt=doubt,
    )


def _time_members(
    reading: Reading,
    stage: Stage,
    dates: Sequence[DateChoice],
    expressions: Sequence[str],
    *,
    is_each: bool,
) -> tuple[list[Seen], list[Condition]]:
    grouped: dict[tuple[str, str], list[int]] = {}
    for at, choice in enumerate(dates[: len(expressions)]):
        grouped.setdefault((choice.alias, choice.group), []).append(at)
    conditions: list[Condition] = []
    grains: list[Seen] = []
    for positions in grouped.values():
        choice = dates[positions[0]]
        if any(reading.timings[at].link is None for at in positions[1:]):
            raise Unfit("I see several times and no word that joins them.", 4)
        conditions.append(date_condition(stage, choice, [expressions[at] for at in positions]))
        if is_each and len(positions) > 1:
            units = {reading.timings[at].period.grain for at in positions}
            if len(units) > 1 or units == {""}:
                raise Unfit("I can only compare whole days, weeks, months, quarters or years of one kind.", 5)
            grains.append(grain_field(stage, choice, units.pop()))
    if (reading.grains or reading.days) and len(grouped) > 1:
        raise Unfit("I do not see which of the dates to break down by.", 4)
    grains += [grain_field(stage, dates[0], grain.timeframe) for grain in reading.grains]
    for days in reading.days:
        seen = grain_field(stage, dates[0], "day_of_week")
        conditions.append(
            Condition(
                name=seen.name,
                label=seen.label,
                alias=seen.alias,
                place=seen.place,
                expression=",".join(days.names),
                spoken=f"on {' and '.join(f'{day}s' for day in days.names)}",
            )
        )
    return grains, conditions


def _merged(conditions: Sequence[Condition]) -> list[Condition]:
    """One condition per field. Raises Unfit for two, which would overwrite one another."""
    names = [each.name for each in conditions]
    twice = next((each for each in conditions if names.count(each.name) > 1), None)
    if twice is not None:
        raise Unfit(f"I see two conditions on {twice.label}.", 4)
    return list(conditions)


def _is_versus(reading: Reading) -> bool:
    return bool(reading.roles & {Role.VERSUS, Role.COMPARE})


def _has_joint_times(reading: Reading) -> bool:
    return any(timing.link is Role.AND for timing in reading.timings[1:])


def _joint_fields(outline: Outline) -> list[Seen]:
    names = {part.fields[0].name: part.fields[0] for part in outline.filters}
    return [seen for name, seen in names.items() if is_joint(_filters_on(outline, name))]


def _compared_fields(outline: Outline) -> list[Seen]:
    names = {part.fields[0].name: part.fields[0] for part in outline.filters}
    return [seen for name, seen in names.items() if len(_filters_on(outline, name)) > 1]


def _filters_on(outline: Outline, name: str) -> list[Part]:
    return [part for part in outline.filters if part.fields[0].name == name]


def _own(outline: Outline, stage: Stage) -> int:
    """How much of what is asked stands in the very view that was named."""
    if not outline.is_entity_named:
        return 0
    home = outline.homes(stage)[0]
    aliases = [part.alias for part in outline.filters] + [each.alias for each in outline.presences]
    if outline.measures or outline.orders:
        aliases += [seen.alias for seen in outline.breakdowns]
    return sum(alias == home for alias in aliases)
