"""The judge of the evaluation: what it must call wrong, and what it must not."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from evaluation.marking import Rows, is_right, rows_of, says_nothing
from evaluation.questions import Answerable, read_range, read_sheet
from tertulia.core.table import Column, ColumnKind, ColumnType, PivotKey, Table

TRUTH = [("Bikes", 357_977), ("Parts", 120_400)]


def question(**marks: Any) -> Answerable:
    return Answerable(ask="", truth=[], **marks)


def rows(found: Sequence[tuple[Any, ...]], *, labels: int = 1) -> Rows:
    return Rows(labels=[row[:labels] for row in found], numbers=[row[labels:] for row in found])


def given(found: Sequence[tuple[Any, ...]], *, labels: int = 1) -> Rows:
    """What an answer's table is read as: numbers are floats."""
    return rows([(*row[:labels], *(float(cell) for cell in row[labels:])) for row in found], labels=labels)


def test_the_same_rows_are_right_whatever_their_order() -> None:
    assert is_right(given(TRUTH), rows(TRUTH), question())
    assert is_right(given(TRUTH[::-1]), rows(TRUTH), question())


def test_another_order_is_wrong_where_the_question_asked_for_one() -> None:
    assert is_right(given(TRUTH), rows(TRUTH), question(ordered=True))
    assert not is_right(given(TRUTH[::-1]), rows(TRUTH), question(ordered=True))


@pytest.mark.parametrize("factor", [1.0001, 0.9999, 2.0, -1.0, 0.0])
def test_a_number_that_is_off_is_wrong(factor: float) -> None:
    off = [("Bikes", 357_977 * factor), TRUTH[1]]

    assert not is_right(given(off), rows(TRUTH), question())


def test_a_number_as_close_as_floats_get_is_right() -> None:
    assert is_right(given([("a", 0.1 + 0.2)]), rows([("a", Decimal("0.3"))]), question())


@pytest.mark.parametrize("missing", [[], TRUTH[:1], [*TRUTH, ("Tyres", 5)], [TRUTH[0], TRUTH[0]]])
def test_a_row_too_few_or_too_many_is_wrong(missing: list[tuple[Any, ...]]) -> None:
    assert not is_right(given(missing), rows(TRUTH), question())


def test_numbers_at_each_others_labels_are_wrong() -> None:
    swapped = [("Bikes", 120_400), ("Parts", 357_977)]

    assert not is_right(given(swapped), rows(TRUTH), question())


def test_equal_labels_are_told_apart_by_how_often_they_come() -> None:
    truth = rows([("Kim", 1), ("Kim", 2)])

    assert is_right(given([("Kim", 2), ("Kim", 1)]), truth, question())
    assert not is_right(given([("Kim", 2), ("Kim", 2)]), truth, question())


def test_a_further_column_is_wrong_unless_the_question_allows_it() -> None:
    wider = [("Bikes", 7, 357_977), ("Parts", 9, 120_400)]

    assert not is_right(given(wider), rows(TRUTH), question())
    assert is_right(given(wider), rows(TRUTH), question(may_add="numbers"))


def test_a_label_that_says_the_same_everywhere_only_repeats_the_filter() -> None:
    repeated = [("2025", "Bikes", 357_977), ("2025", "Parts", 120_400)]
    split = [("2025", "Bikes", 357_977), ("2026", "Parts", 120_400)]

    assert is_right(given(repeated, labels=2), rows(TRUTH), question())
    assert not is_right(given(split, labels=2), rows(TRUTH), question())


def test_one_number_alone_is_enough_only_where_the_question_says_so() -> None:
    truth = rows([("Bikes", 357_977)])
    alone = given([(357_977,)], labels=0)

    assert not is_right(alone, truth, question())
    assert is_right(alone, truth, question(may_drop_labels=True))


def test_nothing_and_nought_say_nothing_and_any_number_says_something() -> None:
    assert says_nothing(given([]))
    assert says_nothing(given([("a", 0)]))
    assert not says_nothing(given([("a", 0), ("b", 3)]))


@pytest.mark.parametrize(
    ("cell", "timeframe", "true"),
    [
        ("2025-03", "month", date(2025, 3, 1)),
        ("2025-Q2", "quarter", date(2025, 4, 1)),
        (2025, "year", date(2025, 1, 1)),
        ("2025-03-04 00:00:00", "time", date(2025, 3, 4)),
        ("Yes", "", True),
    ],
)
def test_a_label_in_another_spelling_is_the_same_label(cell: object, timeframe: str, true: object) -> None:
    column = Column(name="o.when", label="When", kind=ColumnKind.DIMENSION, type=ColumnType.STRING, timeframe=timeframe)

    assert is_right(rows_of(table([column, AMOUNT], [[cell, 5]])), rows([(true, 5)]), question())


def test_pivoted_rows_are_judged_one_under_the_other() -> None:
    columns = [LABEL, pivoted("2024"), pivoted("2025")]
    laid_out = table(columns, [["Bikes", 1, 2], ["Parts", None, 4]], pivots=["2024", "2025"])

    truth = rows([("Bikes", "2024", 1), ("Bikes", "2025", 2), ("Parts", "2025", 4)], labels=2)

    assert is_right(rows_of(laid_out), truth, question())


def test_the_sheet_has_a_hundred_questions_with_answers_and_fifty_without() -> None:
    sheet = read_sheet()

    assert (len(sheet.answerable), len(sheet.unanswerable)) == (100, 50)
    assert all(each.truth for each in sheet.answerable)
    assert {each.after for each in sheet.answerable} <= {"", *(each.ask for each in sheet.answerable)}


def test_a_range_of_questions_is_read_with_both_its_ends() -> None:
    assert list(read_range("3..5")) == [3, 4, 5]
    assert list(read_range("7")) == [7]


LABEL = Column(name="o.category", label="Category", kind=ColumnKind.DIMENSION, type=ColumnType.STRING)
AMOUNT = Column(name="o.amount", label="Amount", kind=ColumnKind.MEASURE, type=ColumnType.NUMBER)


def pivoted(key: str) -> Column:
    return Column(name="o.amount", label="Amount", kind=ColumnKind.MEASURE, type=ColumnType.NUMBER, pivot=key)


def table(columns: list[Column], cells: list[list[Any]], *, pivots: Sequence[str] = ()) -> Table:
    return Table(columns=columns, rows=cells, pivots=[PivotKey(key=key, values=[key]) for key in pivots])
