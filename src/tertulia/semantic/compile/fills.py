"""What the dimensions that a query wants filled could have shown."""

from collections.abc import Sequence
from datetime import timedelta

from tertulia.semantic.compile.asking import Fill
from tertulia.semantic.compile.context import Context
from tertulia.semantic.compile.kinds import is_period, timeframe_of
from tertulia.semantic.compile.periods import CONTINUOUS, period_of
from tertulia.semantic.compile.scope import FieldOfExplore
from tertulia.semantic.compile.tiers import tier_labels
from tertulia.semantic.engines.timeframes import MONTHS, WEEKDAYS
from tertulia.semantic.filters.clock import Range
from tertulia.semantic.filters.date import DateFilter
from tertulia.semantic.filters.expression import FilterKind, parse
from tertulia.semantic.filters.meaning import ranges

_TURNING: dict[str, Sequence[str | int]] = {
    "month_name": MONTHS,
    "month_num": range(1, 13),
    "quarter_of_year": ["Q1", "Q2", "Q3", "Q4"],
    "hour_of_day": range(24),
    "day_of_week_index": range(7),
}


def fills_of(context: Context, dimensions: Sequence[FieldOfExplore]) -> list[Fill]:
    """For those that `fill_fields` names and that the modeller allows."""
    wanted = set(context.query.fill_fields)
    made = [_fill(context, seen) for seen in dimensions if seen.name in wanted and seen.field.allow_fill]
    return [fill for fill in made if fill is not None]


def _fill(context: Context, seen: FieldOfExplore) -> Fill | None:
    field, timeframe = seen.field, timeframe_of(seen.field)
    if timeframe in CONTINUOUS:
        return _periods(context, seen, timeframe)
    if timeframe in _TURNING:
        return Fill(field=seen.name, values=list(_TURNING[timeframe]))
    if timeframe == "day_of_week":
        first = [name.lower() for name in WEEKDAYS].index(context.model.week_start_day)
        return Fill(field=seen.name, values=[*WEEKDAYS[first:], *WEEKDAYS[:first]])
    if field.type == "tier":
        return Fill(field=seen.name, values=tier_labels(field)[:-1])
    if field.whens:
        labels = [when.label for when in field.whens]
        return Fill(field=seen.name, values=[*labels, *([field.else_label] if field.else_label else [])])
    return Fill(field=seen.name, values=[True, False]) if field.type == "yesno" else None


def _periods(context: Context, seen: FieldOfExplore, timeframe: str) -> Fill:
    """Between the ends that the filters on the same point in time set."""
    spans = [span for name, text in context.filters.items() for span in _ranges(context, seen, name, text)]
    fill = Fill(field=seen.name, timeframe=timeframe)
    if len(spans) != 1 or spans[0].start is None or spans[0].end is None:
        return fill
    last = spans[0].end - timedelta(microseconds=1)
    if last < spans[0].start:
        return fill
    return Fill(
        field=seen.name,
        timeframe=timeframe,
        first=period_of(spans[0].start, timeframe, context.clock),
        last=period_of(last, timeframe, context.clock),
    )


def _ranges(context: Context, seen: FieldOfExplore, name: str, text: str) -> Sequence[Range]:
    other = context.known(name)
    is_same = other.alias == seen.alias and (other.field.group or other.field.name) == (
        seen.field.group or seen.field.name
    )
    if not is_same or not is_period(other.field):
        return []
    parsed = parse(context.expression(text), FilterKind.DATE)
    return ranges(parsed, context.clock) if isinstance(parsed, DateFilter) else []
