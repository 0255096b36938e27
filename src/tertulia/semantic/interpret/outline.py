"""What the phrases of a question ask of one explore, before dates and ranks are settled."""

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from tertulia.semantic.interpret.business_words import HOUSES, PERSONS, TRADES
from tertulia.semantic.interpret.catalogue import Seen, Stage
from tertulia.semantic.interpret.conditions import date_present, measure_condition, number_condition
from tertulia.semantic.interpret.dating import is_master
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.meaning import Kind
from tertulia.semantic.interpret.plan import Condition, Measured, Unfit
from tertulia.semantic.interpret.reading import Item, Reading, Use
from tertulia.semantic.interpret.resolving import Part, Place, naming
from tertulia.semantic.interpret.spelling import spaced
from tertulia.semantic.interpret.structure import Role
from tertulia.semantic.interpret.tokens import stems_of

_BESIDE = ("with", "with the", "and", "and their", "show", "having")
_UNLINKED = "I do not see how {} and {} belong together."


class Outline(Struct, kw_only=True):
    """`orders` and `order_fields` only order; `haves` filter by measures, `presences` by whether there is a date;
    `bound` dates are what a breakdown by time goes by. Of the `open_thing` nobody said what to show. `doubt` says why
    the asker must choose.
    """

    measures: list[Measured]
    orders: list[Measured]
    breakdowns: list[Seen]
    filters: list[Part]
    numbers: list[Condition]
    haves: list[Condition]
    presences: list[Condition]
    bound: list[Part]
    order_fields: list[Seen]
    contexts: list[str]
    is_entity_named: bool = False
    is_listing: bool = False
    stated: int = 0
    open_thing: Part | None = None
    doubt: str = ""

    def homes(self, stage: Stage) -> list[str]:
        """The views of what is shown, the base first where it is one of them."""
        shown = [_home(each, stage) for each in (*self.measures, *self.orders)]
        shown = shown or [each.alias for each in self.breakdowns]
        shown = shown or [each.alias for each in self.order_fields]
        shown = shown or ([self.open_thing.alias] if self.open_thing else [])
        shown = shown or [part.alias for part in self.filters] or self.contexts or [stage.explore.base]
        return sorted(dict.fromkeys(shown), key=lambda alias: alias != stage.explore.base)


def _home(measure: Measured, stage: Stage) -> str:
    """A ratio is at home in the base, where that is one of the views it is made of."""
    return stage.explore.base if stage.explore.base in measure.views else measure.alias


def outline_of(reading: Reading, stage: Stage, parts: Sequence[Part], known: Lexicon) -> Outline:
    by_place = {place: [part for part in parts if part.place is place] for place in Place}
    _check_lists(by_place[Place.FILTER])
    _check_links(reading, by_place[Place.FILTER])
    outline = Outline(
        measures=[],
        orders=[part.measure for part in by_place[Place.ORDER] if part.measure is not None],
        breakdowns=[],
        filters=[part for part in by_place[Place.FILTER] if part.compare is None],
        numbers=[],
        haves=[],
        presences=[],
        bound=[],
        order_fields=[part.fields[0] for part in by_place[Place.ORDER] if part.measure is None],
        contexts=[part.alias for part in by_place[Place.CONTEXT]],
    )
    for part in by_place[Place.FILTER]:
        if part.compare is not None:
            outline.numbers.append(number_condition(part.fields[0], part.compare))
    for part in by_place[Place.BREAKDOWN]:
        _check_per(part, stage, known, by_place[Place.MEASURE])
        outline.breakdowns += part.fields
        if part.item.use in (Use.LIST, Use.RANKED):
            outline.is_listing = True
            outline.is_entity_named = outline.is_entity_named or _is_entity(part)
    outline.stated = sum(part.is_stated for part in parts)
    outline.doubt = next((part.doubt for part in parts if part.doubt), "")
    if any(_is_entity(part) for part in by_place[Place.ORDER]):
        outline.is_entity_named = True
    if outline.orders and by_place[Place.MEASURE] and reading.rank is None and _is_by_measure(by_place[Place.ORDER]):
        raise Unfit("I cannot break a measure down by another one.", 5)
    parts_of_measure = _relisted(outline, reading, stage, by_place[Place.MEASURE])
    _take_measures(outline, reading, stage, parts_of_measure)
    _take_things(outline, reading, by_place[Place.THING])
    _take_dates(outline, reading, by_place[Place.DATE])
    return outline


def _relisted(outline: Outline, reading: Reading, stage: Stage, parts: list[Part]) -> list[Part]:
    """`customers with more than 10 orders` lists customers, though `customers` may also be their number."""
    plain = [part for part in parts if part.compare is None]
    is_listed = bool(len(plain) < len(parts) or outline.orders or outline.order_fields or reading.rank)
    if not is_listed or outline.breakdowns or reading.grains or len(plain) != 1:
        return parts
    part = plain[0]
    if part.item.use is not Use.SUBJECT or not _is_entity(part):
        return parts
    outline.breakdowns += naming(stage, part.alias)
    outline.is_listing = outline.is_entity_named = True
    return [each for each in parts if each is not part]


def _take_measures(outline: Outline, reading: Reading, stage: Stage, parts: Sequence[Part]) -> None:
    plain = [part for part in parts if part.compare is None]
    for at, part in enumerate(plain):
        if part.measure is None:
            continue
        if at and part.item.link is None and part.item.use in (Use.CONTEXT, Use.SUBJECT):
            raise Unfit(_UNLINKED.format(repr(plain[at - 1].item.term.text), repr(part.item.term.text)), 4)
        if (
            part.item.use is Use.CONTEXT
            and outline.is_listing
            and reading.rank is None
            and part.item.lead not in _BESIDE
        ):
            raise Unfit(f"I do not see what {part.item.term.text!r} says of the list.", 4)
        outline.measures.append(part.measure)
        nouns = set(stems_of(stage.view_words[part.alias])) | set(stems_of(spaced(part.alias)))
        if _is_entity(part) or nouns & set(stems_of(part.item.term.text)):
            outline.is_entity_named = True
    for part in parts:
        if part.compare is not None and part.measure is not None:
            condition = measure_condition(part.measure, stage.fields.get(part.measure.name), part.compare)
            outline.haves.append(condition)
            if part.item.use in (Use.SUBJECT, Use.COUNT):
                raise Unfit("Say what the number is about: 'which ... have a total of more than ...'.", 5)
            if part.measure not in outline.measures:
                outline.orders.append(part.measure)


def _take_things(outline: Outline, reading: Reading, things: Sequence[Part]) -> None:
    """An entity or a dimension that was only named: counted, listed, or the ground on which the rest is measured."""
    for part in things:
        is_entity = _is_entity(part)
        is_first = not outline.measures and not outline.breakdowns
        is_listed = bool(outline.orders or outline.order_fields or reading.rank) and is_first
        if is_listed or (outline.haves and is_first):
            outline.breakdowns += part.fields
            outline.is_listing = True
            outline.is_entity_named = outline.is_entity_named or is_entity
        elif outline.measures and part.item.link in (Role.AND, Role.COMMA, Role.VERSUS) and is_entity and part.count:
            outline.measures.append(part.count)
        elif outline.measures and is_entity and _is_joined_on(part, reading):
            _take_beside(outline, part, reading)
        elif outline.measures and is_entity:
            outline.contexts.append(part.alias)
        elif is_entity and part.count is not None and (outline.breakdowns or _has_breakdown(reading)):
            outline.measures.append(part.count)
            outline.is_entity_named = True
        elif not is_entity and is_first and Role.SHOW in reading.roles:
            outline.breakdowns += part.fields
            outline.is_listing = True
        elif is_first and len(things) == 1:
            outline.open_thing = part
            outline.is_entity_named = is_entity
        else:
            raise Unfit(f"I do not know what to show of {part.item.term.text!r}: how many, a list, or a measure?", 6)


def _is_joined_on(part: Part, reading: Reading) -> bool:
    after = _after(part, reading)
    return after is not None and after.link in (Role.AND, Role.COMMA)


def _after(part: Part, reading: Reading) -> Item | None:
    at = next((at for at, item in enumerate(reading.items) if item is part.item), None)
    return reading.items[at + 1] if at is not None and at + 1 < len(reading.items) else None


def _take_beside(outline: Outline, part: Part, reading: Reading) -> None:
    """`orders and revenue` counts orders; `brands and their revenue` lists brands."""
    after = _after(part, reading)
    if (
        part.count is None
        or part.count.dynamic is not None
        or (after is not None and after.lead.startswith("and their"))
    ):
        raise Unfit(f"Say 'for each {part.item.term.text}', or how many.", 5)
    outline.measures.insert(0, part.count)


def _take_dates(outline: Outline, reading: Reading, parts: Sequence[Part]) -> None:
    """`orders shipped by month` is about that date; `orders that were shipped` only says that there is one."""
    for part in parts:
        is_bound = bool(reading.grains) and part.item.use is not Use.EXCLUDED and not part.item.is_attribute
        if is_bound:
            outline.bound.append(part)
        elif not _is_participle(part):
            raise Unfit(f"I do not see what {part.item.term.text!r} is for in this question.", 4)
        else:
            outline.presences.append(date_present(part))


def _is_participle(part: Part) -> bool:
    """`shipped` and `shipped date` say that there is such a date, `shipping` says nothing of the kind."""
    stems = stems_of(part.item.term.text)
    return "date" in stems or any(word.endswith("ed") for word in stems)


def _has_breakdown(reading: Reading) -> bool:
    return bool(reading.grains)


def _check_links(reading: Reading, filters: Sequence[Part]) -> None:
    """`members and non-members` does not narrow the members."""
    narrowing = [part.item for part in filters]
    for before, item in pairwise(reading.items):
        is_shut = item.use is Use.EXCLUDED and item.link in (Role.AND, Role.OR, Role.VERSUS)
        if is_shut and not any(before is each for each in narrowing):
            raise Unfit(f"I do not see how {before.term.text!r} and not {item.term.text!r} belong together.", 4)


def _check_lists(parts: Sequence[Part]) -> None:
    """`Germany and France` are values of one field where one has both."""
    for before, part in pairwise(parts):
        if part.item.link is None or before.fields == part.fields or before.compare or part.compare:
            continue
        fields = [
            {(each.place, each.field) for each in one.item.term.meanings if each.kind in (Kind.VALUE, Kind.FLAG)}
            for one in (before, part)
        ]
        if fields[0] & fields[1]:
            raise Unfit(f"{before.item.term.text!r} and {part.item.term.text!r} are of one kind.", 1)


def _is_by_measure(parts: Sequence[Part]) -> bool:
    return any(part.item.use is Use.BREAKDOWN for part in parts)


def _is_entity(part: Part) -> bool:
    return any(each.kind is Kind.ENTITY for each in part.item.term.meanings)


def _check_per(part: Part, stage: Stage, known: Lexicon, measures: Sequence[Part]) -> None:
    """`revenue per customer` may be a ratio as well as a list of customers; `revenue per site` is a list of the few."""
    if part.item.use is not Use.PER or not _is_entity(part):
        return
    nouns = {word for each in part.fields for word in stems_of(each.view_words)} | set(stems_of(part.item.term.text))
    if nouns & HOUSES:
        return
    is_added_up = all(
        each.measure is None or (each.measure.aggregate in ("sum", "count") and not each.measure.is_ratio)
        for each in measures
    )
    is_averaged = any(each.item.aggregate == "average" for each in measures)
    is_thing = is_master(stage, known, part.alias) and not nouns & (PERSONS | TRADES)
    if not (is_thing and is_added_up and not is_averaged):
        raise Unfit(
            f"'Per {part.item.term.text}' can mean an average or a list. Say 'for each {part.item.term.text}' for a list.",
            6,
        )
