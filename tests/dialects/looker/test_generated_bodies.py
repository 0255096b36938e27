"""Bodies nobody would write: whatever is sent, the answer is one of the document, and never a failure of the server.

Half of what is generated is real, so that much of it gets past the first check.
"""

from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Demo
from dialects.looker.shop import Shop, open_shop
from dialects.looker.validated import PREFIX

Json = dict[str, Any]
Made: TypeAlias = st.SearchStrategy[Any]
FIELDS = (
    "customers.is_member",
    "order_items.gross_margin",
    "order_items.revenue",
    "orders.channel",
    "orders.count",
    "orders.ordered_date",
    "orders.ordered_month",
    "orders.status",
    "products.category",
    "sites.name",
)
EXPRESSIONS = ("2025", "last 3 months", "-NULL", "%a%", ">5", "[1,5)", "NOT 3", "yes", "EMPTY", "[,", "before", "^")
FORMATS = ("json", "json_bi", "json_detail", "csv", "txt", "html", "md", "xlsx", "sql", "nothing")
QUESTIONS = ("Revenue by product category in 2025", "orders per month", "units by site, last 3 months", "a chart of it")

leaves: Made = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
junk: Made = st.recursive(
    leaves | st.just(10**30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
names: Made = st.sampled_from(FIELDS)
some_names: Made = st.lists(names, max_size=4)


def calculation(formula: str, name: str) -> Json:
    return {"table_calculation": "made", "expression": formula.replace("%s", name)}


def measure(kind: str, name: str) -> Json:
    return {"measure": "made", "based_on": name, "type": kind}


def sort(name: str, direction: str) -> str:
    return name + direction


FORMULAS = ("${%s} * 2", "sum(${%s})", "offset(${%s}, -1)", "running_total(${%s})", "if(", "1 / 0")
TYPES = ("sum", "count_distinct", "list", "median", "nothing")
dynamic: Made = st.builds(calculation, st.sampled_from(FORMULAS), names) | st.builds(
    measure, st.sampled_from(TYPES), names
)
WRITTEN: dict[str, Made] = {
    "model": st.just("shop"),
    "view": st.just("site_sales"),
    "fields": some_names,
    "pivots": st.lists(names, max_size=1),
    "fill_fields": st.lists(names, max_size=1),
    "filters": st.dictionaries(names, st.sampled_from(EXPRESSIONS) | leaves, max_size=2),
    "filter_expression": st.sampled_from(("${orders.count} > 5", "(", "yes")),
    "sorts": st.lists(st.builds(sort, names, st.sampled_from(("", " desc", " desc 0", " x"))), max_size=2),
    "limit": st.sampled_from(("1", "10", "500", "0", "-1", "99999999999")),
    "column_limit": st.sampled_from(("1", "0", "200")),
    "total": st.booleans(),
    "row_total": st.sampled_from(("right", "left", "")),
    "subtotals": st.lists(names, max_size=1),
    "vis_config": st.fixed_dictionaries({"hidden_fields": junk, "series_labels": junk}),
    "dynamic_fields": st.lists(dynamic | st.dictionaries(st.text(), leaves, max_size=2), max_size=2),
    "query_timezone": st.sampled_from(("UTC", "America/Los_Angeles", "Nowhere/Land")),
}


def part(name: str) -> Made:
    return st.tuples(st.just(name), WRITTEN[name] | WRITTEN[name] | WRITTEN[name] | junk)


def query(fields: list[str], parts: list[tuple[str, Any]]) -> Json:
    """One that would be sound but for its parts."""
    return {"model": "shop", "view": "order_items", "fields": fields, **dict(parts)}


parts: Made = st.lists(st.sampled_from(sorted(WRITTEN)).flatmap(part), max_size=2)
queries: Made = st.builds(query, st.lists(names, min_size=1, max_size=4), parts)
ASKED: dict[str, Made] = {"user_message": st.sampled_from(QUESTIONS) | st.text() | junk, "conversation_id": junk}


@pytest.fixture(scope="module")
def shop(demo: Demo) -> Shop:
    return open_shop(demo)


@pytest.fixture(scope="module")
def conversation_id(shop: Shop) -> str:
    made = shop.admin.made("/conversations", {"name": "Generated", "agent_id": shop.demo.data_agent_id})
    return made["id"]


@settings(max_examples=300)
@given(body=queries, result_format=st.sampled_from(FORMATS))
def test_no_query_breaks_the_server(shop: Shop, body: Json, result_format: str) -> None:
    saved = shop.admin.post("/queries", body)
    assert saved.status_code in (200, 400, 422), saved.text
    ran = shop.run(f"/queries/run/{result_format}", json=body)
    assert ran.status_code in (200, 400, 403, 422), ran.text
    if not ran.ok or ran.headers["content-type"] == "application/json":
        shop.admin.document.check_answer("POST", "/queries/run/json", ran)


@settings(max_examples=100)
@given(body=st.fixed_dictionaries(ASKED, optional={"more": junk}), is_real=st.integers(0, 4).map(bool))
def test_no_question_breaks_the_server(shop: Shop, conversation_id: str, body: Json, *, is_real: bool) -> None:
    asked = {**body, "conversation_id": conversation_id} if is_real else body
    answer = shop.admin.post("/conversational_analytics/chat", asked)
    assert answer.status_code in (200, 400, 404, 422), answer.text
    if answer.ok:
        assert answer.json()[-1]["systemMessage"].keys() & {"text", "error"}


@settings(max_examples=60)
@given(content=st.binary(max_size=60) | st.text(alphabet='{}[]":,0e.-', max_size=20).map(str.encode))
@pytest.mark.parametrize("path", ["/queries", "/queries/run/json", "/query_tasks", "/conversational_analytics/chat"])
def test_no_bytes_break_the_server(shop: Shop, path: str, content: bytes) -> None:
    answer = shop.admin.call("POST", path, data=content)
    assert answer.status_code in (400, 422), f"{PREFIX}{path}: {answer.text}"
