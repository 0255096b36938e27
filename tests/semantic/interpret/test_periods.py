"""Time phrases become Looker's date expressions."""

from datetime import date

import pytest

from tertulia.semantic.filters.date import parse_date
from tertulia.semantic.interpret.periods import period_at
from tertulia.semantic.interpret.tokens import tokens_of

TODAY = date(2025, 6, 18)


@pytest.mark.parametrize(
    ("words", "expression"),
    [
        ("last month", "last month"),
        ("yesterday", "yesterday"),
        ("this quarter", "this quarter"),
        ("previous year", "last year"),
        ("March 2024", "2024-03"),
        ("mar 2024", "2024-03"),
        ("the month of May 2024", "2024-05"),
        ("Feb '24", "2024-02"),
        ("03/2024", "2024-03"),
        ("since 2023", "after 2023-01-01"),
        ("since last month", "after 2025-05-01"),
        ("from 2023 on", "after 2023-01-01"),
        ("after March 2024", "after 2024-04-01"),
        ("before 2023", "before 2023-01-01"),
        ("through March 2024", "before 2024-04-01"),
        ("between March and May 2024", "2024-03-01 to 2024-06-01"),
        ("from January to March 2024", "2024-01-01 to 2024-04-01"),
        ("between 2024-01-01 and 2024-03-31", "2024-01-01 to 2024-04-01"),
        ("2023 to 2024", "2023-01-01 to 2025-01-01"),
        ("Q2 2024", "2024-Q2"),
        ("2024-Q2", "2024-Q2"),
        ("first quarter of 2024", "2024-Q1"),
        ("Q2 last year", "2024-Q2"),
        ("H1 2024", "2024-01-01 to 2024-07-01"),
        ("second half of last year", "2024-07-01 to 2025-01-01"),
        ("last March", "2025-03"),
        ("last December", "2024-12"),
        ("past 7 days", "7 days"),
        ("last twelve months", "12 months"),
        ("last 3 complete months", "3 months ago for 3 months"),
        ("2 weeks ago", "2 weeks ago"),
        ("year to date", "this year to second"),
        ("so far this year", "this year to second"),
        ("YTD", "this year to second"),
        ("2024-03-15", "2024-03-15"),
        ("15 March 2024", "2024-03-15"),
        ("the 15th of March 2024", "2024-03-15"),
        ("March 15th, 2024", "2024-03-15"),
        ("13/04/2024", "2024-04-13"),
        ("FY2024", "FY2024"),
    ],
)
def test_a_time_phrase_is_one_expression_that_parses(words: str, expression: str) -> None:
    tokens = tokens_of(words)
    found = period_at(tokens, 0, TODAY)
    assert found is not None
    assert found[0] == len(tokens)
    assert found[1].expressions == (expression,)
    assert parse_date(expression).terms


@pytest.mark.parametrize(
    ("words", "expressions"),
    [
        ("the last year", ("last year", "12 months")),
        ("past month", ("last month", "30 days")),
        ("Q1", ("2025-Q1", "2024-Q1")),
        ("March 15th", ("2025-03-15", "2024-03-15")),
        ("August", ("2024-08", "2023-08")),
        ("until June 2024", ("before 2024-07-01", "before 2024-06-01")),
    ],
)
def test_a_phrase_with_two_meanings_keeps_both(words: str, expressions: tuple[str, ...]) -> None:
    found = period_at(tokens_of(words), 0, TODAY)
    assert found is not None
    assert found[1].expressions == expressions


@pytest.mark.parametrize(
    "words", ["03/04/2024", "may", "march", "31 February 2024", "2024-13", "summer 2024", "week 12"]
)
def test_what_is_no_date_or_two_dates_is_not_guessed(words: str) -> None:
    found = period_at(tokens_of(words), 0, TODAY)
    assert found is None or found[0] < len(tokens_of(words))
