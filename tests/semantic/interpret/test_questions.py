"""Every question of the three businesses is read as its file says, or not at all."""

from typing import Any

import pytest

from semantic.interpret.asked import DOMAINS, faults, questions, talks
from semantic.interpret.topics import NOW, ask, topic_of
from tertulia.semantic.compile.asking import Asking
from tertulia.semantic.compile.query import compile_query
from tertulia.semantic.engines.registry import engine_of
from tertulia.semantic.interpret.interpret import interpret
from tertulia.semantic.interpret.understanding import Ambiguous, Moment, NotUnderstood, Understood

EVERY = [pytest.param(domain, each, id=f"{domain}: {each['ask']}") for domain in DOMAINS for each in questions(domain)]
ANSWERED = [each for each in EVERY if "answer" not in each.values[1]]  # type: ignore[operator] - a parameter is an object
OTHERS = [each for each in EVERY if "answer" in each.values[1]]  # type: ignore[operator] - likewise
TALKS = [
    pytest.param(talk["first"], each, id=f"{talk['first']} - {each['ask']}")
    for talk in talks("shop")
    for each in talk["next"]
]


@pytest.mark.parametrize(("domain", "wanted"), ANSWERED)
def test_a_question_is_understood_as_it_is_meant(domain: str, wanted: dict[str, Any]) -> None:
    found = ask(wanted["ask"], domain)
    assert isinstance(found, Understood), found
    assert faults(wanted, found.query) == []
    assert found.words


@pytest.mark.parametrize(("domain", "wanted"), ANSWERED)
def test_what_is_understood_compiles(domain: str, wanted: dict[str, Any]) -> None:
    found = ask(wanted["ask"], domain)
    assert isinstance(found, Understood)
    model = topic_of(domain).models[domain]
    compiled = compile_query(model, Asking(query=found.query, engine=engine_of("duckdb"), now=NOW))
    assert [column.name for column in compiled.columns] == found.query.fields


@pytest.mark.parametrize(("domain", "wanted"), OTHERS)
def test_a_question_that_is_not_plain_is_never_answered(domain: str, wanted: dict[str, Any]) -> None:
    found = ask(wanted["ask"], domain)
    assert isinstance(found, Ambiguous | NotUnderstood), found
    assert found.question if isinstance(found, Ambiguous) else found.reason


@pytest.mark.parametrize(("domain", "wanted"), OTHERS)
def test_a_choice_that_is_offered_is_understood_as_it_is_meant(domain: str, wanted: dict[str, Any]) -> None:
    found = ask(wanted["ask"], domain)
    choices = found.choices if isinstance(found, Ambiguous) else []
    for choice in choices:
        again = ask(choice.text, domain)
        assert isinstance(again, Understood), choice.text
        assert again.query.fields == choice.query.fields
        assert again.query.filters == choice.query.filters
        assert again.query.limit == choice.query.limit


@pytest.mark.parametrize(("first", "wanted"), TALKS)
def test_a_follow_up_amends_the_query_before_it(first: str, wanted: dict[str, Any]) -> None:
    before = ask(first)
    assert isinstance(before, Understood)
    found = interpret(wanted["ask"], topic_of("shop"), Moment(now=NOW, earlier=before.query))
    if wanted.get("answer"):
        assert not isinstance(found, Understood), found
        return
    assert isinstance(found, Understood), found
    assert faults(wanted, found.query) == []


def test_most_questions_that_must_be_asked_back_offer_choices() -> None:
    wanted = [(domain, each["ask"]) for domain in DOMAINS for each in questions(domain) if each.get("answer") == "ask"]
    offered = [each for domain, each in wanted if isinstance(ask(each, domain), Ambiguous)]
    assert len(offered) > 0.75 * len(wanted)
