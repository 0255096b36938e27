"""Limit and offset: read leniently, given back as absolute addresses that keep every filter."""

from typing import Annotated, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import Depends, Query
from pydantic import BeforeValidator, WithJsonSchema
from starlette.requests import Request

from tertulia.core.conversation import Window
from tertulia.dialects.clarifeye.entry import base_url

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_MAX_OFFSET = 2**31 - 1


def clamped_limit(value: object) -> int:
    """Within 1..1000; what is no number is the default."""
    return min(max(_number(value, DEFAULT_LIMIT), 1), MAX_LIMIT)


def clamped_offset(value: object) -> int:
    return min(max(_number(value, 0), 0), _MAX_OFFSET)


Limit = Annotated[
    int,
    BeforeValidator(clamped_limit),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}),
    Query(description="How many results a page has. Values out of range are moved into it."),
]
Offset = Annotated[
    int,
    BeforeValidator(clamped_offset),
    WithJsonSchema({"type": "integer", "minimum": 0}),
    Query(description="How many results to skip."),
]


class Links(NamedTuple):
    """The addresses of the pages beside this one."""

    next: str | None
    previous: str | None


class Paging(NamedTuple):
    """The window a request asks for."""

    request: Request
    window: Window

    def links(self, total: int) -> Links:
        limit, offset = self.window.limit, self.window.offset
        after, before = offset + limit, max(offset - limit, 0)
        return Links(
            next=self._address(after) if after < total else None,
            previous=self._address(before) if offset > 0 else None,
        )

    def _address(self, offset: int) -> str:
        request = self.request
        kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("limit", "offset")]
        query = urlencode([*kept, ("limit", self.window.limit), ("offset", offset)])
        path: str = request.state.asked_path
        return f"{base_url(request, request.app.state.services)}{quote(path)}?{query}"


async def paging(request: Request, limit: Limit = DEFAULT_LIMIT, offset: Offset = 0) -> Paging:
    return Paging(request, Window(limit=limit, offset=offset))


Paged = Annotated[Paging, Depends(paging)]


def _number(value: object, otherwise: int) -> int:
    try:
        return int(str(value).strip())
    except ValueError:
        return otherwise
