"""Filters in words."""

import pytest

from tertulia.semantic.filters.describe import describe
from tertulia.semantic.filters.expression import FilterKind, parse


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (FilterKind.STRING, "Germany,France", "is Germany or France"),
        (FilterKind.STRING, "A,B,C", "is A, B or C"),
        (FilterKind.STRING, "-Germany,-France", "is not Germany or France"),
        (FilterKind.STRING, "%shoe%", "contains shoe"),
        (FilterKind.STRING, "shoe%", "starts with shoe"),
        (FilterKind.STRING, "-%shoe", "does not end with shoe"),
        (FilterKind.STRING, "%100^%%", "contains 100%"),
        (FilterKind.STRING, "F%OD", "matches F%OD"),
        (FilterKind.STRING, "FOO%,-FOOD", "starts with FOO and is not FOOD"),
        (FilterKind.STRING, "EMPTY", "is empty"),
        (FilterKind.STRING, "-NULL", "has a value"),
        (FilterKind.STRING, "", "is any value"),
        (FilterKind.NUMBER, ">=100", "at least 100"),
        (FilterKind.NUMBER, "1,2,3", "1, 2 or 3"),
        (FilterKind.NUMBER, "NOT 1,2", "not 1 or 2"),
        (FilterKind.NUMBER, "(1,5]", "more than 1 and at most 5"),
        (FilterKind.NUMBER, "5 to 10", "from 5 to 10"),
        (FilterKind.DATE, "2023", "in 2023"),
        (FilterKind.DATE, "2023-05", "in May 2023"),
        (FilterKind.DATE, "2023-Q2", "in Q2 of 2023"),
        (FilterKind.DATE, "FY2023", "in fiscal year 2023"),
        (FilterKind.DATE, "2023-05-06", "on 2023-05-06"),
        (FilterKind.DATE, "yesterday", "yesterday"),
        (FilterKind.DATE, "last month", "last month"),
        (FilterKind.DATE, "3 months ago", "in the month 3 months ago"),
        (FilterKind.DATE, "7 days", "in the last 7 days, the current day included"),
        (FilterKind.DATE, "7 days ago for 7 days", "in the last 7 days, without the current day"),
        (FilterKind.DATE, "2023-05-06 for 3 days", "for 3 days from 2023-05-06"),
        (FilterKind.DATE, "3 months ago for 2 days", "for 2 days from the start of the month 3 months ago"),
        (FilterKind.DATE, "after last month", "on or after the start of last month"),
        (FilterKind.DATE, "before 2023", "before 2023"),
        (FilterKind.DATE, "after 2023-05-06", "on or after 2023-05-06"),
        (FilterKind.DATE, "2023-01-01 to 2023-02-01", "from 2023-01-01 until before 2023-02-01"),
        (FilterKind.DATE, "today,NULL", "today or has no value"),
        (FilterKind.DATE, "", "at any time"),
        (FilterKind.YESNO, "no", "is no"),
        (FilterKind.LOCATION, "1 miles from 1, 2", "within 1 mile of 1, 2"),
        (FilterKind.LOCATION, "", "anywhere"),
    ],
)
def test_a_filter_is_told_in_plain_words(kind: FilterKind, text: str, words: str) -> None:
    assert describe(parse(text, kind), kind) == words


def test_a_long_list_is_cut_and_says_so() -> None:
    text = ",".join(f"v{number}" for number in range(25))
    words = describe(parse(text, FilterKind.STRING), FilterKind.STRING)
    assert words.endswith("v9 or one of 15 more")
