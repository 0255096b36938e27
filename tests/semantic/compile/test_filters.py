"""Filters of the query and of the model: on rows, on groups, and nothing that gets past them."""

import pytest

from semantic.compile.desk import Desk
from semantic.compile.shop import open_shop
from tertulia.core.errors import InvalidFilter, InvalidQuery, PermissionDenied, UnknownField
from tertulia.core.query import UserAttribute


@pytest.mark.parametrize(
    ("field", "expression", "names"),
    [
        ("riders.name", "Ada,Bo", ["Ada", "Bo"]),
        ("riders.name", "%a%", ["Ada"]),
        ("riders.country", "NULL", ["Di"]),
        ("riders.country", "-Norway", ["Cy", "Di"]),
        ("riders.age", ">=34", ["Ada", "Cy"]),
        ("riders.age", "[17, 34]", ["Ada", "Bo"]),
        ("riders.age", "NULL", ["Di"]),
        ("riders.is_member", "yes", ["Ada", "Di"]),
        ("riders.climate", "warm", ["Cy", "Di"]),
        ("riders.age_tier", "18 to 39,Undefined", ["Ada", "Di"]),
        ("riders.home", "200 miles from 59.9, 10.7", ["Ada", "Bo"]),
        ("riders.home", "inside box from 41, -10 to 40, 0", ["Cy"]),
        ("riders.home", "NOT NULL", ["Ada", "Bo", "Cy"]),
        ("riders.name", "", ["Ada", "Bo", "Cy", "Di"]),
    ],
)
def test_a_filter_of_every_type(shop: Desk, field: str, expression: str, names: list[str]) -> None:
    rows = shop.rows("riders", "riders.name", filters={field: expression}, sorts=["riders.name"])
    assert [row[0] for row in rows] == names


@pytest.mark.parametrize(
    ("expression", "zone", "ids"),
    [
        ("2025-06", "", [10, 11, 14]),
        ("2025-06", "Europe/Madrid", [10, 11, 12, 14]),
        ("2024", "Europe/Madrid", [15]),
        ("last month", "", [12]),
        ("this month", "", [10, 11, 14]),
        ("this week", "", [10, 14]),
        ("today", "", [14]),
        ("before 2025-01-01", "", [13, 15]),
        ("2024-02-29", "", [15]),
        ("2 days ago", "", [10]),
        ("2024-Q4, 2025-05", "", [12, 13]),
    ],
)
def test_a_filter_on_a_point_in_time_is_read_in_the_zone_of_the_query(
    shop: Desk, expression: str, zone: str, ids: list[int]
) -> None:
    for timeframe in ("date", "month", "raw", "year"):
        filters = {f"purchases.bought_{timeframe}": expression}
        rows = shop.rows("purchases", "purchases.id", filters=filters, timezone=zone, sorts=["purchases.id"])
        assert [row[0] for row in rows] == ids


def test_parts_of_time_are_filtered_as_what_they_show(shop: Desk) -> None:
    by = {"purchases.bought_day_of_week": "Monday,Sunday", "purchases.bought_hour_of_day": ">=8"}
    assert shop.rows("purchases", "purchases.id", filters=by, sorts=["purchases.id"]) == [[10], [11]]
    assert shop.rows("purchases", "purchases.id", filters={"purchases.bought_month_name": "Feb%"}) == [[15]]


def test_dates_are_compared_as_dates_and_durations_as_numbers(shop: Desk) -> None:
    assert shop.rows(
        "purchases", "purchases.id", filters={"purchases.sent_date": "2025-06"}, sorts=["purchases.id"]
    ) == [[10], [11]]
    assert shop.rows("purchases", "purchases.id", filters={"purchases.hours_to_send": ">30"}) == [[11]]


def test_a_filter_on_a_measure_stands_beside_one_on_rows(shop: Desk) -> None:
    filters = {"purchases.total_shipping": ">5", "purchases.status": "-open"}
    assert shop.rows("purchases", "purchases.status", "purchases.count", filters=filters) == [["paid", 3]]
    # of a measure that is not shown, and is repeated by a join
    rows = shop.rows("riders", "riders.country", "lines.takings", filters={"riders.total_age": "51"})
    assert rows == [["Norway", 310]]


def test_a_filter_on_a_joined_view_does_not_make_other_measures_count_twice(shop: Desk) -> None:
    assert shop.rows("riders", "riders.total_age", filters={"lines.quantity": ">0"}) == [[103]]


def test_case_counts_unless_the_model_the_explore_or_the_field_says_it_does_not(shop: Desk) -> None:
    lower = {"filters": {"riders.name": "ada"}}
    assert shop.rows("riders", "riders.count", **lower) == [[0]]
    assert open_shop("case_sensitive: no").rows("riders", "riders.count", **lower) == [[1]]
    assert open_shop("explore: +riders { case_sensitive: no }").rows("riders", "riders.count", **lower) == [[1]]
    field = open_shop("view: +riders { dimension: name { case_sensitive: no } }")
    assert field.rows("riders", "riders.count", **lower) == [[1]]


def test_always_filter_is_replaced_and_never_removed() -> None:
    desk = open_shop('explore: +purchases { always_filter: { filters: [status: "paid", riders.country: "Norway"] } }')
    assert desk.rows("purchases", "purchases.count") == [[2]]
    assert desk.rows("purchases", "purchases.count", filters={"purchases.status": "returned"}) == [[1]]
    assert desk.rows("purchases", "purchases.count", filters={"purchases.status": ""}) == [[2]]
    applied = desk.compile("purchases", "purchases.count").applied
    assert [(each.field, each.expression, each.origin) for each in applied] == [
        ("purchases.status", "paid", "always_filter"),
        ("riders.country", "Norway", "always_filter"),
    ]


def test_conditionally_filter_holds_unless_another_filter_is_there() -> None:
    desk = open_shop(
        'explore: +purchases { conditionally_filter: { filters: [bought_date: "2025-06"] unless: [riders.name] } }'
    )
    assert desk.rows("purchases", "purchases.count") == [[3]]
    assert desk.rows("purchases", "purchases.count", filters={"riders.name": "-Bo"}) == [[5]]
    assert desk.rows("purchases", "purchases.count", filters={"purchases.bought_date": "2024"}) == [[2]]
    assert desk.rows("purchases", "purchases.count", filters={"purchases.status": "paid"}) == [[2]]


def test_sql_always_where_and_having_stand_in_brackets_of_their_own() -> None:
    desk = open_shop(
        "explore: +purchases { sql_always_where: ${status} = 'paid' OR ${riders.name} = 'Bo' ;;"
        " sql_always_having: ${purchases.count} > 1 OR 1 = 0 ;; }"
    )
    assert desk.rows("purchases", "purchases.status", "purchases.count") == [["paid", 3]]
    assert desk.rows("purchases", "purchases.count", filters={"purchases.shipping": ">=7"}) == [[2]]


def test_a_filter_field_and_a_parameter_filter_only_where_the_model_uses_them() -> None:
    desk = open_shop(
        "view: +purchases { filter: since { type: date sql: {% condition since %} ${bought_raw} {% endcondition %} ;; }"
        ' filter: unused { type: string } parameter: only { type: string allowed_value: { value: "paid" label: "Paid" } }'
        " dimension: is_wanted { type: yesno sql: ${status} = {% parameter only %} ;; } }"
    )
    assert desk.rows("purchases", "purchases.count", filters={"purchases.since": "2025-06"}) == [[3]]
    madrid = {"filters": {"purchases.since": "2025-06"}, "timezone": "Europe/Madrid"}
    assert desk.rows("purchases", "purchases.count", **madrid) == [[4]]
    assert desk.rows("purchases", "purchases.count", filters={"purchases.unused": "x"}) == [[6]]
    wanted = desk.rows("purchases", "purchases.is_wanted", "purchases.count", filters={"purchases.only": "paid"})
    assert wanted == [[False, 3], [True, 3]]
    with pytest.raises(InvalidFilter, match="may be paid"):
        desk.compile("purchases", "purchases.count", filters={"purchases.only": "open"})
    with pytest.raises(InvalidQuery, match="not shown"):
        desk.compile("purchases", "purchases.since")


def test_attributes_stand_in_filter_expressions_as_values() -> None:
    desk = open_shop(
        "view: +purchases { measure: mine { type: count filters: [status: \"{{ _user_attributes['status'] }}\"] } }"
    )
    mine = {"filters": {"riders.region": "{{ _user_attributes['region'] }}"}}
    assert desk.rows("riders", "riders.count", attributes={"region": ["north"]}, **mine) == [[2]]
    assert desk.rows("riders", "riders.count", attributes={"region": ["%", "north, south"]}, **mine) == [[0]]
    expression = UserAttribute(name="region", values=["n%"], is_expression=True)
    assert desk.rows("riders", "riders.count", attributes={"region": expression}, **mine) == [[2]]
    assert desk.rows("purchases", "purchases.mine", attributes={"status": ["paid"]}) == [[3]]
    with pytest.raises(PermissionDenied, match="region"):
        desk.compile("riders", "riders.count", **mine)


def test_access_filters_hold_whatever_else_is_asked_for(shop: Desk) -> None:
    north = {"region": ["north"]}
    every = {"filters": {"riders.region": "south"}, "attributes": north}
    assert shop.rows("own_purchases", "purchases.count", **every) == [[0]]
    assert shop.rows("own_purchases", "purchases.count", filter_expression="1 = 1 OR 2 = 2", attributes=north) == [[3]]
    total = shop.table("own_purchases", "purchases.status", "purchases.count", has_total=True, attributes=north)
    assert total.totals == [None, 3]
    applied = shop.compile("own_purchases", "purchases.count", attributes=north).applied
    assert [(each.field, each.expression, each.origin) for each in applied] == [("riders.region", "", "access_filter")]


def test_access_filters_on_numbers_and_yesno_take_values_of_their_type() -> None:
    desk = open_shop(
        "explore: by_age { view_name: riders access_filter: { field: riders.age user_attribute: age } }\n"
        "explore: by_member { view_name: riders access_filter: { field: riders.is_member user_attribute: member } }\n"
        "explore: by_date { view_name: purchases access_filter: { field: purchases.bought_date user_attribute: day } }"
    )
    assert desk.rows("by_age", "riders.name", attributes={"age": ["34", "52"]}) == [["Ada"], ["Cy"]]
    assert desk.rows("by_member", "riders.name", attributes={"member": ["yes"]}) == [["Ada"], ["Di"]]
    for explore, name, value in [
        ("by_age", "age", "34 OR 1=1"),
        ("by_age", "age", "inf"),
        ("by_member", "member", "any"),
        ("by_date", "day", "2025"),
    ]:
        with pytest.raises(PermissionDenied):
            desk.compile(explore, "riders.name" if explore != "by_date" else "purchases.id", attributes={name: [value]})
    attribute = UserAttribute(name="age", values=["[,]"], is_expression=True)
    with pytest.raises(PermissionDenied):
        desk.compile("by_age", "riders.name", attributes={"age": attribute})


def test_grants_withhold_fields_and_all_that_is_made_of_them(shop: Desk) -> None:
    for field in ("parts.cost", "parts.total_cost", "lines.margin", "lines.gross_margin"):
        with pytest.raises(PermissionDenied, match=field):
            shop.compile("lines", field)
        with pytest.raises(PermissionDenied, match=field):
            shop.compile("lines", "lines.count", filters={field: "5"})
        with pytest.raises(PermissionDenied, match=field):
            shop.compile("lines", field, attributes={"department": ["sales"]})
        shop.compile("lines", field, attributes={"department": ["finance", "sales"]})
    custom = [{"measure": "costs", "based_on": "parts.cost", "type": "sum"}]
    with pytest.raises(PermissionDenied):
        shop.compile("lines", "costs", dynamic_fields=custom)
    with pytest.raises(PermissionDenied):
        shop.compile("lines", "lines.count", filter_expression="${parts.cost} > 5")


def test_grants_withhold_joins_views_and_explores() -> None:
    desk = open_shop(
        "explore: secret { view_name: riders required_access_grants: [sees_costs] }\n"
        "explore: half { view_name: riders join: visits { required_access_grants: [sees_costs] relationship: one_to_many"
        " sql_on: ${visits.rider_id} = ${riders.id} ;; } }"
    )
    with pytest.raises(PermissionDenied, match="secret"):
        desk.compile("secret", "riders.count")
    with pytest.raises(PermissionDenied, match=r"visits\.count"):
        desk.compile("half", "visits.count")
    finance = {"department": ["finance"]}
    assert desk.rows("secret", "riders.count", attributes=finance) == [[4]]
    assert desk.rows("half", "visits.count", attributes=finance) == [[5]]


def test_hidden_fields_can_be_asked_for_and_left_out_ones_cannot() -> None:
    desk = open_shop("explore: short { view_name: purchases fields: [purchases.count, purchases.status] }")
    assert desk.rows("purchases", "purchases.rider_id", filters={"purchases.rider_id": "3"}) == [[3]]
    assert desk.rows("short", "purchases.count") == [[6]]
    with pytest.raises(PermissionDenied, match=r"purchases\.id"):
        desk.compile("short", "purchases.id")


@pytest.mark.parametrize(
    ("filters", "error"),
    [
        ({"riders.age": "old"}, InvalidFilter),
        ({"riders.is_member": "perhaps"}, InvalidFilter),
        ({"nowhere.field": "x"}, UnknownField),
        ({"riders.home": "nearby"}, InvalidFilter),
    ],
)
def test_a_filter_that_cannot_be_read_names_its_field(
    shop: Desk, filters: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error, match=next(iter(filters))):
        shop.compile("riders", "riders.count", filters=filters)
