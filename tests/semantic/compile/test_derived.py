"""Derived tables: written in SQL or asked of another explore, with the filters of the query where the model wants them."""

import pytest

from semantic.compile.desk import Desk
from semantic.compile.shop import open_shop
from tertulia.core.errors import InvalidFilter, InvalidQuery, PermissionDenied

FACTS = """
view: rider_facts {
  derived_table: { sql: SELECT rider_id, COUNT(*) AS made, SUM(shipping) AS paid FROM purchases
    WHERE {% condition bought %} bought_at {% endcondition %} AND COALESCE(status, '') <> {% parameter without %} GROUP BY 1 ;; }
  filter: bought { type: date }
  parameter: without { type: string default_value: "nothing" allowed_value: { value: "paid" } allowed_value: { value: "nothing" } }
  dimension: rider_id { primary_key: yes type: number }
  measure: most { type: max sql: ${TABLE}.made ;; }
  measure: paid { type: sum sql: ${TABLE}.paid ;; }
}
explore: rider_facts { join: riders { relationship: one_to_one sql_on: ${riders.id} = ${rider_facts.rider_id} ;; } }
"""
COUNTRIES = """
view: countries {
  derived_table: { explore_source: riders {
    column: country { field: riders.country }
    column: takings { field: lines.takings }
    column: riders { field: riders.count }
    derived_column: place { sql: RANK() OVER (ORDER BY takings DESC) ;; }
    filters: [riders.name: "-Di"]
    bind_filters: { from_field: countries.kind to_field: parts.kind }
  } }
  filter: kind { type: string }
  dimension: country { primary_key: yes }
  dimension: takings { type: number }
  dimension: place { type: number }
  measure: total { type: sum sql: ${takings} ;; }
}
view: best { derived_table: { sql: SELECT * FROM ${countries.SQL_TABLE_NAME} WHERE place = 1 ;; } dimension: country {} }
explore: countries {}
explore: best {}
"""


@pytest.fixture(scope="module")
def desk() -> Desk:
    return open_shop(FACTS + COUNTRIES)


def test_a_query_in_sql_takes_its_filters_and_parameters(desk: Desk) -> None:
    fields = ["riders.name", "rider_facts.most", "rider_facts.paid"]
    assert desk.rows("rider_facts", *fields) == [["Ada", 2, 12], ["Bo", 1, 5], ["Cy", 1, 9], [None, 1, 7]]
    filters = {"rider_facts.bought": "2025", "rider_facts.without": "paid"}
    assert desk.rows("rider_facts", *fields, filters=filters) == [["Bo", 1, 5], [None, 1, 4]]
    with pytest.raises(InvalidFilter, match="may be paid"):
        desk.compile("rider_facts", *fields, filters={"rider_facts.without": "open'"})


def test_a_query_of_another_explore_is_right_by_the_same_rules(desk: Desk) -> None:
    fields = ["countries.country", "countries.takings", "countries.place"]
    assert desk.rows("countries", *fields, sorts=["countries.place"]) == [["Norway", 310, 1], ["Spain", 110, 2]]
    bound = {"filters": {"countries.kind": "rubber"}, "sorts": ["countries.place"]}
    assert desk.rows("countries", *fields, **bound) == [["Spain", 100, 1], ["Norway", 60, 2]]
    table = desk.table("countries", "countries.country", "countries.total", has_total=True)
    assert table.totals == [None, 420]


def test_a_derived_table_stands_on_another(desk: Desk) -> None:
    assert desk.rows("best", "best.country") == [["Norway"]]


def test_filters_are_bound_by_name_where_the_model_binds_all() -> None:
    desk = open_shop(
        "view: sums { derived_table: { explore_source: purchases { column: status { field: purchases.status }"
        " column: n { field: purchases.count } bind_all_filters: yes } } dimension: status {} measure: n { type: sum sql: ${TABLE}.n ;; } }\n"
        "explore: sums { join: purchases { relationship: one_to_many sql_on: ${purchases.status} = ${sums.status} ;; } }"
    )
    filters = {"purchases.shipping": ">=7"}
    assert "7" in desk.compile("sums", "sums.status", filters=filters).sql.split(") SELECT")[0]


def test_the_limit_of_an_inner_query_holds_with_its_order() -> None:
    desk = open_shop(
        "view: two { derived_table: { explore_source: purchases { column: id { field: purchases.id }"
        " sorts: [purchases.id: desc] limit: 2 } } dimension: id { type: number } }\nexplore: two {}"
    )
    assert desk.rows("two", "two.id", sorts=["two.id"]) == [[14], [15]]


def test_access_filters_hold_within() -> None:
    desk = open_shop(
        "view: mine { derived_table: { explore_source: own_purchases { column: n { field: purchases.count } } }"
        " dimension: n { type: number } }\nexplore: mine {}"
    )
    assert desk.rows("mine", "mine.n", attributes={"region": ["south"]}) == [[1]]
    with pytest.raises(PermissionDenied, match="region"):
        desk.compile("mine", "mine.n")


@pytest.mark.parametrize(
    ("view", "says"),
    [
        ("derived_table: { sql: SELECT * FROM ${odd.SQL_TABLE_NAME} ;; }", "derived from itself"),
        ("derived_table: { sql: SELECT ${id} FROM riders ;; }", "cannot name the field"),
        ("derived_table: { sql: SELECT * FROM ${nothing.SQL_TABLE_NAME} ;; }", "no view 'nothing'"),
        ("derived_table: { sql: SELECT FROM WHERE ;; }", r"The view odd \(shop.model.lkml:\d+\)"),
        ("derived_table: { sql_create: CREATE TABLE x AS SELECT 1 ;; }", "odd"),
    ],
)
def test_a_derived_table_that_cannot_be_is_refused_when_it_is_asked_for(view: str, says: str) -> None:
    desk = open_shop(f"view: odd {{ {view} dimension: id {{}} }}\nexplore: odd {{}}")
    with pytest.raises(InvalidQuery, match=says):
        desk.compile("odd", "odd.id")


def test_a_derived_table_is_not_mistaken_for_a_table() -> None:
    desk = open_shop(
        "view: riders_again { derived_table: { sql: SELECT * FROM riders WHERE age > 20 ;; } dimension: id { primary_key: yes }"
        " measure: count { type: count } }\nexplore: riders_again { join: riders { sql_on: ${riders.id} = ${riders_again.id} ;; } }"
    )
    assert desk.rows("riders_again", "riders_again.count", "riders.count") == [[2, 2]]


def test_the_same_view_twice_with_other_filters_is_two_tables() -> None:
    desk = open_shop(
        FACTS
        + "explore: twice { from: rider_facts join: rider_facts { sql_on: ${twice.rider_id} = ${rider_facts.rider_id} ;; } }"
    )
    both = {"filters": {"twice.bought": "2025", "rider_facts.bought": "2024"}}
    assert desk.rows("twice", "twice.paid", "rider_facts.paid", **both) == [[21, 0]]
    assert "_derived_2" in desk.compile("twice", "twice.paid", "rider_facts.paid", **both).sql
    assert "_derived_2" not in desk.compile("twice", "twice.paid", "rider_facts.paid").sql


def test_liquid_sees_what_is_asked() -> None:
    desk = open_shop(
        "view: +purchases { dimension: grain { sql: {% if riders.name._in_query %} 'rider' {% else %} 'all' {% endif %} ;; }"
        " dimension: own { type: yesno sql: ${status} = '{{ _user_attributes['status'] }}' ;; } }"
    )
    assert desk.rows("purchases", "purchases.grain", "purchases.count") == [["all", 6]]
    assert desk.rows("purchases", "purchases.grain", "riders.name", filters={"riders.name": "Bo"}) == [["rider", "Bo"]]
    assert desk.rows("purchases", "purchases.own", "purchases.count", attributes={"status": ["open"]}) == [
        [False, 5],
        [True, 1],
    ]
    for value in (["x' OR '1'='1"], []):
        with pytest.raises(InvalidQuery):
            desk.compile("purchases", "purchases.own", attributes={"status": value})
