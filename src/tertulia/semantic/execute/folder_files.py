"""Which files of a folder are data, which table each belongs to, and whether any of them changed."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from tertulia.core.errors import SourceUnavailable

KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".csv.gz": "csv",
    ".tsv.gz": "csv",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json.gz": "json",
    ".jsonl.gz": "json",
}
MOST_FILES = 10_000


class DataTable(Struct, frozen=True, kw_only=True):
    """`kind` is csv, parquet or json; more than one file when they lie in a folder of the table's name."""

    name: str
    kind: str
    files: list[str]


class DataFolder(Struct, frozen=True, kw_only=True):
    """`fingerprint` differs when a file came, went or was written."""

    tables: list[DataTable]
    fingerprint: str
    failures: dict[str, str] = {}


def read_data_folder(folder: Path) -> DataFolder:
    """Every data file directly in `folder` is a table, and every folder with data files in it. Hidden ones are not."""
    groups: dict[str, list[tuple[Path, str]]] = {}
    digest = hashlib.sha256()
    for count, (name, path, kind) in enumerate(sorted(_data_files(folder))):
        told = path.stat()
        digest.update(f"{path.relative_to(folder)}\0{told.st_size}\0{told.st_mtime_ns}\n".encode(errors="replace"))
        groups.setdefault(name, []).append((path, kind))
        if count == MOST_FILES:
            raise SourceUnavailable(f"The folder of this connection holds more than {MOST_FILES:,} data files.")
    tables: list[DataTable] = []
    failures: dict[str, str] = {}
    for name, files in groups.items():
        if problem := _problem(files, folder):
            failures[name] = problem
        else:
            tables.append(DataTable(name=name, kind=files[0][1], files=[str(path) for path, _ in files]))
    return DataFolder(tables=tables, fingerprint=digest.hexdigest()[:32], failures=failures)


def _data_files(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """Table, file and kind."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        raise SourceUnavailable("The folder of this connection cannot be read.") from None
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            for parent, folders, names in os.walk(entry.path):
                folders[:] = [each for each in folders if not each.startswith((".", "_"))]
                for name in names:
                    if (found := _named(name)) and not name.startswith((".", "_")):
                        yield entry.name, Path(parent, name), found[1]
        elif found := _named(entry.name):
            yield found[0], Path(entry.path), found[1]


def _named(name: str) -> tuple[str, str] | None:
    """Stem and kind of a data file."""
    for ending in sorted(KINDS, key=len, reverse=True):
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)], KINDS[ending]
    return None


def _problem(files: list[tuple[Path, str]], folder: Path) -> str:
    if len({kind for _, kind in files}) > 1:
        return "files of more than one kind: " + ", ".join(str(path.relative_to(folder)) for path, _ in files[:4])
    if len(files) > 1 and any(path.parent == folder for path, _ in files):
        return "more than one file of this name: " + ", ".join(str(path.relative_to(folder)) for path, _ in files[:4])
    return ""
