"""How a value of a result is shown to a reader: LookML's named formats and the common ones of spreadsheets."""

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from tertulia.core.table import Column, ColumnType

NULL_SHOWN = "∅"
_CURRENCIES = {"usd": "$", "gbp": "£", "eur": "€"}
_QUOTED = re.compile(r'"([^"]*)"|\\(.)')
_NUMBER = re.compile(r"([#0][#0,]*)?(?:\.([0#]+))?(,*)")
# the largest float has 309 digits
_EXACT = Context(prec=340, rounding=ROUND_HALF_UP)
_MOST_PLACES = 30
_MOST_THOUSANDS = 100
# a literal stands as one sign of the private area while the number is written
_LITERAL = 0xE000
_SCALES = (("k", 1e3), ("thousands", 1e3), ("m", 1e6), ("millions", 1e6), ("b", 1e9), ("billions", 1e9))


def shown(value: Any, column: Column) -> str:
    """The value as a reader sees it; nothing is added that the format does not ask for."""
    if value is None:
        return NULL_SHOWN
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, (int, float)) and column.type is ColumnType.NUMBER and math.isfinite(value):
        return _number(value, column.value_format.strip())
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - JSON
    return str(value)


def _number(value: float, value_format: str) -> str:
    if not value_format:
        return _plain(value)
    name = value_format.lower()
    if name in ("id", "decimal_0") or name.startswith(("decimal_", "percent_", *_CURRENCIES)):
        return _named(value, name)
    return _spreadsheet(value, value_format)


def _named(value: float, name: str) -> str:
    kind, _, rest = name.partition("_")
    if kind == "id":
        return f"{value:.0f}"
    if kind == "decimal":
        return _fixed(value, _places(rest, 0))
    if kind == "percent":
        return f"{_fixed(value * 100, _places(rest, 0))}%"
    digits, _, scale = rest.partition("_")
    if digits and not digits.isdecimal():
        digits, scale = "", rest
    divisor = dict(_SCALES).get(scale, 1.0)
    suffix = {1e3: " K", 1e6: " M", 1e9: " B"}.get(divisor, "")
    places = _places(digits, 2)
    return _signed(value, f"{_CURRENCIES[kind]}{_fixed(abs(value) / divisor, places)}{suffix}")


def _spreadsheet(value: float, value_format: str) -> str:
    """Sections for positive, negative and zero; literals in quotes; commas that group or scale; percent."""
    sections = value_format.split(";")
    negative = value < 0
    section = sections[0]
    if negative and len(sections) > 1 and sections[1]:
        section, value, negative = sections[1], -value, False
    elif value == 0 and len(sections) > 2 and sections[2]:
        section = sections[2]
    section = re.sub(r"\[[^\]]*\]", "", section)
    literals: list[str] = []

    def kept(match: re.Match[str]) -> str:
        literals.append(match[1] if match[1] is not None else match[2])
        return chr(_LITERAL + len(literals) - 1)

    bare = _QUOTED.sub(kept, section)
    found = next((each for each in _NUMBER.finditer(bare) if each[1] or each[2]), None)
    if found is None:
        return _restored(bare, literals) if literals else _plain(value)
    whole, decimals = found[1] or "", (found[2] or "")[:_MOST_PLACES]
    scale = min(len(found[3]) + len(whole) - len(whole.rstrip(",")), _MOST_THOUSANDS)
    scaled = abs(value) / 1_000**scale * (100 if "%" in bare else 1)
    text = _fixed(scaled, len(decimals))
    if "," not in whole.rstrip(","):
        text = text.replace(",", "")
    optional = len(decimals) - len(decimals.rstrip("#"))
    if optional:
        text = f"{text[:-optional]}{text[-optional:].rstrip('0')}".rstrip(".")
    written = _restored(bare[: found.start()] + text + bare[found.end() :], literals)
    return f"-{written}" if negative and re.search("[1-9]", text) else written


def _restored(text: str, literals: list[str]) -> str:
    for at, literal in enumerate(literals):
        text = text.replace(chr(_LITERAL + at), literal)
    return text


def _fixed(value: float, places: int) -> str:
    """Rounded half up, as readers of spreadsheets expect, with commas."""
    if not math.isfinite(value):
        return f"{value:f}"
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), context=_EXACT)
    return f"{rounded:,.{places}f}"


def _plain(value: float) -> str:
    if isinstance(value, int) or value.is_integer():
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4g}"


def _places(text: str, default: int) -> int:
    return min(int(text[:3]), 10) if text.isdecimal() else default


def _signed(value: float, text: str) -> str:
    return f"-{text}" if value < 0 else text
