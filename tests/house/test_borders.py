"""What only some layers may name. Who imports whom inside the package is import-linter's (pyproject.toml)."""

import ast
import re
import sys
from collections.abc import Iterator

import pytest

from house.tree import PACKAGE, Page, imports, modules, source

# Library -> where it may be named, counted from the package. A library missing here is free.
HOMES = {
    "alembic": ["store"],
    "sqlalchemy": ["store"],
    "sqlite3": ["store"],
    "psycopg": ["store", "semantic/execute"],
    "duckdb": ["semantic/execute", "demo"],
    "sqlglot": ["semantic"],
    "lkml": ["semantic/lookml"],
    "liquid": ["semantic"],
    "vl_convert": ["semantic"],
    "pydantic_monty": ["semantic"],
    "fastapi": ["dialects"],
    "pydantic": ["dialects"],
    "starlette": ["dialects", "playground", "web.py", "app.py"],
    "prometheus_client": ["web.py"],
    "typer": ["cli"],
    "uvicorn": ["server.py"],
    "openai": ["providers"],
    "anthropic": ["providers"],
    "httpx": ["providers"],
    "httpx2": ["providers"],
    "onnx": ["providers"],
    "onnxruntime": ["providers"],
    "tokenizers": ["providers"],
    "pypdfium2": ["retrieval/readers"],
}
SETTINGS = f"{PACKAGE}/settings.py"
STORE = f"{PACKAGE}/store"
CORE = f"{PACKAGE}/core"
CORE_MAY_IMPORT = sys.stdlib_module_names | {"msgspec"}
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
SQL = re.compile(
    r"^\s*(SELECT\s.*\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|PRAGMA\s+\w"
    r"|WITH\s.*\sSELECT\s|(CREATE|ALTER|DROP)\s+(VIRTUAL\s+|UNIQUE\s+)?(TABLE|INDEX|TRIGGER|VIEW)\s)",
    re.DOTALL,
)


def away_from_home(page: Page) -> Iterator[str]:
    for line, name in imports(page):
        library = name.partition(".")[0]
        homes = [f"{PACKAGE}/{home}" for home in HOMES.get(library, [])]
        if homes and not page.is_in(*homes):
            yield f"{page.path}:{line}: {library} is named only in {', '.join(HOMES[library])}"


def foreign_ground(page: Page) -> Iterator[str]:
    """What core imports beyond the standard library, msgspec and itself."""
    for line, name in imports(page):
        if name.partition(".")[0] not in CORE_MAY_IMPORT and not f"{name}.".startswith("tertulia.core."):
            yield f"{page.path}:{line}: core imports {name}"


def environment_reads(page: Page) -> Iterator[str]:
    for node in ast.walk(page.syntax):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name in ENVIRONMENT:
                yield f"{page.path}:{node.lineno}: os.{name}"
            case ast.ImportFrom(module="os", names=names) if ENVIRONMENT & {alias.name for alias in names}:
                yield f"{page.path}:{node.lineno}: import from os"
            case _:
                pass


def neighbours(page: Page) -> Iterator[str]:
    """Imports by which one dialect reaches into another; base.py is the port of all."""
    home = page.path.removeprefix(f"{PACKAGE}/dialects/").partition("/")[0]
    for line, name in imports(page):
        parts = name.split(".")
        if parts[:2] == ["tertulia", "dialects"] and len(parts) > 2 and parts[2] not in (home, "base"):
            yield f"{page.path}:{line}: {name}"


def sql_texts(page: Page) -> Iterator[str]:
    for node in ast.walk(page.syntax):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
            yield f"{page.path}:{node.lineno}: {' '.join(node.value.split())[:40]}"


def test_a_library_is_named_only_in_its_own_layer() -> None:
    assert [found for page in modules("src") for found in away_from_home(page)] == []


def test_core_stands_on_the_standard_library_and_msgspec() -> None:
    assert [found for page in modules(CORE) for found in foreign_ground(page)] == []


def test_only_settings_reads_the_environment() -> None:
    assert [found for page in modules("src") if page.path != SETTINGS for found in environment_reads(page)] == []


def test_sql_is_written_only_in_the_store_and_for_the_shop_of_the_demo() -> None:
    assert [
        found for page in modules("src") if not page.is_in(STORE, f"{PACKAGE}/demo") for found in sql_texts(page)
    ] == []


@pytest.mark.parametrize(
    ("place", "text", "is_allowed"),
    [
        ("services/chat.py", "from sqlalchemy import select", False),
        ("services/chat.py", "def f():\n    import sqlalchemy.orm", False),
        ("services/chat.py", "from fastapi import Depends", False),
        ("cli/serving.py", "import openai", False),
        ("services/chat.py", "import importlib\nimportlib.import_module('sqlalchemy.orm')", False),
        ("store/schema.py", "from sqlalchemy import Table", True),
        ("dialects/clarifeye/routes.py", "from fastapi import Depends", True),
        ("web.py", "from starlette.requests import Request", True),
        ("providers/openai.py", "import openai", True),
    ],
)
def test_the_home_rule_tells_in_from_out(place: str, text: str, *, is_allowed: bool) -> None:
    assert (list(away_from_home(source(text, path=f"{PACKAGE}/{place}"))) == []) is is_allowed


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [
        ("import pydantic", False),
        ("from tertulia.store import runs", False),
        ("from tertulia import settings", False),
        ("from tertulia.core.run import Run", True),
        ("from tertulia.core import run", True),
        ("import json\nfrom msgspec import Struct", True),
    ],
)
def test_the_ground_rule_tells_in_from_out(text: str, *, is_allowed: bool) -> None:
    assert (list(foreign_ground(source(text))) == []) is is_allowed


def test_dialects_do_not_know_each_other() -> None:
    assert [found for page in modules(f"{PACKAGE}/dialects") for found in neighbours(page)] == []


def test_a_dialect_that_reaches_into_another_is_found() -> None:
    text = "from tertulia.dialects.base import Dialect\nfrom tertulia.dialects.looker.wire import Agent\n"
    assert len(list(neighbours(source(text, path=f"{PACKAGE}/dialects/clarifeye/wire.py")))) == 1
    assert list(neighbours(source(text, path=f"{PACKAGE}/dialects/looker/routes.py"))) == []


@pytest.mark.parametrize("text", ["import os\nos.environ['A']", "import os\nos.getenv('A')", "from os import environ"])
def test_a_read_of_the_environment_is_found(text: str) -> None:
    assert list(environment_reads(source(text))) != []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("q = 'SELECT id FROM runs WHERE x'", True),
        ("q = '''\n    UPDATE runs SET owner = 1\n'''", True),
        ("q = f'DELETE FROM {table}'", True),
        ("q = 'Select the runs you want from the list'", False),
    ],
)
def test_sql_is_told_from_prose(text: str, *, is_found: bool) -> None:
    assert (list(sql_texts(source(text))) != []) is is_found
