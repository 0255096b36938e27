"""Answers that are results of queries: run, shown in the format asked for, whole."""

import asyncio
import time
from typing import Annotated, Any

from fastapi import Depends, Query
from starlette.responses import Response

from tertulia.core.analysis import QueryAnswer
from tertulia.core.clock import now
from tertulia.core.errors import ToolFailed
from tertulia.core.query import Query as AskedQuery
from tertulia.dialects.looker.entry import Visit
from tertulia.dialects.looker.failed_queries import Failed, failed_result, is_failure
from tertulia.dialects.looker.formats import SQL, Outcome, Rendered, Wanted, rendered, rendered_sql

_MOST_PIXELS = 4_000
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_FORMATS: dict[str, dict[str, Any]] = {
    "application/json": {
        "schema": {
            "oneOf": [
                {"type": "array", "items": {"type": "object"}},
                {"$ref": "#/components/schemas/JsonBi"},
                {"$ref": "#/components/schemas/JsonDetail"},
            ]
        }
    },
    "text/csv": {"schema": {"type": "string"}},
    "text/plain": {"schema": {"type": "string"}},
    "text/markdown": {"schema": {"type": "string"}},
    "text/html": {"schema": {"type": "string"}},
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _BYTES,
    "image/png": _BYTES,
    "image/jpeg": _BYTES,
}
RESULT: dict[int | str, dict[str, Any]] = {200: {"description": "The result in its format", "content": _FORMATS}}

Limit = Annotated[int | None, Query(ge=-1, le=2**53, description="Stands in for the query's own; -1 for no limit.")]
Flag = Annotated[bool, Query()]
Pixels = Annotated[int | None, Query(ge=50, le=_MOST_PIXELS)]


async def wanted(
    *,
    limit: Limit = None,
    apply_formatting: Flag = False,
    apply_vis: Flag = False,
    image_width: Pixels = None,
    image_height: Pixels = None,
) -> Wanted:
    """What else this API's clients may say, of caches and links, is taken and ignored."""
    return Wanted(
        limit=limit,
        is_formatted=apply_formatting,
        is_visual=apply_vis,
        width=image_width,
        height=image_height,
    )


Result = Annotated[Wanted, Depends(wanted)]


async def result_answer(visit: Visit, query: AskedQuery, how: Wanted, query_id: str | None = None) -> Response:
    """Runs the query as the caller. Raises what services.queries' `run` raises.

    Where the database fails, formats of JSON say so in the result.
    """
    queries = visit.services.queries
    if how.format == SQL:
        return _answer(rendered_sql(await queries.sql(visit.actor, query, limit=how.limit)))
    begun = time.monotonic()
    try:
        answer = await queries.run(visit.actor, query, limit=how.limit)
    except ToolFailed as error:
        if not is_failure(error):
            raise
        seconds = time.monotonic() - begun
        failed = Failed(query=query, error=error, seconds=seconds, limit=how.limit, query_id=query_id)
        return json_result(await failed_result(visit, failed, how.format))
    return await shown_answer(visit, answer, how, seconds=time.monotonic() - begun, query_id=query_id)


async def shown_answer(
    visit: Visit, answer: QueryAnswer, how: Wanted, *, seconds: float, query_id: str | None
) -> Response:
    """An answer that is there."""
    return _answer(await shown_result(visit, answer, how, seconds=seconds, query_id=query_id))


def json_result(content: bytes) -> Response:
    return _answer(Rendered(content, "application/json"))


async def shown_result(
    visit: Visit, answer: QueryAnswer, how: Wanted, *, seconds: float, query_id: str | None
) -> Rendered:
    outcome = Outcome(
        answer=answer,
        explore=await visit.services.queries.explore(visit.actor, answer.query.source),
        wanted=how,
        ran_at=now(),
        seconds=seconds,
        query_id=query_id,
        sees_lookml=visit.actor.is_admin,
    )
    if how.format == SQL:
        return rendered_sql(answer.sql)
    return await asyncio.to_thread(rendered, outcome)


def _answer(result: Rendered) -> Response:
    return Response(result.content, media_type=result.media_type, headers=_SAFE)
