"""A dimension group as the fields it stands for."""

import re
from collections.abc import Iterable

from msgspec import structs

from tertulia.semantic.lookml.findings import Findings, Unusable
from tertulia.semantic.lookml.model import Field
from tertulia.semantic.lookml.tree import Node

# what a group that names no timeframes has
DEFAULT_TIMEFRAMES = (
    *("raw", "time", "time_of_day", "hour", "hour_of_day", "minute", "date", "day_of_week", "day_of_week_index"),
    *("day_of_month", "day_of_year", "week", "week_of_year", "month", "month_name", "month_num", "quarter"),
    *("quarter_of_year", "year"),
)
INTERVALS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_OTHERS = (
    *("second", "millisecond", "microsecond", "unixtime", "yesno", "fiscal_month_num", "fiscal_quarter"),
    *("fiscal_quarter_of_year", "fiscal_year"),
)
TIMEFRAMES = frozenset({*DEFAULT_TIMEFRAMES, *_OTHERS})
# a step divides the unit above it
_STEP = re.compile(
    r"hour(2|3|4|6|8|12)|minute(2|3|4|5|6|10|12|15|20|30)|second(2|3|4|5|6|10|12|15|20|30)"
    r"|millisecond(2|4|5|8|10|20|25|40|50|100|125|200|250|500)"
)


def is_timeframe(name: str) -> bool:
    return name in TIMEFRAMES or _STEP.fullmatch(name) is not None


def time_fields(group: Field, node: Node, findings: Findings) -> list[Field]:
    """`created` has the fields `created_date`, `created_month`, ... Raises Unusable where no timeframe is known."""
    names = _known(node, "timeframes", DEFAULT_TIMEFRAMES, findings)
    return [
        structs.replace(group, name=f"{group.name}_{name}", type="time", group=group.name, timeframe=name)
        for name in names
    ]


def duration_fields(group: Field, node: Node, findings: Findings) -> list[Field]:
    """`since_signup` has the fields `days_since_signup`, `weeks_since_signup`, ... Raises Unusable."""
    if not group.sql_start or not group.sql_end:
        raise Unusable(node.place, "incomplete_duration", "A duration needs sql_start and sql_end.")
    names = _known(node, "intervals", INTERVALS, findings)
    return [
        structs.replace(group, name=f"{name}s_{group.name}", type="duration", group=group.name, interval=name)
        for name in names
    ]


def _known(node: Node, key: str, default: Iterable[str], findings: Findings) -> list[str]:
    given = node.last(key)
    if given is None:
        return list(default)
    is_known = is_timeframe if key == "timeframes" else INTERVALS.__contains__
    for name in given.listed:
        if not is_known(name):
            message = f"There is no {key.removesuffix('s')} {name!r}."
            findings.error(given.place, f"unknown_{key.removesuffix('s')}", f"{node.text}_{name}", message)
    names = [name for name in dict.fromkeys(given.listed) if is_known(name)]
    if not names and given.listed:
        raise Unusable(given.place, f"unknown_{key.removesuffix('s')}", f"None of the {key} of this group is known.")
    return names
