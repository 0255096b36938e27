"""Tables as a reader gets them: pivots, totals, gaps filled, running and calculated columns."""

from typing import Any

import pytest

from semantic.compile.desk import Desk
from semantic.compile.shop import open_shop
from tertulia.core.errors import InvalidQuery
from tertulia.core.table import ROW_TOTAL, ColumnKind
from tertulia.semantic.execute.warehouse import Fetched
from tertulia.semantic.shape import shape_table


@pytest.fixture(scope="module")
def shop() -> Desk:
    return open_shop()


def test_pivots_stand_beside_each_other_with_totals_of_rows_and_columns(shop: Desk) -> None:
    table = shop.table(
        "purchases",
        "purchases.bought_year",
        "riders.country",
        "purchases.count",
        pivots=["riders.country"],
        has_total=True,
        row_total="right",
    )
    assert [(key.key, key.values) for key in table.pivots] == [
        ("Norway", ["Norway"]),
        ("Spain", ["Spain"]),
        ("null", [None]),
    ]
    assert [(column.name, column.pivot) for column in table.columns] == [
        ("purchases.bought_year", ""),
        ("purchases.count", "Norway"),
        ("purchases.count", "Spain"),
        ("purchases.count", "null"),
        ("purchases.count", ROW_TOTAL),
    ]
    assert table.rows == [[2025, 3, None, 1, 4], [2024, None, 1, 1, 2]]
    assert table.totals == [None, 3, 1, 2, 6]


def test_totals_of_repeated_sums_are_not_the_sums_of_their_columns(shop: Desk) -> None:
    table = shop.table(
        "riders",
        "parts.kind",
        "riders.region",
        "riders.total_age",
        pivots=["riders.region"],
        has_total=True,
        row_total="right",
        sorts=["parts.kind"],
    )
    assert table.rows == [
        ["brass", 34, None, 34],
        ["rubber", 34, 52, 86],
        ["steel", 51, None, 51],
        [None, None, 52, 52],
    ]
    assert table.totals == [None, 51, 52, 103]


def test_pivots_have_the_order_of_their_kind(shop: Desk) -> None:
    table = shop.table(
        "purchases", "purchases.bought_day_of_week", "purchases.count", pivots=["purchases.bought_day_of_week"]
    )
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Saturday", "Sunday"]
    assert [key.key for key in table.pivots] == days
    turned = shop.table(
        "purchases",
        "purchases.bought_day_of_week",
        "purchases.count",
        pivots=["purchases.bought_day_of_week"],
        sorts=["purchases.bought_day_of_week desc"],
    )
    assert [key.key for key in turned.pivots] == days[::-1]
    assert turned.rows == [[1] * 6]


def test_rows_are_sorted_by_the_measure_of_one_pivot(shop: Desk) -> None:
    query: dict[str, Any] = {"pivots": ["riders.country"], "filters": {"riders.country": "Norway,Spain"}}
    fields = ["purchases.bought_year", "riders.country", "purchases.total_shipping"]
    for pivot, years in ((0, [2025, 2024]), (1, [2024, 2025])):
        table = shop.table("purchases", *fields, sorts=[f"purchases.total_shipping desc {pivot}"], **query)
        assert [row[0] for row in table.rows] == years


def test_pivots_of_two_dimensions_and_texts_that_read_alike() -> None:
    desk = open_shop(
        "view: +riders { dimension: odd { sql: CASE WHEN ${id} = 1 THEN 'null' WHEN ${id} > 2 THEN 'x' END ;; } }"
    )
    table = desk.table("riders", "riders.odd", "riders.region", "riders.count", pivots=["riders.odd", "riders.region"])
    assert len({key.key for key in table.pivots}) == len(table.pivots) == 3
    assert [key.values for key in table.pivots] == [["null", "north"], ["x", "south"], [None, "north"]]


def test_too_many_columns_and_rows_are_told(shop: Desk) -> None:
    table = shop.table("purchases", "purchases.id", "purchases.count", pivots=["purchases.id"], column_limit=2)
    assert ([key.key for key in table.pivots], table.is_truncated) == (["10", "11"], True)
    table = shop.table(
        "purchases",
        "purchases.status",
        "purchases.bought_year",
        "purchases.count",
        pivots=["purchases.bought_year"],
        limit=2,
    )
    assert (len(table.rows), table.is_truncated) == (2, True)


def test_a_cut_in_the_middle_of_a_row_of_pivots_drops_the_row(shop: Desk) -> None:
    query: dict[str, Any] = {"pivots": ["lines.quantity"], "most_rows": 3}
    fields = ["lines.part_id", "lines.quantity", "lines.count"]
    whole = shop.table("lines", *fields, sorts=["lines.part_id"], pivots=["lines.quantity"])
    cut = shop.table("lines", *fields, sorts=["lines.part_id"], **query)
    assert whole.rows == [[1, 2, None, None], [2, 1, 1, 1], [3, 2, None, None], [None, 1, None, None]]
    assert cut.rows == [[1, 2, None]]
    assert cut.is_truncated
    with pytest.raises(InvalidQuery, match="too many rows to pivot"):
        shop.table("lines", *fields, sorts=["lines.count desc"], **query)


def test_months_without_rows_are_filled_to_the_ends_of_the_filter(shop: Desk) -> None:
    table = shop.table(
        "purchases",
        "purchases.bought_month",
        "purchases.count",
        fill_fields=["purchases.bought_month"],
        filters={"purchases.bought_date": "2025-03-01 to 2025-08-01"},
    )
    assert table.rows == [["2025-07", None], ["2025-06", 3], ["2025-05", 1], ["2025-04", None], ["2025-03", None]]


@pytest.mark.parametrize(
    ("field", "first", "count"),
    [
        ("date", "2024-02-29", 476),
        ("week", "2024-02-26", 69),
        ("quarter", "2024-Q1", 6),
        ("year", 2024, 2),
        ("month", "2024-02", 17),
    ],
)
def test_periods_without_rows_are_filled_between_those_that_have_some(
    shop: Desk, field: str, first: object, count: int
) -> None:
    name = f"purchases.bought_{field}"
    rows = shop.table("purchases", name, "purchases.count", fill_fields=[name], sorts=[name]).rows
    assert (len(rows), rows[0][0], sum(row[1] or 0 for row in rows)) == (count, first, 6)
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_tiers_cases_yesno_and_days_are_filled_in_their_order() -> None:
    desk = open_shop(
        "view: +riders { dimension: tiers { type: tier tiers: [10, 20, 30, 40] style: integer sql: ${age} ;; }"
        " dimension: is_old { type: yesno sql: ${age} > 99 ;; } }"
    )
    rows = desk.rows("riders", "riders.tiers", "riders.count", fill_fields=["riders.tiers"], sorts=["riders.tiers"])
    assert rows == [
        ["Below 10", None],
        ["10 to 19", 1],
        ["20 to 29", None],
        ["30 to 39", 1],
        ["40 or Above", 1],
        ["Undefined", 1],
    ]
    assert desk.rows("riders", "riders.is_old", "riders.count", fill_fields=["riders.is_old"]) == [
        [False, 4],
        [True, None],
    ]
    name = "purchases.bought_day_of_week"
    days = desk.rows("purchases", name, "purchases.count", fill_fields=[name], sorts=[name])
    assert [row[0] for row in days][:5] == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    assert days[4] == ["Friday", None]


def test_nothing_is_filled_where_the_gap_may_be_ours(shop: Desk) -> None:
    fill: dict[str, Any] = {"fill_fields": ["purchases.bought_month"]}
    fields = ["purchases.bought_month", "purchases.count"]
    assert len(shop.rows("purchases", *fields, limit=2, **fill)) == 2
    assert len(shop.rows("purchases", *fields, filters={"purchases.count": ">1"}, **fill)) == 1
    assert len(shop.rows("purchases", *fields, "purchases.status", **fill)) == 5


def test_shares_of_a_total_and_running_totals(shop: Desk) -> None:
    fields = [
        "purchases.status",
        "purchases.total_shipping",
        "purchases.share_of_shipping",
        "purchases.running_shipping",
    ]
    table = shop.table("purchases", *fields, sorts=["purchases.status"], has_total=True)
    assert [row[3] for row in table.rows] == [4, 25, 30, 33]
    assert [row[2] for row in table.rows] == pytest.approx([4 / 33, 21 / 33, 5 / 33, 3 / 33])
    assert table.totals == [None, 33, None, None]
    with pytest.raises(InvalidQuery, match="limit hides"):
        shop.table("purchases", *fields, limit=2)
    with pytest.raises(InvalidQuery, match="order of the rows"):
        shop.table("purchases", *fields, sorts=["purchases.running_shipping"])


def test_running_totals_go_along_pivots_where_the_model_says() -> None:
    desk = open_shop('view: +purchases { measure: along { type: running_total direction: "row" sql: ${count} ;; } }')
    table = desk.table("purchases", "purchases.bought_year", "purchases.along", pivots=["purchases.bought_year"])
    assert table.rows == [[2, 6]]


@pytest.mark.parametrize(
    ("told", "means"), [(True, True), (0, False), (1, True), ("true", True), ("f", False), (None, None)]
)
def test_databases_say_yes_in_more_than_one_way(shop: Desk, told: object, means: object) -> None:
    compiled = shop.compile("riders", "riders.is_member", "riders.count")
    table = shape_table(compiled, Fetched(names=["a", "b"], types=[], rows=[[told, 1]]))
    assert table.rows == [[means, 1]]


def test_a_day_is_a_day_without_midnight(shop: Desk) -> None:
    compiled = shop.compile("purchases", "purchases.bought_date")
    rows = [["2025-06-18 00:00:00"], ["2025-06-18T00:00:00.000Z"], ["2025-06-18"], [None]]
    table = shape_table(compiled, Fetched(names=["a"], types=[], rows=rows))
    assert table.rows == [["2025-06-18"], ["2025-06-18"], ["2025-06-18"], [None]]


def test_what_the_warehouse_cut_is_told(shop: Desk) -> None:
    compiled = shop.compile("purchases", "purchases.id")
    assert shape_table(compiled, Fetched(names=["a"], types=[], rows=[[1]], is_truncated=True)).is_truncated


def calculated(shop: Desk, expression: str, **query: Any) -> list[Any]:
    query.setdefault("sorts", ["purchases.status"])
    fields = query.pop("fields", ["purchases.status", "purchases.count", "purchases.total_shipping"])
    calculation = [{"table_calculation": "c", "label": "C", "expression": expression}]
    table = shop.table("purchases", *fields, dynamic_fields=calculation, **query)
    assert table.columns[-1].kind is ColumnKind.CALCULATION
    return [row[-1] for row in table.rows]


# open 1 (4), paid 3 (21), returned 1 (5), null 1 (3)
@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("${purchases.total_shipping} / ${purchases.count}", [4, 7, 5, 3]),
        ("${purchases.count} + 2 * 3 - 1", [6, 8, 6, 6]),
        ("(${purchases.count} + 2) * 3 % 4", [1, 3, 1, 1]),
        ("-${purchases.count} / 0", [None] * 4),
        ("${purchases.count} / sum(${purchases.count})", [1 / 6, 0.5, 1 / 6, 1 / 6]),
        (
            'if(${purchases.count} >= 3 AND NOT is_null(${purchases.status}), "many", "few")',
            ["few", "many", "few", "few"],
        ),
        (
            'case(when(${purchases.count} > 2, "a"), when(${purchases.total_shipping} = 4, "b"), "c")',
            ["b", "a", "c", "c"],
        ),
        ('coalesce(${purchases.status}, "none")', ["open", "paid", "returned", "none"]),
        ('concat(${purchases.status}, " x", ${purchases.count})', ["open x1", "paid x3", "returned x1", " x1"]),
        ("running_total(${purchases.count})", [1, 4, 5, 6]),
        ("offset(${purchases.count}, -1)", [None, 1, 3, 1]),
        ("index(${purchases.count}, 2)", [3] * 4),
        ("row()", [1, 2, 3, 4]),
        ("rank(${purchases.total_shipping}, ${purchases.total_shipping})", [3, 1, 2, 4]),
        ("mean(${purchases.total_shipping})", [33 / 4] * 4),
        ("median(${purchases.total_shipping})", [4.5] * 4),
        ("max(${purchases.count}) - min(${purchases.count})", [2] * 4),
        ("percentile(${purchases.total_shipping}, 0.5)", [4.5] * 4),
        ("count(${purchases.status})", [3] * 4),
        ("round(${purchases.total_shipping} / 8, 1)", [0.5, 2.6, 0.6, 0.4]),
        ("upper(substring(${purchases.status}, 1, 2))", ["OP", "PA", "RE", None]),
        ('contains(${purchases.status}, "re")', [False, False, True, None]),
        ('lookup("paid", ${purchases.status}, ${purchases.count})', [3] * 4),
        ("sum(offset_list(${purchases.count}, 0, 2))", [4, 4, 2, 1]),
        ("diff_days(date(2025, 1, 1), date(2025, 3, 1))", [59] * 4),
        ("diff_months(date(2025, 1, 31), date(2025, 2, 28))", [0] * 4),
        ("add_months(1, date(2024, 1, 31))", ["2024-02-29"] * 4),
        ("trunc_quarters(date(2025, 6, 18))", ["2025-04-01"] * 4),
        ("extract_years(now())", [2025] * 4),
        ("null = 1 OR yes", [True] * 4),
        ("${purchases.count:total} * 2", [12] * 4),
    ],
)
def test_table_calculations(shop: Desk, expression: str, values: list[Any]) -> None:
    found = calculated(shop, expression, has_total=":total" in expression)
    assert found == [pytest.approx(value) if isinstance(value, float) else value for value in values]


def test_calculations_use_each_other_and_sort_and_total(shop: Desk) -> None:
    calculations = [
        {"table_calculation": "double", "expression": "${single} * 2"},
        {"table_calculation": "single", "expression": "${purchases.total_shipping} + 0"},
        {"table_calculation": "off", "expression": "broken(", "is_disabled": True},
    ]
    table = shop.table(
        "purchases",
        "purchases.status",
        "purchases.total_shipping",
        dynamic_fields=calculations,
        sorts=["double"],
        has_total=True,
    )
    assert [row[2:] for row in table.rows] == [[6, 3], [8, 4], [10, 5], [42, 21]]
    assert table.totals == [None, 33, 66, 33]
    with pytest.raises(InvalidQuery, match="order of a calculation"):
        shop.table(
            "purchases",
            "purchases.status",
            "purchases.total_shipping",
            dynamic_fields=calculations,
            sorts=["double"],
            limit=2,
        )


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("percent_of_column_sum", [1 / 6, 0.5, 1 / 6, 1 / 6]),
        ("running_column_total", [1, 4, 5, 6]),
        ("rank_of_column", [2, 1, 2, 2]),
        ("percent_of_previous", [None, 3, 1 / 3, 1]),
        ("percent_difference_from_previous", [None, 2, -2 / 3, 0]),
    ],
)
def test_calculations_that_are_named_instead_of_written(shop: Desk, kind: str, values: list[Any]) -> None:
    entry = {"table_calculation": "c", "calculation_type": kind, "args": ["purchases.count"]}
    rows = shop.rows(
        "purchases", "purchases.status", "purchases.count", dynamic_fields=[entry], sorts=["purchases.status"]
    )
    assert [row[2] for row in rows] == [value if value is None else pytest.approx(value) for value in values]
    for hostile in (["purchases.count} + ${purchases.count"], [], ["1; 2"]):
        with pytest.raises(InvalidQuery, match="no expression"):
            shop.compile("purchases", "purchases.count", dynamic_fields=[{**entry, "args": hostile}])


def test_calculations_over_pivots(shop: Desk) -> None:
    query: dict[str, Any] = {
        "fields": ["purchases.bought_year", "riders.country", "purchases.count"],
        "pivots": ["riders.country"],
        "sorts": ["purchases.bought_year"],
        "row_total": "right",
    }
    # Norway, Spain, null: 2024 has none, 1, 1; 2025 has 3, none, 1
    assert calculated(shop, "sum(pivot_row(${purchases.count}))", **dict(query)) == [2, 4]
    assert calculated(shop, "pivot_index(${purchases.count}, 2)", **dict(query)) == [1, None]
    table = shop.table(
        "purchases",
        *query.pop("fields"),
        dynamic_fields=[
            {"table_calculation": "share", "expression": "${purchases.count} / ${purchases.count:row_total}"}
        ],
        **query,
    )
    assert [column.pivot for column in table.columns if column.name == "share"] == ["Norway", "Spain", "null"]
    assert [row[-3:] for row in table.rows] == [[None, 0.5, 0.5], [0.75, None, 0.25]]


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("drop(1)", "no function 'drop'"),
        ("__import__('os')", "no function '__import__'"),
        ("${purchases.count", "no part of one"),
        ("1 +", "ends too early"),
        ("(1", "belongs where"),
        ("1 2", "one word too many"),
        ("${nothing.here}", "none of the query's columns"),
        ("${c}", "made of each other"),
        ("abs(1, 2)", "takes 1 values"),
        ('"a" + 1', "cannot make"),
        ("${purchases.count:total}", "ask for totals"),
        ("${purchases.count:row_total}", "row totals"),
        ("(" * 100 + "1" + ")" * 100, "nested too deeply"),
        ("1" + "+1" * 1000, "words and signs"),
        ("when(yes, 1)", "only in case"),
    ],
)
def test_a_calculation_that_cannot_be_is_refused(shop: Desk, expression: str, says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        calculated(shop, expression)


def test_calculations_over_every_row_are_refused_where_the_limit_hides_some(shop: Desk) -> None:
    with pytest.raises(InvalidQuery, match="looks at every row"):
        calculated(shop, "sum(${purchases.count})", limit=2)
    assert calculated(shop, "running_total(${purchases.count})", limit=2) == [1, 4]
