"""Queries and query tasks over the wire: saved, found, run in every format, refused part by part."""

import csv
import io
import json
import time
from typing import Any

import openpyxl
import pytest

from conftest import Demo
from dialects.looker.shop import Shop, open_shop

SITES: dict[str, Any] = {
    "model": "shop",
    "view": "order_items",
    "fields": ["sites.name", "orders.count", "order_items.revenue"],
    "sorts": ["sites.name"],
    "limit": "500",
}
CHANNELS = {
    **SITES,
    "fields": ["sites.name", "orders.channel", "orders.count"],
    "pivots": ["orders.channel"],
    "total": True,
    "row_total": "right",
}
FORMATS = ("json", "json_bi", "json_detail", "csv", "txt", "sql", "md", "html", "xlsx", "png", "jpg")


@pytest.fixture(scope="module")
def shop(demo: Demo) -> Shop:
    return open_shop(demo)


def test_a_query_is_saved_once_and_shown_whole(shop: Shop) -> None:
    made = shop.admin.made("/queries", {**SITES, "filters": {"orders.status": "-Cancelled"}, "client_id": "x" * 22})
    shop.admin.document.check_whole("Query", made)
    assert (made["model"], made["view"], made["limit"]) == ("shop", "order_items", "500")
    assert made["filters"] == {"orders.status": "-Cancelled"}
    assert made["client_id"] == made["slug"]
    assert made["url"].startswith("/explore/shop/order_items?fields=sites.name,orders.count")
    # no page is served that they could name
    assert (made["share_url"], made["expanded_share_url"]) == (None, None)
    again = shop.member.made("/queries", {**SITES, "filters": {"orders.status": "-Cancelled"}})
    assert again == made
    assert shop.member.found(f"/queries/{made['id']}") == made
    assert shop.member.found(f"/queries/slug/{made['client_id']}") == made


def test_what_clients_write_in_other_words_is_the_same_query(shop: Shop) -> None:
    calculation = {"table_calculation": "half", "label": "Half", "expression": "${orders.count} / 2"}
    plain = {**SITES, "filters": {"orders.count": "5", "customers.is_member": "yes"}, "dynamic_fields": [calculation]}
    other: dict[str, Any] = {
        **SITES,
        "fields": "sites.name, orders.count,order_items.revenue",
        "sorts": ["sites.name asc 0"],
        "limit": 500,
        "filters": {"orders.count": 5, "customers.is_member": True},
        "dynamic_fields": json.dumps([calculation]),
        "filter_config": {"orders.count": []},
        "visible_ui_sections": None,
        "vis_config": None,
    }
    one, two = shop.admin.made("/queries", plain), shop.admin.made("/queries", other)
    assert one["id"] == two["id"]
    assert json.loads(one["dynamic_fields"]) == [calculation]
    assert one["has_table_calculations"]


def test_fields_never_trim_a_query_s_model_and_view(shop: Shop) -> None:
    made = shop.admin.made("/queries?fields=id", SITES)
    assert set(made) == {"id", "model", "view"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model": "shops"}, "Did you mean shop?"),
        ({"view": "order"}, "The explore 'order'"),
        ({"fields": ["sites.nam"]}, "sites.name"),
        ({"filters": {"orders.ordered_date": "whenever"}}, "The filter on 'orders.ordered_date'"),
        ({"limit": "many"}, "whole number"),
        ({"limit": "-7"}, "limit"),
        ({"dynamic_fields": "[1"}, "JSON"),
        ({"row_total": "above"}, "row_total"),
        ({"vis_config": {"n": 10**30}}, "too large"),
        ({"filter_expression": "${orders.status} ="}, "ends"),
    ],
)
def test_the_part_of_a_query_that_is_wrong_is_named(shop: Shop, changed: dict[str, Any], said: str) -> None:
    refused = shop.admin.post("/queries", {**SITES, **changed})
    assert refused.status_code == 422
    assert said in " ".join(each["message"] for each in refused.json()["errors"])


def test_a_limit_beyond_all_rows_is_refused_with_the_largest(shop: Shop) -> None:
    refused = shop.run("/queries/run/json?limit=99999999", json=SITES)
    assert refused.status_code == 422
    assert "1 to 1,000,000" in refused.text


def test_a_closed_field_is_refused(shop: Shop) -> None:
    margins = {**SITES, "fields": ["order_items.gross_margin"], "sorts": []}
    assert shop.member.post("/queries/run/json", margins).status_code == 403


def test_a_query_says_whether_its_reader_may_run_it(shop: Shop) -> None:
    treasurer = shop.newcomer("treasurer@osierwheel.test", role="treasurer")
    margins = treasurer.made("/queries", {**SITES, "fields": ["order_items.gross_margin"], "sorts": []})
    assert set(margins["can"].values()) == {True}
    for path in (f"/queries/{margins['id']}", f"/queries/slug/{margins['slug']}"):
        can = shop.member.found(path)["can"]
        assert {name for name, may in can.items() if may} == {"show"}
    assert shop.member.get(f"/queries/{margins['id']}/run/json").status_code == 403
    assert set(shop.member.made("/queries", SITES)["can"].values()) == {True}


@pytest.mark.parametrize("path", ["/queries/999999", "/queries/x", "/queries/slug/nothing", "/queries/999999/run/json"])
def test_a_query_that_is_not_saved_is_not_found(shop: Shop, path: str) -> None:
    assert shop.admin.get(path).status_code == 404


def test_rows_come_as_json_plain_and_formatted(shop: Shop) -> None:
    made = shop.admin.made("/queries", SITES)
    rows = shop.admin.found(f"/queries/{made['id']}/run/json", params={"limit": 2})
    assert [set(row) for row in rows] == [set(SITES["fields"])] * 2
    assert isinstance(rows[0]["order_items.revenue"], float)
    shown = shop.admin.made("/queries/run/json?apply_formatting=true&limit=1", SITES)
    assert shown[0]["order_items.revenue"] == f"€{rows[0]['order_items.revenue']:,.2f}"
    yes = shop.admin.made("/queries/run/json", {**SITES, "fields": ["customers.is_member"], "sorts": []})
    assert {row["customers.is_member"] for row in yes} <= {"Yes", "No", None}


def test_pivots_nest_under_their_keys_with_totals(shop: Shop) -> None:
    rows = shop.admin.made("/queries/run/json", CHANNELS)
    for row in rows:
        counts = dict(row["orders.count"])
        assert counts.pop("$$$_row_total_$$$") == sum(counts.values())
        assert set(counts) == {"In store", "Online", "Phone"}
    detail = shop.admin.made("/queries/run/json_detail", CHANNELS)
    shop.admin.document.check(detail, shop.admin.document.schemas["JsonDetail"])
    assert [each["key"] for each in detail["pivots"]] == ["In store", "Online", "Phone", "$$$_row_total_$$$"]
    assert detail["pivots"][1]["data"] == {"orders.channel": "Online"}
    assert [each["is_total"] for each in detail["pivots"]] == [False, False, False, True]
    assert detail["data"][0]["sites.name"]["value"] == rows[0]["sites.name"]
    online = detail["data"][0]["orders.count"]["Online"]
    assert (online["value"], online["rendered"]) == (rows[0]["orders.count"]["Online"], f"{online['value']:,}")
    total = detail["totals_data"]["orders.count"]["Online"]["value"]
    assert total == sum(row["orders.count"]["Online"] for row in rows)
    assert [each["name"] for each in detail["fields"]["pivots"]] == ["orders.channel"]
    assert detail["has_totals"]
    assert detail["has_row_totals"]
    bi = shop.admin.made("/queries/run/json_bi", CHANNELS)
    shop.admin.document.check(bi, shop.admin.document.schemas["JsonBi"])
    assert [each["name"] for each in bi["metadata"]["fields"]["measures"]] == ["orders.count"]
    assert bi["rows"][0]["orders.count"]["Online"]["value"] == rows[0]["orders.count"]["Online"]
    assert bi["metadata"]["sql"] == detail["sql"]


def test_tables_come_as_text_page_and_workbook(shop: Shop) -> None:
    rows = shop.admin.made("/queries/run/json", CHANNELS)
    text = shop.run("/queries/run/csv", json=CHANNELS)
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    pivots, labels, *lines = csv.reader(io.StringIO(text.text))
    assert pivots == ["Orders Sales Channel", "In store", "Online", "Phone", "Row Total"]
    assert labels == ["Sites Site", *["Orders Number of Orders"] * 4]
    assert lines == [[row["sites.name"], *map(str, row["orders.count"].values())] for row in rows]
    assert shop.run("/queries/run/txt", json=CHANNELS).text.splitlines()[2:] == ["\t".join(line) for line in lines]
    page = shop.run("/queries/run/html", json=CHANNELS)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.text.count("<tr>") == len(rows) + 3
    marked = shop.run("/queries/run/md", json=CHANNELS).text.splitlines()
    assert len(marked) == len(rows) + 3
    assert marked[-1].startswith("| **Total** |")
    sheet = openpyxl.load_workbook(io.BytesIO(shop.run("/queries/run/xlsx", json=CHANNELS).content)).active
    assert sheet is not None
    cells = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert cells[0] == pivots
    assert cells[2:-1] == [[row["sites.name"], *row["orders.count"].values()] for row in rows]
    assert cells[-1][0] == "Total"


def test_sql_comes_without_running_and_with_the_caller_s_filters(shop: Shop) -> None:
    mine = {**SITES, "view": "site_sales", "limit": "3"}
    sql = shop.run("/queries/run/sql", shop.member, json=mine)
    assert sql.headers["content-type"].startswith("text/plain")
    assert "LIMIT 4" in sql.text
    assert "Quayside" in sql.text or "sites.name" in sql.text


def test_pictures_have_the_size_asked_for(shop: Shop) -> None:
    picture = shop.run(
        "/queries/run/png?image_width=800&image_height=400", json=SITES | {"fields": SITES["fields"][:2]}
    )
    assert picture.headers["content-type"] == "image/png"
    width, height = (int.from_bytes(picture.content[at : at + 4]) for at in (16, 20))
    assert (width, height) == (800, 400)
    photo = shop.run("/queries/run/jpg", json=SITES | {"fields": SITES["fields"][:2]})
    assert photo.content[:3] == b"\xff\xd8\xff"
    nothing = shop.admin.post("/queries/run/png", {**SITES, "fields": ["sites.name"]})
    assert nothing.status_code == 422


def test_the_visualization_hides_and_names_columns_where_it_is_applied(shop: Shop) -> None:
    vis = {"type": "table", "hidden_fields": ["order_items.revenue"], "series_labels": {"orders.count": "Orders"}}
    path = "/queries/run/csv?apply_vis=true"
    assert shop.run(path, json={**SITES, "vis_config": vis}).text.splitlines()[0] == "Sites Site,Orders"
    whole = shop.run("/queries/run/csv", json={**SITES, "vis_config": vis}).text.splitlines()[0]
    assert whole == "Sites Site,Orders Number of Orders,Order Items Revenue"


def test_the_parameters_of_an_explore_s_address_are_run(shop: Shop) -> None:
    path = "/queries/models/shop/views/order_items/run/json"
    given = {"fields": "sites.name,orders.count", "f[orders.channel]": "Online", "sorts": "orders.count desc 0"}
    rows = shop.admin.found(path, params={**given, "limit": "2"})
    assert len(rows) == 2
    assert rows[0]["orders.count"] >= rows[1]["orders.count"]
    assert shop.admin.get(path, params={**given, "f[orders.channel]": "Online", "limit": "x"}).status_code == 400
    assert shop.admin.get(path).status_code == 422


@pytest.mark.parametrize("place", ["/queries/run/pdf", "/queries/run/JSON"])
def test_a_format_that_there_is_not_is_refused_with_those_there_are(shop: Shop, place: str) -> None:
    refused = shop.admin.post(place, SITES)
    assert refused.status_code == 400
    assert "json_detail" in refused.json()["message"]


def test_every_format_runs_from_a_saved_query(shop: Shop) -> None:
    made = shop.admin.made("/queries", {**SITES, "fields": SITES["fields"][:2]})
    answers = {each: shop.run(f"/queries/{made['id']}/run/{each}") for each in FORMATS}
    assert {each: answer.status_code for each, answer in answers.items()} == dict.fromkeys(FORMATS, 200)
    assert all(answer.headers["x-content-type-options"] == "nosniff" for answer in answers.values())


def done(shop: Shop, task_id: str) -> dict[str, Any]:
    end = time.monotonic() + 20
    while (task := shop.admin.found(f"/query_tasks/{task_id}"))["status"] == "running":
        assert time.monotonic() < end
        time.sleep(0.02)
    return task


def test_a_task_runs_and_gives_its_result(shop: Shop) -> None:
    made = shop.admin.made("/queries", SITES)
    task = shop.admin.made("/query_tasks?limit=2", {"query_id": made["id"], "result_format": "json"})
    shop.admin.document.check_whole("QueryTask", task)
    assert task["query"] == made
    assert done(shop, task["id"])["status"] == "complete"
    rows = shop.admin.found(f"/query_tasks/{task['id']}/results")
    assert rows == shop.admin.found(f"/queries/{made['id']}/run/json", params={"limit": 2})
    text = shop.admin.made("/query_tasks?limit=2", {"query_id": made["id"], "result_format": "csv"})
    done(shop, text["id"])
    both = shop.admin.found("/query_tasks/multi_results", params={"query_task_ids": f"{task['id']},{text['id']},x"})
    assert both == {
        task["id"]: rows,
        text["id"]: shop.run(f"/queries/{made['id']}/run/csv?limit=2").text,
        "x": {"status": "missing"},
    }


def test_a_task_tells_what_its_query_failed_of(shop: Shop) -> None:
    unnamed: dict[str, Any] = {**SITES, "fields": [], "sorts": []}
    made = shop.admin.made("/queries", unnamed)
    task = shop.admin.made("/query_tasks", {"query_id": made["id"], "result_format": "json"})
    assert done(shop, task["id"])["status"] == "error"
    assert shop.admin.get(f"/query_tasks/{task['id']}/results").status_code == 422
    several = shop.admin.found("/query_tasks/multi_results", params={"query_task_ids": task["id"]})
    assert several[task["id"]]["status"] == "error"


def test_a_task_of_nothing_is_not_found(shop: Shop) -> None:
    assert shop.admin.post("/query_tasks", {"query_id": "999999", "result_format": "json"}).status_code == 404
    assert shop.admin.post("/query_tasks", {"query_id": "1", "result_format": "pdf"}).status_code == 422
    for path in ("/query_tasks/nothing", "/query_tasks/1-pdf---aa", "/query_tasks/nothing/results"):
        assert shop.admin.get(path).status_code == 404


def test_an_id_that_was_given_to_no_task_begins_none(shop: Shop) -> None:
    made = shop.admin.made("/queries", SITES)
    task = shop.admin.made("/query_tasks", {"query_id": made["id"], "result_format": "json"})
    head = task["id"].rpartition("-")[0]
    invented = [*(f"{head}-{number}" for number in range(20)), f"{head}-{0:024x}", task["id"].replace("json", "pdf")]
    invented.append(f"{made['id']}-json-{'9' * 5_000}--x")
    for each in invented:
        assert shop.admin.get(f"/query_tasks/{each}").status_code == 404
        assert shop.admin.get(f"/query_tasks/{each}/results").status_code == 404
    several = shop.admin.found("/query_tasks/multi_results", params={"query_task_ids": ",".join(invented)})
    assert several == {each: {"status": "missing"} for each in invented}
    assert done(shop, task["id"])["status"] == "complete"


def test_of_many_wrong_fields_the_first_ones_are_told(shop: Shop) -> None:
    refused = shop.admin.post("/queries", {**SITES, "fields": [f"sites.nam_{number}" for number in range(500)]})
    assert refused.status_code == 422
    said = " ".join(each["message"] for each in refused.json()["errors"])
    assert [number for number in range(500) if f"'sites.nam_{number}'" in said] == list(range(10))


def test_subtotals_are_kept_and_said_not_to_be_computed(shop: Shop) -> None:
    made = shop.admin.made("/queries", {**SITES, "fields": CHANNELS["fields"], "subtotals": ["sites.name"]})
    assert made["subtotals"] == ["sites.name"]
    shown = shop.admin.found(f"/queries/{made['id']}/run/json_detail")
    assert [note for note in shown["notes"] if note.startswith("Subtotals are not computed")]
    assert shop.admin.made("/queries/run/json_detail", SITES)["notes"] == []
