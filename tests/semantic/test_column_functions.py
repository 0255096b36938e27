"""What is made of a whole column is made once, and is what looking at every row would give."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.core.errors import InvalidQuery
from tertulia.core.table import Column, ColumnKind, ColumnType
from tertulia.semantic.calculations import with_calculations
from tertulia.semantic.compile.asking import Calculation
from tertulia.semantic.grid import Grid

columns = st.lists(st.none() | st.integers(-9, 9), max_size=12)


def calculated(values: list[Any], *expressions: str) -> list[list[Any]]:
    """The columns that the expressions make of a column `t.n`."""
    column = Column(name="t.n", label="N", kind=ColumnKind.MEASURE, type=ColumnType.NUMBER)
    made = [
        Calculation(name=f"x{place}", label="", expression=each, type=ColumnType.NUMBER, value_format="")
        for place, each in enumerate(expressions)
    ]
    grid = with_calculations(Grid(columns=[column], rows=[[value] for value in values]), made)
    return [grid.values(place + 1) for place in range(len(made))]


@given(columns)
def test_columns_are_as_every_row_would_have_them(values: list[int | None]) -> None:
    there = [value for value in values if value is not None]
    running, rank, match, distinct, median = calculated(
        values,
        "running_total(${t.n})",
        "rank(${t.n}, ${t.n})",
        "match(${t.n}, ${t.n})",
        "count_distinct(${t.n})",
        "percentile(${t.n}, 0.5)",
    )
    assert running == [sum(value or 0 for value in values[: place + 1]) for place in range(len(values))]
    assert rank == [None if value is None else 1 + sum(each > value for each in there) for value in values]
    assert match == [None if value is None else values.index(value) + 1 for value in values]
    assert distinct == [len(set(there))] * len(values)
    assert len(set(median)) <= 1


def test_a_list_is_looked_at_anew_in_each_row() -> None:
    assert calculated([1, 2, 3], "sum(list(${t.n}, 1))", "max(offset_list(${t.n}, -1, 2))") == [[2, 3, 4], [1, 2, 3]]


def test_lists_are_values_too() -> None:
    assert calculated([1, 2], "match(list(${t.n}), list(${t.n}))", "count_distinct(list(${t.n}, 1, 1))") == [
        [1, 2],
        [1, 2],
    ]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("product(${t.n})", "too large a number"),
        ("running_total(${t.n} * ${t.n} * ${t.n})", "too large a number"),
        ("mean(${t.n} * 0.0 + 1e308)", "too large"),
        ("stddev_pop(${t.n} * row() * 1000.0)", "too large"),
    ],
)
def test_numbers_that_nothing_can_hold_are_refused(expression: str, said: str) -> None:
    with pytest.raises(InvalidQuery, match=said):
        calculated([10**301 - 1] * 9, expression)
