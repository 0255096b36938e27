"""Models, queries and query tasks through the vendor's client, over a real socket."""

import io
import json
import time
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from looker_sdk.error import SDKError
from looker_sdk.sdk.api40 import models
from looker_sdk.sdk.api40.methods import Looker40SDK

from clients.looker_client import client_of, credentials_for
from conftest import Demo

SITES = models.WriteQuery(
    model="shop",
    view="order_items",
    fields=["sites.name", "orders.count"],
    filters={"orders.ordered_date": "2025"},
    sorts=["orders.count desc 0"],
    limit="3",
)
CHANNELS = models.WriteQuery(
    model="shop",
    view="order_items",
    fields=["sites.name", "orders.channel", "order_items.revenue"],
    pivots=["orders.channel"],
    total=True,
    row_total="right",
)


@pytest.fixture(scope="module")
def sdk(demo: Demo) -> Looker40SDK:
    return client_of(demo.url, credentials_for(demo.server, "admin@osierwheel.test", demo.project_id))


@pytest.fixture(scope="module")
def member(demo: Demo) -> Looker40SDK:
    return client_of(demo.url, credentials_for(demo.server, "member@osierwheel.test", demo.project_id))


def rows_of(result: str | bytes) -> Any:
    assert isinstance(result, str)
    return json.loads(result)


def test_models_explores_and_values_are_decoded(sdk: Looker40SDK) -> None:
    [model] = sdk.all_lookml_models(fields="name,explores(name,label)")
    assert model.explores
    assert ("order_items", "Sales") in [(each.name, each.label) for each in model.explores]
    assert sdk.lookml_model("shop").project_name == "osier_wheel"
    for each in model.explores:
        assert each.name
        explore = sdk.lookml_model_explore("shop", each.name)
        assert explore.id == f"shop::{each.name}"
        assert explore.fields
        assert explore.fields.dimensions
        assert explore.fields.measures
    narrowed = sdk.lookml_model_explore("shop", "order_items", fields="id,fields(measures(name,type))")
    assert narrowed.fields
    assert narrowed.fields.measures
    assert {each.type for each in narrowed.fields.measures} >= {"sum", "count"}
    found = sdk.model_fieldname_suggestions("shop", "order_items", "sites.name", term="qua")
    assert list(found.suggestions or []) == ["Quayside"]


def test_a_query_is_saved_found_and_run(sdk: Looker40SDK) -> None:
    made = sdk.create_query(SITES)
    assert made.id
    assert made.client_id
    assert made.slug
    assert sdk.create_query(SITES).id == made.id
    assert sdk.query(made.id) == made
    assert sdk.query_for_slug(made.slug, fields="id").model == "shop"
    rows = rows_of(sdk.run_query(made.id, "json"))
    assert len(rows) == 3
    assert rows[0]["orders.count"] >= rows[1]["orders.count"] >= rows[2]["orders.count"]
    assert rows == rows_of(sdk.run_inline_query("json", SITES))
    assert rows_of(sdk.run_query(made.id, "json", limit=1)) == rows[:1]
    shown = rows_of(sdk.run_query(made.id, "json", apply_formatting=True))
    assert shown[0]["orders.count"] == f"{rows[0]['orders.count']:,}"


def test_every_format_comes_as_the_client_takes_it(sdk: Looker40SDK) -> None:
    made = sdk.create_query(CHANNELS)
    assert made.id
    for each in ("json", "json_bi", "json_detail"):
        assert rows_of(sdk.run_query(made.id, each))
    for each in ("csv", "txt", "md", "html", "sql"):
        assert isinstance(sdk.run_query(made.id, each), str)
    sheet = sdk.run_query(made.id, "xlsx")
    assert isinstance(sheet, bytes)
    assert openpyxl.load_workbook(io.BytesIO(sheet)).sheetnames == ["Sales"]
    picture = sdk.run_query(made.id, "png", image_width=600, image_height=300)
    assert isinstance(picture, bytes)
    assert picture.startswith(b"\x89PNG")


def test_a_pivot_s_totals_are_those_of_its_rows(sdk: Looker40SDK) -> None:
    detail = rows_of(sdk.run_inline_query("json_detail", CHANNELS))
    totals = detail["totals_data"]["order_items.revenue"]
    for key in ("In store", "Online", "Phone"):
        cells = [row["order_items.revenue"].get(key) for row in detail["data"]]
        assert totals[key]["value"] == pytest.approx(sum(each["value"] or 0 for each in cells))


def test_an_address_runs_with_its_parameters(sdk: Looker40SDK) -> None:
    path = "/queries/models/shop/views/order_items/run/csv"
    given: Any = {"fields": "sites.name,orders.count", "f[sites.name]": "Quayside", "limit": "5"}
    text = sdk.get(path, str, query_params=given)
    assert isinstance(text, str)
    assert text.splitlines()[0] == "Sites Site,Orders Number of Orders"
    assert text.splitlines()[1].startswith("Quayside,")


def test_a_task_is_begun_watched_and_read(sdk: Looker40SDK) -> None:
    made = sdk.create_query(SITES)
    assert made.id
    task = sdk.create_query_task(
        models.WriteCreateQueryTask(query_id=made.id, result_format=models.ResultFormat.json), limit=2
    )
    assert task.id
    end = time.monotonic() + 20
    while sdk.query_task(task.id).status != "complete":
        assert time.monotonic() < end
        time.sleep(0.02)
    rows = rows_of(sdk.query_task_results(task.id))
    assert rows == rows_of(sdk.run_query(made.id, "json", limit=2))
    several = sdk.query_task_multi_results(models.DelimSequence([task.id, "gone"]))
    assert several == {task.id: rows, "gone": {"status": "missing"}}


def test_the_access_filter_of_an_explore_is_the_caller_s_own(sdk: Looker40SDK, member: Looker40SDK) -> None:
    query = models.WriteQuery(model="shop", view="site_sales", fields=["sites.name", "orders.count"])
    made = sdk.create_query(query)
    assert made.id
    sites = {row["sites.name"] for row in rows_of(member.run_query(made.id, "json"))}
    assert len(sites) == 1
    # the admin has no such attribute, and so nothing is let through
    with pytest.raises(SDKError, match="site"):
        sdk.run_query(made.id, "json")


@pytest.mark.parametrize(("fields", "name"), [({"limit": "-7"}, "limit"), ({"row_total": "above"}, "row_total")])
def test_a_value_that_cannot_be_read_is_told_under_its_field(
    sdk: Looker40SDK, fields: dict[str, Any], name: str
) -> None:
    given: dict[str, Any] = {"model": "shop", "view": "order_items", "fields": ["orders.count"], **fields}
    with pytest.raises(SDKError) as refused:
        sdk.create_query(models.WriteQuery(**given))
    [fault] = refused.value.errors
    assert (fault.field, name in (fault.message or "")) == (name, True)


WRONG: list[Callable[[Looker40SDK], object]] = [
    lambda sdk: sdk.query("999999"),
    lambda sdk: sdk.query_for_slug("a/b c"),
    lambda sdk: sdk.lookml_model("nothing"),
    lambda sdk: sdk.lookml_model_explore("shop", "nothing"),
    lambda sdk: sdk.query_task("nothing"),
    lambda sdk: sdk.query_task_results("nothing"),
    lambda sdk: sdk.run_inline_query("pdf", SITES),
    lambda sdk: sdk.run_inline_query("json", models.WriteQuery(model="shop", view="order_items", fields=["x.y"])),
    lambda sdk: sdk.create_query(models.WriteQuery(model="nothing", view="order_items")),
    lambda sdk: sdk.model_fieldname_suggestions("shop", "order_items", "nothing"),
]


@pytest.mark.parametrize("ask", WRONG)
def test_errors_are_decoded(sdk: Looker40SDK, ask: Callable[[Looker40SDK], object]) -> None:
    with pytest.raises(SDKError) as refused:
        ask(sdk)
    assert refused.value.message
    assert refused.value.documentation_url
