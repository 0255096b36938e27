"""Office files as zip packages: refused before anything unpacks them if they are bombs, read part by part after."""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import TypeAlias
from xml.etree import ElementTree as ET

from tertulia.retrieval.parse import ParseFailed
from tertulia.retrieval.readers.file_kind import UNREADABLE_ZIP, Kind, damaged

Element: TypeAlias = ET.Element
_MAX_PARTS = 20_000
_LOCAL_HEADER = 30
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def check_expansion(data: bytes, kind: Kind, allowed: int) -> None:
    """Raises ParseFailed if the parts declare, or really hold, more than `allowed` bytes.

    The real size is counted stream by stream, since a directory can lie.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            parts = package.infolist()
    except UNREADABLE_ZIP:
        raise damaged(kind) from None
    declared = sum(part.file_size for part in parts)
    # Parts that share bytes of the file are how the worst bombs are built.
    if len(parts) > _MAX_PARTS or declared > allowed or sum(part.compress_size for part in parts) > len(data):
        raise _bomb(kind, allowed)
    left = allowed
    for part in parts:
        if part.flag_bits & 1:
            raise ParseFailed(f"The {kind.label} is protected by a password.")
        left -= _real_size(data, part, left, kind)
        if left < 0:
            raise _bomb(kind, allowed)


class Package:
    """The parts of an Office file by name, and the links between them."""

    def __init__(self, data: bytes, kind: Kind) -> None:
        self._zip = zipfile.ZipFile(BytesIO(data))
        self._kind = kind

    def has(self, name: str) -> bool:
        return name in self._zip.namelist()

    def xml(self, name: str) -> Element:
        """The root of an XML part. Raises ParseFailed if it is missing, broken or declares a document type."""
        try:
            return ET.fromstring(self._part(name))  # noqa: S314 - _part refuses declarations, where entities come from
        except ET.ParseError:
            raise damaged(self._kind) from None

    def stream(self, name: str, tag: str) -> Iterator[Element]:
        """The elements of that tag one by one, each forgotten after its turn; they do not nest."""
        try:
            events = ET.iterparse(BytesIO(self._part(name)), ("end",))  # noqa: S314 - as above
            for _, element in events:
                if element.tag == tag:
                    yield element
                    element.clear()
        except ET.ParseError:
            raise damaged(self._kind) from None

    def links(self, name: str) -> dict[str, tuple[str, str]]:
        """Relationship id to (last word of its type, part name) for the part `name`."""
        folder, leaf = posixpath.split(name)
        relations = f"{folder}/_rels/{leaf}.rels"
        if not self.has(relations):
            return {}
        return {
            link.get("Id", ""): (
                link.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, link.get("Target", ""))).lstrip("/"),
            )
            for link in self.xml(relations)
        }

    def _part(self, name: str) -> bytes:
        try:
            data = self._zip.read(name)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError):
            raise damaged(self._kind) from None
        # Office writes UTF-8 without a document type; in UTF-16 one could hide from this check.
        if b"<!DOCTYPE" in data or b"\x00" in data[:64]:
            raise damaged(self._kind)
        return data


def relation_id(element: Element) -> str:
    return element.get(_RELATION_ID, "")


def _real_size(data: bytes, part: zipfile.ZipInfo, left: int, kind: Kind) -> int:
    if part.compress_type == zipfile.ZIP_STORED:
        return part.compress_size
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise damaged(kind)
    header = data[part.header_offset : part.header_offset + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER:
        raise damaged(kind)
    start = part.header_offset + _LOCAL_HEADER + int.from_bytes(header[26:28], "little")
    start += int.from_bytes(header[28:30], "little")
    packed = data[start : start + part.compress_size]
    inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    try:
        while packed and not inflate.eof:
            size += len(inflate.decompress(packed, 1 << 20))
            packed = inflate.unconsumed_tail
            if size > left:
                break
    except zlib.error:
        raise damaged(kind) from None
    return size


def _bomb(kind: Kind, allowed: int) -> ParseFailed:
    return ParseFailed(
        f"The {kind.label} unpacks to more than the {allowed >> 20} MB allowed. Its size or its structure is not safe to read."
    )
