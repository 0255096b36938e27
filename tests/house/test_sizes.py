"""Files and functions stay small enough to be read whole."""

import ast
from collections.abc import Iterator

import pytest

from house.tree import CODE, ROOT, Page, files, modules, source

FILE_LINES = 500
FUNCTION_LINES = 60
FILE_BYTES = 1024 * 1024
# A migration is a record of tables, written once and never worked on again.
RECORDS = "src/tertulia/store/migrations/versions"


def long_files(pages: list[Page]) -> list[str]:
    return [f"{page.path}: {len(page.lines)} lines" for page in pages if len(page.lines) > FILE_LINES]


def long_functions(page: Page) -> Iterator[str]:
    for node in ast.walk(page.syntax):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{page.path}:{node.lineno}: {node.name} has {length} lines"


def test_no_python_file_is_over_the_limit() -> None:
    assert long_files(modules(*CODE)) == []


def test_no_function_of_the_product_is_over_the_limit() -> None:
    assert [found for page in modules("src") if not page.is_in(RECORDS) for found in long_functions(page)] == []


def test_no_file_is_over_a_megabyte() -> None:
    assert [str(path.relative_to(ROOT)) for path in files() if path.stat().st_size > FILE_BYTES] == []


@pytest.mark.parametrize(("lines", "is_allowed"), [(500, True), (501, False)])
def test_the_file_rule_bites_above_its_limit(lines: int, *, is_allowed: bool) -> None:
    assert (long_files([source("x = 1\n" * lines)]) == []) is is_allowed


@pytest.mark.parametrize(("lines", "is_allowed"), [(59, True), (60, False)])
def test_the_function_rule_bites_above_its_limit(lines: int, *, is_allowed: bool) -> None:
    text = "class A:\n    async def answer(self):\n" + "        x = 1\n" * lines
    assert (list(long_functions(source(text))) == []) is is_allowed
