"""What the server and its DuckDB child say to each other: frames of a length in 4 bytes and MessagePack."""

import struct
from typing import Any, BinaryIO, TypeAlias

import msgspec
from msgspec import Struct

from tertulia.core.table import ColumnType

HEAD = struct.Struct(">I")


class Opening(Struct, frozen=True, kw_only=True):
    """What the child opens and may use; its first frame."""

    path: str
    memory_megabytes: int
    threads: int


class Ask(Struct, frozen=True, kw_only=True, tag="ask"):
    number: int
    sql: str
    rows: int
    bytes: int
    seconds: float


class Stop(Struct, frozen=True, tag="stop"):
    """Nobody waits for this query any more."""

    number: int


class Rows(Struct, frozen=True, kw_only=True, tag="rows"):
    """`rows` are encoded one by one, so that their bytes could be counted."""

    number: int
    names: list[str]
    types: list[ColumnType]
    rows: list[msgspec.Raw]
    is_truncated: bool
    seconds: float


class Refused(Struct, frozen=True, kw_only=True, tag="refused"):
    """`kind` is the code of an error of core/errors.py."""

    number: int
    kind: str
    message: str


Order: TypeAlias = Ask | Stop
Reply: TypeAlias = Rows | Refused


def framed(value: Any) -> bytes:
    body = msgspec.msgpack.encode(value)
    return HEAD.pack(len(body)) + body


def read_frame(stream: BinaryIO) -> bytes | None:
    """None at the end of the stream."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    body = stream.read(HEAD.unpack(head)[0])
    return body if len(body) == HEAD.unpack(head)[0] else None
