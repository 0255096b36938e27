"""`How many` without a word for what: bikes that were sold are pieces, repeat customers are customers."""

from msgspec import structs

from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.marks import Term
from tertulia.semantic.interpret.meaning import Kind
from tertulia.semantic.interpret.reading import Item, Reading, Use
from tertulia.semantic.interpret.structure import Role

_PIECES = "units sold"


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


def _is_narrowing(item: Item) -> bool:
    return item.use is Use.CONTEXT and any(each.kind in (Kind.VALUE, Kind.FLAG) for each in item.term.meanings)


def _entity_within(item: Item, known: Lexicon) -> Term | None:
    """The customers in `repeat customers`, where that is one phrase."""
    words = item.term.text.split()
    entities = tuple(each for each in known.named(words[-1]) if each.kind is Kind.ENTITY) if len(words) > 1 else ()
    return Term(meanings=entities, text=words[-1]) if entities else None
