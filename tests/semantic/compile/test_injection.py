"""What people bring never becomes SQL: filters, attributes, parameters, sorts, names, formulas."""

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from semantic.compile.desk import Desk
from semantic.compile.shop import open_shop
from tertulia.core.errors import InvalidQuery, PermissionDenied, TertuliaError

ATTEMPTS = [
    "' OR 1=1 --",
    "x'; DROP TABLE riders; --",
    "\\' OR 1=1 --",
    '" OR ""="',
    "') UNION SELECT * FROM parts --",
    "${parts.cost}",
    "{{ _user_attributes['secret'] }}",
    "{% if true %}x{% endif %}",
    "{% parameter x %}",
    "/* */ OR TRUE",
    "Ada\x00' OR 1=1",
    "query_rows.d0",
    "measure_0_",
    "waiting_0_",
]
KNOWN_TABLES = {
    "riders",
    "purchases",
    "lines",
    "parts",
    "visits",
    "query_rows",
    "query_block_1",
    "query_block_2",
    "query_block_3",
}


def tables_in(desk: Desk, sql: str) -> set[str]:
    return {table.name for table in desk.engine.parse_select(sql).find_all(exp.Table)}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_in_filters(shop: Desk, attempt: str) -> None:
    for field in (
        "riders.name",
        "riders.age",
        "riders.is_member",
        "riders.home",
        "purchases.bought_date",
        "riders.count",
    ):
        try:
            compiled = shop.compile("riders", "riders.name", "riders.count", filters={field: attempt})
        except TertuliaError:
            continue
        assert tables_in(shop, compiled.sql) <= KNOWN_TABLES
        assert "cost" not in compiled.sql.replace(attempt, "")
        assert shop.rows("riders", "riders.name", "riders.count", filters={field: attempt}) in ([], [["", 0]])


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_in_attributes(attempt: str) -> None:
    desk = open_shop(
        "view: +riders { dimension: same { type: yesno sql: ${name} = '{{ _user_attributes['name'] }}' ;; } }"
    )
    try:
        assert desk.rows("own_purchases", "purchases.count", attributes={"region": [attempt]}) == [[0]]
    except TertuliaError:
        assert "\x00" in attempt
    try:
        rows = desk.rows("riders", "riders.same", "riders.count", attributes={"name": [attempt]})
    except InvalidQuery:
        return
    assert rows == [[False, 4]]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_in_parameters_of_every_type(attempt: str) -> None:
    for kind in ("string", "number", "date", "unquoted", "yesno"):
        desk = open_shop(
            f"view: +riders {{ parameter: p {{ type: {kind} }} dimension: given {{ sql: {{% parameter p %}} ;; }} }}"
        )
        query = {"filters": {"riders.p": attempt}}
        try:
            sql = desk.compile("riders", "riders.given", **query).sql
        except TertuliaError:
            continue
        assert kind in ("string", "unquoted")
        assert tables_in(desk, sql) == {"riders"}
        if kind == "string":
            assert desk.rows("riders", "riders.given", **query) == [[attempt]]
        else:
            assert attempt.replace("_", "").replace(".", "").isalnum()


@pytest.mark.parametrize(
    "attempt", [*ATTEMPTS, "riders.name; DROP TABLE riders", "riders.name desc, (SELECT 1)", "1", "riders.name, 1"]
)
def test_in_names_and_sorts(shop: Desk, attempt: str) -> None:
    queries: list[dict[str, Any]] = [
        {"sorts": [attempt]},
        {"pivots": [attempt]},
        {"filters": {attempt: "x"}},
        {"timezone": attempt},
    ]
    for query in queries:
        with pytest.raises(InvalidQuery):
            shop.compile("riders", "riders.name", "riders.count", **query)
    with pytest.raises(InvalidQuery):
        shop.compile("riders", attempt)
    with pytest.raises(InvalidQuery):
        shop.compile(attempt, "riders.name")
    # a field to fill that is not there fills nothing
    assert shop.compile("riders", "riders.name", fill_fields=[attempt]).sql == shop.compile("riders", "riders.name").sql


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_in_custom_fields(shop: Desk, attempt: str) -> None:
    for entry in (
        {"dimension": attempt, "expression": "1"},
        {"measure": attempt, "based_on": "riders.age", "type": "sum"},
        {"dimension": "d", "expression": attempt},
        {"measure": "m", "based_on": attempt, "type": "sum"},
        {"measure": "m", "based_on": "riders.age", "type": attempt},
        {"measure": "m", "based_on": "riders.age", "type": "sum", "filters": {attempt: "1"}},
        {"measure": "m", "based_on": "riders.age", "type": "sum", "filter_expression": attempt},
        {"dimension": "d", "expression": "1", "_type_hint": attempt},
    ):
        name = str(entry.get("dimension") or entry["measure"])
        try:
            compiled = shop.compile("riders", name, dynamic_fields=[entry])
        except (InvalidQuery, PermissionDenied):
            continue
        assert attempt in ("measure_0_", "waiting_0_")
        assert tables_in(shop, compiled.sql) <= KNOWN_TABLES


def test_text_in_a_formula_stays_text(shop: Desk) -> None:
    for attempt in ATTEMPTS[:8]:
        text = attempt.replace("\\", "\\\\").replace('"', '\\"')
        field = [{"dimension": "d", "expression": f'"{text}"'}]
        assert shop.rows("riders", "d", dynamic_fields=field) == [[attempt]]


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(max_size=40),
    field=st.sampled_from(["riders.name", "riders.age", "purchases.bought_date", "riders.count"]),
)
def test_no_filter_gives_sql_that_cannot_run(text: str, field: str) -> None:
    try:
        found = opened().rows("riders", "riders.name", "riders.count", filters={field: text})
    except TertuliaError:
        return
    assert len(found) <= 4


@cache
def opened() -> Desk:
    return open_shop()
