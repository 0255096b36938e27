"""Models, explores, fields and their values over the wire."""

import pytest

from conftest import Demo
from dialects.looker.shop import Shop, open_shop

EXPLORE = "/lookml_models/shop/explores/order_items"


@pytest.fixture(scope="module")
def shop(demo: Demo) -> Shop:
    return open_shop(demo)


def test_models_are_listed_with_their_explores(shop: Shop) -> None:
    [model] = shop.member.found("/lookml_models")
    shop.member.document.check_whole("LookmlModel", model)
    assert (model["name"], model["label"], model["project_name"]) == ("shop", "Shop", "osier_wheel")
    assert model["allowed_db_connection_names"] == ["shop"]
    explores = {each["name"]: each for each in model["explores"]}
    assert explores["order_items"]["label"] == "Sales"
    assert shop.member.found("/lookml_models/shop") == model


def test_models_are_narrowed_and_paged(shop: Shop) -> None:
    [model] = shop.member.found("/lookml_models", params={"fields": "name,explores(name,label)"})
    assert set(model) == {"name", "explores"}
    assert all(set(each) == {"name", "label"} for each in model["explores"])
    for limits in ({"limit": 0}, {"offset": 1}):
        assert shop.member.found("/lookml_models", params=limits) == []
    assert shop.member.get("/lookml_models", params={"limit": -1}).status_code == 400


def test_an_explore_tells_all_of_its_fields(shop: Shop) -> None:
    explore = shop.admin.found(EXPLORE)
    shop.admin.document.check_whole("LookmlModelExplore", explore)
    assert explore["id"] == "shop::order_items"
    assert (explore["connection_name"], explore["dialect_name"], explore["view_name"]) == (
        "shop",
        "duckdb",
        "order_items",
    )
    joins = {each["name"]: each for each in explore["joins"]}
    assert (joins["orders"]["type"], joins["orders"]["relationship"]) == ("inner", "many_to_one")
    assert joins["orders"]["dependent_fields"] == ["order_items.order_id", "orders.order_id"]
    fields = {each["name"]: each for kind in explore["fields"].values() for each in kind}
    for field in fields.values():
        shop.admin.document.check_whole("LookmlModelExploreField", field)
    month = fields["orders.ordered_month"]
    assert (month["type"], month["dimension_group"], month["is_timeframe"]) == ("date_month", "orders.ordered", True)
    assert month["time_interval"] == {"name": "month", "count": 1}
    assert (month["label"], month["label_short"], month["view_label"]) == (
        "Orders Ordered Month",
        "Ordered Month",
        "Orders",
    )
    assert (month["suggestable"], month["fill_style"]) == (False, "range")
    revenue = fields["order_items.revenue"]
    assert (revenue["category"], revenue["measure"], revenue["align"]) == ("measure", True, "right")
    assert (revenue["value_format_name"], revenue["type"]) == ("eur", "sum")
    assert revenue["filters"] == [{"field": "orders.status", "condition": "-Cancelled"}]
    assert revenue["sql"] == "${sale_amount}"
    assert "sales" in revenue["synonyms"]
    status = fields["orders.status"]
    assert status["suggestions"] == ["Processing", "Shipped", "Delivered", "Cancelled"]
    assert fields["customers.is_member"]["enumerations"] == [
        {"label": "Yes", "value": "Yes"},
        {"label": "No", "value": "No"},
    ]
    assert fields["order_items.order_item_id"]["primary_key"]
    assert fields["order_items.order_item_id"]["hidden"]


def test_lookml_itself_and_closed_fields_are_not_for_everybody(shop: Shop) -> None:
    explore = shop.member.found(EXPLORE)
    measures = {each["name"]: each for each in explore["fields"]["measures"]}
    assert "order_items.revenue" in measures
    assert "order_items.gross_margin" not in measures
    assert not explore["can_see_lookml"]
    assert {each["sql"] for each in measures.values()} == {None}
    assert {each["sql_on"] for each in explore["joins"]} == {None}


def test_access_filters_are_told(shop: Shop) -> None:
    explore = shop.admin.found("/lookml_models/shop/explores/site_sales")
    assert explore["access_filters"] == [{"field": "sites.name", "user_attribute": "site"}]
    assert explore["access_filter_fields"] == ["sites.name"]


def test_an_explore_is_found_by_its_whole_id_and_narrowed(shop: Shop) -> None:
    path = "/lookml_models/shop/explores/shop::order_items"
    explore = shop.member.found(path, params={"fields": "id,fields(measures(name))"})
    assert set(explore) == {"id", "fields"}
    assert set(explore["fields"]) == {"measures"}


@pytest.mark.parametrize(
    "path",
    [
        "/lookml_models/shops",
        "/lookml_models/shop/explores/nothing",
        "/lookml_models/x/explores/order_items",
        "/models/shop/views/nothing/fields/name/suggestions",
        "/models/shop/views/order_items/fields/sites.nothing/suggestions",
        "/models/shop/views/order_items/fields/order_items.gross_margin/suggestions",
    ],
)
def test_what_is_not_there_is_not_found(shop: Shop, path: str) -> None:
    assert shop.member.get(path).status_code == 404


def test_values_of_fields_are_suggested(shop: Shop) -> None:
    path = "/models/shop/views/order_items/fields/sites.name/suggestions"
    found = shop.member.found(path, params={"term": "QUAY"})
    assert (found["suggestions"], found["hit_limit"]) == (["Quayside"], False)
    narrowed = {"filters": '{"sites.name": "-Quayside"}'}
    assert "Quayside" not in shop.member.found(path, params=narrowed)["suggestions"]
    assert "Quayside" not in shop.member.found(path, params={"filters[sites.name]": "-Quayside"})["suggestions"]
    assert shop.member.get(path, params={"filters": "no json"}).status_code == 400
    assert shop.member.get(path, params={"filters": '{"sites.nam": "x"}'}).status_code == 422


def test_a_term_finds_the_same_in_a_long_column_whatever_its_case_and_signs_around_it(shop: Shop) -> None:
    path = "/models/shop/views/order_items/fields/customers.name/suggestions"
    assert shop.admin.found(path)["hit_limit"]
    found = shop.admin.found(path, params={"term": "anna"})
    assert found["suggestions"]
    assert not found["hit_limit"]
    for term in ("Anna", "%anna%", " ANNA", "% anna "):
        assert shop.admin.found(path, params={"term": term}) == found
