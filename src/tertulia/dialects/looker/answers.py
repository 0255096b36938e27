"""Answers in JSON, whole or narrowed to the fields a client asked for; times as this API writes them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from starlette.responses import Response

from tertulia.dialects.looker.fields import Selection, narrowed

_encoder = msgspec.json.Encoder()


def json_answer(
    value: object,
    status: int = 200,
    *,
    fields: Selection | None = None,
    kept: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """`fields` narrows it; of each object at the top, the fields `kept` stay whatever was asked for."""
    content = encoded(value, fields, kept)
    return Response(content, status_code=status, headers=headers, media_type="application/json")


def list_answer(items: Sequence[bytes]) -> Response:
    """A list whose items are encoded already, so that large ones need not lie side by side."""
    return Response(b"[%b]" % b",".join(items), media_type="application/json")


def encoded(value: object, fields: Selection | None, kept: Sequence[str] = ()) -> bytes:
    """As `json_answer` writes it."""
    return _encoder.encode(value if fields is None else narrowed(msgspec.to_builtins(value), fields, kept))


def empty_answer() -> Response:
    """What a deletion is answered with."""
    return Response(status_code=204)


def instant(at: datetime) -> str:
    """Six digits and an offset, always: older clients read nothing else."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
