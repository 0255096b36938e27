"""Filters of a plan: values, yes and no, comparisons, as Looker's filter expressions."""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from tertulia.semantic.filters.string import StringFilter, Text, print_string
from tertulia.semantic.interpret.amounts import Compare
from tertulia.semantic.interpret.business_words import ADJECTIVES
from tertulia.semantic.interpret.catalogue import Seen, Stage, field_words
from tertulia.semantic.interpret.lexicon import Lexicon
from tertulia.semantic.interpret.meaning import Kind
from tertulia.semantic.interpret.plan import Condition, Measured, Unfit
from tertulia.semantic.interpret.reading import Use
from tertulia.semantic.interpret.resolving import Part
from tertulia.semantic.interpret.structure import Role
from tertulia.semantic.interpret.tokens import stems_of

_SIGNS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
_MONEY = frozenset(
    [
        "price",
        "cost",
        "amount",
        "value",
        "total",
        "fee",
        "revenue",
        "salary",
        "payment",
        "charge",
        "spend",
        "discount",
        "tax",
        "sale",
    ]
)
_CURRENCY_FORMATS = {"usd": "USD", "eur": "EUR", "gbp": "GBP"}
_CURRENCY_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
_NUMBER_TYPES = ("number", "duration")


def value_conditions(parts: Sequence[Part]) -> list[Condition]:
    """One per field. Raises Unfit for two values of a field that no word joins."""
    ordered = sorted(parts, key=lambda part: part.fields[0].name)
    groups = [list(group) for _, group in groupby(ordered, key=lambda part: part.fields[0].name)]
    return [_values(group) for group in groups if not _is_either(group)]


def is_joint(parts: Sequence[Part]) -> bool:
    """`in Germany and France`: for both together or for each?"""
    return len(parts) > 1 and any(part.item.link is Role.AND for part in parts) and _included(parts) == list(parts)


def date_present(part: Part) -> Condition:
    """`delivered` asked without a time: there is such a date, or with `not`, there is none."""
    seen, is_excluded = part.fields[0], part.item.use is Use.EXCLUDED
    label = field_words(seen.field)
    return Condition(
        name=seen.name,
        label=seen.label,
        alias=seen.alias,
        place=seen.place,
        expression="null" if is_excluded else "not null",
        spoken=f"{'without' if is_excluded else 'with'} {label}",
        is_date=True,
    )


def measure_condition(measure: Measured, seen: Seen | None, compare: Compare) -> Condition:
    expression = _scaled(compare, seen)
    return Condition(
        name=measure.name,
        label=measure.label,
        alias=measure.alias,
        place=measure.place,
        expression=expression,
        spoken=f"{measure.spoken} {said_number(expression)}",
        is_measure=True,
    )


def number_condition(seen: Seen, compare: Compare) -> Condition:
    expression = _scaled(compare, seen)
    return Condition(
        name=seen.name,
        label=seen.label,
        alias=seen.alias,
        place=seen.place,
        expression=expression,
        spoken=f"{seen.label} {said_number(expression)}",
    )


def compared_fields(stage: Stage, known: Lexicon, compare: Compare, alias: str) -> list[Seen]:
    """What a comparison without a field can be about: what its adjective or currency speaks of, in the view `alias`."""
    own = [
        seen
        for seen in stage.fields.values()
        if seen.alias == alias and not seen.is_measure and seen.field.type in _NUMBER_TYPES
    ]
    own = [seen for seen in own if not seen.field.is_primary_key and not seen.field.name.endswith("_id")]
    if compare.adjective:
        return adjective_fields(known, stage, compare.adjective, alias)
    if compare.currency:
        own = [seen for seen in own if _is_money(seen)]
    if compare.unit:
        own = [seen for seen in own if compare.unit in stems_of(field_words(seen.field))]
    return own


def adjective_fields(known: Lexicon, stage: Stage, adjective: str, alias: str) -> list[Seen]:
    """`old` speaks of an age, `expensive` of a price."""
    found: dict[str, Seen] = {}
    for name in ADJECTIVES.get(adjective, ()):
        for meaning in known.named(name):
            seen = stage.seen(meaning.place, meaning.field)
            if meaning.kind is Kind.DIMENSION and seen is not None and seen.alias == alias:
                found |= {seen.name: seen} if seen.field.type in _NUMBER_TYPES else {}
        # what something costs may be its price or its cost: only the adjectives are plain
        if found and adjective != "cost":
            break
    return list(found.values())


def said_number(expression: str) -> str:
    """A number filter in words that are understood again."""
    for sign, words in _SIGNS.items():
        if expression.startswith(sign):
            return f"is {words} {expression[len(sign) :]}"
    if expression.startswith("["):
        low, high = expression[1:-1].split(",")
        return f"is between {low} and {high}"
    return f"is exactly {expression}"


def _values(parts: list[Part]) -> Condition:
    seen = parts[0].fields[0]
    if len({part.item.use is Use.EXCLUDED for part in parts}) > 1:
        raise Unfit(f"I do not see how {seen.label} can be one thing and not another.", 4)
    included, excluded = _included(parts), [part for part in parts if part.item.use is Use.EXCLUDED]
    for group in (included, excluded):
        if len(group) > 1 and any(part.item.link is None for part in group[1:]):
            raise Unfit(f"I do not see how {_texts(group)} belong together.", 4)
    if seen.field.type == "yesno":
        return _yesno(seen, parts)
    if seen.field.type in _NUMBER_TYPES:
        return _numbers(seen, parts, excluded)
    terms = [Text(part.value) for part in included] + [Text(part.value, is_excluded=True) for part in excluded]
    spoken = [f'{seen.label} is "{part.value}"' for part in included]
    unlike = [f'{seen.label} is not "{part.value}"' for part in excluded]
    return Condition(
        name=seen.name,
        label=seen.label,
        alias=seen.alias,
        place=seen.place,
        expression=print_string(StringFilter(tuple(dict.fromkeys(terms)))),
        spoken=" and ".join([*([" or ".join(spoken)] if spoken else []), *unlike]),
    )


def _is_either(parts: Sequence[Part]) -> bool:
    """`members vs non-members` is everybody, in two groups."""
    answers = {part.item.use is not Use.EXCLUDED for part in parts}
    is_versus = any(part.item.link is Role.VERSUS for part in parts)
    return parts[0].fields[0].field.type == "yesno" and len(answers) > 1 and is_versus


def _yesno(seen: Seen, parts: list[Part]) -> Condition:
    answers = {part.item.use is not Use.EXCLUDED for part in parts}
    if len(answers) > 1 or any(part.value for part in parts):
        raise Unfit(f"{seen.label} is either yes or no.", 4)
    is_yes = answers == {True}
    words = " ".join(
        word for word in field_words(seen.field).split() if word.lower() not in ("is", "has", "(yes", "/", "no)")
    )
    return Condition(
        name=seen.name,
        label=seen.label,
        alias=seen.alias,
        place=seen.place,
        expression="Yes" if is_yes else "No",
        spoken=f"that are {'' if is_yes else 'not '}{words}",
    )


def _numbers(seen: Seen, parts: list[Part], excluded: list[Part]) -> Condition:
    if len(parts) > 1:
        raise Unfit(f"I can filter {seen.label} by one number only.", 4)
    value = parts[0].value
    return Condition(
        name=seen.name,
        label=seen.label,
        alias=seen.alias,
        place=seen.place,
        expression=f"NOT {value}" if excluded else value,
        spoken=f"{seen.label} {value}",
    )


def _included(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.item.use is not Use.EXCLUDED]


def _texts(parts: Sequence[Part]) -> str:
    return " and ".join(f"{part.item.term.text!r}" for part in parts)


def _scaled(compare: Compare, seen: Seen | None) -> str:
    """Raises Unfit where the unit that was said is not the field's."""
    if seen is None:
        if compare.currency or compare.unit:
            raise Unfit("This is counted, not measured in a unit.", 4)
        return compare.expression
    own = currency_of(seen)
    if compare.currency and own and own != compare.currency:
        raise Unfit(f"{seen.label} is kept in {own}, not in {compare.currency}.", 5)
    if compare.currency and not own and not _is_money(seen):
        raise Unfit(f"{seen.label} is not an amount of money.", 4)
    is_share = _is_share(seen)
    if compare.unit == "percent":
        if not is_share:
            raise Unfit(f"{seen.label} is not a percentage.", 4)
        return _in_hundredths(compare.expression)
    if is_share:
        raise Unfit(f"{seen.label} is a percentage: say the number with %.", 4)
    if compare.unit and compare.unit != "year old" and compare.unit not in stems_of(field_words(seen.field)):
        raise Unfit(f"I do not know whether {seen.label} is counted in {compare.unit}s.", 4)
    return compare.expression


def currency_of(seen: Seen) -> str:
    """The ISO code that a field's format tells, "" where it tells none."""
    named = seen.field.value_format_name.partition("_")[0].lower()
    if named in _CURRENCY_FORMATS:
        return _CURRENCY_FORMATS[named]
    return next((code for sign, code in _CURRENCY_SIGNS.items() if sign in seen.field.value_format), "")


def _is_money(seen: Seen) -> bool:
    return bool(currency_of(seen)) or bool(set(stems_of(field_words(seen.field))) & _MONEY)


def _is_share(seen: Seen) -> bool:
    return seen.field.value_format_name.startswith("percent") or seen.field.value_format.rstrip('"').endswith("%")


def _in_hundredths(expression: str) -> str:
    return re.sub(r"\d+(?:\.\d+)?", lambda found: str((Decimal(found[0]) / 100).normalize()), expression)
