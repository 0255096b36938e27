"""The question files: what each question must be understood as."""

import tomllib
from pathlib import Path
from typing import Any

from tertulia.core.query import Query

HERE = Path(__file__).parent
DOMAINS = ("shop", "clinic", "fleet")


def questions(domain: str) -> list[dict[str, Any]]:
    return tomllib.loads((HERE / domain / "questions.toml").read_text())["question"]


def talks(domain: str) -> list[dict[str, Any]]:
    return tomllib.loads((HERE / domain / "follow_ups.toml").read_text())["talk"]


def faults(wanted: dict[str, Any], found: Query) -> list[str]:
    """What differs; the order of fields and of all sorts but the first is not said by a question."""
    said: dict[str, tuple[Any, Any]] = {
        "fields": (sorted(wanted["fields"]), sorted(found.fields)),
        "filters": (wanted.get("filters", {}), found.filters),
        "limit": (wanted.get("limit"), found.limit),
    }
    if "explore" in wanted:
        said["explore"] = (wanted["explore"], found.explore)
    if "sort" in wanted:
        said["sort"] = (wanted["sort"], (found.sorts or [""])[0])
    return [f"{name}: {want} wanted, {got} found" for name, (want, got) in said.items() if want != got]
