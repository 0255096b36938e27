"""What date filters mean: by the calendar's awkward days, and on a database."""

from datetime import UTC, datetime

import pytest

from semantic.filters.probe import WEDNESDAY, passing_times
from tertulia.core.errors import InvalidFilter
from tertulia.semantic.filters.clock import Clock
from tertulia.semantic.filters.date import DateFilter
from tertulia.semantic.filters.expression import FilterKind, parse, print_filter
from tertulia.semantic.filters.ranges import ranges


def bounds(text: str, clock: Clock = WEDNESDAY) -> list[tuple[str, str]]:
    """The ranges as text, cut where nothing but zeros follows."""
    expression = parse(text, FilterKind.DATE)
    assert isinstance(expression, DateFilter)
    return [(_shown(one.start), _shown(one.end)) for one in ranges(expression, clock)]


def _shown(moment: datetime | None) -> str:
    return "" if moment is None else str(moment).removesuffix(" 00:00:00")


def at(text: str, *, zone: str = "", week_start_day: str = "monday", fiscal_month_offset: int = 0) -> Clock:
    now = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return Clock(now=now, zone=zone, week_start_day=week_start_day, fiscal_month_offset=fiscal_month_offset)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2025-06-18", "2025-06-19"),
        ("yesterday", "2025-06-17", "2025-06-18"),
        ("tomorrow", "2025-06-19", "2025-06-20"),
        ("1 day", "2025-06-18", "2025-06-19"),
        ("7 days", "2025-06-12", "2025-06-19"),
        ("last 7 days", "2025-06-12", "2025-06-19"),
        ("7 days ago", "2025-06-11", "2025-06-12"),
        ("7 days ago for 7 days", "2025-06-11", "2025-06-18"),
        ("today for 2 days", "2025-06-18", "2025-06-20"),
        ("tomorrow for 3 days", "2025-06-19", "2025-06-22"),
        ("7 days from now", "2025-06-25", "2025-06-26"),
        ("3 days from now for 2 weeks", "2025-06-21", "2025-07-05"),
        ("this week", "2025-06-16", "2025-06-23"),
        ("last week", "2025-06-09", "2025-06-16"),
        ("next week", "2025-06-23", "2025-06-30"),
        ("2 weeks", "2025-06-09", "2025-06-23"),
        ("2 weeks ago for 2 weeks", "2025-06-02", "2025-06-16"),
        ("2 weeks ago for 1 week", "2025-06-02", "2025-06-09"),
        ("1 month", "2025-06-01", "2025-07-01"),
        ("2 months", "2025-05-01", "2025-07-01"),
        ("last month", "2025-05-01", "2025-06-01"),
        ("3 months ago", "2025-03-01", "2025-04-01"),
        ("3 months ago for 2 days", "2025-03-01", "2025-03-03"),
        ("2 months from now", "2025-08-01", "2025-09-01"),
        ("6 months from now for 3 months", "2025-12-01", "2026-03-01"),
        ("this quarter", "2025-04-01", "2025-07-01"),
        ("last quarter", "2025-01-01", "2025-04-01"),
        ("2 quarters", "2025-01-01", "2025-07-01"),
        ("2 quarters ago", "2024-10-01", "2025-01-01"),
        ("this year", "2025-01-01", "2026-01-01"),
        ("2 years", "2024-01-01", "2026-01-01"),
        ("2 years ago", "2023-01-01", "2024-01-01"),
        ("this year to second", "2025-01-01", "2025-06-18 14:03:27"),
        ("this year to day", "2025-01-01", "2025-06-18"),
        ("this week to day", "2025-06-16", "2025-06-18"),
        ("1 second", "2025-06-18 14:03:27", "2025-06-18 14:03:28"),
        ("60 minutes", "2025-06-18 13:04:00", "2025-06-18 14:04:00"),
        ("60 minutes ago for 1 minute", "2025-06-18 13:03:00", "2025-06-18 13:04:00"),
        ("24 hours", "2025-06-17 15:00:00", "2025-06-18 15:00:00"),
        ("last hour", "2025-06-18 13:00:00", "2025-06-18 14:00:00"),
        ("monday", "2025-06-16", "2025-06-17"),
        ("Wednesday", "2025-06-18", "2025-06-19"),
        ("thursday", "2025-06-12", "2025-06-13"),
        ("monday for 2 days", "2025-06-16", "2025-06-18"),
        ("before 2 days ago", "", "2025-06-16"),
        ("before 2 months", "", "2025-04-01"),
        ("before this week", "", "2025-06-16"),
        ("before next quarter", "", "2025-07-01"),
        ("before monday", "", "2025-06-16"),
        ("before 2024", "", "2024-01-01"),
        ("before now", "", "2025-06-18 14:03:27"),
        ("after 2024-01-01", "2024-01-01", ""),
        ("after this week", "2025-06-16", ""),
        ("after 1 month ago", "2025-05-01", ""),
        ("after 2 weeks from now", "2025-06-30", ""),
        ("after monday", "2025-06-16", ""),
        ("2024", "2024-01-01", "2025-01-01"),
        ("2024-05", "2024-05-01", "2024-06-01"),
        ("2024/12", "2024-12-01", "2025-01-01"),
        ("2024-Q1", "2024-01-01", "2024-04-01"),
        ("2024/q4", "2024-10-01", "2025-01-01"),
        ("2024/05/10", "2024-05-10", "2024-05-11"),
        ("2024/05/10 for 3 days", "2024-05-10", "2024-05-13"),
        ("2024/05 for 2 months", "2024-05-01", "2024-07-01"),
        ("2024/05/10 05:00 for 5 hours", "2024-05-10 05:00:00", "2024-05-10 10:00:00"),
        ("2024/05/10 for 5 months", "2024-05-10", "2024-10-10"),
        ("2024-07-01 for 1 quarter", "2024-07-01", "2024-10-01"),
        ("2024-05-10 05:00", "2024-05-10 05:00:00", "2024-05-10 05:01:00"),
        ("2024-05-10 05:00:09", "2024-05-10 05:00:09", "2024-05-10 05:00:10"),
        ("2024-05-18 12:00:00 to 2024-05-18 14:00:00", "2024-05-18 12:00:00", "2024-05-18 14:00:00"),
        ("2024-01-01 to 2024-07-01", "2024-01-01", "2024-07-01"),
        ("7 days ago to today", "2025-06-11", "2025-06-18"),
        ("FY2024", "2024-01-01", "2025-01-01"),
    ],
)
def test_a_date_filter_means_one_half_open_range(text: str, start: str, end: str) -> None:
    assert bounds(text) == [(start, end)]


@pytest.mark.parametrize(
    ("now", "text", "start", "end"),
    [
        ("2025-01-31T23:59:59", "next month", "2025-02-01", "2025-03-01"),
        ("2025-03-31T12:00", "last month", "2025-02-01", "2025-03-01"),
        ("2025-03-31T12:00", "1 month ago for 1 month", "2025-02-01", "2025-03-01"),
        ("2025-12-31T23:59:59", "next quarter", "2026-01-01", "2026-04-01"),
        ("2025-12-31T23:59:59", "next year", "2026-01-01", "2027-01-01"),
        ("2026-01-01T00:00", "last quarter", "2025-10-01", "2026-01-01"),
        ("2026-01-01T00:00", "yesterday", "2025-12-31", "2026-01-01"),
        ("2026-01-01T00:00", "this year to day", "2026-01-01", "2026-01-01"),
        ("2024-02-29T08:00", "today", "2024-02-29", "2024-03-01"),
        ("2024-02-29T08:00", "last year", "2023-01-01", "2024-01-01"),
        ("2024-03-01T00:00", "yesterday", "2024-02-29", "2024-03-01"),
        ("2024-03-01T00:00", "last month", "2024-02-01", "2024-03-01"),
        ("2023-03-01T00:00", "2 days", "2023-02-28", "2023-03-02"),
        ("2024-05-31T00:00", "2024-01-31 for 1 month", "2024-01-31", "2024-02-29"),
        ("2024-05-31T00:00", "2023-12-31 for 2 months", "2023-12-31", "2024-02-29"),
        ("2024-05-31T00:00", "2024-02-29 for 1 year", "2024-02-29", "2025-02-28"),
    ],
)
def test_ends_of_months_years_and_the_leap_day_are_right(now: str, text: str, start: str, end: str) -> None:
    assert bounds(text, at(now)) == [(start, end)]


@pytest.mark.parametrize(
    ("now", "week_start_day", "text", "start", "end"),
    [
        ("2025-06-16T00:00", "monday", "this week", "2025-06-16", "2025-06-23"),
        ("2025-06-15T23:59", "monday", "this week", "2025-06-09", "2025-06-16"),
        ("2025-06-15T00:00", "sunday", "this week", "2025-06-15", "2025-06-22"),
        ("2025-06-14T23:59", "sunday", "this week", "2025-06-08", "2025-06-15"),
        ("2025-06-16T00:00", "sunday", "last week", "2025-06-08", "2025-06-15"),
        ("2025-06-13T12:00", "saturday", "1 week", "2025-06-07", "2025-06-14"),
        ("2025-01-01T12:00", "monday", "this week", "2024-12-30", "2025-01-06"),
        ("2025-06-16T12:00", "sunday", "monday", "2025-06-16", "2025-06-17"),
        ("2025-06-15T12:00", "monday", "monday", "2025-06-09", "2025-06-10"),
    ],
)
def test_weeks_begin_on_the_day_the_model_says(now: str, week_start_day: str, text: str, start: str, end: str) -> None:
    assert bounds(text, at(now, week_start_day=week_start_day)) == [(start, end)]


@pytest.mark.parametrize(
    ("offset", "text", "start", "end"),
    [
        (3, "FY2018", "2018-04-01", "2019-04-01"),
        (3, "FY2018-Q1", "2018-04-01", "2018-07-01"),
        (3, "fy2018-q4", "2019-01-01", "2019-04-01"),
        (-1, "FY2018", "2017-12-01", "2018-12-01"),
        (3, "this fiscal year", "2025-04-01", "2026-04-01"),
        (6, "this fiscal year", "2024-07-01", "2025-07-01"),
        (1, "this fiscal quarter", "2025-05-01", "2025-08-01"),
        (1, "last fiscal quarter", "2025-02-01", "2025-05-01"),
        (2, "2 fiscal quarters", "2025-03-01", "2025-09-01"),
        (-1, "last fiscal year", "2023-12-01", "2024-12-01"),
        (1, "this quarter", "2025-04-01", "2025-07-01"),
    ],
)
def test_fiscal_periods_begin_where_the_model_says(offset: int, text: str, start: str, end: str) -> None:
    assert bounds(text, at("2025-06-18T14:03", fiscal_month_offset=offset)) == [(start, end)]


def test_now_is_read_on_the_clock_of_the_query() -> None:
    assert bounds("today", at("2025-06-18T23:30", zone="Asia/Tokyo")) == [("2025-06-19", "2025-06-20")]
    assert bounds("today", at("2025-06-18T03:30", zone="America/Los_Angeles")) == [("2025-06-17", "2025-06-18")]


def test_commas_join_and_nulls_are_asked_for_by_name() -> None:
    times = ["2025-06-18 09:00:00", "2025-06-11 23:59:59", "2025-06-12 00:00:00", None]
    assert passing_times("today, 7 days ago", times) == times[:2]
    assert passing_times("today, NULL", times) == [times[0], None]
    assert passing_times("not null", times) == times[:3]
    assert passing_times("null", times) == [None]
    assert passing_times("", times) == times


def test_the_end_of_a_range_is_left_out_to_the_microsecond() -> None:
    times = ["2025-05-31 23:59:59.999999", "2025-06-01 00:00:00", "2025-06-30 23:59:59.999999", "2025-07-01 00:00:00"]
    assert passing_times("this month", times) == times[1:3]
    assert passing_times("before 2025-06-01", times) == times[:1]
    assert passing_times("after 2025-07-01", times) == times[3:]


def test_a_column_of_dates_is_compared_by_whole_days() -> None:
    days = ["2025-06-17", "2025-06-18", "2025-06-19", None]
    assert passing_times("today", days, is_date=True) == ["2025-06-18"]
    assert passing_times("after 2025-06-18 12:00", days, is_date=True) == ["2025-06-19"]
    assert passing_times("before 2025-06-18 12:00", days, is_date=True) == ["2025-06-17", "2025-06-18"]
    assert passing_times("before 2025-06-18", days, is_date=True) == ["2025-06-17"]
    assert passing_times("2 days", days, is_date=True) == ["2025-06-17", "2025-06-18"]


def test_bounds_are_moved_to_the_zone_the_column_is_stored_in() -> None:
    clock = at("2025-06-18T14:00", zone="America/New_York")
    times = ["2025-06-18 03:59:59", "2025-06-18 04:00:00", "2025-06-19 03:59:59", "2025-06-19 04:00:00"]
    assert passing_times("today", times, clock, stored_zone="UTC") == times[1:3]
    assert passing_times("today", times, clock, stored_zone="America/New_York") == times[:2]


def test_the_days_clocks_are_changed_have_23_and_25_hours() -> None:
    spring = at("2024-03-31T10:00", zone="Europe/Berlin")
    times = ["2024-03-30 22:59:59", "2024-03-30 23:00:00", "2024-03-31 21:59:59", "2024-03-31 22:00:00"]
    assert passing_times("today", times, spring, stored_zone="UTC") == times[1:3]
    autumn = at("2024-10-27T10:00", zone="Europe/Berlin")
    times = ["2024-10-26 21:59:59", "2024-10-26 22:00:00", "2024-10-27 22:59:59", "2024-10-27 23:00:00"]
    assert passing_times("today", times, autumn, stored_zone="UTC") == times[1:3]


def test_hours_are_hours_when_clocks_are_changed() -> None:
    after_the_gap = at("2024-03-31T01:30", zone="Europe/Berlin")
    times = ["2024-03-30 23:59:59", "2024-03-31 00:00:00", "2024-03-31 00:59:59", "2024-03-31 01:00:00"]
    assert passing_times("1 hour ago", times, after_the_gap, stored_zone="UTC") == times[1:3]
    second_pass = at("2024-10-27T01:30", zone="Europe/Berlin")
    times = ["2024-10-27 00:00:00", "2024-10-27 00:59:59", "2024-10-27 01:00:00", "2024-10-27 01:59:59"]
    assert passing_times("1 hour", times, second_pass, stored_zone="UTC") == times[2:]
    assert passing_times("1 hour ago", times, second_pass, stored_zone="UTC") == times[:2]


def test_a_day_that_begins_after_midnight_begins_where_it_does() -> None:
    clock = at("2018-11-04T12:00", zone="America/Sao_Paulo")
    times = ["2018-11-04 02:59:59", "2018-11-04 03:00:00", "2018-11-05 01:59:59", "2018-11-05 02:00:00"]
    assert passing_times("today", times, clock, stored_zone="UTC") == times[1:3]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("2016-1", "two digits"),
        ("2016-1-5", "two digits"),
        ("2016-13", "no month"),
        ("2023-02-29", "no such date"),
        ("2023-02-28 24:00", "no such date"),
        ("0000", "no year"),
        ("0 days", "at least 1"),
        ("2024-01-01 for 0 days", "at least 1"),
        ("after 2024", "beginning or its end"),
        ("2023 to 2024", "beginning or its end"),
        ("2024-01 to 2024-03", "beginning or its end"),
        ("2024-05-18 to 2024-05-18", "write 2024-05-18"),
        ("2024-05-19 to 2024-05-18", "Nothing lies"),
        ("next 3 days", "tomorrow for 3 days"),
        ("7", "no date expression"),
        ("from now", "no date expression"),
        ("before", "no date expression"),
        ("2024-05/18", "no date expression"),
        ("2024-05-18T12:00Z", "no date expression"),
        ("not today", "no date expression"),
        ("recently", "7 days ago for 7 days"),
    ],
)
def test_what_could_mean_two_dates_or_none_is_refused_with_advice(text: str, part: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse(text, FilterKind.DATE)
    assert part in caught.value.message


@pytest.mark.parametrize(
    "text", ["999999999 years ago", "3000 years", "999999999 days from now", "9999", "after 9999-12-31"]
)
def test_dates_beyond_the_calendar_are_refused_or_held(text: str) -> None:
    expression = parse(text, FilterKind.DATE)
    assert isinstance(expression, DateFilter)
    if text.startswith("after"):
        assert len(ranges(expression, WEDNESDAY)) == 1
    else:
        with pytest.raises(InvalidFilter, match="outside"):
            ranges(expression, WEDNESDAY)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Last  7 DAYS", "7 days"),
        ("1 month ago", "last month"),
        ("0 months ago", "this month"),
        ("2018/05/18", "2018-05-18"),
        ("2018-05-18T12:00", "2018-05-18 12:00"),
        ("today,yesterday", "today, yesterday"),
        ("before 2 months", "before 2 months ago"),
        ("FY2018-q1", "FY2018-Q1"),
        ("-null", "not null"),
        ("1 fiscal quarters ago", "last fiscal quarter"),
    ],
)
def test_a_date_filter_is_printed_in_one_form(text: str, printed: str) -> None:
    assert print_filter(parse(text, FilterKind.DATE)) == printed
