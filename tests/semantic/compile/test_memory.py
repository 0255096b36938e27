"""What was compiled is compiled once, and never for another asker or another time."""

import datetime as dt

from semantic.compile.desk import NOW, Desk
from semantic.compile.shop import open_shop


def test_the_same_query_is_the_same_object_for_a_minute_if_it_has_dates(shop: Desk) -> None:
    desk = open_shop()
    desk.model = shop.model
    query = {"filters": {"purchases.bought_date": "7 days"}}
    first = desk.compile("purchases", "purchases.count", **query)
    desk.now = NOW + dt.timedelta(seconds=29)
    assert desk.compile("purchases", "purchases.count", **query) is first
    desk.now = NOW + dt.timedelta(days=1)
    assert desk.compile("purchases", "purchases.count", **query).sql != first.sql


def test_a_query_without_dates_does_not_age(shop: Desk) -> None:
    desk = open_shop()
    desk.model = shop.model
    first = desk.compile("purchases", "purchases.status", "purchases.shipping")
    desk.now = NOW + dt.timedelta(days=400)
    assert desk.compile("purchases", "purchases.status", "purchases.shipping") is first


def test_what_counts_seconds_is_never_kept(shop: Desk) -> None:
    desk = open_shop()
    desk.model = shop.model
    query = {"filters": {"purchases.bought_date": "30 seconds"}}
    first = desk.compile("purchases", "purchases.count", **query)
    desk.now = NOW + dt.timedelta(seconds=1)
    assert desk.compile("purchases", "purchases.count", **query).sql != first.sql


def test_two_askers_do_not_share(shop: Desk) -> None:
    north = shop.compile("own_purchases", "purchases.count", attributes={"region": ["north"]})
    south = shop.compile("own_purchases", "purchases.count", attributes={"region": ["south"]})
    assert "'north'" in north.sql
    assert "'north'" not in south.sql


def test_two_models_of_one_name_do_not_share() -> None:
    first, second = open_shop(), open_shop("view: +riders { dimension: name { sql: 'x' ;; } }")
    assert first.compile("riders", "riders.name").sql != second.compile("riders", "riders.name").sql
