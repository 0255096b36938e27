"""How one database says what the compiler needs: SQL templates (see template.py), to be read beside its manual."""

from collections.abc import Mapping, Sequence

from msgspec import Struct


class Phrasebook(Struct, frozen=True, kw_only=True):
    """Templates of one dialect. `x`, `a`, `b` are timestamps, `d` a date, `n` a whole number unless told otherwise.

    Every template must print as it is written, which the tests check: what sqlglot would write otherwise is written its
    way here, so that whoever reads the phrasebook reads what the database gets.
    """

    dialect: str
    reserved: frozenset[str]
    plain_name: str = r"[^\W\d][\w$]*"

    has_counted_intervals: bool = False
    """`INTERVAL 1 DAY` takes a number, and no text as elsewhere."""

    # values: x and a are of any type, t is text
    as_text: str
    as_number: str
    lowered: str
    is_same: str
    like: str = "{x} LIKE {t}"
    like_escaped: str = "{x} LIKE {t} ESCAPE '^'"
    escape: str = "^"

    # points in time: t is the text of a literal, z and w are zones
    day: str
    moment: str
    moments_from: Mapping[str, str]
    converted: str
    date: str
    truncated: Mapping[str, str]
    """By unit, `MILLISECOND` to `HOUR`, and `MONTH`."""
    part: Mapping[str, str]
    """By unit, `SECOND` to `YEAR`, with `QUARTER`; the second is asked for only where there is no fraction."""
    milliseconds: str
    """Of the second, or of the minute."""
    weekday: str
    """1 for Monday to 7 for Sunday."""
    week_of_year: str
    """The ISO week."""
    day_of_year: str
    unixtime: str
    monday: str
    """The Monday on or before a date."""
    plus: Mapping[str, str]
    """By unit, as `truncated`. n may be below zero."""
    plus_days: str
    microseconds: str
    """Whole microseconds from a to b."""
    shown: Mapping[str, str]
    """How a timestamp reads at `month`, `hour`, `minute`, `second`, `time_of_day`, `millisecond`, `microsecond`."""

    # numbers: a and b are whole
    remainder: str
    quotient: str
    """Cut towards zero."""

    # aggregates
    percentile: str
    """Exact and interpolated; f is a fraction."""
    distinct_list: str
    approximate_distinct: str


TRUNCATED_UNITS = ("MILLISECOND", "SECOND", "MINUTE", "HOUR", "MONTH")
PART_UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "QUARTER", "YEAR")


def each_unit(template: str, units: Sequence[str] = TRUNCATED_UNITS) -> dict[str, str]:
    """The template for each unit, where `[unit]` stands."""
    return {unit: template.replace("[unit]", unit) for unit in units}


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SQL_WORDS = words(
    """
    all and any array as asc authorization between both by case cast check collate column constraint create cross cube
    current_date current_time current_timestamp default delete desc describe distinct drop else end escape except exists
    false fetch first following for foreign from full function grant group grouping groups having if ignore in inner
    insert intersect interval into is join lateral leading left like limit localtime localtimestamp lookup merge natural
    new no not null nulls of offset on or order outer over partition preceding primary qualify range recursive references
    respect right rollup rows select semi set some struct table tablesample then to trailing treat true unbounded union
    unique unnest update user using values when where window with within
    """
)
"""For dialects in which quotes change nothing about a name but that it is one."""
