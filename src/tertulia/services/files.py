"""Originals of uploaded documents, stored once per content."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from tertulia.core.errors import TooLarge
from tertulia.core.ids import new_id

_BLOCK = 1 << 20


class Received(Struct, frozen=True, kw_only=True):
    """Content that was written out but is not kept yet."""

    path: Path
    sha256: str
    size_bytes: int


class Files:
    """A folder in which a file's path is its SHA-256. All methods block.

    `keep` and `remove` belong inside a write transaction: the database's write lock then orders an upload of some
    content against the deletion of its last document, across processes too.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"

    def receive(self, source: BinaryIO, *, name: str, limit_bytes: int) -> Received:
        """Writes source out block by block. Raises TooLarge beyond the limit, and leaves nothing then."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        path = self._incoming / new_id()
        try:
            with path.open("xb") as file:
                digest, size = _copy(source, file, name=name, limit_bytes=limit_bytes)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Received(path=path, sha256=digest, size_bytes=size)

    def keep(self, received: Received) -> None:
        """Moves received content to its place, atomically; the same content may be there already."""
        target = self.path(received.sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        received.path.replace(target)

    def discard(self, received: Received) -> None:
        received.path.unlink(missing_ok=True)

    def path(self, content: str) -> Path:
        """Where the content with this SHA-256 (64 hexadecimal digits) stands."""
        return self._folder / content[:2] / content[2:4] / content

    def remove(self, content: str) -> None:
        self.path(content).unlink(missing_ok=True)

    def stored(self) -> Iterator[str]:
        """The SHA-256 of all content that is kept."""
        return (path.name for path in self._folder.glob("??/??/*"))

    def abandoned(self, older_than: float) -> Iterator[Path]:
        """Incoming files last written before this moment (seconds since 1970)."""
        return (path for path in self._incoming.glob("*") if path.stat().st_mtime < older_than)


def _copy(source: BinaryIO, target: BinaryIO, *, name: str, limit_bytes: int) -> tuple[str, int]:
    digest, size = sha256(), 0
    while block := source.read(_BLOCK):
        size += len(block)
        if size > limit_bytes:
            raise TooLarge(f"{name} is larger than the {limit_bytes >> 20} MB allowed per document.")
        digest.update(block)
        target.write(block)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest(), size
