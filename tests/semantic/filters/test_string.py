"""What text filters let through, tried on a database."""

import pytest

from semantic.filters.probe import passing
from tertulia.core.errors import InvalidFilter
from tertulia.semantic.filters.expression import FilterKind, parse, print_filter

WORDS = ["FOO", "BAR", "FOOD", "food", "buffoon", "XFOO", "F-OD", "BUF", "", None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FOO", ["FOO"]),
        ("FOO,BAR", ["FOO", "BAR"]),
        (" FOO , BAR ", ["FOO", "BAR"]),
        ("FOO,,", ["FOO"]),
        ("%FOO%", ["FOO", "FOOD", "XFOO"]),
        ("FOO%", ["FOO", "FOOD"]),
        ("%FOO", ["FOO", "XFOO"]),
        ("F%OD", ["FOOD", "F-OD"]),
        ("_UF", ["BUF"]),
        ("F___", ["FOOD", "F-OD"]),
        ("EMPTY", ["", None]),
        ("empty", ["", None]),
        ("NULL", [None]),
        ("Null", [None]),
        ("-FOO", ["BAR", "FOOD", "food", "buffoon", "XFOO", "F-OD", "BUF", "", None]),
        ("-FOO,-BAR", ["FOOD", "food", "buffoon", "XFOO", "F-OD", "BUF", "", None]),
        ("-%FOO%", ["BAR", "food", "buffoon", "F-OD", "BUF", "", None]),
        ("-FOO%", ["BAR", "food", "buffoon", "XFOO", "F-OD", "BUF", "", None]),
        ("-EMPTY", ["FOO", "BAR", "FOOD", "food", "buffoon", "XFOO", "F-OD", "BUF"]),
        ("-NULL", ["FOO", "BAR", "FOOD", "food", "buffoon", "XFOO", "F-OD", "BUF", ""]),
        ("FOO%,BAR", ["FOO", "BAR", "FOOD"]),
        ("FOO%,-FOOD", ["FOO"]),
        ("-FOOD,FOO%", ["FOO"]),
        ("FOO,NULL", ["FOO", None]),
        ("EMPTY,FOO", ["FOO", "", None]),
        ("-FOO%,-NULL,-EMPTY", ["BAR", "food", "buffoon", "XFOO", "F-OD", "BUF"]),
        ("NULL,-FOO", [None]),
        ("F-OD", ["F-OD"]),
        ("%", ["FOO", "BAR", "FOOD", "food", "buffoon", "XFOO", "F-OD", "BUF", ""]),
        ('""', [""]),
        ('"FOO","BAR"', ["FOO", "BAR"]),
        ("", WORDS),
        ("  ", WORDS),
    ],
)
def test_a_text_filter_lets_through_what_looker_would(text: str, expected: list[str | None]) -> None:
    assert passing(text, FilterKind.STRING, WORDS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("foo", ["FOO"]),
        ("foo,bar", ["FOO", "BAR"]),
        ("%foo%", ["FOO", "FOOD", "food", "buffoon", "XFOO"]),
        ("-%FOO%", ["BAR", "F-OD", "BUF", "", None]),
        ("-foo,-bar", ["FOOD", "food", "buffoon", "XFOO", "F-OD", "BUF", "", None]),
    ],
)
def test_case_is_ignored_where_the_model_says_so(text: str, expected: list[str | None]) -> None:
    assert passing(text, FilterKind.STRING, WORDS, is_case_sensitive=False) == expected


SIGNS = [
    "100%",
    "1000",
    "a_b",
    "axb",
    "-x",
    "x",
    "A, B",
    'say "hi"',
    "a^b",
    "a\\b",
    "NULL",
    "EMPTY",
    " pad ",
    "pad",
    "it's",
    "a,b",
    "'; DROP TABLE probe; --",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100^%", ["100%"]),
        ("100%", ["100%", "1000"]),
        ("100^%%", ["100%"]),
        ("a^_b", ["a_b"]),
        ("a_b", ["a_b", "axb", "a^b", "a\\b", "a,b"]),
        ("^-x", ["-x"]),
        ("--x", [value for value in SIGNS if value != "-x"]),
        ('"-x"', ["-x"]),
        ('"A, B"', ["A, B"]),
        ("A^, B", ["A, B"]),
        ("A\\, B", ["A, B"]),
        ("%^,%", ["A, B", "a,b"]),
        ('say ^"hi^"', ['say "hi"']),
        ('"say \\"hi\\""', ['say "hi"']),
        ("a^^b", ["a^b"]),
        ('"a^b"', ["a^b"]),
        ('"a^^b"', ["a^b"]),
        ("a\\b", ["a\\b"]),
        ('"a\\\\b"', ["a\\b"]),
        ("%\\\\%", ["a\\b"]),
        ('"NULL"', ["NULL"]),
        ('"EMPTY"', ["EMPTY"]),
        ('" pad "', [" pad "]),
        ("^ pad^ ^ ", [" pad "]),
        ("^ pad^ ", [" pad "]),
        ("% pad%", [" pad "]),
        ("^ %", [" pad "]),
        ("%^ ^ ", [" pad "]),
        ("it's", ["it's"]),
        ("'; DROP TABLE probe; --", ["'; DROP TABLE probe; --"]),
        ('"100%"', ["100%"]),
        ('-"A, B",%^,%', ["a,b"]),
    ],
)
def test_escaped_and_quoted_signs_stand_for_themselves(text: str, expected: list[str]) -> None:
    assert passing(text, FilterKind.STRING, SIGNS) == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('"open', "not closed"),
        ("-", "minus"),
        ("a,-", "minus"),
        ("a^b", "^^"),
        ('5" pipe, 6" pipe', '^"'),
        ('"a"b', "comma"),
        ('%"a"%', "^,"),
        (",", "between the commas"),
    ],
)
def test_what_could_mean_two_things_is_refused_with_advice(text: str, part: str) -> None:
    with pytest.raises(InvalidFilter, match=r".") as caught:
        parse(text, FilterKind.STRING)
    assert part in caught.value.message


BUCKETS = ["Below 10", "[10,20)", "20 to 29", "T02 [10,20)", "30 or Above", "Undefined", None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20 to 29", ["20 to 29"]),
        ("Below 10,30 or Above", ["Below 10", "30 or Above"]),
        ("[10,20)", ["[10,20)"]),
        ("T02 [10,20),Undefined", ["T02 [10,20)", "Undefined"]),
        ('"[10,20)"', ["[10,20)"]),
        ("-Undefined,-NULL", ["Below 10", "[10,20)", "20 to 29", "T02 [10,20)", "30 or Above"]),
        ("T%", ["T02 [10,20)"]),
    ],
)
def test_a_tier_is_filtered_by_the_labels_of_its_buckets(text: str, expected: list[str | None]) -> None:
    assert passing(text, FilterKind.TIER, BUCKETS) == expected


def test_a_label_with_a_comma_is_printed_so_that_every_kind_reads_it() -> None:
    printed = print_filter(parse("[10,20)", FilterKind.TIER))
    assert parse(printed, FilterKind.STRING) == parse(printed, FilterKind.TIER) == parse("[10,20)", FilterKind.TIER)
