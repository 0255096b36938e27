"""Nothing is left open in the code: no marks for later, no silenced checks without a rule, no module without a purpose."""

import ast
import re
from collections.abc import Iterator

import pytest

from house.tree import CODE, Page, modules, source

# Written so that this file does not find itself.
OPEN_ENDS = {
    "a mark for later": re.compile(r"\b(T[O]DO|FIX[M]E|X{3})\b"),
    "a stub": re.compile(r"\braise\s+NotImplemented"),
    "noqa without a rule": re.compile(r"#\s*n[o]qa(?!:\s*[A-Z])", re.IGNORECASE),
    "type: ignore without a rule": re.compile(r"#\s*(type|pyright):\s*ignore(?!\[)"),
    "a test that does not run": re.compile(r"pytest\.(mark\.)?(skip|x[f]ail|importorskip)"),
}


def open_ends(page: Page) -> Iterator[str]:
    for number, line in enumerate(page.lines, start=1):
        for what, pattern in OPEN_ENDS.items():
            if pattern.search(line):
                yield f"{page.path}:{number}: {what}"


def without_purpose(pages: list[Page]) -> list[str]:
    return [page.path for page in pages if not ast.get_docstring(page.syntax)]


def test_no_code_is_left_open() -> None:
    assert [found for page in modules(*CODE) for found in open_ends(page)] == []


def test_every_module_opens_with_what_it_is() -> None:
    assert without_purpose(modules(*CODE)) == []


@pytest.mark.parametrize(
    "line",
    [
        "x = 1  # TO-DO: later",
        "# FIX-ME",
        "# XX-X see above",
        "raise Not-ImplementedError",
        "import os  # no-qa",
        "import os  # no-qa E501",
        "x: int = y  # type: ig-nore",
        "x: int = y  # pyright: ig-nore",
        "@pytest.mark.sk-ip(reason='slow')",
        "@pytest.mark.xf-ail",
        "pytest.sk-ip('no network')",
    ],
)
def test_an_open_end_is_found(line: str) -> None:
    assert list(open_ends(source(line.replace("-", "")))) != []


@pytest.mark.parametrize(
    "line",
    [
        "import os  # no-qa: F401 (re-exported)",
        "x: int = y  # type: ig-nore[assignment]",
        "x: int = y  # pyright: ig-nore[reportPrivateUsage]",
        "TO-DOS = fetch()",
        "except NotImplemented-Error:",
    ],
)
def test_a_reasoned_exception_passes(line: str) -> None:
    assert list(open_ends(source(line.replace("-", "")))) == []


def test_a_module_without_a_docstring_is_found() -> None:
    assert without_purpose([source("x = 1"), source('"""What it is."""')]) == ["src/tertulia/core/example.py"]
