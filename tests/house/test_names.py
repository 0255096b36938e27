"""Things are named after nouns of the trade, not after the place where leftovers gather."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from house.tree import CODE, Page, modules, source

EMPTY_WORDS = {"manager", "helper", "util", "common", "misc", "handler", "processor"}
# `base` is a word for ports, and those live in a base.py; a base URL is what every HTTP client calls it.
PORTS = "base.py"
TRADE_NAMES = {"base_url"}
VERSIONED = re.compile(r"_v\d+(_|$)")
# http.server asks for do_GET and its like: capitals are the standard library's, small letters are ours.
DOING = re.compile(r"^_*do_[a-z]")


def badly_named(page: Page) -> Iterator[str]:
    for line, name in _names(page):
        if fault := _fault(name, is_port=page.name == PORTS):
            yield f"{page.path}:{line}: {name} ({fault})"


def _names(page: Page) -> Iterator[tuple[int, str]]:
    parts = PurePosixPath(page.path).with_suffix("").parts
    yield from ((0, part) for part in parts if part != PurePosixPath(PORTS).stem)
    for node in ast.walk(page.syntax):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name


def _fault(name: str, *, is_port: bool) -> str | None:
    if VERSIONED.search(name):
        return "a version is no name"
    if DOING.search(name):
        return "everything does something"
    words = {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}
    for word in sorted(words | {word.removesuffix("s") for word in words}):
        if word in EMPTY_WORDS or (word == "base" and not is_port and name not in TRADE_NAMES):
            return word
    return None


def test_no_name_says_nothing() -> None:
    assert [found for page in modules(*CODE) for found in badly_named(page)] == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/tertulia/core/utils.py", ""),
        ("src/tertulia/common/ids.py", ""),
        ("tests/test_helpers.py", ""),
        ("src/tertulia/runtime/loop_v2.py", ""),
        ("src/tertulia/runtime/loop.py", "class RunManager: ..."),
        ("src/tertulia/runtime/loop.py", "class EventHandlers: ..."),
        ("src/tertulia/runtime/loop.py", "class A:\n    async def _do_send(self): ..."),
        ("src/tertulia/runtime/loop.py", "def send_v2(): ..."),
        ("src/tertulia/runtime/loop.py", "def misc_things(): ..."),
        ("src/tertulia/runtime/loop.py", "class BaseLoop: ..."),
    ],
)
def test_an_empty_name_is_found(path: str, text: str) -> None:
    assert list(badly_named(source(text, path=path))) != []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/tertulia/dialects/base.py", "class BaseDialect: ..."),
        ("src/tertulia/store/database.py", "class Database: ..."),
        ("tests/providers/test_openai.py", "class Loopback:\n    def do_POST(self): ..."),
        ("tests/providers/test_openai.py", "def base_url(): ..."),
        ("src/tertulia/core/run.py", "def utility_of(): ..."),
    ],
)
def test_a_name_of_the_trade_passes(path: str, text: str) -> None:
    assert list(badly_named(source(text, path=path))) == []
