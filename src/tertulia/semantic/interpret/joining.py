"""Neighbouring marks that mean one thing: `customer country`, `status is complete`, `Jeans category`, `order date`."""

from collections.abc import Callable, Sequence

from msgspec import structs

from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.marks import Amount, Mark, Term, Trend
from tertulia.semantic.interpret.meaning import Kind, Meaning
from tertulia.semantic.interpret.structure import Role

_FIELDS = (Kind.DIMENSION, Kind.MEASURE, Kind.DATE)
_ARTICLES = frozenset({"a", "an", "the", "our", "my", "your", "their", "its", "his", "her"})
_OPENS_BREAKDOWN = (Role.BY, Role.EACH, Role.PER, Role.LIST, Role.SORTING)


def joined(marks: Sequence[Mark], known: Lexicon) -> list[Mark]:
    """Without fillers; what is joined reads as one mark. A verb between two phrases keeps them apart, an article does not."""
    row = [mark for mark in marks if not (mark.sense is Role.FILLER and mark.text.lower() in _ARTICLES)]
    for rule in (_split_measure, _dated_entity, _qualified, _possessed, _named_value, _valued_name, _numbered):
        row = _everywhere(row, known, rule)
    row = [mark for mark in row if mark.sense is not Role.FILLER]
    while row and row[-1].sense is Role.COMMA:
        row.pop()
    return row


Rule = Callable[[Sequence[Mark], int, Lexicon], tuple[int, list[Mark]] | None]


def _everywhere(row: list[Mark], known: Lexicon, rule: Rule) -> list[Mark]:
    done: list[Mark] = []
    at = 0
    while at < len(row):
        found = rule(row, at, known)
        if found is None:
            done.append(row[at])
            at += 1
            continue
        length, marks = found
        done += marks
        at += length
    return done


def _split_measure(row: Sequence[Mark], at: int, known: Lexicon) -> tuple[int, list[Mark]] | None:
    """`excluding cancelled orders` where `Cancelled Orders` is a measure: its words one by one."""
    term = _term(row, at + 1)
    if row[at].sense is not Role.EXCEPT or term is None or _kinds(term) != {Kind.MEASURE}:
        return None
    lead, _, rest = term.text.rpartition(" ")
    values = [each for each in known.named(lead) if each.kind in (Kind.VALUE, Kind.FLAG)]
    entities = [each for each in known.named(rest) if each.kind is Kind.ENTITY]
    if not values or not entities:
        return None
    words = [Mark(sense=Term(meanings=tuple(values), text=lead), text=lead)]
    return 2, [row[at], *words, Mark(sense=Term(meanings=tuple(entities), text=rest), text=rest, is_plural=True)]


def _dated_entity(row: Sequence[Mark], at: int, known: Lexicon) -> tuple[int, list[Mark]] | None:
    """`order date`, `order month`: the date that tells when an order came to be."""
    first, second = _term(row, at), row[at + 1].sense if at + 1 < len(row) else None
    if first is None or not isinstance(second, Trend) or not second.is_noun or second.is_plural or row[at].is_plural:
        return None
    meanings = [
        Meaning(kind=Kind.DATE, place=meaning.place, field=group, timeframe=second.timeframe, strength=meaning.strength)
        for meaning in first.meanings
        if meaning.kind is Kind.ENTITY
        for group in _main_dates(known, meaning.place)
    ]
    return (2, [_mark(meanings, row[at : at + 2])]) if meanings else None


def _qualified(row: Sequence[Mark], at: int, known: Lexicon) -> tuple[int, list[Mark]] | None:
    """`customer country`: the entity tells which of the fields."""
    del known
    entity, field = _term(row, at), _term(row, at + 1)
    if entity is None or field is None:
        return None
    # `orders shipped in May` says what became of orders
    kinds = (Kind.DIMENSION, Kind.MEASURE) if row[at].is_plural else _FIELDS
    meanings = _within(field, _places(entity), kinds)
    return (2, [_mark(meanings, row[at : at + 2], is_plural=row[at + 1].is_plural)]) if meanings else None


def _possessed(row: Sequence[Mark], at: int, known: Lexicon) -> tuple[int, list[Mark]] | None:
    """`country of the customer`."""
    del known
    field, entity = _term(row, at), _term(row, at + 2)
    if field is None or entity is None or not _is_of(row[at + 1]):
        return None
    if _kinds(field) & {Kind.MEASURE, Kind.ENTITY, Kind.VALUE}:
        return None
    meanings = _within(field, _places(entity), (Kind.DIMENSION, Kind.DATE))
    return (3, [_mark(meanings, row[at : at + 3], is_plural=row[at].is_plural)]) if meanings else None


def _named_value(row: Sequence[Mark], at: int, known: Lexicon) -> tuple[int, list[Mark]] | None:
    """`status is complete`, `brand Nike`, `country is not Germany`."""
    del known
    field = _term(row, at)
    if field is None or (at and row[at - 1].sense in _OPENS_BREAKDOWN):
        return None
    follow = at + 1
    between: list[Mark] = []
    while follow < len(row) and (row[follow].sense in (Role.IS, Role.EXCEPT) or _is_of(row[follow])):
        between += [row[follow]] if row[follow].sense is Role.EXCEPT else []
        follow += 1
    value = _term(row, follow)
    if value is None or follow - at > 3:
        return None
    fields = {(each.place, each.field) for each in field.meanings if each.kind is Kind.DIMENSION}
    meanings = [each for each in value.meanings if each.kind is Kind.VALUE and (each.place, each.field) in fields]
    if not meanings and value.literal:
        meanings = [Meaning(kind=Kind.VALUE, place=place, field=name, value=value.literal) for place, name in fields]
    if not meanings:
        return None
    return follow + 1 - at, [*between, _mark(meanings, row[follow : follow + 1])]


def _valued_name(row: Sequence[Mark], at: int, known: Lexicon) -> tuple[int, list[Mark]] | None:
    """`Jeans category`, `the Nike brand`."""
    del known
    value, field = _term(row, at), _term(row, at + 1)
    if value is None or field is None or Kind.ENTITY in _kinds(field):
        return None
    fields = {(each.place, each.field) for each in field.meanings if each.kind is Kind.DIMENSION}
    meanings = [each for each in value.meanings if each.kind is Kind.VALUE and (each.place, each.field) in fields]
    return (2, [_mark(meanings, row[at : at + 1])]) if meanings else None


def _numbered(row: Sequence[Mark], at: int, known: Lexicon) -> tuple[int, list[Mark]] | None:
    """`age 30`: a number beside a field is its value."""
    del known
    field = _term(row, at)
    is_of = at + 1 < len(row) and row[at + 1].text.lower() == "of"
    follow = at + 1 + (at + 1 < len(row) and (row[at + 1].sense is Role.IS or is_of))
    number = row[follow].sense if follow < len(row) else None
    if field is None or not isinstance(number, Amount):
        return None
    if is_of and not (_is_with(row, at) and _term(row, follow + 1) is None):
        return None
    meanings = [
        structs.replace(each, kind=Kind.VALUE, value=number.text)
        for each in field.meanings
        if each.kind is Kind.DIMENSION
    ]
    return (follow + 1 - at, [_mark(meanings, row[at : follow + 1])]) if meanings else None


def _main_dates(known: Lexicon, place: str) -> list[str]:
    for stage in known.stages:
        if place in stage.places:
            return stage.main_dates(stage.places[place])
    return []


def _within(term: Term, places: set[str], kinds: Sequence[Kind]) -> list[Meaning]:
    return [each for each in term.meanings if each.kind in kinds and each.place in places]


def _places(term: Term) -> set[str]:
    return {each.place for each in term.meanings if each.kind is Kind.ENTITY}


def _kinds(term: Term) -> set[Kind]:
    return {each.kind for each in term.meanings}


def _is_with(row: Sequence[Mark], at: int) -> bool:
    """`with a rating of 5` says which; `the rating of 5 brands` does not."""
    return at > 0 and row[at - 1].sense is Role.CONTEXT and row[at - 1].text.lower().startswith(("with", "having"))


def _is_of(mark: Mark) -> bool:
    return mark.sense is Role.CONTEXT and mark.text.lower() in ("of", "of the")


def _term(row: Sequence[Mark], at: int) -> Term | None:
    if at >= len(row):
        return None
    sense = row[at].sense
    return sense if isinstance(sense, Term) else None


def _mark(meanings: Sequence[Meaning], marks: Sequence[Mark], *, is_plural: bool = False) -> Mark:
    text = " ".join(mark.text for mark in marks)
    return Mark(sense=Term(meanings=tuple(meanings), text=text), text=text, is_plural=is_plural)
