"""What database drivers give, as the plain JSON values that core/table.py speaks of."""

import datetime as dt
import json
import math
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, cast

from tertulia.core.table import ColumnType

EXACT = 2**53
"""JSON readers keep whole numbers only up to here; beyond it an exact number comes as text with all its digits."""


def plain(value: Any) -> Any:
    """One value. NaN and infinity are None: they are no numbers. Moments with a zone are told in UTC."""
    way = _WAYS.get(type(value))  # pyright: ignore[reportUnknownArgumentType] - Any has no better type
    return way(value) if way else _unusual(value)


def shortest(value: Any) -> Any:
    """A number stored in 4 bytes with the digits it was written with: 19.99, not 19.989999771118164."""
    if not isinstance(value, float) or not math.isfinite(value):
        return plain(value)
    texts = (f"{value:.{digits}g}" for digits in (6, 7, 8, 9))
    return float(next((text for text in texts if _as_stored(float(text)) == value), repr(value)))


def as_text(value: Any) -> Any:
    """A nested value as compact JSON, a single one as it is."""
    simple = plain(value)
    return json.dumps(simple, ensure_ascii=False) if isinstance(simple, dict | list) else simple


def type_of_value(value: Any) -> ColumnType | None:
    """What a driver's Python value says of its column, None for what says nothing."""
    return next((told for kind, told in _TYPES if isinstance(value, kind)), None)


def _as_stored(value: float) -> float:
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.inf


def _same(value: Any) -> Any:
    return value


def _whole(value: int) -> int | str:
    return value if -EXACT <= value <= EXACT else str(value)


def _floating(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _decimal(value: Decimal) -> Any:
    if not value.is_finite():
        return None
    if value == value.to_integral_value():
        return _whole(int(value))
    return float(value) if abs(value) < EXACT else f"{value:f}"


def _moment(value: dt.datetime) -> str:
    if value.tzinfo is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    return _trimmed(value.isoformat(sep=" "))


def _clock(value: dt.time) -> str:
    return _trimmed(value.replace(tzinfo=None).isoformat()) + (value.strftime("%z") if value.tzinfo else "")


def _trimmed(text: str) -> str:
    return text.rstrip("0") if "." in text else text


def _span(value: dt.timedelta) -> str:
    sign = "-" if value < dt.timedelta() else ""
    seconds, micro = divmod(abs(value) // dt.timedelta(microseconds=1), 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    fraction = f".{micro:06}".rstrip("0") if micro else ""
    return f"{sign}{f'{days} days ' if days else ''}{clock}{fraction}"


def _hex(value: bytes | bytearray | memoryview) -> str:
    return "\\x" + bytes(value).hex()


def _each(values: Any) -> list[Any]:
    return [plain(value) for value in values]


def _keyed(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(plain(key)): plain(value) for key, value in values.items()}


def _unusual(value: Any) -> Any:
    """Subclasses, numbers of numerical libraries, and what has no better form than its own text."""
    for kind, way in _WAYS.items():
        if isinstance(value, kind):
            return way(value)
    if callable(item := getattr(value, "item", None)):
        return plain(item())
    return _keyed(cast(Mapping[Any, Any], value)) if isinstance(value, Mapping) else str(value)


_WAYS: dict[type, Callable[[Any], Any]] = {
    type(None): _same,
    str: _same,
    bool: _same,
    int: _whole,
    float: _floating,
    Decimal: _decimal,
    dt.datetime: _moment,
    dt.date: dt.date.isoformat,
    dt.time: _clock,
    dt.timedelta: _span,
    bytes: _hex,
    bytearray: _hex,
    memoryview: _hex,
    list: _each,
    tuple: _each,
    set: lambda values: sorted(_each(values), key=str),
    dict: _keyed,
}
_TYPES: tuple[tuple[type | tuple[type, ...], ColumnType], ...] = (
    (bool, ColumnType.YESNO),
    ((int, float, Decimal), ColumnType.NUMBER),
    (dt.datetime, ColumnType.TIME),
    (dt.date, ColumnType.DATE),
    ((list, tuple), ColumnType.LIST),
    ((str, bytes, dt.time, dt.timedelta, dict), ColumnType.STRING),
)
