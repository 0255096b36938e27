"""The table functions twice: as Python runs them, and as the sandbox does."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tertulia.semantic import code_tables
from tertulia.semantic.code import CodeRunner

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROWS = [
    {"port": "Porto", "tons": 3, "year": 2023},
    {"port": "Porto", "tons": None, "year": 2024},
    {"port": "Cadiz", "tons": 5, "year": 2024},
]
CASES: list[tuple[str, Any]] = [
    ("mean([1, None, 2, 6])", 3.0),
    ("mean([])", None),
    ("median([5, 1, None, 3])", 3.0),
    ("median([1, 2, 3, 4])", 2.5),
    ("quantile([1, 2, 3, 4, 5], 0.9)", 4.6),
    ("quantile([7], 1)", 7),
    ("quantile([], 0.5)", None),
    ("variance([1, 2, 4, None])", 7 / 3),
    ("variance([1])", None),
    ("stdev([2, 4])", 2**0.5),
    ("correlation([1, 2, 3, None], [2, 4, 6, 9])", 1.0),
    ("correlation([1, 1], [2, 3])", None),
    ("column(rows, 'tons')", [3, None, 5]),
    ("[len(group) for group in group_by(rows, 'port').values()]", [2, 1]),
    ("list(group_by(rows, 'port', 'year').keys())[1]", ["Porto", 2024]),
    (
        "aggregate(rows, by='port', tons=('tons', sum), landings=('year', len))",
        [{"port": "Porto", "tons": 3, "landings": 2}, {"port": "Cadiz", "tons": 5, "landings": 1}],
    ),
    (
        "aggregate(rows[1:2], by='port', most=('tons', max), tons=('tons', sum), n=('tons', len))",
        [{"port": "Porto", "most": None, "tons": None, "n": 0}],
    ),
    ("aggregate(rows, by=['year'], most=('tons', max))", [{"year": 2023, "most": 3}, {"year": 2024, "most": 5}]),
    ("column(sort_by(rows, 'tons', descending=True), 'tons')", [5, 3, None]),
    ("column(sort_by(rows, 'tons'), 'tons')", [3, 5, None]),
    (
        "join_rows([{'p': 'Porto'}, {'p': None}], [{'p': 'Porto', 'c': 'PT'}, {'p': None, 'c': '?'}], 'p')",
        [{"p": "Porto", "c": "PT"}, {"p": None}],
    ),
    ("shares([1, None, 3])", [0.25, None, 0.75]),
    ("shares([0, 0])", [None, None]),
    ("cumulative([1, None, 2])", [1, 1, 3]),
    ("changes([2, 3, 0, 5, None])", [None, 0.5, -1.0, None, None]),
    ("moving_average([1, 2, 3], 2)", [None, 1.5, 2.5]),
    ("linear_fit([1, 2, 3], [2, 4, 6])", [2.0, 0.0]),
    ("linear_fit([1, 1], [2, 3])", None),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runner() -> AsyncIterator[CodeRunner]:
    opened = CodeRunner(processes=1)
    yield opened
    await opened.close()


@pytest.mark.parametrize(("expression", "expected"), CASES)
async def test_a_table_function_gives_the_same_here_and_in_the_sandbox(
    runner: CodeRunner, expression: str, expected: Any
) -> None:
    here = eval(expression, {**vars(code_tables), "rows": ROWS})  # noqa: S307 - the cases above and nothing else
    outcome = await runner.run(f"rows = {ROWS!r}\n{expression}", functions={})
    assert outcome.error == ""
    assert json.loads(json.dumps(here)) == outcome.value
    assert outcome.value == (expected if isinstance(expected, list) else pytest.approx(expected))


@pytest.mark.parametrize("expression", ["quantile([1], 2)", "moving_average([1], 0)"])
async def test_an_argument_without_meaning_is_refused(runner: CodeRunner, expression: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        eval(expression, vars(code_tables).copy())  # noqa: S307 - as above
    assert "must be" in (await runner.run(expression, functions={})).error
