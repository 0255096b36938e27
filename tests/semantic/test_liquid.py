"""Liquid in LookML's SQL: what it may say, what it may not, and what it may cost."""

import time
from datetime import datetime
from typing import Any

import msgspec
import pytest

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.registry import engine_of
from tertulia.semantic.liquid import LiquidScope, ParameterValue, render
from tertulia.semantic.liquid_template import _compiled

_NOW = datetime(2025, 6, 18, 9, 30)  # noqa: DTZ001 - the wall clock of the query's zone

# 16,384 letters
_LONG = "{% assign x = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..10) %}{% assign x = x | append: x %}{% endfor %}"

SCOPE = LiquidScope(
    engine=engine_of("duckdb"),
    condition=lambda field, column: f"<{field} on {column}>",
    bounds=lambda field: (f"<start of {field}>", f"<end of {field}>"),
    now=_NOW,
    view="orders",
    explore="sales",
    model="shop",
    timezone="Europe/Berlin",
    fields={"orders.status", "orders.created_date", "users.state", "users.name", "fees.kind"},
    selected={"orders.status"},
    filtered={"users.state": "O'Hara, %", "orders.created_date": "today", "orders.status": "open--closed"},
    parameters={
        "orders.grain": ParameterValue(type="unquoted", value="day", allowed=["day", "week"]),
        "orders.free": ParameterValue(type="string", value="O'X'; drop --"),
        "orders.chosen": ParameterValue(type="string", value="a b", allowed=["a b", "c"]),
        "orders.unset": ParameterValue(type="string"),
        "users.depth": ParameterValue(type="number", value="12.5"),
    },
    attributes={"region": ["North West", "EU"], "rude": ["x' OR 1 = 1"], "empty": [""], "none": []},
)


def said(text: str, **changes: Any) -> str:
    return render(text, msgspec.structs.replace(SCOPE, **changes))


@pytest.mark.parametrize("text", ["", "${TABLE}.amount", "CASE WHEN a > 1 THEN '{' ELSE '%}' END", "a { b } c"])
def test_a_text_without_liquid_is_itself(text: str) -> None:
    assert render(text, SCOPE) is text


def test_a_condition_hands_the_column_to_the_compiler() -> None:
    text = "{% condition users.state %} ${TABLE}.state {% endcondition %} AND {% condition status %}s{% endcondition %}"
    assert said(text) == "<users.state on ${TABLE}.state> AND <orders.status on s>"


def test_a_condition_may_hold_liquid_and_stand_in_liquid() -> None:
    text = "{% if status._in_query %}{% condition status %}{% parameter grain %}{% endcondition %}{% endif %}"
    assert said(text) == "<orders.status on day>"


def test_the_bounds_of_a_date_filter_come_from_the_compiler() -> None:
    text = "{% date_start created_date %} TO {% date_end orders.created_date %}"
    assert said(text) == "<start of orders.created_date> TO <end of orders.created_date>"


@pytest.mark.parametrize("text", ["{% incrementcondition %} a {% endincrementcondition %}"])
def test_the_condition_of_an_incremental_table_lets_everything_through(text: str) -> None:
    assert said(text) == "(1 = 1)"


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("{% parameter grain %}", "day"),
        ("{% parameter orders.grain %}", "day"),
        ("{{ grain._parameter_value }}", "day"),
        ("{{ orders.grain._parameter_value }}", "day"),
        ("{% parameter users.depth %}", "12.5"),
        ("{% parameter free %}", "'O''X''; drop --'"),
        ("{{ free._parameter_value }}", "'O''X''; drop --'"),
        ("{% parameter unset %}", "NULL"),
        ("{% if chosen._parameter_value == \"'a b'\" %}yes{% endif %}", "yes"),
        ("{% if grain._parameter_value == 'day' %}yes{% else %}no{% endif %}", "yes"),
        ("{% if free._parameter_value contains 'drop' %}yes{% endif %}", "yes"),
        ("{% case grain._parameter_value %}{% when 'week' %}w{% when 'day' %}d{% endcase %}", "d"),
    ],
)
def test_a_parameter_is_a_literal_or_a_word(text: str, sql: str) -> None:
    assert said(text) == sql


@pytest.mark.parametrize(
    ("kind", "value", "sql"),
    [
        ("unquoted", "a_b_c-d1", "a_b_c-d1"),
        ("number", "-3", "-3"),
        ("number", " 0.25 ", "0.25"),
        ("date", "2024-02-29", "CAST('2024-02-29' AS DATE)"),
        ("date", "2024/02/29", "CAST('2024-02-29' AS DATE)"),
        ("date_time", "2024-02-29 13:14:15", "CAST('2024-02-29 13:14:15' AS TIMESTAMP)"),
        ("yesno", "yes", "TRUE"),
        ("yesno", "No", "FALSE"),
        ("string", "", "''"),
        ("string", "back\\slash", "'back\\slash'"),
    ],
)
def test_a_parameter_is_written_by_its_type(kind: str, value: str, sql: str) -> None:
    assert said("{% parameter p %}", parameters={"orders.p": ParameterValue(type=kind, value=value)}) == sql


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("unquoted", ""),
        ("unquoted", "a b"),
        ("unquoted", "other_view.cost"),
        ("unquoted", "a'b"),
        ("unquoted", "a;b"),
        ("unquoted", "a--b"),
        ("unquoted", "a(b)"),
        ("unquoted", "a\n"),
        ("unquoted", "ä"),
        ("number", ""),
        ("number", "1 OR 1=1"),
        ("number", "1e5"),
        ("number", "١"),
        ("number", "nan"),
        ("date", "tomorrow"),
        ("date", "2024-02-30"),
        ("yesno", "maybe"),
        ("string", "nul\x00"),
    ],
)
def test_a_parameter_that_is_not_of_its_type_is_refused(kind: str, value: str) -> None:
    with pytest.raises(InvalidQuery):
        said("{% parameter p %}", parameters={"orders.p": ParameterValue(type=kind, value=value)})


@pytest.mark.parametrize("kind", ["unquoted", "string", "number"])
def test_a_parameter_outside_its_allowed_values_is_refused_with_those(kind: str) -> None:
    parameter = ParameterValue(type=kind, value="3", allowed=["1", "2"])
    with pytest.raises(InvalidQuery, match="1, 2"):
        said("{% parameter p %}", parameters={"orders.p": parameter})


def test_the_text_of_a_free_parameter_cannot_lose_its_quotes() -> None:
    with pytest.raises(InvalidQuery, match="allowed values"):
        said('{{ free._parameter_value | remove: "\'" }}')
    assert said('{{ chosen._parameter_value | remove: "\'" }}') == "a b"


def test_a_text_parameter_is_escaped_as_its_database_reads_it() -> None:
    assert said("{% parameter free %}", engine=engine_of("bigquery")) == "'O\\'X\\'; drop --'"


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("r = '{{ _user_attributes['region'] }}'", "r = 'North West,EU'"),
        ("{{ _user_attributes['rude'] | sql_quote }}", "'x'' OR 1 = 1'"),
        ("{% if _user_attributes['rude'] contains 'OR' %}yes{% endif %}", "yes"),
        ("{% if _user_attributes['rude'] == \"x' OR 1 = 1\" %}yes{% endif %}", "yes"),
        ("{% assign parts = _user_attributes['region'] | split: ',' %}{{ parts[1] }}", "EU"),
        ("{{ _filters['orders.created_date'] }}", "today"),
        ("{{ _filters['users.state'] | sql_quote }}", "'O''Hara, %'"),
        ("[{{ _filters['users.name'] }}]", "[]"),
    ],
)
def test_what_people_bring_is_compared_quoted_or_harmless(text: str, sql: str) -> None:
    assert said(text) == sql


@pytest.mark.parametrize(
    "text",
    [
        "{{ _user_attributes['rude'] }}",
        "{{ _user_attributes['rude'] | upcase }}",
        "{{ _user_attributes['rude'] | append: 'x' }}",
        "{{ 'x' | append: _user_attributes['rude'] }}",
        "{{ 'xy' | replace: 'x', _user_attributes['rude'] }}",
        "{% assign a = _user_attributes['rude'] %}{{ a }}",
        "{% assign a = _user_attributes['rude'] | split: ',' %}{{ a[0] }}",
        "{% echo _user_attributes['rude'] %}",
        "{% capture a %}{{ _user_attributes['rude'] }}{% endcapture %}{{ a }}",
        "{% for sign in _user_attributes['rude'] %}{{ sign }}{% endfor %}",
        "{% cycle _user_attributes['rude'], 'b' %}",
        "{{ _user_attributes['rude'] | default: 'x' }}",
        "{{ _user_attributes['rude'].first }}{{ _user_attributes['rude'][0] }}",
        "{{ _filters['users.state'] }}",
        "{{ _filters['orders.status'] }}",
    ],
)
def test_what_people_bring_never_stands_in_sql_as_it_is(text: str) -> None:
    with pytest.raises(InvalidQuery):
        said(text)


@pytest.mark.parametrize("name", ["empty", "none", "missing"])
def test_a_user_attribute_without_a_value_is_an_error(name: str) -> None:
    with pytest.raises(InvalidQuery, match=f"user attribute '{name}'"):
        said(f"{{% if _user_attributes['{name}'] == 'x' %}}a{{% else %}}b{{% endif %}}")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("status._in_query", True),
        ("orders.status._is_selected", True),
        ("orders.created_date._is_selected", False),
        ("orders.created_date._is_filtered", True),
        ("created_date._in_query", True),
        ("users.name._in_query", False),
        ("users._in_query", True),
        ("fees._in_query", False),
    ],
)
def test_a_template_knows_what_is_in_the_query(path: str, *, expected: bool) -> None:
    assert said(f"{{% if {path} %}}yes{{% else %}}no{{% endif %}}") == ("yes" if expected else "no")


def test_a_template_knows_where_it_stands() -> None:
    text = "{{ _model._name }} {{ _explore._name }} {{ _view._name }} {{ _query._query_timezone }}"
    assert said(text) == "shop sales orders Europe/Berlin"


def test_a_template_has_the_clock_of_the_query() -> None:
    text = "{{ 'now' | date: '%Y-%m-%d %H:%M' }} {{ now | date: '%H' }} {{ today | date: '%d %H' }} {{ '2024-03-01' | date: '%b' }}"
    assert said(text) == "2025-06-18 09:30 09 18 00 Mar"


def test_the_standard_tags_work() -> None:
    text = "{% unless 1 == 2 %}u{% endunless %}{% assign a = 'x,y' | split: ',' %}{% for i in a %}{{ i | upcase }}{% endfor %}"
    assert said(text) == "uXY"
    assert said("{%- comment -%} no {%- endcomment -%}{% raw %}{{ x }}{% endraw %}") == "{{ x }}"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{ unknown }}", "unknown"),
        ("{% if unknown %}a{% endif %}", "unknown"),
        ("{% if unknown == 'x' %}a{% endif %}", "unknown"),
        ("{% unless orders.unknown._in_query %}a{% endunless %}", "orders.unknown"),
        ("{{ orders.status._unknown }}", "orders.status._unknown"),
        ("{{ unknown | default: 'x' }}", "unknown"),
        ("{% parameter unknown %}", "unknown"),
        ("{% condition unknown.field %}a{% endcondition %}", "unknown.field"),
        ("{% date_start unknown %}", "unknown"),
        ("{{ _filters['orders.unknown'] }}", "orders.unknown"),
        ("{% parameter status %}", "orders.status"),
        ("{{ orders.status }}", "orders.status"),
        ("{% if status %}a{% endif %}", "orders.status"),
        ("{{ orders }}", "orders"),
        ("{{ 'x' | unknown }}", "unknown"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(InvalidQuery, match=named):
        said(text)


@pytest.mark.parametrize(
    "text",
    [
        "{% include 'a' %}",
        "{% render 'a' %}",
        "{% unknown %}",
        "{% if %}a{% endif %}",
        "{% if 1 == 1 %}a",
        "{% condition status %}a",
        "{% condition %}a{% endcondition %}",
        "{% condition status, name %}a{% endcondition %}",
        "{% condition 'status' %}a{% endcondition %}",
        "{% parameter %}",
        "{% incrementcondition %}a",
        "{% open",
        "{{ open",
        "{{ 1 | divided_by: 0 }}",
        "{{ 'a' | append }}",
    ],
)
def test_what_is_no_template_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery):
        said(text)


def test_a_refusal_says_the_line() -> None:
    with pytest.raises(InvalidQuery, match=r"\(line 3\)"):
        said("a\nb\n{{ unknown }}")


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{% for i in (1..9000) %}{% for j in (1..9000) %}{% endfor %}{% endfor %}",
        "{% for i in (1..5000) %}{% endfor %}" * 3,
        "{% tablerow i in (1..1000000000) %}x{% endtablerow %}",
        "{{ (1..1000000000) | join: ',' }}",
        "{% assign r = (1..1000000000) %}{{ r | reverse | first }}",
        "{% for i in (1..9000) %}" + "x" * 100 + "{% endfor %}",
        "{% assign x = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}",
        f"{_LONG}{{{{ x | replace: 'a', x }}}}",
        f"{_LONG}{{{{ x | split: '' | join: x }}}}",
        "{% assign x = 7 %}{% for i in (1..100) %}{% assign x = x | times: x %}{% endfor %}{{ x }}",
        "{% if 1 == 1 %}" * 200 + "{% endif %}" * 200,
        "{{ " + "a." * 100_001 + "a }}",
    ],
)
def test_a_template_that_costs_too_much_is_refused_quickly(text: str) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidQuery):
        said(text)
    # without a limit each takes minutes, or for ever
    assert time.monotonic() - started < 20


def test_a_template_is_read_once() -> None:
    text = "{% if status._in_query %}" + "a " * 20_000 + "{% for i in (1..50) %}{{ i }}{% endfor %}{% endif %}"
    said(text)
    read = _compiled.cache_info().misses
    for _ in range(20):
        said(text)
    assert _compiled.cache_info().misses == read
