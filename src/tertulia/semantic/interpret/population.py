"""Which rows a plan counts: a join must not silently leave out or add any."""

import re

from tertulia.semantic.interpret.business_words import PERSONS
from tertulia.semantic.interpret.catalogue import Stage
from tertulia.semantic.interpret.dating import is_master, is_trade, is_traded, nouns_of
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.outline import Outline
from tertulia.semantic.interpret.plan import UNSEEN, Condition, Plan, Unfit
from tertulia.semantic.interpret.reading import Reading, Use
from tertulia.semantic.interpret.spelling import spaced
from tertulia.semantic.interpret.structure import Role
from tertulia.semantic.interpret.tokens import stems_of

_COLUMN = re.compile(r'\$\{TABLE\}\.["`]?\w+["`]?')


def check_population(outline: Outline, stage: Stage, reading: Reading, known: Lexicon) -> Condition | None:
    """Raises Unfit. The condition, if one is needed, keeps to rows that have what is measured."""
    base, home = stage.explore.base, outline.homes(stage)[0]
    _check_measures(outline)
    _check_trade(outline, stage, reading, known)
    _check_chasm(outline, stage)
    _check_exclusions(outline, stage)
    _check_contexts(outline, stage, reading)
    _check_masters(outline, stage, known)
    _check_ratios(outline, stage, known)
    words = stage.view_words
    through = stage.determined(base)
    if home != base and base in stage.determined(home):
        return _among_finer(outline, stage, reading)
    strays = [seen for seen in outline.breakdowns if seen.alias not in through]
    if strays:
        raise Unfit(f"{words[base]} without {words[strays[0].alias]} would appear as well.", 2)
    if home == base:
        return None
    if home not in through:
        raise Unfit(f"{words[home]} and {words[base]} are not related closely enough.", 2)
    if not (
        relations_of(outline, stage, reading, known)
        or is_header(stage, home)
        or _is_at_home_nowhere(stage, known, home)
    ):
        raise Unfit(f"Here I only see the {words[home]} that have {words[base]}.", UNSEEN)
    return None


def check_related(plan: Plan, outline: Outline, reading: Reading) -> None:
    """`customers with orders`, `customers who bought`: those without any must not be counted. Raises Unfit."""
    stage, home, base = plan.stage, plan.home, plan.stage.explore.base
    kept = {each.alias for each in plan.conditions}
    seen = {alias for each in (home, base) for alias in stage.determined(each)}
    for alias in outline.contexts:
        if alias not in seen and not any(alias in stage.determined(each) for each in kept):
            raise Unfit(f"Here I also see {stage.view_words[home]} without {stage.view_words[alias]}.", 2)
    is_counted = any(each.aggregate == "count" and each.alias == home for each in plan.measures)
    is_of_persons = is_counted and bool(nouns_of(stage, home) & PERSONS)
    is_bought = is_trade(stage, base) or any(is_trade(stage, each) for each in kept)
    if Role.TRADE in reading.roles and is_of_persons and not is_bought:
        raise Unfit(f"Here I also see {stage.view_words[home]} who bought nothing.", 2)


def relations_of(outline: Outline, stage: Stage, reading: Reading, known: Lexicon) -> set[str]:
    """Views in use that a row of the home does not have just one row of: what relates it to the base."""
    home = outline.homes(stage)[0]
    used = _used(outline) | set(outline.contexts)
    if is_traded(reading, stage, known, home):
        used.add(stage.explore.base)
    return used - stage.determined(home)


def is_header(stage: Stage, home: str) -> bool:
    """Whether the base holds the lines of what is asked for, as order items do of orders, or is called so."""
    explore = stage.explore
    names = [stage.view_words[explore.base], spaced(explore.base)]
    said = {word for name in [*names, *explore.synonyms] for word in stems_of(name)}
    return home in stage.determined(explore.base) and bool(nouns_of(stage, home) & said)


def _among_finer(outline: Outline, stage: Stage, reading: Reading) -> Condition | None:
    """The base may have rows without any of the home: those must not become groups."""
    base, home = stage.explore.base, outline.homes(stage)[0]
    if not outline.breakdowns and not reading.grains:
        return None
    groups = {seen.alias for seen in outline.breakdowns}
    shown = [*outline.measures, *outline.orders]
    if all(each.alias == home and not each.is_ratio for each in shown):
        if groups <= stage.determined(home) and (condition := _presence(stage, home)) is not None:
            return condition
    elif groups <= stage.determined(base) and not reading.grains:
        return None
    words = stage.view_words
    raise Unfit(f"{words[base]} without {words[home]} would appear as well.", 2)


def _presence(stage: Stage, alias: str) -> Condition | None:
    """That there is a row: its key, where that is a plain column and so never made up, is not null."""
    key = stage.aliases[alias].primary_key
    if key is None or not _COLUMN.fullmatch(key.sql.strip()):
        return None
    place = next(place for place, own in stage.places.items() if own == alias)
    return Condition(
        name=f"{alias}.{key.name}",
        label=stage.view_words[alias],
        alias=alias,
        place=place,
        expression="NOT NULL" if key.type == "number" else "-NULL",
        spoken="",
        is_presence=True,
    )


def _check_measures(outline: Outline) -> None:
    """A filter by a measure is about what is listed, never about the rows behind another measure."""
    if not outline.measures and not outline.breakdowns and not (outline.orders or outline.order_fields):
        raise Unfit("I do not see what to show. Name a measure, or ask how many or which.", 6)
    if not (outline.measures or outline.orders or outline.order_fields or outline.is_listing):
        raise Unfit("I see what to break down by, and no measure.", 6)
    if not outline.haves:
        return
    if not outline.breakdowns:
        raise Unfit("I can only compare a total with a number for each of something, like brands or months.", 5)
    shown = {each.name for each in outline.measures}
    if shown and any(have.name not in shown for have in outline.haves):
        raise Unfit("I can only compare the measure that is shown.", 5)


def _check_trade(outline: Outline, stage: Stage, reading: Reading, known: Lexicon) -> None:
    """`how many products were sold`: each product, or each piece of it?"""
    home = outline.homes(stage)[0]
    is_counted = any(each.aggregate == "count" and each.alias == home for each in outline.measures)
    is_thing = is_counted and is_master(stage, known, home) and not nouns_of(stage, home) & PERSONS
    if not is_thing:
        return
    elsewhere = [each for each in outline.presences if each.alias != home]
    if elsewhere or is_traded(reading, stage, known, home):
        raise Unfit("Is each thing meant, or each time it was sold? Ask for the units or the number of orders.", 5)


def _check_ratios(outline: Outline, stage: Stage, known: Lexicon) -> None:
    """Every part of a ratio needs all of its rows: returns by lines sold cannot be had from returns alone."""
    base = stage.explore.base
    used = {part.alias for part in outline.filters} | {seen.alias for seen in outline.breakdowns}
    used |= {each.alias for each in (*outline.numbers, *outline.presences)} | {part.alias for part in outline.bound}
    for measure in (*outline.measures, *outline.orders):
        parts = measure.views if measure.is_ratio else frozenset[str]()
        if any(not stage.firm[view] >= used & parts for view in parts):
            raise Unfit(f"{measure.label} compares {' and '.join(stage.view_words[view] for view in parts)}.", 5)
        for view in measure.views if measure.is_ratio else ():
            is_whole = view == base or base in stage.determined(view) or is_header(stage, view)
            if not is_whole and not (view in stage.determined(base) and _is_at_home_nowhere(stage, known, view)):
                raise Unfit(f"Here I only see the {stage.view_words[view]} that have {stage.view_words[base]}.", 2)


def _check_contexts(outline: Outline, stage: Stage, reading: Reading) -> None:
    """`revenue of brands` is no more plainly one sum than a list of brands."""
    plain = {*outline.homes(stage), stage.explore.base}
    narrowed = {part.alias for part in outline.filters} | {
        each.alias for each in (*outline.numbers, *outline.presences)
    }
    narrowed |= {seen.alias for seen in outline.breakdowns}
    is_timed = any(timing.verb is not None for timing in reading.timings)
    if Role.HAVE in reading.roles and any("sold" in stems_of(each.label) for each in outline.measures):
        raise Unfit("What was sold, or what is there now?", 5)
    for alias in outline.contexts:
        is_told = (
            alias in plain
            or bool(narrowed & stage.determined(alias))
            or is_trade(stage, alias)
            or bool(nouns_of(stage, alias) & PERSONS)
        )
        if not (is_told or is_timed or reading.unattached):
            raise Unfit(f"All {stage.view_words[alias]} together, or each of them?", 5)


def _check_chasm(outline: Outline, stage: Stage) -> None:
    """Filters and groups must lie on one way with what is measured, not on another branch."""
    home = outline.homes(stage)[0]
    for alias in _used(outline) - {home}:
        is_on_way = any({alias, home} <= stage.determined(each) for each in stage.aliases)
        if not is_on_way:
            words = stage.view_words
            raise Unfit(f"{words[home]} and {words[alias]} are related in no single way.", 2)


def _check_exclusions(outline: Outline, stage: Stage) -> None:
    """`customers without jeans` are not those who also bought something else."""
    own = stage.determined(outline.homes(stage)[0])
    shut = [part.fields[0] for part in outline.filters if part.item.use is Use.EXCLUDED]
    missing = [each for each in outline.presences if each.expression == "null"]
    is_single = all(each.aggregate != "count" for each in outline.measures) and bool(outline.measures)
    stray = next((each for each in (*shut, *missing) if each.alias not in own), None)
    if stray is not None and not is_single:
        raise Unfit(f"I can leave out by {stray.label} only what has a single one.", 5)


def _check_masters(outline: Outline, stage: Stage, known: Lexicon) -> None:
    base, homes = stage.explore.base, outline.homes(stage)
    counted = [each for each in outline.measures if each.aggregate == "count" and each.alias != base]
    if len(homes) > 1 and any(is_master(stage, known, each.alias) for each in counted):
        names = " and ".join(stage.view_words[alias] for alias in homes)
        raise Unfit(f"{names} are counted apart: ask for each on its own.", 5)


def _is_at_home_nowhere(stage: Stage, known: Lexicon, home: str) -> bool:
    """Things that no explore begins with are seen where they are used; people are never taken for those who bought."""
    place = next(place for place, own in stage.places.items() if own == home)
    if nouns_of(stage, home) & PERSONS:
        return False
    return not any(other.places.get(place) == other.explore.base for other in known.stages)


def _used(outline: Outline) -> set[str]:
    used = {part.alias for part in outline.filters} | {seen.alias for seen in outline.breakdowns}
    used |= {each.alias for each in (*outline.measures, *outline.orders, *outline.numbers, *outline.presences)}
    return used | {part.alias for part in outline.bound}
