"""Questions about numbers through the vendor's client: the answer, and the query, the SQL and the rows behind it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from crf_api_client.client import CRFAPIClient
from crf_api_client.playground_agent import PlaygroundAgent
from crf_api_client.warehouse import Warehouse

from conftest import Demo
from tertulia.demo.shop import build_shop

KEPT_2025 = """
    FROM order_items JOIN orders USING (order_id) JOIN products USING (product_id)
    WHERE status <> 'Cancelled' AND ordered_at >= '2025-01-01' AND ordered_at < '2026-01-01'
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same data as the demo's, asked by hand."""
    path = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    build_shop(path)
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def project(demo: Demo) -> Warehouse:
    return CRFAPIClient(demo.url, demo.admin_token).get_warehouse(demo.project_id)


@pytest.fixture
def figures(project: Warehouse, demo: Demo) -> PlaygroundAgent:
    return project.get_playground_agent(demo.data_agent_id)


@pytest.fixture
def mixed(project: Warehouse, demo: Demo) -> PlaygroundAgent:
    return project.get_playground_agent(demo.mixed_agent_id)


def ask(agent: PlaygroundAgent, question: str) -> tuple[str, list[dict[str, Any]]]:
    """The answer, and what the tools gave on the way to it."""
    made = agent.create_conversation_and_send_message(question)
    return made["answer"], results(agent.get_conversation_history(made["conversation_id"]))


def results(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result for entry in history if entry["type"] == "tool_call" for result in entry["results"]]


def truth(shop: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return shop.sql(sql).fetchall()


def test_a_number_is_the_one_that_sql_by_hand_gives(figures: PlaygroundAgent, shop: duckdb.DuckDBPyConnection) -> None:
    answer, [result] = ask(figures, "What was the revenue of orders placed in 2025?")
    [[revenue]] = truth(shop, f"SELECT sum(quantity * unit_price - discount) {KEPT_2025}")
    assert result["type"] == "query_result"
    assert result["rows"][0][-1] == pytest.approx(float(revenue))
    assert f"{revenue:,.2f}" in answer


def test_the_answer_carries_query_sql_rows_chart_and_its_reading(
    figures: PlaygroundAgent, shop: duckdb.DuckDBPyConnection
) -> None:
    answer, [result] = ask(figures, "units sold by product category for orders placed in 2025")
    by_hand = truth(shop, f"SELECT category, sum(quantity) {KEPT_2025} GROUP BY 1")
    assert sorted(map(tuple, result["rows"])) == sorted((name, int(units)) for name, units in by_hand)
    assert result["query"]["explore"] == "order_items"
    assert result["query"]["fields"] == ["products.category", "order_items.units_sold"]
    assert "SELECT" in result["sql"]
    assert [column["kind"] for column in result["columns"]] == ["dimension", "measure"]
    assert result["chart"]["mark"]["type"] == "bar"
    assert result["understood"] in answer
    assert "2025" in result["understood"]


def test_a_follow_up_changes_the_question_before(figures: PlaygroundAgent) -> None:
    conversation_id = figures.create_conversation()["id"]
    figures.send_message(conversation_id, "number of visits by traffic source in 2025")
    figures.send_message(conversation_id, "only Newsletter")
    first, second = results(figures.get_conversation_history(conversation_id))
    visits = dict(first["rows"])
    assert "Newsletter" in visits
    assert second["query"]["filters"]["visits.source"] == "Newsletter"
    assert second["rows"][0][-1] == visits["Newsletter"]


def test_a_word_nothing_explains_is_named_and_nothing_is_answered(figures: PlaygroundAgent) -> None:
    answer, [result] = ask(figures, "How many unicorns did we sell?")
    assert result["type"] == "clarification"
    assert "unicorn" in answer
    assert not any(character.isdigit() for character in answer)


def test_a_mixed_agent_answers_numbers_from_data_and_rules_from_documents(mixed: PlaygroundAgent) -> None:
    _, from_data = ask(mixed, "How many customers are there?")
    assert [each["type"] for each in from_data] == ["query_result"]
    assert from_data[0]["rows"] == [[2400]]
    answer, from_documents = ask(mixed, "How many days are there to claim expenses?")
    assert {each["type"] for each in from_documents} == {"clarification", "chunk"}
    assert "45 days" in answer


def test_a_stored_answer_lists_what_stands_behind_its_numbers(figures: PlaygroundAgent) -> None:
    made = figures.create_conversation_and_send_message("How many customers are there?")
    history = figures.get_conversation_history(made["conversation_id"])
    support = next(entry["support"] for entry in history if entry["role"] == "assistant" and entry["type"] == "message")
    assert support["cited"] >= 1
    assert support["unverifiable"] == []


def test_the_margin_is_refused_to_who_was_not_granted_it(figures: PlaygroundAgent) -> None:
    answer, given = ask(figures, "gross margin by product category")
    assert all(each["type"] != "query_result" for each in given)
    assert not any(character.isdigit() for character in answer)


def test_the_database_file_of_the_demo_is_not_written_to(demo: Demo, figures: PlaygroundAgent) -> None:
    path = Path(demo.server.data) / "shop.duckdb"
    before = path.stat().st_mtime_ns
    ask(figures, "How many products are there?")
    assert path.stat().st_mtime_ns == before
