"""Whatever is asked, an answer is a query that compiles, or there is none."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semantic.interpret.asked import DOMAINS, questions
from semantic.interpret.topics import NOW, topic_of
from tertulia.semantic.compile.asking import Asking
from tertulia.semantic.compile.query import compile_query
from tertulia.semantic.engines.registry import engine_of
from tertulia.semantic.interpret.interpret import interpret
from tertulia.semantic.interpret.structure import PHRASES
from tertulia.semantic.interpret.understanding import Moment, Understood

FORMS = sorted(" ".join(phrase) for phrase in PHRASES)
WORDS = sorted({word for domain in DOMAINS for each in questions(domain) for word in each["ask"].split()})
PIECES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(FORMS),
    st.sampled_from(
        ["Germany", "revenue", "orders", "customers", "brand", "2024", "March", "31", "top 5", "more than 3"]
    ),
    st.text(max_size=6),
)
SETTINGS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(st.sampled_from(DOMAINS), st.lists(PIECES, min_size=1, max_size=9))
def test_what_is_understood_of_any_words_compiles(domain: str, pieces: list[str]) -> None:
    topic = topic_of(domain)
    found = interpret(" ".join(pieces), topic, Moment(now=NOW))
    if isinstance(found, Understood):
        asking = Asking(query=found.query, engine=engine_of("duckdb"), now=NOW)
        assert compile_query(topic.models[domain], asking).sql


@SETTINGS
@given(st.sampled_from(questions("shop")), st.lists(PIECES, min_size=1, max_size=5))
def test_what_any_follow_up_makes_of_a_query_compiles(first: dict[str, str], pieces: list[str]) -> None:
    topic = topic_of("shop")
    before = interpret(first["ask"], topic, Moment(now=NOW))
    if not isinstance(before, Understood):
        return
    found = interpret(" ".join(pieces), topic, Moment(now=NOW, earlier=before.query))
    if isinstance(found, Understood):
        asking = Asking(query=found.query, engine=engine_of("duckdb"), now=NOW)
        assert compile_query(topic.models["shop"], asking).sql
