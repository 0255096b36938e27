"""What interpretation promises beside the questions of the files."""

import time
from datetime import UTC, datetime

import pytest
from msgspec import structs

from semantic.interpret.topics import NOW, ask, made_of, topic_of
from tertulia.core.query import GoldenQuery, Query, Source, UserAttribute
from tertulia.semantic.interpret.interpret import interpret
from tertulia.semantic.interpret.lexicon import lexicon
from tertulia.semantic.interpret.understanding import Ambiguous, Moment, NotUnderstood, Topic, Understood
from tertulia.semantic.lookml.load import load_project

REVENUE_2023 = Query(
    model="shop",
    explore="order_items",
    fields=["order_items.total_revenue"],
    filters={"orders.created_date": "2023"},
)


def golden(question: str, query: Query) -> GoldenQuery:
    return GoldenQuery(
        id="g", serial=7, project_id="p", questions=[question], query=query, created_at=NOW, updated_at=NOW
    )


def read(question: str, topic: Topic) -> Understood:
    found = interpret(question, topic, Moment(now=NOW))
    assert isinstance(found, Understood), found
    return found


@pytest.mark.parametrize("question", ["Revenue in 2023?", "how much revenue did we make in 2023", "2023 turnover"])
def test_a_golden_query_is_found_by_what_is_asked(question: str) -> None:
    topic = made_of("shop", golden=[golden("What was the total revenue in 2023?", REVENUE_2023)])
    found = read(question, topic)
    assert found.golden is not None
    assert found.golden.serial == 7


@pytest.mark.parametrize(
    "question", ["What was the total revenue in 2022?", "total gross margin in 2023", "how many orders in 2023"]
)
def test_a_near_miss_finds_no_golden_query(question: str) -> None:
    topic = made_of("shop", golden=[golden("What was the total revenue in 2023?", REVENUE_2023)])
    assert read(question, topic).golden is None


def test_the_very_words_of_a_golden_query_need_no_interpretation() -> None:
    topic = made_of("shop", golden=[golden("How did we fare in '23?", REVENUE_2023)])
    found = read("how did we fare in '23", topic)
    assert found.query == REVENUE_2023
    assert "2023-01-01 to 2023-12-31" in found.words


def test_a_golden_query_of_another_source_is_not_used() -> None:
    topic = made_of("shop", golden=[golden("The number", structs.replace(REVENUE_2023, explore="secret"))])
    assert isinstance(interpret("the number", topic, Moment(now=NOW)), NotUnderstood)


def test_words_tell_measure_groups_filters_resolved_dates_and_limit() -> None:
    found = ask("top 5 brands by revenue last month excluding Allegra")
    assert isinstance(found, Understood)
    assert found.words == (
        "Order Items Total Revenue by Products Brand; Products Brand is not Allegra; "
        "Orders Created Date last month (2025-05-01 to 2025-05-31); the 5 with the highest Order Items Total Revenue"
    )


def test_an_unknown_word_is_named_with_what_comes_near() -> None:
    found = ask("revenue by colour")
    assert isinstance(found, NotUnderstood)
    assert found.unknown == ["colour"]
    assert "'colour'" in found.reason


def test_a_slip_of_the_finger_is_asked_about_and_never_put_right() -> None:
    found = ask("revnue by brand")
    assert isinstance(found, Ambiguous)
    assert [choice.text for choice in found.choices] == ["revenue by brand"]


@pytest.mark.parametrize("question", ["list the ssn of customers", "how many users with ssn 123", "order items id"])
def test_a_hidden_field_is_not_there(question: str) -> None:
    assert not isinstance(ask(question), Understood)


def test_two_fields_for_one_value_are_asked_about() -> None:
    found = ask("revenue in Germany")
    assert isinstance(found, Ambiguous)
    assert {name for choice in found.choices for name in choice.query.filters} == {"users.country", "stores.country"}


def test_the_entity_beside_a_value_tells_its_field() -> None:
    found = ask("revenue from stores in Germany")
    assert isinstance(found, Understood)
    assert found.query.filters == {"stores.country": "Germany"}


def test_an_agents_synonyms_name_fields_and_values() -> None:
    topic = made_of("shop", synonyms={"products.brand": ["house"], "Northpeak": ["the northern one"]})
    assert read("revenue by house", topic).query.fields == ["products.brand", "order_items.total_revenue"]
    assert read("revenue for the northern one", topic).query.filters == {"products.brand": "Northpeak"}


@pytest.mark.parametrize(
    ("value", "expression"),
    [("Smith, Inc", '"Smith, Inc"'), ("100%", '"100%"'), ("-Minus", '"-Minus"'), ("under_score", '"under_score"')],
)
def test_a_value_with_signs_of_the_filter_language_stands_for_itself(value: str, expression: str) -> None:
    plain = made_of("shop")
    brands = [
        structs.replace(each, values=[*each.values, value]) if each.field == "products.brand" else each
        for each in plain.values
    ]
    found = read(f'revenue for brand "{value}"', structs.replace(plain, values=brands))
    assert found.query.filters == {"products.brand": expression}


def test_a_value_of_two_letters_must_be_written_as_it_is() -> None:
    plain = made_of("shop")
    states = [
        structs.replace(each, values=["IN", "OR", "ME"]) if each.field == "users.city" else each
        for each in plain.values
    ]
    topic = structs.replace(plain, values=states)
    assert read("how many users in IN", topic).query.filters == {"users.city": "IN"}
    assert read("give me the number of users", topic).query.filters == {}


def test_relative_dates_are_told_by_the_clock_of_the_moment() -> None:
    later = Moment(now=datetime(2026, 1, 2, tzinfo=UTC))
    found = interpret("revenue last month", topic_of("shop"), later)
    assert isinstance(found, Understood)
    assert found.query.filters == {"orders.created_date": "last month"}
    assert "2025-12-01 to 2025-12-31" in found.words


@pytest.mark.parametrize(
    "question", ["", "   ", "?", "a" * 2_000, "revenue " * 200, "\0", "🙂", "SELECT * FROM users; --"]
)
def test_anything_that_is_no_question_is_refused(question: str) -> None:
    assert isinstance(ask(question), NotUnderstood)


GRANTED = """
connection: "c"
access_grant: pay { user_attribute: role allowed_values: ["boss"] }
view: staff {
  dimension: id { primary_key: yes type: number sql: ${TABLE}.id ;; }
  dimension: team { type: string sql: ${TABLE}.team ;; }
  measure: total_salary { type: sum required_access_grants: [pay] sql: ${TABLE}.salary ;; }
}
explore: staff {}
"""


def test_a_field_that_a_grant_withholds_is_not_there() -> None:
    project = load_project({"m.model.lkml": GRANTED})
    topic = Topic(models=project.models, sources=[Source("m", "staff")])
    boss = structs.replace(topic, attributes={"role": UserAttribute(name="role", values=["boss"])})
    assert isinstance(interpret("total salary by team", topic, Moment(now=NOW)), NotUnderstood)
    assert read("total salary by team", boss).query.fields == ["staff.team", "staff.total_salary"]


RATIOS = """
connection: "c"
view: lines {
  dimension: id { primary_key: yes hidden: yes type: number sql: ${TABLE}.id ;; }
  dimension: category { type: string sql: ${TABLE}.category ;; }
  measure: line_count { type: count }
}
view: returns {
  dimension: id { primary_key: yes hidden: yes type: number sql: ${TABLE}.id ;; }
  dimension: reason { type: string sql: ${TABLE}.reason ;; }
  dimension_group: returned { type: time timeframes: [raw, date, month] sql: ${TABLE}.returned_at ;; }
  measure: number_of_returns { type: count }
  measure: return_rate { type: number sql: 1.0 * ${number_of_returns} / ${lines.line_count} ;; }
}
explore: lines {
  join: returns { relationship: one_to_one sql_on: ${lines.id} = ${returns.line_id} ;; }
}
"""
RETURNS = "explore: returns { join: lines { relationship: many_to_one sql_on: ${lines.id} = ${returns.line_id} ;; } }"


def test_a_ratio_is_asked_where_all_rows_of_its_parts_are() -> None:
    project = load_project({"m.model.lkml": RATIOS + RETURNS})
    topic = Topic(models=project.models, sources=[Source("m", "returns"), Source("m", "lines")])
    assert read("return rate by category", topic).query.explore == "lines"
    assert read("number of returns by category", topic).query.explore == "returns"


def test_rows_that_a_join_only_adds_do_not_become_groups() -> None:
    project = load_project({"m.model.lkml": RATIOS})
    topic = Topic(models=project.models, sources=[Source("m", "lines")])
    assert read("number of returns by reason", topic).query.filters == {"returns.id": "NOT NULL"}
    assert read("number of returns by month", topic).query.fields[0] == "returns.returned_month"


def test_people_are_not_counted_where_only_those_who_bought_are_seen() -> None:
    plain = made_of("shop")
    topic = structs.replace(plain, sources=[Source("shop", "order_items")])
    assert isinstance(interpret("how many customers are there", topic, Moment(now=NOW)), NotUnderstood)
    found = interpret("how many customers bought jeans", topic, Moment(now=NOW))
    assert isinstance(found, Understood)


def test_a_lexicon_holds_many_values() -> None:
    plain = made_of("shop")
    brands = [
        structs.replace(each, values=[f"Maker {at} Works" for at in range(5_000)])
        if each.field == "products.brand"
        else each
        for each in plain.values
    ]
    began = time.process_time()
    known = lexicon(structs.replace(plain, values=brands))
    # compared with each other they take longer
    assert time.process_time() - began < 20
    assert known.named("maker 77 works")
