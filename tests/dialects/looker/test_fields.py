"""The `fields` parameter: what it names is what comes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.dialects.looker.errors import InvalidParameter
from tertulia.dialects.looker.fields import Selection, is_wanted, narrowed, parse_fields

VALUE: dict[str, Any] = {
    "id": "1",
    "messages": [{"id": "2", "type": "user", "message": {"text": "x"}}, {"id": "3", "type": "system"}],
    "agent": {"id": "4", "context": {"instructions": "y", "show_debug": True}},
    "nothing": None,
}


@pytest.mark.parametrize("text", ["", " ", ",", ", ,"])
def test_nothing_asked_for_is_all(text: str) -> None:
    assert parse_fields(text) is None
    assert narrowed(VALUE, parse_fields(text)) == VALUE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id", {"id": "1"}),
        (" id , nothing ", {"id": "1", "nothing": None}),
        ("unknown", {}),
        ("messages(id,type)", {"messages": [{"id": "2", "type": "user"}, {"id": "3", "type": "system"}]}),
        ("messages( id )", {"messages": [{"id": "2"}, {"id": "3"}]}),
        ("messages", {"messages": VALUE["messages"]}),
        ("messages()", {"messages": VALUE["messages"]}),
        ("agent(context(show_debug)),id", {"id": "1", "agent": {"context": {"show_debug": True}}}),
        ("agent(context),agent(id)", {"agent": VALUE["agent"]}),
        ("agent,agent(id)", {"agent": VALUE["agent"]}),
        ("agent(id),agent", {"agent": VALUE["agent"]}),
        ("agent(context,context(show_debug))", {"agent": {"context": VALUE["agent"]["context"]}}),
        ("id(x)", {"id": "1"}),
        ("nothing(x)", {"nothing": None}),
    ],
)
def test_what_is_asked_for_comes(text: str, expected: dict[str, Any]) -> None:
    assert narrowed(VALUE, parse_fields(text)) == expected


def test_a_list_is_narrowed_one_by_one() -> None:
    assert narrowed([VALUE, {}], parse_fields("id")) == [{"id": "1"}, {}]


def test_what_a_client_cannot_do_without_stays_at_the_top() -> None:
    query = {"id": 1, "model": "m", "view": "v", "inner": {"model": "n", "id": 2}}
    shown = narrowed(query, parse_fields("id,inner(id)"), kept=("model", "view"))
    assert shown == {"id": 1, "model": "m", "view": "v", "inner": {"id": 2}}


@pytest.mark.parametrize("text", ["a(b", "a)b", "(a)", "a,(b)", "a(b))", "(", ")", "a(" * 30, "x" * 10_001])
def test_parentheses_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="fields"):
        parse_fields(text)


def written(wanted: Selection) -> str:
    return ",".join(name if inner is None else f"{name}({written(inner)})" for name, inner in wanted.items())


names = st.text("abc_123", min_size=1, max_size=4)
selections = st.recursive(
    st.dictionaries(names, st.none(), min_size=1, max_size=3),
    lambda inner: st.dictionaries(names, st.one_of(st.none(), inner), min_size=1, max_size=3),
    max_leaves=8,
)


@given(selections)
def test_what_is_written_reads_back(wanted: Selection) -> None:
    assert parse_fields(written(wanted)) == wanted


@given(st.text("ab(),. \t", max_size=30))
def test_any_text_reads_or_is_refused(text: str) -> None:
    try:
        wanted = parse_fields(text)
    except InvalidParameter:
        return
    assert wanted is None or all(is_wanted(wanted, name) for name in wanted)
