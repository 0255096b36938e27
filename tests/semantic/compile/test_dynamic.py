"""Fields that a query defines for itself, and filters written as formulas."""

import pytest

from semantic.compile.desk import Desk
from semantic.compile.shop import open_shop
from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.registry import engine_of


@pytest.mark.parametrize(
    ("expression", "kind", "values"),
    [
        ('if(${riders.age} > 30, "old", "young")', "string", ["old", "young", "old", "young"]),
        ('concat(${riders.name}, "-", ${riders.country})', "string", ["Ada-Norway", "Bo-Norway", "Cy-Spain", "Di-"]),
        ("${riders.age} / 4", "number", [8.5, 4.25, 13, None]),
        ("floor(${riders.age} / 10) * 10", "number", [30, 10, 50, None]),
        ("${riders.is_adult} AND ${riders.is_member}", "yesno", [True, False, None, None]),
        ('contains(${riders.name}, "o")', "yesno", [False, True, False, False]),
        ('case(when(${riders.region} = "north", 1), when(is_null(${riders.country}), 2), 3)', "number", [1, 1, 3, 2]),
        ('matches_filter(${riders.age}, "[17, 34]")', "yesno", [True, True, False, None]),
        ("length(${riders.name}) * -1", "number", [-3, -2, -2, -2]),
        ('replace(lower(${riders.name}), "a", "4")', "string", ["4d4", "bo", "cy", "di"]),
        ("coalesce(${riders.age}, 0) = 0", "yesno", [False, False, False, True]),
    ],
)
def test_custom_dimensions(shop: Desk, expression: str, kind: str, values: list[object]) -> None:
    field = [{"dimension": "mine", "label": "Mine", "expression": expression, "_type_hint": kind}]
    rows = shop.rows("riders", "riders.name", "mine", dynamic_fields=field, sorts=["riders.name"])
    assert [row[1] for row in rows] == values


def test_custom_dimensions_of_time(shop: Desk) -> None:
    for expression, value in (
        ("diff_days(${purchases.bought_date}, ${purchases.sent_date})", 2),
        ("extract_months(${purchases.bought_raw})", 6),
        ("${purchases.sent_date} > date(2025, 6, 17)", True),
    ):
        field = [{"dimension": "mine", "expression": expression, "_type_hint": "number" if value != 1 else "yesno"}]
        rows = shop.rows("purchases", "mine", dynamic_fields=field, filters={"purchases.id": "10"})
        assert rows == [[value]]


def test_custom_dimensions_group_filter_sort_pivot_and_stand_on_each_other(shop: Desk) -> None:
    fields = [
        {"dimension": "band", "expression": 'if(${riders.age} > 30, "old", "young")', "_type_hint": "string"},
        {"dimension": "shout", "expression": "upper(${band})", "_type_hint": "string"},
    ]
    assert shop.rows(
        "riders", "shout", "riders.count", "lines.takings", dynamic_fields=fields, sorts=["shout desc"]
    ) == [
        ["YOUNG", 2, 100],
        ["OLD", 2, 320],
    ]
    assert shop.rows("riders", "riders.count", dynamic_fields=fields, filters={"shout": "OLD"}) == [[2]]
    table = shop.table("riders", "band", "riders.count", dynamic_fields=fields, pivots=["band"])
    assert [key.key for key in table.pivots] == ["old", "young"]


def test_groups_of_values(shop: Desk) -> None:
    entry = {
        "category": "dimension",
        "dimension": "part_of_world",
        "calculation_type": "group_by",
        "args": [
            "riders.country",
            [{"label": "Nordic", "filter": "Norway,Sweden"}, {"label": "Nowhere", "filter": "NULL"}],
            "Other",
        ],
    }
    rows = shop.rows("riders", "part_of_world", "riders.count", dynamic_fields=[entry], sorts=["part_of_world"])
    assert rows == [["Nordic", 2], ["Nowhere", 1], ["Other", 1]]


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ({"based_on": "purchases.shipping", "type": "sum"}, 33),
        ({"based_on": "purchases.shipping", "type": "average"}, 5.5),
        ({"based_on": "purchases.shipping", "type": "max"}, 9),
        ({"based_on": "purchases.status", "type": "count_distinct"}, 3),
        ({"based_on": "purchases.status", "type": "list"}, "open, paid, returned"),
        ({"based_on": "purchases.shipping", "type": "percentile", "percentile": 50}, 5),
        ({"based_on": "purchases.count", "filters": {"purchases.status": "paid"}}, 3),
        ({"based_on": "purchases.total_shipping", "filters": {"riders.country": "Norway"}}, 17),
        ({"based_on": "purchases.paid_shipping", "filters": {"purchases.shipping": ">5"}}, 16),
        (
            {
                "based_on": "purchases.count",
                "filter_expression": "${purchases.shipping} > 4 AND NOT is_null(${purchases.status})",
            },
            4,
        ),
    ],
)
def test_custom_measures(shop: Desk, entry: dict[str, object], value: object) -> None:
    fields = [{"measure": "mine", **entry}]
    # the lines repeat purchases; the measure does not
    assert shop.rows("purchases", "mine", dynamic_fields=fields) == [[value]]
    assert shop.rows("purchases", "mine", "lines.count", dynamic_fields=fields) == [[value, 7]]
    assert shop.rows("purchases", "purchases.count", dynamic_fields=fields, filters={"mine": "NULL"}) == []


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("${riders.age} > 20", ["Ada", "Cy"]),
        ('${riders.country} = "Norway" OR is_null(${riders.country})', ["Ada", "Bo", "Di"]),
        ('NOT matches_filter(${riders.name}, "A%")', ["Bo", "Cy", "Di"]),
        ("${riders.count} >= 1 AND ${purchases.count} > 1", ["Ada"]),
        ("yes", ["Ada", "Bo", "Cy", "Di"]),
    ],
)
def test_filters_written_as_formulas(shop: Desk, expression: str, names: list[str]) -> None:
    rows = shop.rows("riders", "riders.name", filter_expression=expression, sorts=["riders.name"])
    assert [row[0] for row in rows] == names


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"dimension": "d"},
        {"dimension": "riders", "expression": "sum(${riders.age})"},
        {"dimension": "d", "expression": "pivot_row(1)"},
        {"dimension": "d", "expression": "${d}"},
        {"dimension": "d", "expression": "${riders.count} + 1"},
        {"dimension": "d", "expression": "1", "_type_hint": "json"},
        {"measure": "m", "type": "sum"},
        {"measure": "m", "based_on": "riders.age", "type": "running_total"},
        {"measure": "m", "based_on": "riders.count", "filters": {"riders.count": "1"}},
        {"measure": "m", "based_on": "riders.count", "filters": ["riders.count"]},
        {"table_calculation": "t"},
        {"table_calculation": "t", "expression": "nothing(1)"},
    ],
)
def test_what_no_custom_field_can_be_is_refused(shop: Desk, entry: dict[str, object]) -> None:
    name = str(entry.get("dimension") or entry.get("measure") or "riders.count")
    with pytest.raises(InvalidQuery):
        shop.compile("riders", name, dynamic_fields=[entry])


@pytest.mark.parametrize(
    "dialect", ["bigquery", "snowflake", "postgres", "trino", "clickhouse", "databricks", "redshift"]
)
def test_every_statement_can_be_said_in_every_dialect(dialect: str) -> None:
    desk = open_shop()
    desk.engine = engine_of(dialect)
    compiled = desk.compile(
        "riders",
        "riders.country",
        "riders.age_tier",
        "purchases.bought_month",
        "riders.total_age",
        "riders.names",
        "purchases.median_shipping",
        "lines.takings",
        "visits.total_minutes",
        "band",
        pivots=["riders.age_tier"],
        has_total=True,
        row_total="right",
        timezone="Europe/Madrid",
        filters={"riders.name": "-%o'Neill%", "purchases.bought_date": "last month", "riders.count": ">0"},
        dynamic_fields=[
            {
                "dimension": "band",
                "expression": 'if(contains(${riders.name}, "a"), 1 / 2, round(${riders.age}, 0))',
                "_type_hint": "number",
            }
        ],
    )
    for sql in filter(None, (compiled.sql, compiled.total_sql, compiled.row_total_sql)):
        desk.engine.parse_select(sql)
