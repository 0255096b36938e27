"""From an uploaded file to clean text, in a child process that may crash, hang or grow without harming the server."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec

from tertulia.core.errors import ToolFailed


class ParseLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one file may cost. `expanded_bytes` bounds what a DOCX, PPTX or XLSX unpacks to."""

    pages: int = 2_000
    seconds: float = 120.0
    memory_bytes: int = 1 << 30
    characters: int = 10_000_000
    expanded_bytes: int = 256 << 20


class PageRange(NamedTuple):
    """The characters [start, end) that stand on page `number`, counted from 1. A blank page has start = end."""

    number: int
    start: int
    end: int


class Heading(NamedTuple):
    """A heading line: where it begins in the text, 1 (top) to 6, and its words without markup."""

    offset: int
    level: int
    title: str


class ParsedDocument(msgspec.Struct, frozen=True, kw_only=True):
    r"""A file's text in NFC, lines ended by \\n, without NUL or lone surrogates; a table row is one `Name: value` line.

    `content_type` is what the bytes are, whatever the name said; `note` tells when the two differ.
    """

    text: str
    content_type: str
    pages: list[PageRange] = []
    page_count: int | None = None
    headings: list[Heading] = []
    title: str | None = None
    note: str | None = None


class ParseFailed(ToolFailed):
    """The document cannot be read.

    `message` is for the person who uploaded the file, `detail` (a traceback) for the log.
    """

    def __init__(self, message: str | None = None, *, detail: str | None = None) -> None:
        super().__init__(message)
        self.detail = detail


class ParseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the child process is asked."""

    path: str
    name: str
    content_type: str
    limits: ParseLimits


class Parsed(msgspec.Struct, frozen=True, tag="parsed"):
    document: ParsedDocument


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    message: str
    detail: str | None = None


ParseReply: TypeAlias = Parsed | Refused


async def parse(path: Path, *, name: str, content_type: str, limits: ParseLimits) -> ParsedDocument:
    """Read a file by what it is; `name` and `content_type` decide only between kinds of plain text.

    Raises ParseFailed. A timeout or the end of the awaiting task kills the child and what it started.
    """
    request = ParseRequest(path=str(path), name=name, content_type=content_type, limits=limits)
    child = await _start()
    try:
        async with asyncio.timeout(limits.seconds):
            answer, _ = await child.communicate(msgspec.json.encode(request))
    except TimeoutError:
        raise ParseFailed(_too_slow(limits)) from None
    finally:
        await _end(child)
    return _document(answer, child.returncode, limits)


async def _start() -> asyncio.subprocess.Process:
    # A bare environment: a hostile file must not meet the server's keys. -P keeps the current folder off the path.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "tertulia.retrieval.parse_worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"},
    )


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


def _document(answer: bytes, returncode: int | None, limits: ParseLimits) -> ParsedDocument:
    try:
        reply = msgspec.json.decode(answer, type=ParseReply)
    except msgspec.DecodeError:
        raise _died(returncode, limits) from None
    if isinstance(reply, Refused):
        raise ParseFailed(reply.message, detail=reply.detail)
    return reply.document


def _died(returncode: int | None, limits: ParseLimits) -> ParseFailed:
    if returncode == -signal.SIGXCPU:
        return ParseFailed(_too_slow(limits))
    message = (
        "The document could not be read: it is damaged, "
        f"or needs more than the {limits.memory_bytes >> 20} MB of memory allowed."
    )
    return ParseFailed(message, detail=f"the parser ended with status {returncode} and no answer")


def _too_slow(limits: ParseLimits) -> str:
    return f"Reading the document took longer than {limits.seconds:g} seconds. Try splitting it into smaller files."
