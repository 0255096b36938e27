"""Looker's filter expressions: text to a typed value and back."""

import re
from enum import StrEnum

from msgspec import Struct

from tertulia.core.errors import InvalidFilter
from tertulia.semantic.filters.date import DateFilter, parse_date, print_date
from tertulia.semantic.filters.location import LocationFilter, parse_location, print_location
from tertulia.semantic.filters.number import NumberFilter, parse_number, print_number
from tertulia.semantic.filters.string import StringFilter, parse_string, print_string
from tertulia.semantic.filters.yesno import YesnoFilter, parse_yesno, print_yesno

MOST_CHARACTERS = 100_000
MOST_TERMS = 5_000


class FilterKind(StrEnum):
    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    YESNO = "yesno"
    TIER = "tier"
    LOCATION = "location"


class AnyValue(Struct, frozen=True, tag="any"):
    """Nothing is filtered, nulls stay too."""


Filter = AnyValue | StringFilter | NumberFilter | DateFilter | YesnoFilter | LocationFilter


def parse(text: str, kind: FilterKind) -> Filter:
    """Raises InvalidFilter, naming the forms that exist. Nothing but space is AnyValue."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidFilter(f"A filter expression has at most {MOST_CHARACTERS} characters; this one has {len(text)}.")
    if re.search("[\0\ud800-\udfff]", text):
        raise InvalidFilter("A filter expression cannot hold the null character or half a character.")
    if not text.strip():
        return AnyValue()
    _check_terms(text.count(",") + 1)
    expression = _parsed(text, kind)
    if isinstance(expression, StringFilter | NumberFilter | DateFilter):
        _check_terms(len(expression.terms))
    return expression


def print_filter(filter: Filter) -> str:  # noqa: A002 - the word of the trade
    match filter:
        case AnyValue():
            return ""
        case StringFilter():
            return print_string(filter)
        case NumberFilter():
            return print_number(filter)
        case DateFilter():
            return print_date(filter)
        case YesnoFilter():
            return print_yesno(filter)
        case LocationFilter():
            return print_location(filter)


def _check_terms(count: int) -> None:
    if not count:
        raise InvalidFilter("There is nothing between the commas. Leave the filter empty to let everything through.")
    if count > MOST_TERMS:
        raise InvalidFilter(f"A filter expression has at most {MOST_TERMS} terms.")


def _parsed(text: str, kind: FilterKind) -> Filter:
    match kind:
        case FilterKind.STRING:
            return parse_string(text)
        case FilterKind.TIER:
            return parse_string(text, is_tier=True)
        case FilterKind.NUMBER:
            return parse_number(text)
        case FilterKind.DATE:
            return parse_date(text)
        case FilterKind.YESNO:
            return parse_yesno(text) or AnyValue()
        case FilterKind.LOCATION:
            return parse_location(text)
