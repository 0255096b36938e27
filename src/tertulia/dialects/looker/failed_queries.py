"""Queries that the database did not run: told in the result, where its format has a place for it."""

from typing import TypeGuard

import msgspec
import structlog
from msgspec import Struct, structs

from tertulia.core.analysis import QueryAnswer
from tertulia.core.clock import now
from tertulia.core.errors import InvalidQuery, QueryTimeout, SourceUnavailable, ToolFailed
from tertulia.core.query import Query
from tertulia.core.table import Table
from tertulia.dialects.looker import formats_json
from tertulia.dialects.looker.entry import Visit
from tertulia.dialects.looker.wire_failures import ErrorRow, QueryProblem
from tertulia.dialects.looker.wire_queries import JsonBi, JsonDetail
from tertulia.services.queries import ExploreView

log = structlog.get_logger(__name__)

_encoder = msgspec.json.Encoder()


class Failed(Struct, frozen=True, kw_only=True):
    """A query and why it was not run. `limit` stood in for its own, `query_id` is None for one that is not saved."""

    query: Query
    error: ToolFailed
    seconds: float
    limit: int | None = None
    query_id: str | None = None


def is_failure(error: BaseException | None) -> TypeGuard[ToolFailed]:
    """Whether it is the database's: what is wrong with a query, or not allowed, is found before it is run."""
    return isinstance(error, (QueryTimeout, SourceUnavailable)) or is_refusal(error)


def is_refusal(error: BaseException | None) -> bool:
    """Whether the database read the query's SQL and would not have it."""
    return isinstance(error, InvalidQuery) and error.is_refused


async def failed_result(visit: Visit, failed: Failed, result_format: str) -> bytes:
    """JSON that says why. Raises ToolFailed for formats that hold rows and nothing else."""
    error = failed.error
    log.info("query_failed", code=error.code(), reason=error.message)
    match result_format:
        case "json" | "inline_json":
            return _encoder.encode([ErrorRow(looker_error=error.message)])
        case "json_bi":
            return await _bi(visit, failed)
        case "json_detail":
            return await _detail(visit, failed)
        case _:
            raise ToolFailed(error.message) if is_refusal(error) else error


async def _bi(visit: Visit, failed: Failed) -> bytes:
    answer, explore = await _without_rows(visit, failed)
    content = formats_json.bi(answer, explore, sees_lookml=visit.actor.is_admin)
    found = msgspec.json.decode(content, type=JsonBi)
    row = msgspec.to_builtins(ErrorRow(looker_error=failed.error.message))
    return _encoder.encode(structs.replace(found, rows=[row]))


async def _detail(visit: Visit, failed: Failed) -> bytes:
    answer, explore = await _without_rows(visit, failed)
    ran = formats_json.Ran(at=now(), seconds=failed.seconds, query_id=failed.query_id)
    content = formats_json.detail(answer, explore, sees_lookml=visit.actor.is_admin, ran=ran)
    found = msgspec.json.decode(content, type=JsonDetail)
    return _encoder.encode(structs.replace(found, errors=[QueryProblem(message=failed.error.message)]))


async def _without_rows(visit: Visit, failed: Failed) -> tuple[QueryAnswer, ExploreView]:
    """What is known all the same: the fields, and the SQL where it could be written."""
    queries, query = visit.services.queries, failed.query
    explore = await queries.explore(visit.actor, query.source)
    known = {each.seen.name: each.column for each in explore.fields}
    columns = [known[name] for name in dict.fromkeys(query.fields) if name in known and name not in query.pivots]
    try:
        sql = await queries.sql(visit.actor, query, limit=failed.limit)
    except ToolFailed:
        sql = ""
    table = Table(columns=columns, rows=[])
    return QueryAnswer(query=query, sql=sql, table=table, label=explore.explore.label), explore
