"""`How many` without a word for what: bikes that were sold are pieces, repeat customers are customers."""

from collections.abc import Sequence

from msgspec import structs

from tertulia.semantic.interpret.business_words import MAKING_VERBS, REVENUE_VERBS
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.marks import Mark, Term
from tertulia.semantic.interpret.meaning import Kind
from tertulia.semantic.interpret.reading import Item, Reading, Use
from tertulia.semantic.interpret.structure import Role

_PIECES = "units sold"
_EARNING = frozenset([*REVENUE_VERBS, *MAKING_VERBS]) - {"money", "income"}


def with_count(reading: Reading, known: Lexicon) -> Reading | None:
    """The reading with what is counted; None where nothing says what."""
    if Role.COUNT not in reading.roles or any(item.use is Use.COUNT for item in reading.items):
        return reading
    narrowing = [item for item in reading.items if _is_narrowing(item)]
    if not narrowing:
        return None
    entity = _entity_within(narrowing[0], known)
    if entity is not None:
        return structs.replace(reading, items=[*reading.items, Item(term=entity, use=Use.COUNT)])
    pieces = tuple(each for each in known.named(_PIECES) if each.kind is Kind.MEASURE)
    if Role.TRADE in reading.roles and pieces and not any(item.use is Use.SUBJECT for item in reading.items):
        return structs.replace(
            reading, items=[Item(term=Term(meanings=pieces, text=_PIECES), use=Use.COUNT), *reading.items]
        )
    return None


def is_much_of_many(marks: Sequence[Mark], reading: Reading) -> bool:
    """`how much customers`: what can only be counted is not asked for by `how much`."""
    if not any(mark.sense is Role.SHOW and mark.text.lower().startswith("how much") for mark in marks):
        return False
    subjects = [item for item in reading.items if item.use is Use.SUBJECT]
    measures = [each for item in subjects for each in item.term.meanings if each.kind is Kind.MEASURE]
    is_thing = any(item.is_plural and any(each.kind is Kind.ENTITY for each in item.term.meanings) for item in subjects)
    return is_thing and all(each.aggregate == "count" for each in measures)


def without_verbs(reading: Reading) -> Reading:
    """`how much revenue did we make`: the verb says again what the measure says."""
    verbs = [item for item in reading.items if item.term.text.lower() in _EARNING and item.compare is None]
    named = [item for item in reading.items if item not in verbs]
    is_counted = Role.COUNT in reading.roles
    if any(
        each.kind is Kind.MEASURE and (is_counted or each.aggregate != "count")
        for item in named
        for each in item.term.meanings
    ):
        return structs.replace(reading, items=named)
    if not verbs or is_counted or verbs[0].link is not None:
        return reading
    # `how much did customers spend`: who spent is not counted
    items = [
        structs.replace(item, use=Use.CONTEXT) if _is_spender(item) and item not in verbs else item
        for item in reading.items
    ]
    return structs.replace(reading, items=items)


def _is_spender(item: Item) -> bool:
    is_entity = any(each.kind is Kind.ENTITY for each in item.term.meanings)
    return is_entity and item.use is Use.SUBJECT and item.link is None and not item.aggregate


def _is_narrowing(item: Item) -> bool:
    return item.use is Use.CONTEXT and any(each.kind in (Kind.VALUE, Kind.FLAG) for each in item.term.meanings)


def _entity_within(item: Item, known: Lexicon) -> Term | None:
    """The customers in `repeat customers`, where that is one phrase."""
    words = item.term.text.split()
    entities = tuple(each for each in known.named(words[-1]) if each.kind is Kind.ENTITY) if len(words) > 1 else ()
    return Term(meanings=entities, text=words[-1]) if entities else None
