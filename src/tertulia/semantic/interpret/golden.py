"""Approved queries: found by the very same words, or by asking the very same thing. Likeness of words is no match."""

from tertulia.core.query import GoldenQuery, Query
from tertulia.semantic.interpret.lexicon import Lexicon, golden_key


def golden_for_text(question: str, known: Lexicon) -> GoldenQuery | None:
    """Case and punctuation make no difference; the query must be about an explore of the topic."""
    found = known.golden.get(golden_key(question))
    return found if found is not None and _is_in(found, known) else None


def golden_for_query(query: Query, known: Lexicon) -> GoldenQuery | None:
    wanted = _asked(query)
    return next((each for each in known.topic.golden if _is_in(each, known) and _asked(each.query) == wanted), None)


def _is_in(golden: GoldenQuery, known: Lexicon) -> bool:
    return golden.query.source in known.topic.sources


def _asked(query: Query) -> tuple[object, ...]:
    """What decides the rows. The order matters only where a limit cuts by it."""
    is_cut = query.limit is not None and 0 < query.limit < 500
    return (
        query.source,
        frozenset(query.fields),
        frozenset(query.pivots),
        frozenset((name, expression) for name, expression in query.filters.items() if expression),
        query.filter_expression,
        tuple(query.sorts[:1]) if is_cut else (),
        query.limit if is_cut else None,
        query.timezone,
        query.has_total,
        query.row_total,
        tuple(query.subtotals),
        str(query.dynamic_fields),
    )
