"""What the shop's queries give, counted by hand."""

from typing import Any

import pytest

from semantic.compile.desk import Desk, same
from semantic.compile.shop import MODEL, TABLES, open_shop
from tertulia.core.errors import InvalidQuery, UnknownField, UnsafeAggregate
from tertulia.core.table import ColumnKind, ColumnType


def test_takings_by_country_from_riders_over_purchases_to_lines(shop: Desk) -> None:
    wanted = shop.truth(
        "SELECT r.country, COALESCE(SUM(l.price * l.quantity), 0) FROM riders r LEFT JOIN purchases p ON p.rider_id = r.id"
        " LEFT JOIN lines l ON l.purchase_id = p.id GROUP BY 1"
    )
    assert same(shop.rows("riders", "riders.country", "lines.takings"), wanted)
    assert ["Norway", 310] in wanted


def test_a_chasm_of_purchases_and_visits_counts_each_once(shop: Desk) -> None:
    fields = [
        "riders.country",
        "riders.count",
        "riders.total_age",
        "purchases.total_shipping",
        "lines.takings",
        "visits.total_minutes",
    ]
    assert shop.rows("riders", *fields) == [
        ["Norway", 2, 51, 17, 310, 60],
        ["Spain", 1, 52, 9, 110, 40],
        [None, 1, 0, 0, 0, 0],
    ]


def test_orphans_and_null_keys_stay_with_the_first_view(shop: Desk) -> None:
    assert shop.rows("purchases", "riders.name", "purchases.count", "riders.count", sorts=["riders.name"]) == [
        ["Ada", 2, 1],
        ["Bo", 1, 1],
        ["Cy", 1, 1],
        [None, 2, 0],
    ]


def test_an_average_over_repeated_rows_is_over_distinct_keys(shop: Desk) -> None:
    assert shop.rows("riders", "riders.average_age", "visits.count") == [[pytest.approx(103 / 3), 5]]


def test_a_median_over_repeated_rows_is_over_distinct_keys(shop: Desk) -> None:
    # purchase 10 has three lines; its shipping stands once
    assert shop.rows("purchases", "purchases.median_shipping", "lines.count") == [[5, 7]]


def test_a_value_made_of_two_views_belongs_to_the_one_that_decides_the_other(shop: Desk) -> None:
    finance = {"department": ["finance"]}
    wanted = shop.truth(
        "SELECT SUM(l.price * l.quantity - t.cost * l.quantity) FROM lines l JOIN parts t ON t.id = l.part_id"
    )
    assert shop.rows("lines", "lines.gross_margin", attributes=finance) == wanted
    assert shop.rows("purchases", "lines.gross_margin", "purchases.total_shipping", attributes=finance) == [
        [
            shop.truth(
                "SELECT SUM(l.price * l.quantity - t.cost * l.quantity) FROM lines l JOIN parts t ON t.id = l.part_id"
                " WHERE l.purchase_id IS NOT NULL"
            )[0][0],
            33,
        ]
    ]


def test_a_measure_belongs_to_the_view_of_its_values_wherever_it_is_written() -> None:
    desk = open_shop("view: +riders { measure: postage { type: sum sql: ${purchases.shipping} ;; } }")
    assert desk.rows("riders", "riders.postage") == [[26]]
    assert desk.rows("riders", "riders.country", "riders.postage", "lines.count", sorts=["riders.country"]) == [
        ["Norway", 17, 5],
        ["Spain", 9, 2],
        [None, 0, 0],
    ]


def test_a_ratio_is_made_of_parts_that_are_right_by_themselves(shop: Desk) -> None:
    assert shop.rows("riders", "riders.takings_per_rider") == [[105]]


def test_sum_distinct_counts_each_value_of_its_key_once(shop: Desk) -> None:
    assert shop.rows("lines", "parts.kind", "lines.shipping_once", sorts=["parts.kind"]) == [
        ["brass", 7],
        ["rubber", 14],
        ["steel", 10],
        [None, 9],
    ]


def test_dimensions_of_every_type(shop: Desk) -> None:
    fields = ["name", "is_member", "is_adult", "climate", "age_tier", "home", "shouted"]
    table = shop.table("riders", *(f"riders.{field}" for field in fields), sorts=["riders.name"])
    assert table.rows == [
        ["Ada", True, True, "cold", "18 to 39", "59.9,10.7", "ADA!"],
        ["Bo", False, False, "cold", "Below 18", "60.4,5.3", "BO!"],
        ["Cy", False, True, "warm", "40 or Above", "40.4,-3.7", "CY!"],
        ["Di", True, False, "warm", "Undefined", None, "DI!"],
    ]
    types = [ColumnType.STRING, ColumnType.YESNO, ColumnType.YESNO, ColumnType.STRING, ColumnType.STRING]
    assert [column.type for column in table.columns] == [*types, ColumnType.LOCATION, ColumnType.STRING]


@pytest.mark.parametrize(
    ("style", "labels"),
    [
        ("classic", ["T00 (-inf,18.0)", "T01 [18.0,40.0)", "T02 [40.0,inf)", "TXX Undefined"]),
        ("interval", ["(-inf,18.0)", "[18.0,40.0)", "[40.0,inf)", "Undefined"]),
        ("integer", ["Below 18", "18 to 39", "40 or Above", "Undefined"]),
        ("relational", ["< 18.0", ">= 18.0 and < 40.0", ">= 40.0", "Undefined"]),
    ],
)
def test_tiers_are_labelled_in_four_styles_and_sorted_by_their_numbers(style: str, labels: list[str]) -> None:
    desk = open_shop(
        f"view: +riders {{ dimension: tiers {{ type: tier tiers: [18, 40] style: {style} sql: ${{age}} ;; }} }}"
    )
    assert [row[0] for row in desk.rows("riders", "riders.tiers", sorts=["riders.tiers"])] == labels
    assert desk.rows("riders", "riders.count", filters={"riders.tiers": labels[1]}) == [[1]]


@pytest.mark.parametrize(
    ("zone", "timeframe", "wanted"),
    [
        (
            "",
            "date",
            [
                ["2024-02-29", 1],
                ["2024-12-31", 1],
                ["2025-05-31", 1],
                ["2025-06-01", 1],
                ["2025-06-16", 1],
                ["2025-06-18", 1],
            ],
        ),
        (
            "Europe/Madrid",
            "date",
            [["2024-02-29", 1], ["2025-01-01", 1], ["2025-06-01", 2], ["2025-06-17", 1], ["2025-06-18", 1]],
        ),
        ("Europe/Madrid", "month", [["2024-02", 1], ["2025-01", 1], ["2025-06", 4]]),
        ("Europe/Madrid", "quarter", [["2024-Q1", 1], ["2025-Q1", 1], ["2025-Q2", 4]]),
        ("America/Los_Angeles", "year", [[2024, 2], [2025, 4]]),
        ("", "week", [["2024-02-26", 1], ["2024-12-30", 1], ["2025-05-26", 2], ["2025-06-16", 2]]),
        ("", "month_name", [["February", 1], ["May", 1], ["June", 3], ["December", 1]]),
        (
            "",
            "day_of_week",
            [["Monday", 1], ["Tuesday", 1], ["Wednesday", 1], ["Thursday", 1], ["Saturday", 1], ["Sunday", 1]],
        ),
    ],
)
def test_timeframes_are_read_on_the_wall_clock_of_the_query(
    shop: Desk, zone: str, timeframe: str, wanted: list[list[object]]
) -> None:
    field = f"purchases.bought_{timeframe}"
    assert shop.rows("purchases", field, "purchases.count", sorts=[field], timezone=zone) == wanted


def test_a_column_of_dates_has_no_zone_to_convert(shop: Desk) -> None:
    rows = shop.rows("purchases", "purchases.sent_date", timezone="America/Los_Angeles", sorts=["purchases.sent_date"])
    assert rows == [["2025-01-02"], ["2025-06-03"], ["2025-06-18"], [None]]


def test_weeks_begin_where_the_model_says() -> None:
    desk = Desk(MODEL.replace("week_start_day: monday", "week_start_day: sunday"), TABLES)
    rows = desk.rows("purchases", "purchases.bought_week", "purchases.count", sorts=["purchases.bought_week"])
    assert rows == [["2024-02-25", 1], ["2024-12-29", 1], ["2025-05-25", 1], ["2025-06-01", 1], ["2025-06-15", 2]]


def test_fiscal_quarters_begin_where_the_model_says() -> None:
    desk = Desk(MODEL.replace("week_start_day: monday", "fiscal_month_offset: 1"), TABLES)
    rows = desk.rows(
        "purchases", "purchases.bought_fiscal_quarter", "purchases.count", sorts=["purchases.bought_fiscal_quarter"]
    )
    assert rows == [["FY2024-Q1", 1], ["FY2024-Q4", 1], ["FY2025-Q2", 4]]


def test_columns_carry_what_a_reader_needs(shop: Desk) -> None:
    columns = shop.table("purchases", "purchases.bought_month", "purchases.paid_share").columns
    assert [(column.label, column.kind, column.timeframe, column.value_format) for column in columns] == [
        ("Purchases Bought Month", ColumnKind.DIMENSION, "month", ""),
        ("Purchases Paid Share", ColumnKind.MEASURE, "", "percent_1"),
    ]


def test_only_the_joins_that_are_needed_stand_in_the_sql(shop: Desk) -> None:
    assert "JOIN" not in shop.compile("riders", "riders.count").sql
    sql = shop.compile("riders", "lines.takings").sql
    assert "visits" not in sql
    assert "parts" not in sql


def test_the_default_sort_is_the_date_then_the_measure_then_the_dimension(shop: Desk) -> None:
    assert shop.rows("purchases", "purchases.status", "purchases.bought_year")[0][1] == 2025
    assert [row[1] for row in shop.rows("purchases", "purchases.status", "purchases.count")] == [3, 1, 1, 1]
    assert [row[0] for row in shop.rows("purchases", "purchases.status")] == ["open", "paid", "returned", None]


def test_a_limit_is_kept_and_more_rows_are_told(shop: Desk) -> None:
    table = shop.table("purchases", "purchases.id", limit=2, sorts=["purchases.id desc"])
    assert (table.rows, table.is_truncated) == ([[15], [14]], True)
    assert not shop.table("purchases", "purchases.id", limit=6).is_truncated
    assert len(shop.rows("purchases", "purchases.id", limit=-1)) == 6
    assert len(shop.rows("purchases", "purchases.id", limit=-1, most_rows=3)) == 3


@pytest.mark.parametrize("limit", [0, -2])
def test_a_limit_that_is_none_is_refused(shop: Desk, limit: int) -> None:
    with pytest.raises(InvalidQuery, match="limit"):
        shop.compile("purchases", "purchases.id", limit=limit)


def test_an_unknown_field_names_the_nearest(shop: Desk) -> None:
    with pytest.raises(UnknownField, match=r"purchases\.total_shipping"):
        shop.compile("purchases", "purchases.total_shiping")
    with pytest.raises(UnknownField, match=r"riders\.country"):
        shop.compile("purchases", "buyers.country")


@pytest.mark.parametrize(
    ("fields", "query", "says"),
    [
        ([], {}, "no field"),
        (["purchases.status"], {"sorts": ["purchases.count"]}, "sorts by purchases.count"),
        (["purchases.status"], {"sorts": ["purchases.status sideways"]}, "is no sort"),
        (["purchases.status"], {"timezone": "Mars/Olympus"}, "time zone"),
        (["purchases.count"], {"pivots": ["purchases.count"]}, "pivots by dimensions"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(
    shop: Desk, fields: list[str], query: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidQuery, match=says):
        shop.compile("purchases", *fields, **query)


def test_an_explore_that_is_not_there_is_refused(shop: Desk) -> None:
    with pytest.raises(InvalidQuery, match="There are: lines, own_purchases, purchases, riders"):
        shop.compile("orders", "orders.count")


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("dimension: bad { sql: (( ;; }", r"riders\.bad \(shop\.model\.lkml:\d+\)"),
        ("dimension: bad { sql: ${nowhere} ;; }", r"riders\.bad .*no field riders\.nowhere"),
        (
            "dimension: bad { sql: ${worse} ;; } dimension: worse { sql: ${bad} ;; }",
            "made of each other: riders.bad -> riders.worse",
        ),
        ("dimension: bad { sql: ${count} ;; }", "is a measure"),
        ("measure: bad { type: sum sql: ${count} ;; }", "is a measure"),
        ("measure: bad { type: number sql: SUM(${count}) ;; }", "aggregate of an aggregate"),
        (
            "measure: bad { type: number sql: ${worse} ;; } measure: worse { type: number sql: ${bad} ;; }",
            "made of each other",
        ),
        ("measure: bad { type: number sql: ${count} / ${age} ;; }", "outside of an aggregate"),
        ("measure: bad { type: sum }", "needs sql"),
        ("dimension: bad { sql: 1; DROP TABLE riders ;; }", r"riders\.bad"),
    ],
)
def test_what_a_modeller_got_wrong_is_refused_when_it_is_asked_for(field: str, says: str) -> None:
    desk = open_shop(f"view: +riders {{ {field} }}")
    assert desk.rows("riders", "riders.count") == [[4]]
    with pytest.raises(InvalidQuery, match=says):
        desk.compile("riders", "riders.bad")


def test_an_aggregate_in_a_modellers_own_sql_works_where_nothing_repeats_its_rows() -> None:
    desk = open_shop(
        "view: +purchases { measure: spread { type: number sql: MAX(${shipping}) - MIN(${shipping}) ;; } measure: own { type: number sql: SUM(${shipping}) / COUNT(*) ;; } }"
    )
    assert desk.rows("purchases", "purchases.spread", "purchases.own", "purchases.count") == [[6, 5.5, 6]]
    assert desk.rows("purchases", "purchases.spread", "lines.count") == [[6, 7]]
    with pytest.raises(UnsafeAggregate, match=r"purchases\.own .*lines would repeat"):
        desk.compile("purchases", "purchases.own", "lines.count")


def test_a_value_that_is_something_for_rows_that_are_missing_counts_real_rows_only() -> None:
    desk = open_shop(
        "view: +purchases { measure: unknown { type: sum sql: CASE WHEN ${status} IS NULL THEN 1 ELSE 0 END ;; }"
        " measure: mean { type: average sql: COALESCE(${shipping}, 0) ;; } measure: one { type: sum sql: 1 ;; } }"
    )
    wanted = desk.truth(
        "SELECT COUNT(*) FILTER (WHERE status IS NULL), AVG(shipping), COUNT(*) FROM purchases WHERE rider_id IN (1, 2, 3, 4)"
    )
    assert desk.rows("riders", "purchases.unknown", "purchases.mean", "purchases.one") == wanted
    # the same where lines repeat the purchases
    assert desk.rows("riders", "purchases.unknown", "purchases.mean", "purchases.one", "lines.count") == [
        [*wanted[0], 7]
    ]


def test_the_sql_is_the_same_whenever_it_is_made(shop: Desk) -> None:
    fields = ["riders.country", "riders.total_age", "lines.takings", "purchases.paid_share"]
    again = open_shop()
    assert shop.compile("riders", *fields).sql == again.compile("riders", *fields).sql


def test_a_column_without_a_table_is_one_of_its_own_view() -> None:
    desk = open_shop(
        "view: +riders { dimension: bare { sql: country ;; } measure: bare_age { type: sum sql: age ;; } }"
    )
    assert desk.rows("purchases", "riders.bare", "purchases.count")[:2] == [["Norway", 3], [None, 2]]
    assert desk.rows("purchases", "riders.bare_age", "purchases.total_shipping") == [[103, 33]]


@pytest.mark.parametrize("use", ["${running_shipping} * 2", "${share_of_shipping}"])
def test_nothing_is_made_of_a_measure_over_rows(use: str) -> None:
    desk = open_shop(f"view: +purchases {{ measure: more {{ type: number sql: {use} ;; }} }}")
    with pytest.raises(InvalidQuery, match="made of the rows of the result"):
        desk.compile("purchases", "purchases.more")
    with pytest.raises(InvalidQuery, match="made of the rows of the result"):
        desk.compile("purchases", "purchases.count", filters={"purchases.running_shipping": ">1"})
    with pytest.raises(InvalidQuery, match="made of the rows of the result"):
        desk.compile("purchases", "purchases.count", filter_expression="${purchases.running_shipping} > 1")
