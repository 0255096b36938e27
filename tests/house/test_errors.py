"""The drawn error tree is the real one, each error says something, and every dialect has a row for it."""

import importlib
import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from types import ModuleType
from typing import Any, cast

import pytest

from house.tree import PACKAGE, Page, modules
from tertulia.core import errors
from tertulia.core.errors import Conflict, InvalidInput, TertuliaError

BRANCH = re.compile(r"[├└]── (.+)")
ROOT = TertuliaError.__name__
DIALECTS = sorted({page.path.split("/")[3] for page in modules(f"{PACKAGE}/dialects") if page.path.count("/") > 3})


def drawn(text: str) -> dict[str, str]:
    """Class -> parent as the tree draws it: each branch begins with names, four signs further in than its parent's."""
    parents: dict[str, str] = {}
    trunks = [ROOT]
    for line in text.splitlines():
        if not (branch := BRANCH.search(line)):
            continue
        names = list(takewhile(lambda word: word[0].isupper(), branch.group(1).split()))
        depth = branch.start() // 4
        if not names:
            continue
        parents.update(dict.fromkeys(names, trunks[depth]))
        trunks[depth + 1 :] = [names[0]]
    return parents


def real(classes: Iterable[type[TertuliaError]]) -> dict[str, str]:
    return {each.__name__: each.__bases__[0].__name__ for each in classes if each is not TertuliaError}


def speechless(classes: Iterable[type[TertuliaError]]) -> list[str]:
    """Those without a docstring of their own: it is the message a person reads."""
    return [each.__name__ for each in classes if not str(vars(each).get("__doc__") or "").strip().endswith(".")]


def without_row(classes: Iterable[type[TertuliaError]], rows: Iterable[type]) -> list[str]:
    """Those that no row below the root answers for, neither their own nor a parent's."""
    answered = set(rows) - {TertuliaError}
    return [each.__name__ for each in classes if each is not TertuliaError and not answered & set(each.__mro__)]


def error_classes() -> list[type[TertuliaError]]:
    things = vars(errors).values()
    return [thing for thing in things if isinstance(thing, type) and issubclass(thing, TertuliaError)]


def rows_of(dialect: str) -> list[type]:
    """The keys of every table from error class to answer that the dialect's modules hold."""
    found: list[type] = []
    for page in modules(f"{PACKAGE}/dialects/{dialect}"):
        for value in vars(_imported(page)).values():
            if isinstance(value, Mapping):
                keys = list(cast("Mapping[Any, Any]", value))
                if keys and all(isinstance(key, type) and issubclass(key, TertuliaError) for key in keys):
                    found.extend(keys)
    return found


def _imported(page: Page) -> ModuleType:
    dotted = page.path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
    return importlib.import_module(dotted.replace("/", "."))


def test_the_drawn_tree_is_the_real_one() -> None:
    assert drawn(errors.__doc__ or "") == real(error_classes())


def test_every_error_has_a_message() -> None:
    assert speechless(error_classes()) == []


def test_every_dialect_answers_for_every_error() -> None:
    assert {name: missing for name in DIALECTS if (missing := without_row(error_classes(), rows_of(name)))} == {}


@pytest.mark.parametrize("lost", ["├── Conflict", "RateLimited", "Unavailable"])
def test_a_class_missing_from_the_drawing_is_found(lost: str) -> None:
    assert drawn((errors.__doc__ or "").replace(lost, "")) != real(error_classes())


def test_an_error_without_a_message_is_found() -> None:
    silent = type("Silent", (TertuliaError,), {})
    assert speechless([InvalidInput, silent]) == ["Silent"]


def test_a_missing_row_is_found_and_a_parents_row_counts() -> None:
    missing = without_row(error_classes(), [TertuliaError, Conflict])
    assert "NotFound" in missing
    assert "RunInProgress" not in missing
