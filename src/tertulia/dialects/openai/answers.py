"""Answers in JSON, and JSON on one line for streams."""

import json
import re
from collections.abc import Mapping

import msgspec
from starlette.responses import Response

_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_encoder = msgspec.json.Encoder()


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(_encoder.encode(value), status_code=status, headers=headers, media_type="application/json")


def ascii_json(value: object) -> bytes:
    """JSON on one line of ASCII, for readers that split lines at every Unicode line break."""
    text = _encoder.encode(value)
    if text.isascii():
        return text
    # outside strings JSON is ASCII, so every other character may be escaped where it stands
    return _NON_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text.decode()).encode()
