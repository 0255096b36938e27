"""Core values to and from the JSON text that columns hold."""

from typing import TypeVar

import msgspec

from tertulia.core.message import Message
from tertulia.core.run import Event

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
messages = msgspec.json.Decoder(list[Message])
message = msgspec.json.Decoder(Message)
events = msgspec.json.Decoder(list[Event])


def dump(value: object) -> str:
    """The JSON text of a core value, without U+0000, which PostgreSQL refuses."""
    text = _encoder.encode(value).decode()
    return text.replace("\\u0000", "") if "\\u0000" in text else text


def load(text: str, kind: type[T]) -> T:
    return msgspec.json.decode(text, type=kind)
