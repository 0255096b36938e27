"""Asking back: the ways a question can be meant, each as a question that is understood in just that way."""

from collections.abc import Callable, Sequence

from tertulia.core.query import Query
from tertulia.semantic.interpret.composing import query_of, question_of
from tertulia.semantic.interpret.plan import Plan
from tertulia.semantic.interpret.understanding import Ambiguous, Choice, NotUnderstood

_MOST_CHOICES = 5

Reader = Callable[[str], Query | None]
"""The one query that a question means; None for none or several."""


def asked(plans: Sequence[Plan], read: Reader) -> Ambiguous | NotUnderstood:
    """Only choices that come back as they were meant are offered."""
    choices = [
        choice
        for plan in plans[:_MOST_CHOICES]
        if (choice := _choice(question_of(plan), query_of(plan), read)) is not None
    ]
    choices = list({choice.text: choice for choice in choices}.values())
    doubt = next((plan.doubt for plan in plans if plan.doubt), "")
    if not choices:
        reason = doubt or "This can mean several things. Name the fields in full."
        return NotUnderstood(reason=reason)
    lead = doubt or "This can mean several things."
    return Ambiguous(question=f"{lead} Which do you mean?", choices=choices)


def _choice(text: str, query: Query, read: Reader) -> Choice | None:
    found = read(text)
    return Choice(text=text, query=query) if found is not None and _same(found, query) else None


def _same(found: Query, meant: Query) -> bool:
    return (
        found.source == meant.source
        and set(found.fields) == set(meant.fields)
        and found.filters == meant.filters
        and found.limit == meant.limit
        and (not meant.limit or found.sorts[:1] == meant.sorts[:1])
    )
