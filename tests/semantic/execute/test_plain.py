"""What drivers give becomes plain JSON."""

import datetime as dt
import math
import uuid
from collections import OrderedDict
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.core.table import ColumnType
from tertulia.semantic.execute.plain import EXACT, as_text, plain, shortest, type_of_value


class Pair(NamedTuple):
    a: int
    b: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (EXACT, EXACT),
        (EXACT + 1, str(EXACT + 1)),
        (-EXACT - 1, str(-EXACT - 1)),
        (Decimal("4.00"), 4),
        (Decimal("4.50"), 4.5),
        (Decimal("1E+3"), 1000),
        (Decimal("NaN"), None),
        (Decimal("-Infinity"), None),
        (Decimal("9007199254740993.5"), "9007199254740993.5"),
        (math.inf, None),
        (math.nan, None),
        (dt.datetime.fromisoformat("2024-01-02T03:04:05.120000"), "2024-01-02 03:04:05.12"),
        (dt.datetime(2024, 7, 2, 0, 30, tzinfo=ZoneInfo("Europe/Madrid")), "2024-07-01 22:30:00"),
        (dt.date(2024, 2, 29), "2024-02-29"),
        (dt.time(9, 5), "09:05:00"),
        (dt.timedelta(days=1, hours=2, microseconds=500_000), "1 days 02:00:00.5"),
        (-dt.timedelta(hours=1), "-01:00:00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"\xde\xad", "\\xdead"),
        ((1, Decimal("2.0")), [1, 2]),
        ({3, 1}, [1, 3]),
        (Pair(1, 2), [1, 2]),
        (OrderedDict({1: dt.date(2024, 1, 1)}), {"1": "2024-01-01"}),
        (np.int64(5), 5),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (ColumnType.DATE, "date"),
    ],
)
def test_a_value_of_a_driver_becomes_plain(value: Any, expected: Any) -> None:
    assert plain(value) == expected


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_the_shortest_digits_mean_the_same_four_bytes(value: float) -> None:
    assert np.float32(shortest(value)) == np.float32(value)


def test_a_number_of_four_bytes_is_shown_as_it_was_written() -> None:
    assert shortest(float(np.float32(19.99))) == 19.99
    assert shortest(math.nan) is None
    assert shortest(None) is None


@given(
    st.recursive(
        st.none()
        | st.integers()
        | st.floats()
        | st.decimals()
        | st.text()
        | st.binary()
        | st.datetimes()
        | st.timedeltas(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_whatever_a_driver_gives_can_be_written_as_json(value: Any) -> None:
    simple = plain(value)
    assert msgspec.json.decode(msgspec.json.encode(simple)) == simple
    assert isinstance(as_text(value), str | int | float | bool | None)


def test_the_first_value_tells_the_type_of_its_column() -> None:
    values: list[Any] = [True, 1, Decimal(1), dt.datetime.now(dt.UTC), dt.date(2024, 1, 1), []]
    assert [type_of_value(value) for value in values] == [
        ColumnType.YESNO,
        ColumnType.NUMBER,
        ColumnType.NUMBER,
        ColumnType.TIME,
        ColumnType.DATE,
        ColumnType.LIST,
    ]
    assert type_of_value(None) is None
