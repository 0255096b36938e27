"""What may stand in any file of the project, and that what a page points at is there."""

import re
from collections.abc import Iterator

import pytest

from house.tree import ROOT, Page, files, pages

# Put together here so that this file does not find itself.
INDEX_HOSTS = re.compile(
    "|".join(("pypi" + r"\.org", "python" + r"hosted\.org", r"registry\.npm" + "js", "deb" + r"\.debian"))
)
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(home|Users|root|work|farm|opt/py" + r"pi)/[\w.-]+")
ADDRESSED_LOCKS = {
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
}
LOCKS = ("requirements.lock", "requirements-dev.lock")
ADDRESS = re.compile(r"://|--(extra-)?index-url|--find-links| @ ")
PIN = re.compile(r"^([\w.-]+==[^\s;\\]+)", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
NAMED_PATH = re.compile(r"`((?:src|tests|docs|benchmarks|\.ci)/[\w./-]*)`")


def of_this_machine(page: Page) -> Iterator[str]:
    for number, line in enumerate(page.lines, start=1):
        if INDEX_HOSTS.search(line) or MACHINE_PATHS.search(line):
            yield f"{page.path}:{number}: {line.strip()[:80]}"


def addresses(page: Page) -> Iterator[str]:
    for number, line in enumerate(page.lines, start=1):
        if ADDRESS.search(line):
            yield f"{page.path}:{number}: {line.strip()[:80]}"


def unpinned(lock: str) -> list[str]:
    """Entries of a lock without a version or without a hash."""
    entries = re.split(r"\n(?=[^\s#])", lock.strip())
    return [entry.splitlines()[0] for entry in entries if not PIN.match(entry) or "--hash=sha256:" not in entry]


def dead_ends(page: Page) -> Iterator[str]:
    """Relative links, and paths of the project in backticks, that lead nowhere."""
    folder = (ROOT / page.path).parent
    for link in LINK.findall(page.text):
        target = link.partition("#")[0]
        if target and "://" not in target and not target.startswith("mailto:") and not (folder / target).exists():
            yield f"{page.path}: link to {link}"
    for path in NAMED_PATH.findall(page.text):
        if not (ROOT / path).exists():
            yield f"{page.path}: names {path}"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_no_file_names_a_package_index_or_a_machine() -> None:
    assert [found for page in pages() for found in of_this_machine(page)] == []


def test_no_lock_file_records_addresses() -> None:
    assert [path.name for path in files() if path.name in ADDRESSED_LOCKS or path.name.startswith("pylock.")] == []
    assert [found for page in pages() if page.path in LOCKS for found in addresses(page)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_version_and_a_hash(lock: str) -> None:
    assert unpinned(text(lock)) == []


def test_the_development_lock_holds_the_whole_of_the_other() -> None:
    run, development = (set[str](PIN.findall(text(lock))) for lock in LOCKS)
    assert run - development == set()


def test_no_torch_is_locked() -> None:
    assert not any(re.search(r"^(torch|nvidia-|sentence-transformers)", text(lock), re.MULTILINE) for lock in LOCKS)


def test_every_link_and_named_path_leads_somewhere() -> None:
    assert [found for page in pages() if page.name.endswith(".md") for found in dead_ends(page)] == []


def test_the_changelog_has_a_place_for_what_is_next() -> None:
    assert re.search(r"^## \[?Unreleased\]?$", text("CHANGELOG.md"), re.MULTILINE)


@pytest.mark.parametrize(
    "line",
    [
        "see https://pypi-.org/project/x",
        "https://files.pythonhost-ed.org/x.whl",
        "cd /ho-me/me/project",
        "'/wo-rk/main/src'",
    ],
)
def test_a_trace_of_a_machine_is_found(line: str) -> None:
    assert list(of_this_machine(Page("README.md", line.replace("-", "")))) != []


@pytest.mark.parametrize(
    "line", ["GET /api/v1/home", "https://example.org/home/page", "~/work/notes", "one process/work unit"]
)
def test_an_ordinary_path_passes(line: str) -> None:
    assert list(of_this_machine(Page("README.md", line))) == []


def test_a_lock_with_an_address_or_without_a_hash_is_found() -> None:
    page = Page("requirements.lock", "a==1 \\\n    --hash=sha256:00\nb @ https://example.org/b.whl\nc>=2\n")
    assert len(list(addresses(page))) == 1
    assert unpinned(page.text) == ["b @ https://example.org/b.whl", "c>=2"]


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("[here](docs/nowhere.md)", True),
        ("edit `src/tertulia/nowhere.py`", True),
        ("[here](LICENSE)", False),
        ("[here](https://example.org/x) and [there](#top)", False),
        ("edit `src/tertulia/core/errors.py`", False),
    ],
)
def test_a_dead_end_is_told_from_a_way(line: str, *, is_found: bool) -> None:
    assert (list(dead_ends(Page("README.md", line))) != []) is is_found
