"""The project's own files as the house rules read them: paths, texts, syntax trees. Holds no rule."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "src/tertulia"
CODE = ("src", "tests", "benchmarks", "evaluation", "scripts")


@dataclass(frozen=True)
class Page:
    """A text file; `path` counts from the project's root, with forward slashes."""

    path: str
    text: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def syntax(self) -> ast.Module:
        return _parsed(self.text)

    def is_in(self, *places: str) -> bool:
        """Whether it is one of these files or lies in one of these folders, counted from the project's root."""
        return any(self.path == place or self.path.startswith(f"{place}/") for place in places)


def source(text: str, *, path: str = f"{PACKAGE}/core/example.py") -> Page:
    """A module that stands nowhere: what a rule is tried on."""
    return Page(path, text)


def files() -> list[Path]:
    """Every file that git would keep: all but git's own and what .gitignore names."""
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]
    return sorted(_walk(ROOT, [*ignored, ".git"]))


@cache
def pages() -> tuple[Page, ...]:
    """Every text file of the project."""
    return tuple(_readable())


def modules(*places: str) -> list[Page]:
    """The Python files under these folders of the project."""
    return [page for page in pages() if page.name.endswith(".py") and page.is_in(*places)]


def imports(page: Page) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of every import in a module: inside functions, and through import_module, too."""
    for node in ast.walk(page.syntax):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in names)
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name
            case _:
                pass


def _walk(folder: Path, ignored: list[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(fnmatch(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from _walk(path, ignored)
        else:
            yield path


def _readable() -> Iterator[Page]:
    for path in files():
        try:
            yield Page(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)
