"""Every setting is documented by the name under which the environment knows it."""

import ast
import re
from collections.abc import Iterator

from house.tree import PACKAGE, ROOT, Page, modules, source

SETTINGS = f"{PACKAGE}/settings.py"
DOCUMENT = "docs/settings.md"


def variables(page: Page) -> Iterator[str]:
    """The environment's names for the fields of the class Settings."""
    for node in ast.walk(page.syntax):
        if isinstance(node, ast.ClassDef) and node.name == "Settings":
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    yield f"TERTULIA_{field.target.id.upper()}"


def undocumented(names: Iterator[str], document: str) -> list[str]:
    known = set(re.findall(r"\bTERTULIA_[A-Z0-9_]+", document))
    return [name for name in names if name not in known]


def test_every_setting_is_documented() -> None:
    for page in modules(SETTINGS):
        fields = list(variables(page))
        assert fields != []
        assert undocumented(iter(fields), (ROOT / DOCUMENT).read_text(encoding="utf-8")) == []


def test_a_setting_without_a_word_is_found() -> None:
    page = source("class Settings(Struct):\n    data: str = 'x'\n    port: int = 1\n", path=SETTINGS)
    assert undocumented(
        variables(page), "`TERTULIA_DATA` is where everything lies; TERTULIA_PORTS is not a setting"
    ) == ["TERTULIA_PORT"]
