"""Values in SQL: they mean themselves in every dialect, whatever they hold."""

# ruff: noqa: DTZ001 - wall clocks have no zone

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from semantic.engines.conftest import Run
from tertulia.core.errors import InvalidQuery
from tertulia.semantic.engines.engine import Engine
from tertulia.semantic.engines.registry import engine_of

_NAMES = ["duckdb", "postgres", "bigquery", "snowflake", "trino", "clickhouse", "databricks", "redshift"]
_NASTY = [
    "",
    "'",
    "''",
    "it's",
    "\\",
    "\\'",
    "'\\",
    "\\\\'; DROP TABLE users; --",
    "' OR 1 = 1 --",
    "\n\r\t\b\f\x07\x1b",
    '"double" `tick` $$dollar$$ $x$',
    "/* no comment */ -- none # either",
    "{{ liquid }} {% x %} ${TABLE}",
    "%_^[a]*?",
    "\\n\\t\\x41\\u0041\\101",
    "é ß İ 漢字 😀 \u200b\u2028",
    "NULL",
    "r'raw'",
    "E'\\''",
]
_PATTERNS = ["FOO", "foo%", "%foo", "%f_o%", "f%o", "50^%", "a^_b", "^^%", "%\\%", "_", "%", "", "^a", "tail^", "%'%"]
_TEXTS = [
    "",
    "foo",
    "FOO",
    "fOo bar",
    "food",
    "50%",
    "50x",
    "a_b",
    "axb",
    "^up",
    "back\\slash",
    "a",
    "tail^",
    "o'neil",
    "x\ny",
]


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("text", _NASTY)
def test_a_text_reads_back_as_itself_in_its_dialect(name: str, text: str) -> None:
    engine = engine_of(name)
    printed = engine.print(exp.EQ(this=exp.column("a"), expression=engine.text(text)))
    back = parse_one(printed, read=name)
    assert isinstance(back, exp.EQ)
    assert back.expression.is_string
    assert back.expression.name == text


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40))
def test_any_text_reads_back_as_itself_in_every_dialect(text: str) -> None:
    for name in _NAMES:
        back = parse_one(engine_of(name).print(engine_of(name).text(text)), read=name)
        assert back.is_string
        assert back.name == text


@pytest.mark.parametrize("text", _NASTY)
def test_the_database_sees_the_text_itself(engine: Engine, run: Run, text: str) -> None:
    assert run(engine.text(text)) == text


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"])
def test_a_sign_that_no_database_holds_is_refused(engine: Engine, text: str) -> None:
    with pytest.raises(InvalidQuery, match="no database"):
        engine.text(text)


@pytest.mark.parametrize("value", [0, 1, -1, 2**53, 0.1, -0.25, 1e-7, 1e22, 123456789.125])
def test_a_number_is_that_number(engine: Engine, run: Run, value: float) -> None:
    assert float(run(engine.number(value))) == value
    assert float(run(exp.Sub(this=exp.Literal.number(1), expression=engine.number(value)))) == 1 - value


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_what_is_no_number_is_refused(engine: Engine, value: float) -> None:
    with pytest.raises(InvalidQuery, match="no number"):
        engine.number(value)


def test_days_and_moments_are_what_they_say(engine: Engine, run: Run) -> None:
    assert run(engine.day(date(2024, 2, 29))) == date(2024, 2, 29)
    assert run(engine.day(date(900, 1, 2))) == date(900, 1, 2)
    assert run(engine.moment(datetime(2024, 2, 29, 23, 59, 59, 123456))) == datetime(2024, 2, 29, 23, 59, 59, 123456)
    assert run(engine.moment(datetime(900, 1, 2))) == datetime(900, 1, 2)
    with pytest.raises(ValueError, match="wall-clock"):
        engine.moment(datetime(2024, 1, 1, tzinfo=UTC))


def _matches(pattern: str, text: str, *, is_case_sensitive: bool) -> bool:
    parts: list[str] = []
    signs = iter(pattern)
    for sign in signs:
        if sign == "^":
            parts.append(re.escape(next(signs, "^")))
        else:
            parts.append({"%": ".*", "_": "."}.get(sign, re.escape(sign)))
    flags = re.DOTALL if is_case_sensitive else re.DOTALL | re.IGNORECASE
    return re.fullmatch("".join(parts), text, flags) is not None


@pytest.mark.parametrize("is_case_sensitive", [True, False])
@pytest.mark.parametrize("pattern", _PATTERNS)
def test_a_pattern_matches_what_it_says(engine: Engine, run: Run, pattern: str, *, is_case_sensitive: bool) -> None:
    for text in _TEXTS:
        found = run(engine.like(engine.text(text), pattern, is_case_sensitive=is_case_sensitive))
        assert found == _matches(pattern, text, is_case_sensitive=is_case_sensitive), text


def test_a_backslash_in_a_pattern_is_a_backslash_in_every_dialect() -> None:
    """Some dialects would take it for an escape of what follows, unless they are told of another."""
    for name in ("postgres", "redshift", "databricks", "snowflake", "trino", "duckdb"):
        engine = engine_of(name)
        assert engine.print(engine.like(exp.column("a"), "c:\\%", is_case_sensitive=True)).endswith("ESCAPE '^'")
    for name in ("bigquery", "clickhouse"):
        engine = engine_of(name)
        assert engine.like(exp.column("a"), "c:\\%", is_case_sensitive=True).expression.name == "c:\\\\%"


@pytest.mark.parametrize(
    ("texts", "is_case_sensitive", "expected"),
    [
        (["Foo"], True, ["Foo"]),
        (["Foo"], False, ["foo", "Foo", "FOO"]),
        (["Foo", "it's"], True, ["Foo", "it's"]),
        (["FOO", "IT'S"], False, ["foo", "Foo", "FOO", "it's"]),
        ([], True, []),
    ],
)
def test_texts_are_equal_with_or_without_their_case(
    engine: Engine, run: Run, texts: list[str], expected: list[str], *, is_case_sensitive: bool
) -> None:
    among = ["foo", "Foo", "FOO", "it's", "other"]
    found = [
        one for one in among if run(engine.equals_text(engine.text(one), texts, is_case_sensitive=is_case_sensitive))
    ]
    assert found == expected
