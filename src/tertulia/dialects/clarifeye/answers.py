"""Answers in JSON."""

import msgspec
from starlette.responses import Response


def json_answer(value: object, status: int = 200) -> Response:
    """The value's JSON, encoded past the framework: long lists of conversations are megabytes."""
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def no_content() -> Response:
    return Response(status_code=204)
