"""Joins: of every type, written out or declared, and only those a query stands on."""

import pytest

from semantic.compile.desk import Desk
from semantic.compile.shop import open_shop
from tertulia.core.errors import InvalidQuery, UnsafeAggregate

UNFOLDED = """
view: orders { sql_table_name: (SELECT 1 AS id, ['a', 'b', 'a'] AS tags, 5 AS fee UNION ALL SELECT 2, ['a'], 7 UNION ALL SELECT 3, [], 9) ;;
  dimension: id { primary_key: yes type: number } dimension: tags { hidden: yes }
  measure: count { type: count } measure: fees { type: sum sql: ${TABLE}.fee ;; } }
view: tags { dimension: tag { sql: ${TABLE}.t ;; } measure: count { type: count } measure: kinds { type: count_distinct sql: ${tag} ;; } }
"""


def unfolded(join: str) -> Desk:
    return Desk(f'connection: "x"\nexplore: orders {{ join: tags {{ {join} }} }}\n{UNFOLDED}')


def test_a_join_written_out_unfolds_a_column_and_its_parent_counts_once() -> None:
    desk = unfolded("sql: LEFT JOIN LATERAL (SELECT UNNEST(${orders.tags}) AS t) AS tags ON TRUE ;;")
    assert desk.rows("orders", "orders.fees", "tags.kinds", "orders.count") == [[21, 2, 3]]
    rows = desk.rows("orders", "tags.tag", "orders.fees", "orders.count", sorts=["tags.tag"])
    assert rows == [["a", 12, 2], ["b", 5, 1], [None, 9, 1]]


def test_unfolded_rows_without_a_key_are_counted_only_where_an_outer_join_makes_none() -> None:
    inner = unfolded(
        "relationship: one_to_many sql: JOIN LATERAL (SELECT UNNEST(${orders.tags}) AS t) AS tags ON TRUE ;;"
    )
    assert inner.rows("orders", "tags.count", "orders.fees") == [[4, 12]]
    outer = unfolded("sql: LEFT JOIN LATERAL (SELECT UNNEST(${orders.tags}) AS t) AS tags ON TRUE ;;")
    with pytest.raises(UnsafeAggregate, match=r"tags\.count .*outer join"):
        outer.compile("orders", "tags.count", "orders.id")


@pytest.mark.parametrize("sql", ["WHERE 1 = 1", "LEFT JOIN parts ON TRUE GROUP BY 1", "; DROP TABLE orders", ""])
def test_what_is_written_out_must_be_a_join(sql: str) -> None:
    desk = unfolded(f"sql: {sql} ;;")
    with pytest.raises(InvalidQuery, match="The join tags"):
        desk.compile("orders", "tags.tag")


@pytest.mark.parametrize(
    ("kind", "riders", "purchases"),
    [("left_outer", 4, 4), ("inner", 3, 4), ("full_outer", 4, 6), ("cross", 4, 6)],
)
def test_the_types_of_joins(kind: str, riders: int, purchases: int) -> None:
    on = "" if kind == "cross" else "sql_on: ${p.rider_id} = ${riders.id} ;;"
    desk = open_shop(
        f"explore: typed {{ view_name: riders join: p {{ from: purchases type: {kind} relationship: one_to_many {on} }} }}"
    )
    assert desk.rows("typed", "riders.count", "p.count") == [[riders, purchases]]


def test_sums_stay_right_under_a_full_join_and_a_cross_join() -> None:
    desk = open_shop(
        "explore: full { view_name: riders join: purchases { type: full_outer relationship: one_to_many"
        " sql_on: ${purchases.rider_id} = ${riders.id} ;; } }\n"
        "explore: crossed { view_name: riders join: purchases { type: cross } }"
    )
    for explore in ("full", "crossed"):
        assert desk.rows(explore, "riders.total_age", "purchases.total_shipping", "riders.average_age") == [
            [103, 33, pytest.approx(103 / 3)]
        ]


def test_rows_that_a_full_join_adds_are_no_rows_of_the_first_view() -> None:
    desk = open_shop(
        "explore: full { view_name: purchases join: riders { type: full_outer sql_on: ${purchases.rider_id} = ${riders.id} ;; } }"
    )
    assert desk.rows("full", "purchases.count", "riders.count") == [[6, 4]]


def test_a_condition_on_nothing_repeats_both_sides_whatever_the_relationship_says() -> None:
    desk = open_shop("explore: all { view_name: riders join: purchases { relationship: one_to_one sql_on: 1 = 1 ;; } }")
    assert desk.rows("all", "riders.total_age", "purchases.total_shipping") == [[103, 33]]


def test_a_view_joined_twice_is_two() -> None:
    desk = open_shop(
        "explore: pairs { from: riders join: friend { from: riders relationship: many_to_many"
        " sql_on: ${pairs.region} = ${friend.region} AND ${pairs.id} <> ${friend.id} ;; } }"
    )
    rows = desk.rows("pairs", "pairs.name", "friend.shouted", "friend.total_age", sorts=["pairs.name"])
    assert rows == [["Ada", "BO!", 17], ["Bo", "ADA!", 34], ["Cy", "DI!", 0], ["Di", "CY!", 52]]


def test_joins_that_stand_on_several_parents() -> None:
    desk = open_shop(
        "explore: chain { view_name: lines join: purchases { sql_on: ${lines.purchase_id} = ${purchases.id} ;; }"
        " join: riders { sql_on: ${purchases.rider_id} = ${riders.id} ;; }"
        " join: visits { relationship: one_to_many sql_on: ${visits.rider_id} = ${riders.id} AND ${visits.id} <> ${lines.id} ;; } }"
    )
    # a visit stands beside every line of its rider, and every line beside every visit
    assert desk.rows("chain", "lines.takings", "visits.total_minutes", "riders.total_age") == [[475, 100, 103]]


def test_always_join_required_joins_and_where_of_a_join() -> None:
    desk = open_shop(
        "explore: strict { view_name: purchases always_join: [riders]"
        " join: riders { type: inner sql_on: ${purchases.rider_id} = ${riders.id} ;; sql_where: ${riders.age} > 20 ;; }"
        " join: visits { relationship: many_to_one required_joins: [lines] sql_on: ${visits.rider_id} = purchases.rider_id ;; }"
        " join: lines { relationship: one_to_many sql_on: ${lines.purchase_id} = ${purchases.id} ;; } }"
    )
    assert desk.rows("strict", "purchases.count") == [[3]]
    sql = desk.compile("strict", "visits.minutes").sql
    assert sql.index("JOIN lines") < sql.index("JOIN visits")


def test_joins_come_after_those_they_stand_on_whatever_their_order() -> None:
    desk = open_shop(
        "explore: turned { view_name: riders join: lines { relationship: one_to_many sql_on: ${lines.purchase_id} = ${purchases.id} ;; }"
        " join: purchases { relationship: one_to_many sql_on: ${purchases.rider_id} = ${riders.id} ;; } }"
    )
    assert desk.rows("turned", "riders.country", "lines.takings") == [["Norway", 310], ["Spain", 110], [None, 0]]


@pytest.mark.parametrize(
    ("joins", "says"),
    [
        (
            "join: purchases { sql_on: ${lines.purchase_id} = ${purchases.id} ;; } join: lines { sql_on: ${lines.purchase_id} = ${purchases.id} AND ${purchases.id} = 1 ;; }",
            "stand on each other",
        ),
        ("join: purchases { sql_on: ((( ;; }", "The join purchases"),
    ],
)
def test_joins_that_cannot_be_made_are_refused_where_they_are_needed(joins: str, says: str) -> None:
    desk = open_shop(f"explore: broken {{ view_name: riders {joins} }}")
    assert desk.rows("broken", "riders.count") == [[4]]
    with pytest.raises(InvalidQuery, match=says):
        desk.compile("broken", "purchases.count")


def test_a_table_named_for_the_join_alone() -> None:
    desk = open_shop(
        "explore: other { view_name: riders sql_table_name: (SELECT * FROM riders WHERE age > 20) ;;"
        " join: purchases { sql_table_name: (SELECT * FROM purchases WHERE status = 'paid') ;; relationship: one_to_many"
        " sql_on: ${purchases.rider_id} = ${riders.id} ;; } }"
    )
    assert desk.rows("other", "riders.count", "purchases.count") == [[2, 3]]


@pytest.mark.parametrize("name", ["riders WHERE 1 = 1", "riders, parts", "riders UNION SELECT * FROM riders"])
def test_a_table_name_is_one_table(name: str) -> None:
    desk = open_shop(f"view: odd {{ sql_table_name: {name} ;; dimension: id {{}} }}\nexplore: odd {{}}")
    with pytest.raises(InvalidQuery, match=r"is no table|cannot be read"):
        desk.compile("odd", "odd.id")


def test_reserved_words_and_dashes_are_quoted() -> None:
    desk = Desk(
        'connection: "x"\nexplore: order { join: group { sql_on: ${order.group} = ${group.id} ;; } }\n'
        'view: order { sql_table_name: "my-orders" ;; dimension: id { primary_key: yes } dimension: group { sql: ${TABLE}."group" ;; } measure: count { type: count } }'
        'view: group { sql_table_name: "select" ;; dimension: id { primary_key: yes } dimension: user { sql: ${TABLE}."user name" ;; } }',
        'CREATE TABLE "my-orders" AS SELECT 1 AS id, 2 AS "group"; CREATE TABLE "select" AS SELECT 2 AS id, \'x\' AS "user name";',
    )
    assert desk.rows("order", "group.user", "order.count") == [["x", 1]]
