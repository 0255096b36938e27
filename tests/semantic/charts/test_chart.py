"""Tables become charts that draw."""

import re
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semantic.charts.tables import CATEGORY, COUNT, COUNTRY, MONTH, MONTHS, PROFIT, REVENUE, TABLES, time_of
from tertulia.core.table import Column, ColumnKind, ColumnType, Table
from tertulia.semantic.charts import chart_of, render_png, render_svg
from tertulia.semantic.charts.formats import NumberFormat, number_format
from tertulia.semantic.charts.plot import instant_of


def chart(name: str, **options: Any) -> dict[str, Any]:
    spec = chart_of(TABLES[name], **options)
    assert spec is not None
    return spec


def mark_of(spec: dict[str, Any]) -> str:
    return spec.get("spec", spec)["mark"]["type"]


def values_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return spec["data"]["values"]


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("value", "text"),
        ("countries", "bar"),
        ("many", "bar"),
        ("months", "line"),
        ("months by country", "line"),
        ("grid", "rect"),
        ("small grid", "bar"),
        ("two measures", "bar"),
        ("two units", "bar"),
        ("cloud", "point"),
        ("pivot", "bar"),
        ("pivot only", "bar"),
        ("pivoted months", "line"),
    ],
)
def test_a_table_gets_the_chart_its_shape_asks_for_and_it_draws(name: str, mark: str) -> None:
    spec = chart(name, title="Orders")
    assert mark_of(spec) == mark
    assert "Orders" in render_svg(spec)


@pytest.mark.parametrize(
    ("name", "wish", "mark"),
    [
        ("months", "looker_column", "bar"),
        ("months", "looker_area", "area"),
        ("months by country", "looker_area", "area"),
        ("months", "looker_pie", "arc"),
        ("countries", "looker_pie", "arc"),
        ("countries", "looker_line", "line"),
        ("countries", "looker_bar", "bar"),
        ("small grid", "stacked", "bar"),
        ("small grid", "heat", "rect"),
        ("two units", "looker_scatter", "point"),
        ("value", "single_value", "text"),
        ("countries", "single_value", "bar"),
        ("grid", "looker_pie", "rect"),
        ("countries", "looker_map", "bar"),
        ("months", "nonsense", "line"),
    ],
)
def test_a_wish_is_granted_where_the_table_fits_it(name: str, wish: str, mark: str) -> None:
    spec = chart(name, wish=wish)
    assert mark_of(spec) == mark
    assert render_svg(spec).startswith("<svg")


@pytest.mark.parametrize(
    "table",
    [
        Table(columns=[COUNTRY, COUNT], rows=[]),
        Table(columns=[COUNTRY], rows=[["Germany"]]),
        Table(columns=[REVENUE, COUNT], rows=[[1, 2]]),
        Table(columns=[COUNTRY, CATEGORY, MONTH, COUNT], rows=[["a", "b", "2025-01", 1]]),
        Table(columns=[], rows=[[]]),
    ],
)
def test_what_no_chart_says_better_stays_a_table(table: Table) -> None:
    assert chart_of(table) is None


def test_a_table_that_is_wished_for_is_no_chart() -> None:
    assert chart_of(TABLES["countries"], wish="table") is None
    assert chart_of(TABLES["countries"], wish="looker_grid") is None


def test_rows_keep_their_order_and_nulls_their_place() -> None:
    spec = chart("countries")
    assert [point["x"] for point in values_of(spec)] == ["Germany", "France", "∅"]
    assert spec["encoding"]["x"]["sort"] is None
    assert chart("countries") == spec


def test_no_column_name_reaches_the_specification_as_a_field() -> None:
    for table in TABLES.values():
        fields = set(re.findall(r"'field': '([^']*)'", str(chart_of(table))))
        assert fields <= {"x", "y", "t", "series", "measure", "label", "rank"}


def test_labels_and_number_formats_come_from_the_columns() -> None:
    axis = chart("countries")["encoding"]["y"]
    assert axis["title"] == "Orders Revenue"
    assert axis["axis"]["format"] == "$,.2f"
    assert "$1,234.50" in render_svg(chart("value"))


def test_more_categories_than_a_chart_holds_are_cut_and_told() -> None:
    spec = chart("many")
    assert [point["x"] for point in values_of(spec)] == [f"Country {i}" for i in range(40)]
    assert spec["title"]["subtitle"] == ["Shows the first 40 of 100: Users Country."]


def test_more_series_than_colours_are_cut_and_told() -> None:
    rows = [[month, f"Country {i}", i] for month in MONTHS for i in range(30)]
    spec = chart_of(Table(columns=[MONTH, COUNTRY, COUNT], rows=rows))
    assert spec is not None
    assert len({point["series"] for point in values_of(spec)}) == 12
    assert spec["title"]["subtitle"] == ["Shows the first 12 of 30: Users Country."]


def test_a_result_that_was_cut_says_so_on_the_chart() -> None:
    table = Table(columns=[COUNTRY, COUNT], rows=[["Germany", 1]], is_truncated=True)
    spec = chart_of(table)
    assert spec is not None
    assert spec["title"]["subtitle"] == ["There are more rows than the result holds."]


def test_rows_without_a_date_are_left_out_of_a_line_and_told() -> None:
    spec = chart_of(Table(columns=[MONTH, COUNT], rows=[["2025-01", 1], ["2025-02", 2], [None, 3]]))
    assert spec is not None
    assert [point["t"] for point in values_of(spec)] == ["2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"]
    assert spec["title"]["subtitle"] == ["Rows without Orders Created Month are not shown."]


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        (2025, "2025-01-01T00:00:00Z"),
        ("2025", "2025-01-01T00:00:00Z"),
        ("2025-06", "2025-06-01T00:00:00Z"),
        ("2025-Q4", "2025-10-01T00:00:00Z"),
        ("2025-06-18", "2025-06-18T00:00:00Z"),
        ("2025-06-18 14", "2025-06-18T14:00:00Z"),
        ("2025-06-18 14:03:27", "2025-06-18T14:03:27Z"),
        ("June", None),
        ("FY2025-Q1", None),
        (None, None),
    ],
)
def test_a_period_begins_where_the_calendar_says_in_utc(value: Any, instant: str | None) -> None:
    assert instant_of(value) == instant


def test_a_time_axis_shows_the_same_days_in_every_zone() -> None:
    days = [f"2025-06-{day:02}" for day in range(1, 11)]
    table = Table(columns=[time_of("orders.created_date", "date"), COUNT], rows=[[day, 1] for day in days])
    spec = chart_of(table)
    assert spec is not None
    assert spec["encoding"]["x"]["scale"] == {"type": "utc"}


def test_few_months_get_a_tick_each() -> None:
    axis = chart("months")["encoding"]["x"]["axis"]
    assert (axis["format"], axis["values"]) == ("%b %Y", [1735689600000, 1738368000000, 1740787200000])


def test_measures_of_one_label_stay_apart() -> None:
    one, other = (Column(name=n, label="Count", kind=COUNT.kind, type=COUNT.type) for n in ("a.count", "b.count"))
    spec = chart_of(Table(columns=[COUNTRY, one, other], rows=[["Germany", 1, 2]]))
    assert spec is not None
    assert [point["measure"] for point in values_of(spec)] == ["Count", "Count (b.count)"]


def test_months_by_name_are_categories_not_points_in_time() -> None:
    column = Column(
        name="o.month_name",
        label="Month",
        kind=ColumnKind.DIMENSION,
        type=ColumnType.STRING,
        timeframe="month_name",
    )
    spec = chart_of(Table(columns=[column, COUNT], rows=[["January", 1], ["February", 2]]))
    assert spec is not None
    assert mark_of(spec) == "bar"


def test_measures_of_several_units_get_a_panel_each() -> None:
    spec = chart("two units")
    assert spec["facet"]["row"]["field"] == "measure"
    assert spec["resolve"] == {"scale": {"y": "independent"}}
    assert "facet" not in chart("two measures")


def test_bars_stand_beside_each_other_unless_stacked_is_wished_for() -> None:
    assert chart("small grid")["encoding"]["y"]["stack"] is None
    assert chart("small grid", wish="stacked")["encoding"]["y"]["stack"] == "zero"


def test_pivots_become_colours_and_totals_of_rows_stay_out() -> None:
    spec = chart("pivot")
    assert {point["series"] for point in values_of(spec)} == {"2024 · Yes", "∅ · No"}
    assert spec["encoding"]["color"]["field"] == "series"


@pytest.mark.parametrize(
    ("value_format", "pattern", "unit"),
    [
        ("", "", ""),
        ("usd", "$,.2f", ""),
        ("usd_0", "$,.0f", ""),
        ("eur", ",.2f", "€"),
        ("decimal_1", ",.1f", ""),
        ("percent_2", ",.2%", ""),
        ("id", "d", ""),
        ("#,##0", ",.0f", ""),
        ("$#,##0.00", "$,.2f", ""),
        ("0.0%", ".1%", ""),
        ("0.##", ".2~f", ""),
        ('#,##0.0 "kg"', ",.1f", "kg"),
        ("€#,##0", ",.0f", "€"),
        ('[>=1000000]0.0,,"M";0', "", ""),
        ('0.0,"K"', "", ""),
        ("0.00;(0.00)", "", ""),
        ("0" * 5000, "", ""),
    ],
)
def test_a_spreadsheet_format_is_taken_over_where_it_is_simple(value_format: str, pattern: str, unit: str) -> None:
    assert number_format(value_format) == NumberFormat(pattern, unit)


def test_a_png_is_drawn_at_twice_the_size() -> None:
    picture = render_png(chart("countries"))
    assert picture.startswith(b"\x89PNG")
    width = struct.unpack(">I", picture[16:20])[0]
    svg_width = re.search(r'width="([0-9.]+)"', render_svg(chart("countries")))
    assert svg_width is not None
    assert abs(width - 2 * float(svg_width[1])) <= 2


CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=6), st.sampled_from(["", "pie", "scatter", "heat", "area"])
)
def test_no_table_is_too_strange_for_a_decision(rows: list[tuple[Any, ...]], wish: str) -> None:
    for columns in (
        [COUNTRY, MONTH, COUNT, REVENUE],
        [MONTH, COUNT, REVENUE, PROFIT],
        [COUNTRY, CATEGORY, MONTH, COUNT],
    ):
        spec = chart_of(Table(columns=columns, rows=[list(row) for row in rows]), wish=wish)
        assert spec is None or spec["data"]["values"] is not None
