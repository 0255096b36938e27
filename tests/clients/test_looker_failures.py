"""Queries that the database does not run, and queries that name what is not there, as the vendor's client is told of them."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from looker_sdk.error import SDKError
from looker_sdk.sdk.api40 import models
from looker_sdk.sdk.api40.methods import Looker40SDK

from clients.looker_client import client_of, credentials_for
from conftest import Demo

MODEL = """
connection: "pier"
include: "*.view"
explore: boats {}
explore: gone {}
explore: far { hidden: yes }
"""
BOATS = """
view: boats {
  sql_table_name: boats ;;
  dimension: name {}
  dimension: ghost { sql: ${TABLE}.ghost ;; }
  dimension_group: built { type: time timeframes: [date, year] sql: ${TABLE}.built ;; }
  measure: count { type: count }
  measure: doubled { type: number sql: ${count} * 2 ;; }
}
view: gone { sql_table_name: sunk ;; dimension: name {} measure: count { type: count } }
view: far { dimension: name {} measure: count { type: count } }
"""
GHOST = models.WriteQuery(model="pier", view="boats", fields=["boats.name", "boats.ghost", "boats.count"])
JSON = ("json", "json_bi", "json_detail")
OTHERS = ("csv", "txt", "md", "html", "xlsx", "png")


@pytest.fixture(scope="module")
def sdk(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Looker40SDK:
    """Of the admin of a project whose model names a column that its one file does not have."""
    folder = tmp_path_factory.mktemp("pier")
    (folder / "boats.csv").write_text("name,built\nTeal,2020-01-01\nSmew,2021-01-01\n")
    lookml = tmp_path_factory.mktemp("lookml")
    (lookml / "pier.model.lkml").write_text(MODEL)
    (lookml / "boats.view.lkml").write_text(BOATS)
    run = demo.server.command
    project_id = run("init", "--name", "Pier", "--admin", "warden@pier.test")["project_id"]
    connect = [sys.executable, "-m", "tertulia", "connect", "pier", f"folder://{folder}", "--project", project_id]
    subprocess.run(connect, env=demo.server.environment, capture_output=True, timeout=60, check=True)
    run("lookml", "load", str(lookml), "--project", project_id)
    return client_of(demo.url, credentials_for(demo.server, "warden@pier.test", project_id))


@pytest.fixture(scope="module")
def closed(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Looker40SDK:
    """Of the admin of a project that has the model and no database."""
    lookml = tmp_path_factory.mktemp("lookml")
    (lookml / "pier.model.lkml").write_text(MODEL)
    (lookml / "boats.view.lkml").write_text(BOATS)
    run = demo.server.command
    project_id = run("init", "--name", "Dry dock", "--admin", "warden@dock.test")["project_id"]
    run("lookml", "load", str(lookml), "--project", project_id)
    return client_of(demo.url, credentials_for(demo.server, "warden@dock.test", project_id))


def read(result: str | bytes) -> Any:
    assert isinstance(result, str)
    return json.loads(result)


def changed(**fields: Any) -> models.WriteQuery:
    given: dict[str, Any] = {"model": "pier", "view": "boats", "fields": ["boats.name"], **fields}
    return models.WriteQuery(**given)


def saved(sdk: Looker40SDK, query: models.WriteQuery) -> str:
    made = sdk.create_query(query)
    assert made.id
    return made.id


def test_rows_that_the_database_refused_are_one_row_that_says_why(sdk: Looker40SDK) -> None:
    for result in (sdk.run_inline_query("json", GHOST), sdk.run_query(saved(sdk, GHOST), "json")):
        [row] = read(result)
        assert list(row) == ["looker_error"]
        assert "ghost" in row["looker_error"]
    assert read(sdk.run_inline_query("inline_json", GHOST)) == read(sdk.run_inline_query("json", GHOST))


def test_results_with_metadata_keep_it_beside_the_error(sdk: Looker40SDK) -> None:
    detail = read(sdk.run_query(saved(sdk, GHOST), "json_detail"))
    [error] = detail["errors"]
    assert "ghost" in error["message"]
    assert (error["message_details"], error["sql_error_loc"]) == (None, None)
    assert detail["data"] == []
    assert "boats.ghost" in detail["sql"]
    assert [each["name"] for each in detail["fields"]["measures"]] == ["boats.count"]
    bi = read(sdk.run_inline_query("json_bi", GHOST))
    assert bi["rows"] == [{"looker_error": error["message"]}]
    assert bi["metadata"]["sql"] == detail["sql"]
    assert [each["name"] for each in bi["metadata"]["fields"]["dimensions"]] == ["boats.name", "boats.ghost"]


@pytest.mark.parametrize("kind", OTHERS)
def test_formats_without_a_place_for_it_are_refused_with_the_reason(sdk: Looker40SDK, kind: str) -> None:
    with pytest.raises(SDKError, match="ghost") as refused:
        sdk.run_inline_query(kind, GHOST)
    assert not refused.value.errors


def test_the_sql_of_a_query_that_fails_can_be_read(sdk: Looker40SDK) -> None:
    assert "boats.ghost" in str(sdk.run_inline_query("sql", GHOST))


def test_the_address_of_a_query_that_fails_is_answered_alike(sdk: Looker40SDK) -> None:
    given: Any = {"fields": "boats.ghost"}
    text = sdk.get("/queries/models/pier/views/boats/run/json", str, query_params=given)
    assert "ghost" in read(str(text))[0]["looker_error"]


@pytest.mark.parametrize("kind", JSON)
def test_a_database_that_is_not_there_is_told_alike(closed: Looker40SDK, kind: str) -> None:
    told = str(closed.run_inline_query(kind, changed(pivots=["boats.built_year"], fields=["boats.count"])))
    assert "no connection pier" in told


def test_without_a_database_other_formats_say_that_it_cannot_be_reached(closed: Looker40SDK) -> None:
    with pytest.raises(SDKError, match="no connection pier"):
        closed.run_inline_query("csv", changed())


def result_of(sdk: Looker40SDK, kind: models.ResultFormat) -> str:
    """What is read of a task of the query that fails, once it has ended."""
    task = sdk.create_query_task(models.WriteCreateQueryTask(query_id=saved(sdk, GHOST), result_format=kind))
    assert task.id
    end = time.monotonic() + 20
    while sdk.query_task(task.id).status != "error":
        assert time.monotonic() < end
        time.sleep(0.02)
    return sdk.query_task_results(task.id)


def test_a_task_tells_it_in_json_detail_and_refuses_other_formats(sdk: Looker40SDK) -> None:
    detail = read(result_of(sdk, models.ResultFormat.json_detail))
    assert detail["data"] == []
    assert "ghost" in detail["errors"][0]["message"]
    for kind in (models.ResultFormat.json, models.ResultFormat.csv):
        with pytest.raises(SDKError, match="ghost") as refused:
            result_of(sdk, kind)
        assert not refused.value.errors


UNKNOWN: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"fields": ["boats.nam"]}, {"fields": "There is no field 'boats.nam' in this explore. Did you mean boats.name"}),
    ({"filters": {"boats.nome": "Teal"}}, {"filters": "Did you mean boats.name"}),
    ({"sorts": ["boats.cout desc"]}, {"sorts": "Did you mean boats.count"}),
    ({"pivots": ["boats.bilt_year"]}, {"pivots": "Did you mean boats.built_year"}),
    ({"fields": ["a.b", "boats.count"], "sorts": ["a.b"]}, {"fields": "'a.b'", "sorts": "'a.b'"}),
    ({"filters": {"boats.built_date": "someday"}}, {"filters": "The filter on 'boats.built_date' is wrong:"}),
    ({"view": "boat"}, {"view": "Did you mean boats?"}),
    ({"model": "peer"}, {"model": "Did you mean pier?"}),
    ({"limit": "-7"}, {"limit": "limit"}),
    ({"row_total": "above"}, {"row_total": "right or left"}),
]
ASKED: list[Callable[[Looker40SDK, models.WriteQuery], object]] = [
    lambda sdk, query: sdk.create_query(query),
    lambda sdk, query: sdk.run_inline_query("json", query),
    lambda sdk, query: sdk.run_inline_query("sql", query),
]


@pytest.mark.parametrize("ask", ASKED)
@pytest.mark.parametrize(("fields", "faults"), UNKNOWN)
def test_what_is_not_there_is_told_under_the_field_that_names_it(
    sdk: Looker40SDK,
    fields: dict[str, Any],
    faults: dict[str, str],
    ask: Callable[[Looker40SDK, models.WriteQuery], object],
) -> None:
    with pytest.raises(SDKError) as refused:
        ask(sdk, changed(**fields))
    told = {each.field: each.message or "" for each in refused.value.errors}
    assert told.keys() == faults.keys()
    for name, words in faults.items():
        assert words in told[name]
        assert told[name].count("There is no field") <= 1
