"""What a comparison can be about: `more than 5 orders`, `customers over 60`."""

import re

from tertulia.semantic.interpret.amounts import Compare
from tertulia.semantic.interpret.business_words import PERSONS
from tertulia.semantic.interpret.marks import Term
from tertulia.semantic.interpret.meaning import Kind
from tertulia.semantic.interpret.tokens import stems_of

_AGING = ("over ", "under ", "above ", "below ", "between ")
_OLDEST = 120
_DIGITS = re.compile(r"\d+(?:\.\d+)?")


def is_of_age(compare: Compare, text: str, beside: Term | None) -> bool:
    """`customers over 60`, `patients who are under 18`: said directly of persons, and of no more than people grow old."""
    if compare.currency or compare.unit or compare.adjective or not text.lower().startswith(_AGING):
        return False
    is_person = beside is not None and bool(set(stems_of(beside.text)) & PERSONS)
    return is_person and all(float(number) <= _OLDEST for number in _DIGITS.findall(compare.expression))


def can_follow(compare: Compare, term: Term) -> bool:
    """`more than 5 orders` counts orders; `under 25 euros from customers` does not."""
    if is_comparable(term):
        return True
    return not compare.currency and not compare.unit and any(each.kind is Kind.ENTITY for each in term.meanings)


def is_comparable(sense: object) -> bool:
    """A number a field has; of `customers`, which may be a count, that is said otherwise."""
    if not isinstance(sense, Term):
        return False
    is_entity = any(each.kind is Kind.ENTITY for each in sense.meanings)
    return any(
        (each.kind is Kind.MEASURE and not each.is_counted and not (is_entity and each.aggregate == "count"))
        or (each.kind is Kind.DIMENSION and not is_entity)
        for each in sense.meanings
    )
