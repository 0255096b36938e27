"""The LookML files of a folder."""

from collections.abc import Iterator
from pathlib import Path

from tertulia.semantic.lookml.findings import Findings
from tertulia.semantic.lookml.includes import IMPORTED
from tertulia.semantic.lookml.manifest import manifest_of
from tertulia.semantic.lookml.reader import read

_MANIFEST = "manifest.lkml"
_LARGEST = 5_000_000


def read_folder(folder: Path) -> dict[str, str]:
    """Path under the folder, with `/`, to text. A project the manifest imports is read from the folder beside this
    one that bears its name, unless `imported_projects/NAME` is here. Raises OSError where the folder cannot be read.
    """
    root = folder.resolve(strict=True)
    if not root.is_dir():
        raise NotADirectoryError(f"{folder} is no folder.")
    files = dict(_read(root, ""))
    for project in _imports(files.get(_MANIFEST, "")):
        beside = root.parent / project
        prefix = f"{IMPORTED}/{project}/"
        if beside.is_dir() and beside != root and not any(path.startswith(prefix) for path in files):
            files.update(_read(beside, prefix))
    return files


def _read(root: Path, prefix: str) -> Iterator[tuple[str, str]]:
    """Hidden folders, links that lead out of the folder and files that are too large are passed over."""
    for path in sorted([*root.rglob("*.lkml"), *root.rglob("*.lookml")]):
        inner = path.relative_to(root)
        is_hidden = any(part.startswith(".") for part in inner.parts)
        if is_hidden or not path.is_file() or not path.resolve().is_relative_to(root):
            continue
        if path.stat().st_size <= _LARGEST:
            yield prefix + inner.as_posix(), path.read_text(encoding="utf-8-sig", errors="replace")


def _imports(manifest: str) -> list[str]:
    names = manifest_of(read(manifest, _MANIFEST, Findings())).imports
    return [name for name in names if not name.startswith(".") and "/" not in name and "\\" not in name]
