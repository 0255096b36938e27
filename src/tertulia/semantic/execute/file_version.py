"""When the data of a file changed, told without reading it."""

from pathlib import Path

from tertulia.core.errors import SourceUnavailable


def file_version(path: str | Path) -> str:
    """Differs when the file was written or another one took its place. Raises SourceUnavailable if there is none."""
    try:
        told = Path(path).stat()
    except OSError:
        raise SourceUnavailable("The database file of this connection is not there.") from None
    return f"{told.st_ino:x}-{told.st_size:x}-{told.st_mtime_ns:x}"
