"""How a question was understood, in words: the measure, by what, which filters, which dates, in which order."""

from datetime import datetime, timedelta

from tertulia.core.errors import InvalidQuery
from tertulia.core.query import Query
from tertulia.semantic.filters.clock import Clock
from tertulia.semantic.filters.date import DateFilter
from tertulia.semantic.filters.describe import describe
from tertulia.semantic.filters.expression import FilterKind, parse
from tertulia.semantic.filters.ranges import ranges
from tertulia.semantic.interpret.catalogue import Seen, Stage, is_date
from tertulia.semantic.interpret.dating import date_words
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.lookml.model import FieldKind

_NUMBERS = ("number", "duration")


def words_of(query: Query, known: Lexicon, now: datetime) -> str:
    """Dates are told as the days they are by the clock."""
    stage = next((each for each in known.stages if each.source == query.source), None)
    measures = [name for name in query.fields if _is_measure(name, query, stage)]
    others = [name for name in query.fields if name not in measures]
    parts = [" and ".join(_label(name, query, stage) for name in measures)] if measures else []
    if others:
        parts.append(("by " if measures else "") + " and ".join(_label(name, query, stage) for name in others))
    text = " ".join(parts)
    filters = [_filter(name, expression, stage, query, now) for name, expression in query.filters.items() if expression]
    if filters:
        text += f"; {'; '.join(filters)}"
    if query.sorts and query.limit:
        name, _, direction = query.sorts[0].partition(" ")
        extremes = "highest" if direction == "desc" else "lowest"
        text += f"; the {query.limit} with the {extremes} {_label(name, query, stage)}"
    elif query.limit and query.limit > 0:
        text += f"; at most {query.limit} rows"
    return text


def _is_measure(name: str, query: Query, stage: Stage | None) -> bool:
    if any(dynamic.get("measure") == name for dynamic in query.dynamic_fields):
        return True
    seen = stage.fields.get(name) if stage is not None else None
    return seen is not None and seen.field.kind is FieldKind.MEASURE


def _label(name: str, query: Query, stage: Stage | None) -> str:
    for dynamic in query.dynamic_fields:
        if name in (dynamic.get("measure"), dynamic.get("dimension"), dynamic.get("table_calculation")):
            return str(dynamic.get("label") or name)
    seen = stage.fields.get(name) if stage is not None else None
    return seen.label if seen is not None else name


def _filter(name: str, expression: str, stage: Stage | None, query: Query, now: datetime) -> str:
    seen = stage.fields.get(name) if stage is not None else None
    alias, _, field = name.partition(".")
    if stage is not None and seen is None and alias in stage.aliases:
        key = stage.aliases[alias].primary_key
        if key is not None and key.name == field and expression in ("NOT NULL", "-NULL"):
            return f"only where there are {stage.view_words[alias]}"
    if stage is None or seen is None:
        return f"{name}: {expression}"
    kind = _kind(seen)
    try:
        filter_ = parse(expression, kind)
        said = describe(filter_, kind)
        if isinstance(filter_, DateFilter):
            clock = Clock(
                now=now,
                zone=query.timezone,
                week_start_day=stage.model.week_start_day,
                fiscal_month_offset=stage.model.fiscal_month_offset,
            )
            days = ", ".join(_days(each.start, each.end) for each in ranges(filter_, clock))
            return f"{date_words(seen)} {said}" + (f" ({days})" if days else "")
    except InvalidQuery:
        return f"{seen.label}: {expression}"
    return f"{seen.label} {said}"


def _days(start: datetime | None, end: datetime | None) -> str:
    """Both ends belong to it; a time of day is only told where it is none of midnight."""
    first = _shown(start) if start is not None else ""
    if end is None:
        return f"from {first} on"
    is_midnight = end.time() == datetime.min.time()
    last = (end - timedelta(days=1)).date().isoformat() if is_midnight else _shown(end)
    if not first:
        return f"up to {last}"
    return first if first == last else f"{first} to {last}"


def _shown(moment: datetime) -> str:
    is_midnight = moment.time() == datetime.min.time()
    return moment.date().isoformat() if is_midnight else moment.isoformat(sep=" ", timespec="minutes")


def _kind(seen: Seen) -> FilterKind:
    field = seen.field
    if field.kind is FieldKind.MEASURE or field.type in _NUMBERS:
        return FilterKind.NUMBER
    if is_date(seen) and field.timeframe in ("", "date", "time", "raw", "week", "month", "quarter", "year", "hour"):
        return FilterKind.DATE
    return {"yesno": FilterKind.YESNO, "tier": FilterKind.TIER, "location": FilterKind.LOCATION}.get(
        field.type, FilterKind.STRING
    )
