"""The traps that give wrong numbers without an error, each by its name in the notes."""

import datetime as dt
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from semantic.compile.desk import Desk, same
from semantic.compile.shop import open_shop
from tertulia.core.errors import InvalidQuery, PermissionDenied, UnsafeAggregate
from tertulia.core.query import UserAttribute
from tertulia.semantic.engines.registry import engine_of
from tertulia.semantic.filters.expression import print_filter
from tertulia.semantic.filters.string import StringFilter, Text
from tertulia.semantic.lookml.load import load_project

DIALECTS = ["duckdb", "bigquery", "snowflake", "clickhouse", "postgres", "trino", "databricks", "redshift"]

USERS = """
connection: "shop"
explore: users {
  join: orders { relationship: one_to_many sql_on: ${orders.user_id} = ${users.id} ;; }
  join: order_items { relationship: one_to_many sql_on: ${orders.order_id} = ${order_items.order_id} ;; }
}
view: users { dimension: id { primary_key: yes type: number } dimension: country {} measure: count { type: count } }
view: orders { dimension: order_id { primary_key: yes type: number } dimension: user_id { type: number } measure: count { type: count } }
view: order_items { dimension: id { primary_key: yes type: number } dimension: order_id { type: number }
  measure: revenue { type: sum sql: ${TABLE}.sale_price ;; } }
"""
# item 3 belongs to order 2 of user 3: joining items to the base view by their order would give it to user 2
ROWS = """
CREATE TABLE users AS SELECT * FROM (VALUES (1, 'USA'), (2, 'UK'), (3, 'USA')) v(id, country);
CREATE TABLE orders AS SELECT * FROM (VALUES (3, 1), (2, 3), (1, 2)) v(order_id, user_id);
CREATE TABLE order_items AS SELECT * FROM (VALUES (1, 3, 10), (2, 3, 5), (3, 2, 100), (4, 1, 7)) v(id, order_id, sale_price);
"""


def test_trap_1_the_parents_of_a_join_are_those_its_sql_on_names_users_to_orders_to_order_items() -> None:
    desk = Desk(USERS, ROWS)
    assert desk.rows("users", "users.country", "order_items.revenue") == [["USA", 115], ["UK", 7]]
    assert desk.rows("users", "order_items.revenue", "users.count", "orders.count") == [[122, 3, 3]]


def test_trap_2_fan_out_is_of_the_path_and_a_relationship_defaults_to_many_to_one(shop: Desk) -> None:
    # parts are many_to_one from lines by default: two hops from purchases they repeat, and repeat nothing
    finance = {"department": ["finance"]}
    rows = shop.rows(
        "purchases", "purchases.total_shipping", "parts.total_cost", "riders.total_age", attributes=finance
    )
    assert rows == [[33, 98, 103]]


def test_trap_3_a_joined_view_is_counted_by_its_key_and_filters_stand_inside_the_measure(shop: Desk) -> None:
    rows = shop.rows("riders", "riders.name", "purchases.count", "purchases.paid_count", sorts=["riders.name"])
    assert rows == [["Ada", 2, 2], ["Bo", 1, 0], ["Cy", 1, 1], ["Di", 0, 0]]


def test_trap_4_a_repeated_view_without_a_key_is_refused_with_its_place() -> None:
    desk = Desk(
        USERS.replace(
            "dimension: id { primary_key: yes type: number } dimension: country {}",
            "dimension: id { type: number } dimension: country {}",
        ),
        ROWS,
    )
    with pytest.raises(
        UnsafeAggregate, match=r"users\.count .*orders.* view users \(shop.model.lkml:\d+\) names no primary key"
    ):
        desk.compile("users", "users.count", "orders.count")


def test_trap_5_ratios_and_averages_are_of_parts_that_are_right(shop: Desk) -> None:
    rows = shop.rows("purchases", "purchases.paid_share", "purchases.average_shipping", "lines.count")
    assert rows == [[pytest.approx(3 / 6), pytest.approx(33 / 6), 7]]


def test_trap_6_a_filter_on_a_measure_leaves_out_groups_and_no_rows(shop: Desk) -> None:
    sql = shop.compile("purchases", "purchases.status", "purchases.count", filters={"purchases.count": ">1"}).sql
    assert "HAVING" in sql
    assert "WHERE" not in sql
    # the filter of one measure is none of another's
    assert shop.rows("purchases", "purchases.paid_shipping", "purchases.total_shipping") == [[21, 33]]


def test_trap_7_exclusions_keep_nulls_and_seven_days_include_today(shop: Desk) -> None:
    assert shop.rows("purchases", "purchases.count", filters={"purchases.status": "-paid"}) == [[3]]
    assert shop.rows("riders", "riders.count", filters={"riders.age": "NOT 17"}) == [[3]]
    assert shop.rows("riders", "riders.count", filters={"riders.age": "NOT 17, 52"}) == [[2]]
    assert shop.rows("riders", "riders.name", filters={"riders.name": "_o"}) == [["Bo"]]
    assert shop.rows("purchases", "purchases.count", filters={"purchases.bought_date": "7 days"}) == [[2]]


def test_trap_8_no_holds_for_nulls_too(shop: Desk) -> None:
    assert shop.rows("riders", "riders.name", filters={"riders.is_member": "no"}) == [["Bo"], ["Cy"]]
    assert shop.rows("riders", "riders.name", filters={"riders.is_adult": "no"}) == [["Bo"], ["Di"]]


@pytest.mark.parametrize("values", [[], [""], ["  "], ["", " "]])
def test_trap_9_an_access_filter_without_a_value_lets_nothing_through(shop: Desk, values: list[str]) -> None:
    with pytest.raises(PermissionDenied, match="region"):
        shop.compile("own_purchases", "purchases.count", attributes={"region": values})


@pytest.mark.parametrize("expression", ["%", "%%", "_%", "north,%", "", " ", "-NULL", "-EMPTY", "-NULL,-EMPTY"])
def test_trap_9_an_expression_that_means_all_lets_nothing_through(shop: Desk, expression: str) -> None:
    attribute = UserAttribute(name="region", values=[expression], is_expression=True)
    with pytest.raises(PermissionDenied, match="region"):
        shop.compile("own_purchases", "purchases.count", attributes={"region": attribute})


def test_trap_9_a_literal_value_stands_for_itself(shop: Desk) -> None:
    assert shop.rows("own_purchases", "purchases.count", attributes={"region": ["north"]}) == [[3]]
    assert shop.rows("own_purchases", "purchases.count", attributes={"region": ["north", "south"]}) == [[4]]
    for value in ("%", "-south", "north,south", "NULL", "' OR 1=1 --", "_orth"):
        assert shop.rows("own_purchases", "purchases.count", attributes={"region": [value]}) == [[0]], value


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name != "duckdb"])
def test_trap_10_weeks_and_names_of_days_mean_the_same_in_every_dialect(dialect: str) -> None:
    desk = open_shop()
    desk.engine = engine_of(dialect)
    sql = desk.compile("purchases", "purchases.bought_week", "purchases.bought_day_of_week", "purchases.count").sql
    assert "dayname" not in sql.lower()
    if dialect == "bigquery":
        assert "WEEK)" not in sql
    assert "'Wednesday'" in sql


@settings(max_examples=150, deadline=None)
@given(value=st.text(min_size=1, max_size=20), dialect=st.sampled_from(DIALECTS))
def test_trap_11_no_text_leaves_its_literal_in_any_dialect(value: str, dialect: str) -> None:
    desk = in_dialect(dialect)
    filters = {"riders.name": print_filter(StringFilter((Text(value),)))}
    try:
        sql = desk.compile("riders", "riders.count", filters=filters).sql
    except InvalidQuery:
        assert "\0" in value
        return
    tree = desk.engine.parse_select(sql)
    plain = desk.engine.parse_select(desk.compile("riders", "riders.count", filters={"riders.name": "Ada"}).sql)
    assert [type(node) for node in tree.walk()] == [type(node) for node in plain.walk()]
    assert value in [literal.name for literal in tree.find_all(exp.Literal)]


@cache
def in_dialect(name: str) -> Desk:
    desk = open_shop()
    desk.engine = engine_of(name)
    return desk


@pytest.mark.parametrize("value", ["shipping) FROM purchases --", "shipping;", "(SELECT 1)", "a b", "x'y"])
def test_trap_12_a_parameter_without_quotes_is_a_plain_word(value: str) -> None:
    desk = open_shop(
        'view: +purchases { parameter: by { type: unquoted default_value: "shipping" }'
        " measure: any { type: sum sql: ${TABLE}.{% parameter by %} ;; }"
        " dimension: typo { sql: {{ nothing_like_it }} ;; } }"
    )
    assert desk.rows("purchases", "purchases.any") == [[33]]
    assert desk.rows("purchases", "purchases.any", filters={"purchases.by": "id"}) == [[75]]
    with pytest.raises(InvalidQuery, match="unquoted"):
        desk.compile("purchases", "purchases.any", filters={"purchases.by": value})
    with pytest.raises(InvalidQuery, match="nothing_like_it"):
        desk.compile("purchases", "purchases.typo")


def test_trap_13_one_clock_for_filter_label_and_memory(shop: Desk) -> None:
    asked = {"filters": {"purchases.bought_date": "today"}}
    assert shop.rows("purchases", "purchases.id", timezone="Asia/Tokyo", **asked) == [[14]]
    shop.now = dt.datetime(2025, 6, 16, 22, 30, tzinfo=dt.UTC)
    try:
        # in Madrid it is the 17th already, and purchase 10 was made half an hour into it
        assert shop.rows("purchases", "purchases.bought_date", timezone="Europe/Madrid", **asked) == [["2025-06-17"]]
        assert shop.rows("purchases", "purchases.bought_date", **asked) == [["2025-06-16"]]
    finally:
        shop.now = dt.datetime(2025, 6, 18, 12, 30, tzinfo=dt.UTC)


def test_trap_14_ties_at_the_limit_have_an_order_of_their_own(shop: Desk) -> None:
    rows = shop.rows("purchases", "purchases.status", "purchases.count", sorts=["purchases.count desc"], limit=2)
    assert rows == [["paid", 3], ["open", 1]]
    assert shop.compile("purchases", "purchases.status", "purchases.count").sql.endswith(
        "ORDER BY 2 DESC, 1 ASC LIMIT 501"
    )


def test_trap_15_each_model_has_views_of_its_own() -> None:
    view = "view: things {{ sql_table_name: {0} ;; dimension: id {{ primary_key: yes }} measure: count {{ type: count }} }}"
    project = load_project(
        {
            "a.model.lkml": 'connection: "x"\ninclude: "a.view"\nexplore: things {}',
            "b.model.lkml": 'connection: "x"\ninclude: "b.view"\nexplore: things {}\nexplore: more { extends: [things] view_name: things }',
            "a.view.lkml": view.format("first"),
            "b.view.lkml": view.format("second"),
        }
    )
    desk = Desk(USERS, "CREATE TABLE first AS SELECT 1 AS id; CREATE TABLE second AS SELECT * FROM range(5) r(id);")
    desk.model = project.models["a"]
    assert desk.rows("things", "things.count") == [[1]]
    desk.model = project.models["b"]
    assert desk.rows("things", "things.count") == [[5]]
    assert desk.rows("more", "things.count") == [[5]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; DELETE FROM riders",
        "DELETE FROM riders",
        "SELECT * INTO stolen FROM riders",
        "COPY riders TO 'x'",
        "(SELECT 1",
    ],
)
def test_trap_16_a_derived_table_is_one_select(sql: str) -> None:
    desk = open_shop(f"view: d {{ derived_table: {{ sql: {sql} ;; }} dimension: id {{}} }}\nexplore: d {{}}")
    with pytest.raises(InvalidQuery, match="The view d"):
        desk.compile("d", "d.id")


def test_trap_17_totals_are_over_everything_the_filters_let_through(shop: Desk) -> None:
    table = shop.table(
        "riders",
        "lines.id",
        "riders.total_age",
        "lines.takings",
        limit=2,
        has_total=True,
        filters={"riders.country": "Norway"},
    )
    assert table.is_truncated
    assert table.totals == [None, 51, 310]
    assert (
        shop.compile(
            "riders", "riders.country", "riders.count", has_total=True, filters={"riders.count": ">1"}
        ).total_sql
        == ""
    )


def test_trap_18_a_query_of_another_year_is_another_query(shop: Desk) -> None:
    first = shop.rows("purchases", "purchases.count", filters={"purchases.bought_date": "2024"})
    second = shop.rows("purchases", "purchases.count", filters={"purchases.bought_date": "2025"})
    assert (first, second) == ([[2]], [[4]])
    assert not same(first, second)
