"""A value is shown as its format says, and never as another number."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.core.formats import shown
from tertulia.core.table import Column, ColumnKind, ColumnType


def column(value_format: str = "", kind: ColumnType = ColumnType.NUMBER) -> Column:
    return Column(name="v.f", label="F", kind=ColumnKind.MEASURE, type=kind, value_format=value_format)


@pytest.mark.parametrize(
    ("value", "value_format", "expected"),
    [
        (1234.5, "usd", "$1,234.50"),
        (1234.5, "usd_0", "$1,235"),
        (-1234.5, "eur", "-€1,234.50"),
        (1_250_000, "usd_2_millions", "$1.25 M"),
        (1_500, "gbp_thousands", "£1.50 K"),
        (0.1234, "percent_1", "12.3%"),
        (1234.567, "decimal_2", "1,234.57"),
        (12345, "id", "12345"),
        (1234.567, "$#,##0.00", "$1,234.57"),
        (1_234_567, '$0.0,,"M"', "$1.2M"),
        (1_234_567, "#,##0,", "1,235"),
        (0.5, "0.0%", "50.0%"),
        (-5, "0;(0)", "(5)"),
        (0, '0;-0;"none"', "none"),
        (1234.5, "#,##0.##", "1,234.5"),
        (1234.0, "#,##0.##", "1,234"),
        (-0.001, "0.0", "0.0"),
        (1234, '"n="0" pieces"', "n=1234 pieces"),
        (7, "[>=5]0", "7"),
        (42, "", "42"),
        (12345.678, "", "12,345.68"),
        (0.12345, "", "0.1235"),
        (3, "no digits here", "3"),
    ],
)
def test_a_number_is_shown_in_its_format(value: float, value_format: str, expected: str) -> None:
    assert shown(value, column(value_format)) == expected


def test_what_is_no_number_is_shown_as_it_is() -> None:
    assert shown(None, column()) == "∅"
    assert shown(True, column(kind=ColumnType.YESNO)) == "Yes"
    assert shown("2025-06", column(kind=ColumnType.DATE)) == "2025-06"
    assert shown(["a", "b"], column(kind=ColumnType.LIST)) == "a, b"
    assert shown("<b>", column("usd", ColumnType.STRING)) == "<b>"


@given(
    value=st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(), value_format=st.text(max_size=12)
)
def test_no_format_makes_it_fail(value: float, value_format: str) -> None:
    assert isinstance(shown(value, column(value_format)), str)


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_a_whole_number_keeps_its_digits(value: int) -> None:
    assert int(shown(value, column("decimal_0")).replace(",", "")) == value
    assert math.isclose(float(shown(value, column("usd")).replace(",", "").replace("$", "")), value)
