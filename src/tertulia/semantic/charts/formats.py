"""Spreadsheet number formats as those of charts, where they say the same."""

import re

from msgspec import Struct

_NAMED = re.compile(r"(decimal|percent|usd|eur|gbp)(?:_([0-4]))?")
_SIGNS = {"usd": "$", "eur": "€", "gbp": "£"}
_PLAIN = re.compile(
    r"""(?P<before>[$€£]|"[^"%0#]*")?\s*(?P<number>\#?,?\#*,?\#*0)(?:\.(?P<places>[0\#]+))?(?P<percent>%)?"""
    r"""\s*(?P<after>[€£]|"[^"%0#]*")?""",
)
_MOST_PLACES = 10


class NumberFormat(Struct, frozen=True):
    """`pattern` is d3's; `unit` what to write beside the name, because d3 knows no other currency than the dollar."""

    pattern: str = ""
    unit: str = ""


def number_format(value_format: str) -> NumberFormat:
    """Empty where the format does more than this: conditions, scaling, several parts."""
    text = value_format.strip()
    if text.lower() == "id":
        return NumberFormat("d")
    if found := _NAMED.fullmatch(text.lower()):
        return _named(found[1], 2 if found[2] is None and found[1] in _SIGNS else int(found[2] or 0))
    found = _PLAIN.fullmatch(text)
    if found is None or len(found["places"] or "") > _MOST_PLACES:
        return NumberFormat()
    places = len(found["places"] or "")
    comma = "," if "," in found["number"] else ""
    trim = "~" if "#" in (found["places"] or "") else ""
    units = [part.strip('" ') for part in (found["before"], found["after"]) if part]
    dollar = "$" if "$" in units else ""
    unit = " ".join(part for part in units if part and part != "$")
    return NumberFormat(f"{dollar}{comma}.{places}{trim}{'%' if found['percent'] else 'f'}", unit)


def _named(name: str, places: int) -> NumberFormat:
    if name == "percent":
        return NumberFormat(f",.{places}%")
    sign = _SIGNS.get(name, "")
    return NumberFormat(f"{'$' if sign == '$' else ''},.{places}f", "" if sign == "$" else sign)
