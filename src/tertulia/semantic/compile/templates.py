"""A modeller's text with its liquid rendered and its references in place, and nobody's values mistaken for either."""

import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlglot import exp

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.compile.context import Context
from tertulia.semantic.compile.kinds import filter_kind
from tertulia.semantic.compile.references import Reference, expand
from tertulia.semantic.compile.scope import FieldOfExplore
from tertulia.semantic.filters.clock import Range, converted, zone_of
from tertulia.semantic.filters.date import DateFilter
from tertulia.semantic.filters.expression import FilterKind, parse
from tertulia.semantic.filters.meaning import DateOperand, condition, ranges
from tertulia.semantic.liquid import LiquidScope, ParameterValue, render
from tertulia.semantic.lookml.model import FieldKind

# A reference waits behind a word nobody can guess while liquid runs: what a filter brings is never read as one.
_NONCE = secrets.token_hex(8)
_WAITING = re.compile(f"waiting_{_NONCE}_([0-9]+)_")
_CLOCK = re.compile(r"\b(now|today)\b")
_PASSES = exp.EQ(this=exp.Literal.number(1), expression=exp.Literal.number(1))


def filled(text: str, context: Context, alias: str, resolve: Callable[[Reference], str]) -> str:
    """The text with liquid rendered as in the view called `alias`, then `${...}` replaced by what `resolve` gives."""
    if "{%" not in text and "{{" not in text:
        return expand(text, resolve)
    waiting: list[Reference] = []

    def put_off(reference: Reference) -> str:
        waiting.append(reference)
        return f"waiting_{_NONCE}_{len(waiting) - 1}_"

    if _CLOCK.search(text):
        context.trace.uses_clock("now")
    try:
        rendered = render(expand(text, put_off), _scope(context, alias))
    except InvalidQuery as error:
        raise type(error)(_WAITING.sub("${...}", error.message)) from error
    return _WAITING.sub(lambda found: resolve(waiting[int(found[1])]), rendered)


def _scope(context: Context, alias: str) -> LiquidScope:
    clock = context.clock
    return LiquidScope(
        engine=context.engine,
        condition=lambda name, sql: _condition(context, name, sql),
        bounds=lambda name: _bounds(context, name),
        now=clock.now.astimezone(zone_of(clock.zone)),
        view=alias,
        explore=context.explore.name,
        model=context.model.name,
        timezone=context.calendar.zone,
        fields=context.every.keys(),
        selected=[*context.query.fields, *context.query.pivots],
        filtered=context.filters,
        parameters=_parameters(context),
        attributes={name: attribute.values for name, attribute in context.attributes.items()},
    )


def _parameters(context: Context) -> dict[str, ParameterValue]:
    return {
        name: ParameterValue(
            type=seen.field.type or "string",
            value=context.parameter(seen) or None,
            allowed=[each.value for each in seen.field.allowed_values],
        )
        for name, seen in context.every.items()
        if seen.kind is FieldKind.PARAMETER
    }


def _condition(context: Context, name: str, sql: str) -> str:
    """The filter of a field, on the column that the template names; what is always true where there is none."""
    seen = context.known(name)
    text = context.filters.get(name, "")
    value = context.engine.parse(sql)
    kind = filter_kind(seen.field)
    if kind is FilterKind.LOCATION:
        raise InvalidQuery(f"{name}: a template cannot put a condition on a place.")
    if kind is FilterKind.DATE:
        context.trace.uses_clock(text)
    made = condition(
        parse(context.expression(text), kind),
        _moment(context, seen, value) if kind is FilterKind.DATE else value,
        context.engine,
        clock=context.clock,
        is_case_sensitive=context.is_case_sensitive(seen),
    )
    return context.engine.print(exp.paren(_PASSES if made is None else made))


def _moment(context: Context, seen: FieldOfExplore, value: exp.Expr) -> DateOperand:
    field = seen.field
    if field.datatype == "date":
        return DateOperand(value=value, is_date=True)
    zone = context.calendar.stored_zone if field.has_timezone_conversion else ""
    return DateOperand(value=context.engine.as_moment(value, field.datatype), stored_zone=zone)


def _bounds(context: Context, name: str) -> tuple[str, str]:
    """NULL for a side that is open."""
    seen = context.known(name)
    text = context.expression(context.filters.get(name, ""))
    context.trace.uses_clock(text)
    parsed = parse(text, FilterKind.DATE)
    spans: Sequence[Range] = ranges(parsed, context.clock) if isinstance(parsed, DateFilter) else ()
    starts = [span.start for span in spans]
    ends = [span.end for span in spans]
    first = None if None in starts else min((start for start in starts if start), default=None)
    last = None if None in ends else max((end for end in ends if end), default=None)
    return _literal(context, seen, first), _literal(context, seen, last)


def _literal(context: Context, seen: FieldOfExplore, moment: datetime | None) -> str:
    calendar, engine = context.calendar, context.engine
    if moment is None:
        return engine.print(exp.Null())
    if seen.field.datatype == "date":
        return engine.print(engine.day(moment.date()))
    if seen.field.has_timezone_conversion:
        moment = converted(moment, from_zone=calendar.zone, to_zone=calendar.stored_zone)
    return engine.print(engine.moment(moment))
