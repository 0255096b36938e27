"""Core values to and from the JSON text that columns hold."""

import re
from typing import TypeVar

import msgspec

from tertulia.core.message import Message
from tertulia.core.run import Event

T = TypeVar("T")

# after an even number of backslashes: after an odd one it is a text that speaks of the escape
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

_encoder = msgspec.json.Encoder()
messages = msgspec.json.Decoder(list[Message])
message = msgspec.json.Decoder(Message)
events = msgspec.json.Decoder(list[Event])


def dump(value: object) -> str:
    """The JSON text of a core value, without U+0000, which PostgreSQL refuses."""
    text = _encoder.encode(value).decode()
    return _NUL.sub(r"\1", text) if "\\u0000" in text else text


def load(text: str, kind: type[T]) -> T:
    return msgspec.json.decode(text, type=kind)
