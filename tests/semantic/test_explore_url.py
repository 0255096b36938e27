"""Explore addresses become queries, and queries addresses."""

import contextlib
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tertulia.core.errors import InvalidQuery
from tertulia.core.query import Query, Source
from tertulia.semantic.explore_url import MOST_CHARACTERS, explore_url, parse_explore_url


def read(text: str) -> Query:
    query = parse_explore_url(text).query
    assert query is not None
    return query


FULL = Query(
    model="shop",
    explore="order_items",
    fields=["order_items.total", "users.country"],
    pivots=["orders.created_month"],
    fill_fields=["orders.created_month"],
    filters={"users.country": "Germany,France", "orders.created_date": "7 days", "users.note": ""},
    filter_expression="${orders.total} > 5",
    sorts=["order_items.total desc", "users.country"],
    limit=100,
    column_limit=20,
    has_total=True,
    row_total="right",
    subtotals=["users.country"],
    dynamic_fields=[{"measure": "m", "based_on": "users.id", "type": "count_distinct"}],
    timezone="America/Los_Angeles",
    vis_config={"type": "looker_column", "colors": ["#fff"]},
)


def test_a_query_with_everything_survives_the_round_trip() -> None:
    assert read(explore_url(FULL)) == FULL
    assert read(explore_url(FULL, "https://bi.example.com/sub/")) == FULL
    assert explore_url(FULL, "https://bi.example.com/sub/").startswith(
        "https://bi.example.com/sub/explore/shop/order_items?fields=order_items.total,users.country&f%5Busers.country%5D=",
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://bi.example.com/explore/shop/orders?fields=orders.count,users.city&f[users.city]=New+York,%20LA&limit=5",
        "http://bi.example.com:9999/embed/explore/shop/orders?fields=orders.count,users.city&f%5Busers.city%5D=New%20York%2C+LA&limit=5",
        "/explore/shop/orders?limit=5&f[users.city]=New York, LA&fields=orders.count%2Cusers.city",
        "  explore/shop/orders/?fields=orders.count&fields=users.city&f[users.city]=New%20York,%20LA&limit=9&limit=5#top  ",
        "/explore/shop/orders?fields[]=orders.count&fields[]=users.city&limit=5&f[users.city]=New York, LA&toggle=vis",
        "/explore/shop/orders?fields=orders.count,users.city&limit=5&f[users.city]=New York, LA&origin=share-expanded&x=",
        "/explore/shop/orders?fields=orders.count,users.city&limit=5&f[users.city]=New York, LA&filter_config=%7B%22a%22%7D",
    ],
)
def test_one_query_has_many_spellings(address: str) -> None:
    expected = Query(
        model="shop",
        explore="orders",
        fields=["orders.count", "users.city"],
        filters={"users.city": "New York, LA"},
        limit=5,
    )
    assert read(address) == expected


def test_names_in_the_path_are_decoded() -> None:
    address = parse_explore_url("/explore/my%20model/caf%C3%A9")
    assert address.source == Source("my model", "café")
    assert explore_url(Query(model="a/b", explore="c?d")) == "/explore/a%2Fb/c%3Fd"
    assert read(explore_url(Query(model="a/b", explore="c?d"))).model == "a/b"


@pytest.mark.parametrize(
    ("address", "slug", "source"),
    [
        ("/x/0aB1cD2eF3gH4iJ5kL6mN7", "0aB1cD2eF3gH4iJ5kL6mN7", None),
        ("https://bi.example.com/x/0aB1cD2eF3gH4iJ5kL6mN7?toggle=vis", "0aB1cD2eF3gH4iJ5kL6mN7", None),
        ("?qid=0aB1cD2eF3gH4iJ5kL6mN7", "0aB1cD2eF3gH4iJ5kL6mN7", None),
        ("https://bi.example.com/?qid=0aB1cD2eF3gH4iJ5kL6mN7&toggle=dat", "0aB1cD2eF3gH4iJ5kL6mN7", None),
        (
            "/explore/shop/orders?qid=0aB1cD2eF3gH4iJ5kL6mN7&toggle=fil",
            "0aB1cD2eF3gH4iJ5kL6mN7",
            Source("shop", "orders"),
        ),
    ],
)
def test_a_short_address_names_a_stored_query(address: str, slug: str, source: Source | None) -> None:
    found = parse_explore_url(address)
    assert (found.query, found.slug, found.source) == (None, slug, source)


def test_a_model_may_be_named_like_a_part_of_the_path() -> None:
    assert read("/explore/x/explore").source == Source("x", "explore")


def test_fields_of_its_own_count_more_than_a_qid() -> None:
    assert read("/explore/shop/orders?qid=abc&fields=orders.count").fields == ["orders.count"]


@pytest.mark.parametrize(
    ("written", "sorts"),
    [
        ("orders.count+desc+0,users.city", ["orders.count desc", "users.city"]),
        ("orders.count%20DESC", ["orders.count desc"]),
        ("users.city asc", ["users.city"]),
        ("users.city 0", ["users.city"]),
        ("orders.count desc 2", ["orders.count desc 2"]),
        (",,", []),
    ],
)
def test_sorts_lose_what_says_nothing(written: str, sorts: list[str]) -> None:
    assert read(f"/explore/shop/orders?sorts={written}").sorts == sorts


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("total=on&row_total=right", {"has_total": True, "row_total": "right"}),
        ("total=true", {"has_total": True}),
        ("total=&row_total=", {}),
        ("total=off&row_total=false", {}),
        ("limit=-1", {"limit": -1}),
        ("limit=&column_limit=", {}),
        ("vis=%7B%7D", {}),
        ("vis=null&dynamic_fields=null", {}),
        ('vis_config={"type":"table"}', {"vis_config": {"type": "table"}}),
        ('vis={"type":"looker_line"}&vis_config={"type":"table"}', {"vis_config": {"type": "looker_line"}}),
        ("query_timezone=Europe%2FBerlin", {"timezone": "Europe/Berlin"}),
        ("f[a.b]=", {"filters": {"a.b": ""}}),
        ("f[a.b]=%25x%2525%26y%3D1", {"filters": {"a.b": "%x%25&y=1"}}),
        ("f[a.b]=1&f[a.b]=1", {"filters": {"a.b": "1"}}),
        ("f[a.b]=1&f[a.b]=&f[c.d]=3&f[a.b]=2", {"filters": {"a.b": "1,2", "c.d": "3"}}),
        ("fields=a.b,a.b, a.c ", {"fields": ["a.b", "a.c"]}),
    ],
)
def test_each_parameter_is_read_by_its_own_rule(parameters: str, expected: dict[str, Any]) -> None:
    assert read(f"/explore/shop/orders?{parameters}") == Query(model="shop", explore="orders", **expected)


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("", "path"),
        ("/dashboards/5", "path"),
        ("/explore/shop", "path"),
        ("javascript:alert(1)//explore/a/b", "http"),
        ("ftp://host/explore/a/b", "http"),
        ("http://[::1/explore/a/b", "no address"),
        ("/explore/a/b?limit=many", "limit"),
        ("/explore/a/b?limit=0", "limit"),
        ("/explore/a/b?limit=-2", "limit"),
        ("/explore/a/b?limit=1e9", "limit"),
        ("/explore/a/b?column_limit=-1", "column_limit"),
        ("/explore/a/b?total=maybe", "total"),
        ("/explore/a/b?row_total=below", "row_total"),
        ("/explore/a/b?dynamic_fields={}", "dynamic_fields"),
        ("/explore/a/b?dynamic_fields=[1]", "dynamic_fields"),
        ("/explore/a/b?vis=[]", "vis"),
        ("/explore/a/b?vis={", "vis"),
        ("/explore/a/b?vis=" + "%5B" * 5000, "vis"),
        ("/explore/a/b?f[a.b=1", "f[view.field]"),
        ("/explore/a/b?qid=../etc", "qid"),
        ("/x/a%2Fb", "path"),
        ("/explore/a/b?x=%ff", "malformed"),
        ("/explore/a/b?" + "&".join("x=1" for _ in range(1001)), "too many"),
        ("/explore/a/b?x=" + "y" * MOST_CHARACTERS, "characters"),
        ("/explore/a/b?x=\ud800", "malformed"),
    ],
)
def test_an_error_names_the_part_that_is_wrong(address: str, part: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse_explore_url(address)
    assert part in caught.value.message


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
FIELDS = st.lists(st.builds("{}.{}".format, NAMES, NAMES), max_size=3, unique=True)
TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=20)
SETTINGS = st.dictionaries(NAMES, st.one_of(TEXTS, st.integers(-9, 9), st.booleans(), st.none()), max_size=3)
QUERIES = st.builds(
    Query,
    model=TEXTS.filter(lambda text: text.strip() not in ("", ".", "..")),
    explore=NAMES,
    fields=FIELDS,
    pivots=FIELDS,
    fill_fields=FIELDS,
    subtotals=FIELDS,
    filters=st.dictionaries(st.builds("{}.{}".format, NAMES, NAMES), TEXTS, max_size=3),
    filter_expression=TEXTS.map(str.strip),
    sorts=FIELDS.map(lambda fields: [f"{field} desc" if len(field) % 2 else field for field in fields]),
    limit=st.one_of(st.none(), st.just(-1), st.integers(1, 5000)),
    column_limit=st.one_of(st.none(), st.integers(1, 200)),
    has_total=st.booleans(),
    row_total=st.sampled_from(["", "right"]),
    timezone=st.sampled_from(["", "UTC", "Europe/Berlin"]),
    dynamic_fields=st.lists(SETTINGS, max_size=2),
    vis_config=SETTINGS,
)


@settings(max_examples=200, deadline=None)
@given(QUERIES, st.sampled_from(["", "https://bi.example.com", "https://bi.example.com:9999/deep/path/"]))
def test_every_query_reads_back_from_its_address(query: Query, base: str) -> None:
    address = explore_url(query, base)
    assert address.isascii()
    assert read(address) == query


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(), st.builds("/explore/a/b?{}={}".format, st.sampled_from(["f[x.y]", "limit", "vis", "qid"]), st.text())
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidQuery):
        address = parse_explore_url(text)
        assert (address.query is None) == bool(address.slug)


def test_json_that_a_browser_has_encoded_twice_is_refused_not_guessed() -> None:
    with pytest.raises(InvalidQuery, match="vis"):
        parse_explore_url("/explore/a/b?vis=" + quote(quote(json.dumps({"type": "table"}))))
