"""Whether a filter expression restricts anything: one that does not is no answer to what somebody may see."""

from tertulia.semantic.filters.date import DateFilter, NoDate
from tertulia.semantic.filters.expression import AnyValue, Filter
from tertulia.semantic.filters.location import LocationFilter, NoPlace
from tertulia.semantic.filters.number import Interval, NoNumber, NumberFilter
from tertulia.semantic.filters.string import Blank, NoText, Pattern, StringFilter, Text

_WILDCARDS = frozenset("%_")


def lets_everything_through(expression: Filter) -> bool:  # noqa: PLR0911 - one return for each type
    """True too for what only leaves out nothing: nulls, empty texts."""
    match expression:
        case AnyValue():
            return True
        case StringFilter(terms=terms):
            included = [term for term in terms if not term.is_excluded]
            if any(isinstance(term, Pattern) and set(term.value) <= _WILDCARDS for term in included):
                return True
            return not included and all(isinstance(term, Blank | NoText) or _is_empty(term) for term in terms)
        case NumberFilter(terms=terms):
            included = [term for term in terms if not term.is_excluded]
            if any(isinstance(term, Interval) and term.low is None and term.high is None for term in included):
                return True
            return not included and all(isinstance(term, NoNumber) for term in terms)
        case DateFilter(terms=terms):
            return any(isinstance(term, NoDate) and term.is_excluded for term in terms)
        case LocationFilter(term=term):
            return isinstance(term, NoPlace) and term.is_excluded
        case _:
            return False


def _is_empty(term: Text | Pattern | Blank | NoText) -> bool:
    return isinstance(term, Text) and not term.value
