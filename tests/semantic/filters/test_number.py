"""What number filters let through, tried on a database."""

from typing import Any

import pytest

from semantic.filters.probe import passing
from tertulia.core.errors import InvalidFilter
from tertulia.semantic.filters.expression import FilterKind, parse, print_filter

NUMBERS: list[Any] = [-5, 0, 1, 2, 3, 5, 5.5, 7, 9, 10, 12, 20, 42, 66, 90, 99, 100, None]


def without(*left_out: Any) -> list[Any]:
    return [number for number in NUMBERS if number not in left_out]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", [5]),
        ("-5", [-5]),
        ("5.50", [5.5]),
        ("55e-1", [5.5]),
        (".5, 7", [7]),
        ("1, 3, 5, 7", [1, 3, 5, 7]),
        ("1 OR 3", [1, 3]),
        ("NOT 5", without(5)),
        ("<>5", without(5)),
        ("!=5", without(5)),
        ("not 66, 99, 4", without(66, 99)),
        ("NOT 66, NOT 99", without(66, 99)),
        (">9", [10, 12, 20, 42, 66, 90, 99, 100]),
        (">=99", [99, 100]),
        ("<1", [-5, 0]),
        ("<=1", [-5, 0, 1]),
        (">1 AND <10, NOT 2", [3, 5, 5.5, 7, 9]),
        ("<10 and >1", [2, 3, 5, 5.5, 7, 9]),
        (">=5.5 AND <=10", [5.5, 7, 9, 10]),
        ("<3 OR >80.44", [-5, 0, 1, 2, 90, 99, 100]),
        (">10 AND <=20 OR 90", [12, 20, 90]),
        ("(1, 7)", [2, 3, 5, 5.5]),
        ("[5, 90)", [5, 5.5, 7, 9, 10, 12, 20, 42, 66]),
        ("(12,20]", [20]),
        ("[5,5]", [5]),
        ("(66, inf)", [90, 99, 100]),
        ("(66,)", [90, 99, 100]),
        ("(-inf, 1]", [-5, 0, 1]),
        ("[,1]", [-5, 0, 1]),
        ("[0,1],20", [0, 1, 20]),
        ("NOT (3,12)", without(5, 5.5, 7, 9, 10)),
        ("NOT >9", [-5, 0, 1, 2, 3, 5, 5.5, 7, 9, None]),
        ("NOT 10,[9,20]", [9, 12, 20]),
        ("10 to 20", [10, 12, 20]),
        ("NOT 3 to 80.44", [-5, 0, 1, 2, 90, 99, 100, None]),
        ("to 1", [-5, 0, 1]),
        ("99 to", [99, 100]),
        ("NULL", [None]),
        ("NOT NULL", without(None)),
        ("5, NULL", [5, None]),
        ("NOT 5, NOT NULL", without(5, None)),
        ("[0,7], NOT 5, NOT NULL", [0, 1, 2, 3, 5.5, 7]),
        ("42, NOT 2, NOT 3", [42]),
        ("", NUMBERS),
    ],
)
def test_a_number_filter_lets_through_what_looker_would(text: str, expected: list[Any]) -> None:
    assert passing(text, FilterKind.NUMBER, NUMBERS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "23, not 42, 43",
        "1, NOT 2",
        "NOT 5, NOT 6, 7",
        "NOT >1, 2, <100",
        "NOT 5, (7,9), 8",
        "NOT >1 AND <5",
        ">1 AND >5",
        "5 AND 6",
        ">1 AND NOT 3",
    ],
)
def test_a_not_that_could_reach_over_more_or_less_is_refused(text: str) -> None:
    with pytest.raises(InvalidFilter):
        parse(text, FilterKind.NUMBER)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1,000", "without separators"),
        ("abc", "is no number"),
        ("5 percent", "is no number"),
        ("[9,1]", "No number lies"),
        ("(5,5]", "No number lies"),
        ("9 to 1", "No number lies"),
        ("to", "needs a number"),
        ("(,)", "needs a number"),
        ("(-inf,inf)", "needs a number"),
        ("NOT", "is no number"),
        ("-", "is no number"),
        ("e5", "is no number"),
        (">", "is no number"),
        ("1e999", "too large"),
        ("9" * 39, "38 digits"),
        ("today", "is no number"),
    ],
)
def test_what_is_no_number_is_refused_with_advice(text: str, part: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse(text, FilterKind.NUMBER)
    assert part in caught.value.message


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("not 66, 99, 4", "NOT 66,99,4"),
        ("23, NOT 42, NOT 42", "23,NOT 42,NOT 42"),
        ("<>5", "NOT 5"),
        (">=5.5 AND <=10", "[5.5,10]"),
        ("to 10", "<=10"),
        ("NOT 10,[1,5)", "[1,5),NOT 10"),
        ("5.0", "5"),
        ("12345678901234567890", "12345678901234567890"),
    ],
)
def test_a_number_filter_is_printed_in_one_form(text: str, printed: str) -> None:
    assert print_filter(parse(text, FilterKind.NUMBER)) == printed


def test_a_large_identifier_keeps_every_digit() -> None:
    identifiers = ["9007199254740993", "9007199254740992"]
    assert passing("9007199254740993", FilterKind.STRING, identifiers) == identifiers[:1]
    assert parse("9007199254740993", FilterKind.NUMBER) != parse("9007199254740992", FilterKind.NUMBER)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", [True]),
        ("Yes", [True]),
        ("TRUE", [True]),
        ("no", [False, None]),
        ("false", [False, None]),
        ("any", [True, False, None]),
        ("yes,no", [True, False, None]),
        ("", [True, False, None]),
    ],
)
def test_no_holds_for_nulls_too(text: str, expected: list[Any]) -> None:
    assert passing(text, FilterKind.YESNO, [True, False, None]) == expected


def test_a_yesno_filter_takes_nothing_but_yes_and_no() -> None:
    with pytest.raises(InvalidFilter, match="neither yes nor no"):
        parse("maybe", FilterKind.YESNO)
