"""Which date a time phrase is about, and the breakdown or filter it becomes."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from tertulia.semantic.filters.date import (
    After,
    Before,
    Between,
    CalendarMonth,
    CalendarYear,
    During,
    Past,
    Span,
    Stamp,
    ThisTo,
    parse_date,
    print_date,
)
from tertulia.semantic.interpret.business_words import MASTERS, PERSONS, TRADES
from tertulia.semantic.interpret.catalogue import Seen, Stage
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.marks import Term
from tertulia.semantic.interpret.meaning import Kind
from tertulia.semantic.interpret.plan import Condition, Unfit
from tertulia.semantic.interpret.reading import Reading, Timing
from tertulia.semantic.interpret.spelling import spaced
from tertulia.semantic.interpret.structure import Role
from tertulia.semantic.interpret.tokens import stems_of


class DateChoice(Struct, frozen=True, kw_only=True):
    """A date group of a view. `is_doubtful`: nothing says that the question means when the thing came to be."""

    alias: str
    group: str
    is_doubtful: bool = False


class Ground(Struct, frozen=True, kw_only=True):
    """What a time phrase is said of: `homes` are the views of what is measured, the first before all. `is_related`: by
    way of the explore's base. `hints` are dates that other phrases speak of.
    """

    stage: Stage
    known: Lexicon
    homes: Sequence[str]
    is_related: bool = False
    is_new: bool = False
    hints: Sequence[DateChoice] = ()


def is_trade(stage: Stage, alias: str) -> bool:
    return bool(nouns_of(stage, alias) & TRADES)


def hinted(texts: Sequence[str], stage: Stage, known: Lexicon) -> list[DateChoice]:
    """The dates that words of other phrases are also names of: `returned` in `returned items`."""
    found = [
        DateChoice(alias=stage.places[each.place], group=each.field)
        for text in texts
        for word in stems_of(text)
        if word.endswith("ed")
        for each in known.phrases.get((word,), ())
        if each.kind is Kind.DATE and each.place in stage.places
    ]
    return list(dict.fromkeys(found))


def is_traded(reading: Reading, stage: Stage, known: Lexicon, home: str) -> bool:
    """Whether a verb (`bought`) relates the home to the rows of the base, and is not about a date of its own."""
    if Role.TRADE not in reading.roles or not is_trade(stage, stage.explore.base):
        return False
    return not any(timing.verb and _verb_dates(timing, stage, known, home) for timing in reading.timings)


def is_master(stage: Stage, known: Lexicon, alias: str) -> bool:
    """Whether a view holds things rather than what happens to them."""
    if nouns_of(stage, alias) & MASTERS:
        return True
    place = next(place for place, own in stage.places.items() if own == alias)
    is_looked_up = any(
        place in other.places
        and other.places[place] != other.explore.base
        and other.places[place] in other.determined(other.explore.base)
        for other in known.stages
    )
    return is_looked_up and not stage.up.get(alias)


def dates_of(timing: Timing | None, ground: Ground) -> list[DateChoice]:
    """The dates it may be about; more than one must be asked. Raises Unfit where there is none."""
    stage, known, home = ground.stage, ground.known, ground.homes[0]
    if timing is not None and timing.date is not None:
        return _named(timing.date, timing.near, stage, ground.homes)
    verb = timing.verb if timing is not None else None
    near = alias_of(timing.near, stage) if timing is not None else ""
    if verb is Role.CREATED or ground.is_new:
        return _main(stage, near or home)
    if timing is not None and verb is not None and (own := _verb_dates(timing, stage, known, near or home)):
        return own
    if verb is Role.TRADE:
        if is_master(stage, known, near or home) and not nouns_of(stage, near or home) & PERSONS:
            raise Unfit("Is each thing meant, or each time it was sold? Ask for the units or the number of orders.", 5)
        for alias in (near, *ground.homes, stage.explore.base):
            if alias and is_trade(stage, alias):
                return _main_or_none(stage, alias) or _nearest(stage, known, alias) or _main(stage, alias)
        if is_master(stage, known, near or home):
            raise Unfit("I do not know which date tells when that happened.", 3)
    found = _unsaid(ground)
    if near and near not in ground.homes and not is_master(stage, known, near):
        # `returns of orders from 2025`: orders of that year, or returns?
        found += [choice for choice in _main_or_none(stage, near) if choice not in found]
    # `returned items by month`: the month they were ordered or the month they came back?
    return [*found, *(hint for hint in ground.hints if hint not in found)]


def date_condition(stage: Stage, choice: DateChoice, expressions: Sequence[str]) -> Condition:
    """Raises Unfit where the date cannot be filtered."""
    seen = stage.date_field(choice.alias, choice.group)
    if seen is None:
        raise Unfit(f"The date {choice.group} cannot be filtered.", 3)
    expression = ",".join(expressions)
    together = " together" if len(expressions) > 1 else ""
    return Condition(
        name=seen.name,
        label=date_words(seen),
        alias=seen.alias,
        place=seen.place,
        expression=expression,
        spoken=f"{date_words(seen)} {said_period(expression)}{together}",
        is_date=True,
    )


def grain_field(stage: Stage, choice: DateChoice, timeframe: str) -> Seen:
    seen = stage.date_field(choice.alias, choice.group, timeframe)
    if seen is None and timeframe == "hour":
        seen = stage.date_field(choice.alias, choice.group, "hour_of_day")
    if seen is None:
        raise Unfit(f"{date_group_words(stage, choice)} cannot be broken down by {spaced(timeframe)}.", 4)
    return seen


def date_words(seen: Seen) -> str:
    """The date group with its view: `Orders Created Date`."""
    own = seen.field.label.strip() or " ".join(
        word.capitalize() for word in spaced(seen.field.group or seen.field.name).split()
    )
    words = own if stems_of(own)[-1:] == ("date",) else f"{own} Date"
    lead = stems_of(seen.view_words)
    return (
        words
        if stems_of(words)[: len(lead)] == lead and len(stems_of(words)) > len(lead) + 1
        else f"{seen.view_words} {words}"
    )


def date_group_words(stage: Stage, choice: DateChoice) -> str:
    seen = stage.date_field(choice.alias, choice.group)
    return date_words(seen) if seen is not None else spaced(choice.group)


def said_period(expression: str) -> str:
    """A date expression in words that are understood again."""
    return " and ".join(_said(print_date(parse_date(piece))) for piece in expression.split(","))


def _said(expression: str) -> str:  # noqa: PLR0911 - one return for each form
    term = parse_date(expression).terms[0]
    match term:
        case During(period=Stamp()):
            return f"on {expression}"
        case During(period=CalendarYear() | CalendarMonth()):
            return f"in {expression}"
        case Past():
            return f"in the last {expression}"
        case Span(start=_, amount=amount, unit=unit):
            return f"in the last {amount} complete {unit}s"
        case After():
            return f"since {expression.removeprefix('after ')}"
        case Between(start=Stamp() as start, end=Stamp() as end):
            return f"from {start.at.date()} to {(end.at - timedelta(days=1)).date()}"
        case ThisTo(start=unit):
            return f"so far this {unit}"
        case Before():
            return expression
        case _:
            return expression


def _verb_dates(timing: Timing, stage: Stage, known: Lexicon, alias: str) -> list[DateChoice]:
    """`bikes bought in 2024`, where bikes have the date they were bought on."""
    found = [each for each in known.named(timing.verb_text.split()[-1]) if each.kind is Kind.DATE]
    places = {each.place: each.field for each in found}
    return [DateChoice(alias=alias, group=group) for place, group in places.items() if stage.places.get(place) == alias]


def _named(term: Term, near: Term | None, stage: Stage, homes: Sequence[str]) -> list[DateChoice]:
    meanings = [each for each in term.meanings if each.kind is Kind.DATE]
    best = max(each.strength for each in meanings)
    found = [
        DateChoice(alias=stage.places[each.place], group=each.field)
        for each in meanings
        if each.place in stage.places and each.strength == best
    ]
    found = list(dict.fromkeys(found))
    if not found:
        raise Unfit(f"There is no date {term.text!r} beside the rest of what is asked.", 2)
    beside = alias_of(near, stage)
    for alias in (beside, *homes):
        own = [choice for choice in found if choice.alias == alias]
        if own:
            return own
    return found


def _unsaid(ground: Ground) -> list[DateChoice]:
    """No word tells which date: that of what is measured, or of what relates it to the rest."""
    stage, known = ground.stage, ground.known
    base = stage.explore.base
    anchors = [base] if ground.is_related and len(ground.homes) == 1 else list(dict.fromkeys(ground.homes))
    found: list[DateChoice] = []
    for alias in anchors:
        if stage.main_dates(alias):
            is_doubtful = is_master(stage, known, alias)
            found += [
                DateChoice(alias=alias, group=group, is_doubtful=is_doubtful) for group in stage.main_dates(alias)
            ]
        else:
            found += _nearest(stage, known, alias)
    found = list(dict.fromkeys(found))
    if not found:
        raise Unfit("There is no date to go by.", 3)
    return found


def _nearest(stage: Stage, known: Lexicon, alias: str) -> list[DateChoice]:
    """The dates of the nearest views that every row has one of, and that hold what happens."""
    ring, passed = _above(stage, alias), {alias}
    while ring:
        events = [each for each in stage.aliases if each in ring and not is_master(stage, known, each)]
        found = [choice for each in events for choice in _main_or_none(stage, each)]
        if found:
            return found
        passed |= ring
        ring = {after for each in ring for after in _above(stage, each)} - passed
    return []


def _above(stage: Stage, alias: str) -> set[str]:
    """What every row belongs to; not what may come of it, such as its return."""
    return {near for near in stage.up.get(alias, frozenset()) if alias not in stage.up.get(near, frozenset())}


def _main(stage: Stage, alias: str) -> list[DateChoice]:
    found = _main_or_none(stage, alias)
    if not found:
        raise Unfit(f"{stage.view_words[alias]} have no date.", 3)
    return found


def _main_or_none(stage: Stage, alias: str) -> list[DateChoice]:
    return [DateChoice(alias=alias, group=group) for group in stage.main_dates(alias)]


def alias_of(term: Term | None, stage: Stage) -> str:
    if term is None:
        return ""
    places = [each.place for each in term.meanings if each.kind is Kind.ENTITY]
    return next((stage.places[place] for place in places if place in stage.places), "")


def nouns_of(stage: Stage, alias: str) -> set[str]:
    """What the rows are: the last word of the view's names."""
    names = (stage.view_words[alias], spaced(alias), spaced(stage.aliases[alias].name))
    return {word for name in names for word in stems_of(name)[-1:]}
