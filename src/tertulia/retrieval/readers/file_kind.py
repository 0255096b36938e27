"""What a file is, by its bytes first and its name last."""

import re
import zipfile
from enum import Enum
from io import BytesIO
from pathlib import PurePath

from tertulia.retrieval.parse import ParseFailed

# what zipfile raises on opening a broken archive; NotImplementedError is its word for a version it does not know
UNREADABLE_ZIP = (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError)


class Kind(Enum):
    """A format we read: its name for people and its media type."""

    PDF = ("PDF", "application/pdf")
    DOCX = ("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
    PPTX = ("PPTX", "application/vnd.openxmlformats-officedocument.presentationml.presentation")
    XLSX = ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    HTML = ("HTML page", "text/html")
    MARKDOWN = ("Markdown text", "text/markdown")
    TEXT = ("plain text", "text/plain")
    CSV = ("CSV table", "text/csv")
    JSON = ("JSON file", "application/json")
    EML = ("e-mail (EML)", "message/rfc822")

    @property
    def label(self) -> str:
        return self.value[0]

    @property
    def content_type(self) -> str:
        return self.value[1]


PACKAGES = frozenset({Kind.DOCX, Kind.PPTX, Kind.XLSX})
"""The kinds that are zip files inside."""

_BY_SUFFIX = {
    **dict.fromkeys((".pdf",), Kind.PDF),
    **dict.fromkeys((".docx", ".docm", ".dotx"), Kind.DOCX),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".potx"), Kind.PPTX),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx"), Kind.XLSX),
    **dict.fromkeys((".html", ".htm", ".xhtml"), Kind.HTML),
    **dict.fromkeys((".md", ".markdown", ".mdown"), Kind.MARKDOWN),
    **dict.fromkeys((".txt", ".text", ".log", ".rst"), Kind.TEXT),
    **dict.fromkeys((".csv", ".tsv", ".tab"), Kind.CSV),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), Kind.JSON),
    **dict.fromkeys((".eml",), Kind.EML),
}
_BY_CONTENT_TYPE = {
    **{kind.content_type: kind for kind in Kind},
    "application/xhtml+xml": Kind.HTML,
    "text/tab-separated-values": Kind.CSV,
    "application/x-ndjson": Kind.JSON,
}
_TEXTUAL = frozenset({Kind.HTML, Kind.MARKDOWN, Kind.TEXT, Kind.CSV, Kind.JSON, Kind.EML})
_FOREIGN = (
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ", "a Windows program"),
    (b"\xcf\xfa\xed\xfe", "a program (Mach-O)"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\x00asm", "a WebAssembly program"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"BM", "a BMP image"),
    (b"RIFF", "an image, sound or film"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound or film file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
)
_READS = "Tertulia reads PDF, DOCX, PPTX, XLSX, HTML, Markdown, text, CSV, JSON and EML."
_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_MAIL_HEADER = re.compile(
    rb"^(?:from|to|subject|date|received|return-path|message-id|mime-version):\s", re.IGNORECASE | re.MULTILINE
)


def detect(data: bytes, *, name: str, content_type: str) -> Kind:
    """Raises ParseFailed for an empty file and for what we do not read, naming what it is."""
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise ParseFailed("The file is empty.")
    named = named_kind(name, content_type)
    if b"%PDF-" in data[:1024]:
        return Kind.PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data, named)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise ParseFailed(_compound(data, named))
    if data.startswith(b"{\\rtf"):
        raise _unread("an RTF document", "Save it as DOCX or PDF.")
    _refuse_binary(data, named)
    return _textual(data, named)


def named_kind(name: str, content_type: str) -> Kind | None:
    """What the name claims, or else the declared media type; None where both are silent."""
    suffix = PurePath(name.lower()).suffix
    return _BY_SUFFIX.get(suffix) or _BY_CONTENT_TYPE.get(content_type.partition(";")[0].strip().lower())


def wide_encoding(start: bytes) -> str | None:
    """UTF-16 without a byte order mark, told by every other byte of Western text being zero."""
    half = max(len(start) // 2, 1)
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if min(even, odd) > 0.05 * half or max(even, odd) < 0.4 * half or _control_characters(start):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def damaged(kind: Kind) -> ParseFailed:
    return ParseFailed(f"The file is not a readable {kind.label}: it may be damaged or have the wrong extension.")


def _zipped(data: bytes, named: Kind | None) -> Kind:
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = set(package.namelist())
    except UNREADABLE_ZIP:
        raise damaged(named if named in PACKAGES else Kind.DOCX) from None
    for member, kind in (
        ("word/document.xml", Kind.DOCX),
        ("ppt/presentation.xml", Kind.PPTX),
        ("xl/workbook.xml", Kind.XLSX),
    ):
        if member in names:
            return kind
    if "content.xml" in names and "META-INF/manifest.xml" in names:
        raise _unread("an OpenDocument file", "Save it as DOCX, XLSX, PPTX or PDF.")
    if named in PACKAGES:
        raise damaged(named)
    raise _unread("a ZIP archive", "Upload the files in it one by one.")


def _compound(data: bytes, named: Kind | None) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return f"The {named.label if named in PACKAGES else 'document'} is protected by a password."
    return "The file is in an old binary Office format. Save it as DOCX, XLSX, PPTX or PDF."


def _refuse_binary(data: bytes, named: Kind | None) -> None:
    start = data[:4096]
    is_text = _looks_like_text(start)
    for magic, what in _FOREIGN:
        # Two letters can begin an honest text; a signature counts only before binary data.
        if start.startswith(magic) and (not is_text or len(magic) > 3):
            raise _unread(what)
    if start[4:8] == b"ftyp":
        raise _unread("a sound or film file")
    if not is_text:
        if named is not None and named not in _TEXTUAL:
            raise damaged(named)
        raise _unread("binary data")


def _looks_like_text(start: bytes) -> bool:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or wide_encoding(start):
        return True
    odd = start.count(0) + _control_characters(start)
    return odd <= max(1, len(start) // 200)


def _control_characters(start: bytes) -> int:
    return sum(0 < byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in start)


def _textual(data: bytes, named: Kind | None) -> Kind:
    if named in {Kind.MARKDOWN, Kind.CSV, Kind.JSON, Kind.EML, Kind.HTML}:
        return named
    if _HTML_START.match(data[:4096]):
        return Kind.HTML
    if named is Kind.TEXT:
        return named
    if data.lstrip()[:1] in {b"{", b"["}:
        return Kind.JSON
    if len(_MAIL_HEADER.findall(data[:4096].partition(b"\n\n")[0])) >= 3:
        return Kind.EML
    return Kind.TEXT


def _unread(what: str, advice: str = _READS) -> ParseFailed:
    return ParseFailed(f"The file is {what}, which cannot be read as a document. {advice}")
