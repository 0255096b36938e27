"""What the phrases of a question ask of one explore, before dates and ranks are settled."""

from collections.abc import Sequence

from msgspec import Struct

from tertulia.semantic.interpret.business_words import HOUSES
from tertulia.semantic.interpret.catalogue import Seen, Stage
from tertulia.semantic.interpret.conditions import date_present, measure_condition, number_condition
from tertulia.semantic.interpret.meaning import Kind
from tertulia.semantic.interpret.plan import Condition, Measured, Unfit
from tertulia.semantic.interpret.reading import Reading, Use
from tertulia.semantic.interpret.resolving import Part, Place
from tertulia.semantic.interpret.structure import Role
from tertulia.semantic.interpret.tokens import stems_of

_UNLINKED = "I do not see how {} and {} belong together."


class Outline(Struct, kw_only=True):
    """`orders` and `order_fields` only order; `haves` filter by measures, `presences` by whether there is a date;
    `bound` dates are what a breakdown by time goes by. `doubt` says why the asker must choose.
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
    doubt: str = ""

    def homes(self, stage: Stage) -> list[str]:
        """The views of what is shown, the base first where it is one of them."""
        shown = [each.alias for each in (*self.measures, *self.orders)] or [each.alias for each in self.breakdowns]
        shown = shown or [part.alias for part in self.filters] or self.contexts or [stage.explore.base]
        return sorted(dict.fromkeys(shown), key=lambda alias: alias != stage.explore.base)


def outline_of(reading: Reading, stage: Stage, parts: Sequence[Part]) -> Outline:
    by_place = {place: [part for part in parts if part.place is place] for place in Place}
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
        _check_per(part)
        outline.breakdowns += part.fields
        if part.item.use in (Use.LIST, Use.RANKED) and any(
            each.kind is Kind.ENTITY for each in part.item.term.meanings
        ):
            outline.is_entity_named = True
    _take_measures(outline, stage, by_place[Place.MEASURE])
    _take_things(outline, reading, by_place[Place.THING])
    _take_dates(outline, reading, by_place[Place.DATE])
    return outline


def _take_measures(outline: Outline, stage: Stage, parts: Sequence[Part]) -> None:
    plain = [part for part in parts if part.compare is None]
    for at, part in enumerate(plain):
        if part.measure is None:
            continue
        if at and part.item.link is None and part.item.use in (Use.CONTEXT, Use.SUBJECT):
            raise Unfit(_UNLINKED.format(repr(plain[at - 1].item.term.text), repr(part.item.term.text)), 4)
        outline.measures.append(part.measure)
        if part.item.use is Use.COUNT and any(each.kind is Kind.ENTITY for each in part.item.term.meanings):
            outline.is_entity_named = True
    for part in parts:
        if part.compare is not None and part.measure is not None:
            condition = measure_condition(part.measure, stage.fields.get(part.measure.name), part.compare)
            outline.haves.append(condition)
            if part.item.use in (Use.SUBJECT, Use.COUNT) and part.measure not in outline.measures:
                outline.measures.append(part.measure)
            elif part.measure not in outline.measures:
                outline.orders.append(part.measure)


def _take_things(outline: Outline, reading: Reading, things: Sequence[Part]) -> None:
    """An entity or a dimension that was only named: counted, listed, or the ground on which the rest is measured."""
    for part in things:
        is_entity = part.count is not None or len(part.fields) != 1 or _is_entity(part)
        is_first = not outline.measures and not outline.breakdowns
        is_listed = bool(outline.orders or outline.order_fields or reading.rank) and is_first
        if is_listed or (outline.haves and is_first):
            outline.breakdowns += part.fields
            outline.is_entity_named = outline.is_entity_named or is_entity
        elif outline.measures and part.item.link in (Role.AND, Role.COMMA, Role.VERSUS) and part.count is not None:
            outline.measures.append(part.count)
        elif outline.measures and is_entity:
            outline.contexts.append(part.alias)
        elif is_entity and part.count is not None and (outline.breakdowns or _has_breakdown(reading)):
            outline.measures.append(part.count)
            outline.is_entity_named = True
        elif not is_entity and is_first and Role.SHOW in reading.roles:
            outline.breakdowns += part.fields
        else:
            raise Unfit(f"I do not know what to show of {part.item.term.text!r}: how many, a list, or a measure?", 6)


def _take_dates(outline: Outline, reading: Reading, parts: Sequence[Part]) -> None:
    """`orders shipped by month` is about that date; `orders that were shipped` only says that there is one."""
    for part in parts:
        is_bound = bool(reading.grains) and part.item.use is not Use.EXCLUDED and not part.item.is_attribute
        if is_bound:
            outline.bound.append(part)
        else:
            outline.presences.append(date_present(part))


def _has_breakdown(reading: Reading) -> bool:
    return bool(reading.grains)


def _is_entity(part: Part) -> bool:
    return any(each.kind is Kind.ENTITY for each in part.item.term.meanings)


def _check_per(part: Part) -> None:
    """`revenue per customer` may be a ratio as well as a list of customers."""
    if part.item.use is not Use.PER or not _is_entity(part):
        return
    nouns = {word for each in part.fields for word in stems_of(each.view_words)} | set(stems_of(part.item.term.text))
    if not nouns & HOUSES:
        raise Unfit(
            f"'Per {part.item.term.text}' can mean an average or a list. Say 'for each {part.item.term.text}' for a list.",
            6,
        )
