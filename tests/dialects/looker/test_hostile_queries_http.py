"""Queries that are made to break the server: each is refused with a reason, or answered, in bounded time."""

import json
from typing import Any

import pytest

from conftest import Demo
from dialects.looker.shop import Shop, open_shop
from dialects.looker.validated import faults_of

Json = dict[str, Any]
SITES: Json = {"model": "shop", "view": "order_items", "fields": ["sites.name", "orders.count"], "limit": "500"}
LINES: Json = {**SITES, "fields": ["order_items.order_item_id", "orders.count"], "limit": "5000"}


@pytest.fixture(scope="module")
def shop(demo: Demo) -> Shop:
    return open_shop(demo)


def calculations(*expressions: str, **more: str) -> Json:
    """Called x0, x1 and so on."""
    entries = [
        {"table_calculation": f"x{place}", "expression": expression, **more}
        for place, expression in enumerate(expressions)
    ]
    return {"dynamic_fields": json.dumps(entries)}


def dimensions(*expressions: str) -> Json:
    """Called x0, x1 and so on; the last is asked for."""
    entries = [
        {"dimension": f"x{place}", "expression": expression, "_type_hint": "number"}
        for place, expression in enumerate(expressions)
    ]
    return {"dynamic_fields": json.dumps(entries), "fields": [f"x{len(expressions) - 1}", "orders.count"]}


def groups(count: int) -> Json:
    made = [{"label": f"Label {place}", "filter": f"a{place}"} for place in range(count)]
    entry = {"dimension": "made", "calculation_type": "group_by", "args": ["sites.name", made, "Other"]}
    return {"dynamic_fields": json.dumps([entry]), "fields": ["made", "orders.count"]}


def each_of_two_before(count: int) -> list[str]:
    return ["1", "1", *(f"${{x{place - 1}}} + ${{x{place - 2}}}" for place in range(2, count))]


REFUSED: dict[str, tuple[Json, str]] = {
    "a number without end": (calculations("9" * 5_000), "at most 300 digits"),
    "squares of squares": (calculations("99999", *(f"${{x{at}}} * ${{x{at}}}" for at in range(40))), "too large"),
    "the product of all": (calculations(f"product(${{orders.count}} * {'9' * 200})"), "too large"),
    "numbers no float can hold": (calculations("mean(${orders.count} * 0 + 1e308)"), "too large"),
    "a chain from its end": (calculations(*(f"${{x{at + 1}}}" for at in range(300)), "1"), "too deeply"),
    "long formulas in a chain": (
        calculations(*(f"${{x{at + 1}}}" + " + 1" * 150 for at in range(50)), "1"),
        "too deeply",
    ),
    "fields of two fields each": (dimensions(*each_of_two_before(40)), "made of each other too often"),
    "deep fields in deep fields": (
        dimensions("1", *("(" * 30 + f"${{x{at}}}" + " + 1)" * 30 for at in range(50))),
        "made of each other",
    ),
    "no groups": (groups(0), "groups nothing"),
    "too many groups": (groups(501), "more than 500 groups"),
    "a format without end": (calculations("1.5", value_format="0." + "0" * 300), "at most 255 characters"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_break_the_server_is_refused_with_the_reason(shop: Shop, name: str) -> None:
    changes, said = REFUSED[name]
    refused = shop.admin.post("/queries/run/json", {**SITES, **changes})
    assert said in " ".join(faults_of(refused).values())


def test_calculations_that_would_take_minutes_are_refused(shop: Shop) -> None:
    heavy = "sum(offset_list(${orders.count}, -5000, 5000))"
    some = {"filters": {"orders.ordered_date": "2026"}}
    assert 2_000 < len(shop.admin.made("/queries/run/json", {**LINES, **some})) < 5_000
    refused = shop.admin.post("/queries/run/json", {**LINES, **some, **calculations(*[heavy] * 20)})
    assert "take too long" in " ".join(faults_of(refused).values())


def test_calculations_on_thousands_of_rows_are_made_once_for_all_of_them(shop: Shop) -> None:
    every = [f"running_total(${{orders.count}}) + {place}" for place in range(20)]
    rows = shop.admin.made("/queries/run/json", {**LINES, **calculations(*every)})
    assert len(rows) == 5_000
    assert rows[-1]["x0"] == sum(row["orders.count"] for row in rows)
    assert rows[-1]["x19"] == rows[-1]["x0"] + 19


def test_calculations_of_two_others_each_are_made_once(shop: Shop) -> None:
    asked = {**SITES, **calculations(*each_of_two_before(80)), "total": True, "limit": "1"}
    [row] = shop.admin.made("/queries/run/json", asked)
    assert (row["x9"], row["x79"]) == (55, 23_416_728_348_467_685)


def test_five_hundred_groups_are_grouped(shop: Shop) -> None:
    rows = shop.admin.made("/queries/run/json", {**SITES, **groups(500)})
    assert {row["made"] for row in rows} == {"Other"}


@pytest.mark.parametrize("value_format", ["0." + "0" * 200, "0" + "," * 200, "0.00%", "decimal_" + "9" * 200])
@pytest.mark.parametrize("result_format", ["csv", "xlsx", "html"])
def test_the_largest_number_is_shown_in_any_format(shop: Shop, value_format: str, result_format: str) -> None:
    asked = {**SITES, **calculations("1.7e308 * 1", value_format=value_format)}
    answer = shop.run(f"/queries/run/{result_format}?apply_formatting=true", json=asked)
    assert answer.status_code == 200, answer.text
