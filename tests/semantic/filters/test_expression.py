"""Whatever is written as a filter is read or refused, printed back the same, and never becomes SQL."""

from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from semantic.filters.probe import ENGINE, WEDNESDAY, passing
from tertulia.core.errors import InvalidFilter, InvalidQuery
from tertulia.semantic.filters.describe import describe
from tertulia.semantic.filters.expression import MOST_CHARACTERS, MOST_TERMS, AnyValue, FilterKind, parse, print_filter
from tertulia.semantic.filters.meaning import Clock, DateOperand, LocationOperand, condition

KINDS = st.sampled_from(FilterKind)
PIECES = st.sampled_from(
    [
        *(
            "FOO",
            "foo",
            "-",
            ",",
            "%",
            "_",
            "^",
            '"',
            "\\",
            "'",
            "(",
            ")",
            "[",
            "]",
            "NOT",
            "not",
            "NULL",
            "EMPTY",
            "AND",
        ),
        *("OR", "to", "for", "ago", "from", "now", "last", "this", "next", "before", "after", "days", "day", "month"),
        *("fiscal", "quarter", "year", "1", "5", "7", "2024", "2024-05-18", "12:00", "-5", ".5", "1e9", ">", "<", ">="),
        *("<>", "!=", "inf", "yes", "no", "miles", "inside", "box", "today", "monday", "FY2024", "Q1", "--", ";", "/*"),
        *("*/", "$$", "${x}", "{{", "}}", "é", "漢", "٣", "０", "\u200b", "\n", "\t", "\ud800"),
    ]
)
ANYTHING = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=10).map(" ".join), st.lists(PIECES).map("".join))


def operand_of(kind: FilterKind) -> Any:
    if kind is FilterKind.LOCATION:
        return LocationOperand(latitude=exp.column("lat"), longitude=exp.column("lon"))
    if kind is FilterKind.DATE:
        return DateOperand(value=exp.column("x"), stored_zone="UTC")
    return exp.column("x")


@settings(max_examples=400, deadline=None)
@given(ANYTHING, KINDS)
@example('"a^"', FilterKind.STRING)
@example("%^ ^ ", FilterKind.STRING)
@example("before 0001-01-01", FilterKind.DATE)
@example("9999-12-31", FilterKind.DATE)
def test_any_text_is_read_and_printed_back_the_same_or_refused_as_a_filter(text: str, kind: FilterKind) -> None:
    try:
        expression = parse(text, kind)
    except InvalidFilter:
        return
    assert parse(print_filter(expression), kind) == expression
    assert describe(expression, kind)
    try:
        found = condition(expression, operand_of(kind), ENGINE, clock=WEDNESDAY)
    except InvalidFilter:
        assert kind is FilterKind.DATE
        return
    if found is not None:
        assert ENGINE.parse(ENGINE.print(found))


NASTY = ["' OR 1=1 --", "\\'; DROP TABLE t; --", '"; --', "$$x$$", "a'b", "E'\\n'", "/* x */", "{{ x }}", "%'", "\\"]
SIGNS = st.text(st.sampled_from("'\"\\%_^,-;/*$ abAB\n"), min_size=1, max_size=12)


@settings(max_examples=120, deadline=None)
@given(
    st.one_of(st.sampled_from(NASTY), SIGNS, st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
)
def test_a_quoted_value_finds_exactly_itself(value: str) -> None:
    quoted = '"' + value.replace("^", "^^").replace("\\", "\\\\").replace('"', '\\"') + '"'
    others = [value + "x", "x" + value, "x" + value + "x"]
    assert passing(quoted, FilterKind.STRING, [value, *others]) == [value]
    assert passing(f"-{quoted}", FilterKind.STRING, [value, *others, None]) == [*others, None]


@settings(max_examples=120, deadline=None)
@given(st.one_of(st.sampled_from(NASTY), SIGNS))
def test_what_stands_between_wildcards_is_found_as_it_is(value: str) -> None:
    escaped = "".join(f"^{sign}" if sign in '%_^,"-' else sign.replace("\\", "\\\\") for sign in value)
    values = [f"<{value}>", value, "other", None]
    expected = [one for one in values if one is not None and value in one]
    assert passing(f"%{escaped}%", FilterKind.STRING, values) == expected


def test_a_condition_stands_alone_beside_an_operand_of_many_parts() -> None:
    operand = exp.Or(this=exp.column("a"), expression=exp.column("b"))
    found = condition(parse("no", FilterKind.YESNO), operand, ENGINE, clock=WEDNESDAY)
    assert found is not None
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT a, b FROM (VALUES (true, false), (false, false), (false, null)) t (a, b) WHERE {ENGINE.print(found)}"  # noqa: S608 - the SQL under test
        ).fetchall()
    assert rows == [(False, False), (False, None)]


def test_huge_filters_are_refused_before_they_are_read() -> None:
    with pytest.raises(InvalidFilter, match=f"at most {MOST_CHARACTERS} characters"):
        parse("x" * (MOST_CHARACTERS + 1), FilterKind.STRING)
    with pytest.raises(InvalidFilter, match=f"at most {MOST_TERMS} terms"):
        parse(",".join("x" * (MOST_TERMS + 1)), FilterKind.STRING)
    with pytest.raises(InvalidFilter, match="null character"):
        parse("a\0b", FilterKind.STRING)
    with pytest.raises(InvalidFilter, match="half a character"):
        parse("a\ud800b", FilterKind.STRING)
    with pytest.raises(InvalidFilter, match=f"at most {MOST_TERMS} terms"):
        parse(" OR ".join(f">{number}" for number in range(MOST_TERMS + 1)), FilterKind.NUMBER)


@pytest.mark.parametrize(
    ("kind", "terms", "value"),
    [
        (FilterKind.STRING, [f"value {number}%" for number in range(2000)], "value 7"),
        (FilterKind.STRING, [f"-value {number}" for number in range(MOST_TERMS)], "other"),
        (FilterKind.NUMBER, [f"[{number},{number}.5]" for number in range(1000)], 7.25),
        (FilterKind.DATE, [f"{year:04}-01-02" for year in range(1, 2500)], "2025-01-02 09:00:00"),
    ],
)
def test_a_filter_of_thousands_of_terms_runs(kind: FilterKind, terms: list[str], value: Any) -> None:
    assert passing(",".join(reversed(terms)), kind, [value, None])[:1] == [value]


def test_nothing_but_space_lets_everything_through() -> None:
    for kind in FilterKind:
        assert parse(" \t", kind) == AnyValue()
        assert condition(AnyValue(), operand_of(kind), ENGINE, clock=WEDNESDAY) is None


def test_a_user_attribute_nobody_resolved_is_plain_text() -> None:
    text = "{{ _user_attributes['region'] }}"
    assert passing(text, FilterKind.STRING, [text, "EMEA"]) == [text]
    with pytest.raises(InvalidFilter):
        parse(text, FilterKind.NUMBER)


def test_a_filter_of_another_type_than_its_field_is_refused() -> None:
    with pytest.raises(InvalidQuery):
        condition(parse("today", FilterKind.DATE), operand_of(FilterKind.LOCATION), ENGINE, clock=WEDNESDAY)
    with pytest.raises(InvalidQuery):
        condition(parse("1, 2", FilterKind.LOCATION), exp.column("x"), ENGINE, clock=WEDNESDAY)
    with pytest.raises(InvalidQuery):
        condition(parse("5", FilterKind.NUMBER), operand_of(FilterKind.DATE), ENGINE, clock=WEDNESDAY)


def test_a_clock_of_an_unknown_zone_or_week_is_refused() -> None:
    today = parse("this week", FilterKind.DATE)
    for clock in (
        Clock(now=WEDNESDAY.now, zone="Mars/Olympus"),
        Clock(now=WEDNESDAY.now, zone="../etc/passwd"),
        Clock(now=WEDNESDAY.now, week_start_day="someday"),
    ):
        with pytest.raises(InvalidQuery):
            condition(today, exp.column("x"), ENGINE, clock=clock)
