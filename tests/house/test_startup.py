"""A command answers at once and a server starts light: heavy parts are imported where they are first used."""

import subprocess
import sys

import pytest

from house.tree import PACKAGE, modules

HEAVY = {
    "alembic",
    "anthropic",
    "pypdfium2",
    "numpy",
    "onnx",
    "onnxruntime",
    "openai",
    "safetensors",
    "tokenizers",
}
WEB = {"fastapi", "starlette", "uvicorn"}
# The doors people come in by -> what must still be outside when they open.
DOORS = {
    "core": HEAVY | WEB | {"sqlalchemy", "pydantic"},
    "house": HEAVY | WEB | {"pydantic"},
    "app": HEAVY,
    "cli": HEAVY | WEB,
}
BUILT = [door for door in DOORS if modules(f"{PACKAGE}/{door}", f"{PACKAGE}/{door}.py")]


def brought_in(door: str) -> set[str]:
    """The top-level packages in a fresh interpreter after importing every module of a layer."""
    paths = [page.path for page in modules(f"{PACKAGE}/{door}", f"{PACKAGE}/{door}.py")]
    names = [
        path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in paths
    ]
    return imported_by(f"import {', '.join(names)}")


def imported_by(statement: str) -> set[str]:
    script = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize("door", BUILT)
def test_no_heavy_part_comes_in_at_the_door(door: str) -> None:
    assert brought_in(door) & DOORS[door] == set()


def test_a_heavy_import_is_found() -> None:
    assert imported_by("import numpy") & HEAVY == {"numpy"}
