"""Query tasks: queries that run while their client does something else."""

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query
from msgspec import Raw
from starlette.responses import Response

from tertulia.core.analysis import QueryAnswer
from tertulia.core.errors import InvalidQuery, NotFound, ToolFailed
from tertulia.dialects.looker import encode_queries, wire_queries
from tertulia.dialects.looker.answers import json_answer
from tertulia.dialects.looker.entry import Visit, Visited
from tertulia.dialects.looker.errors import InvalidParameter
from tertulia.dialects.looker.failed_queries import Failed, failed_result, is_failure
from tertulia.dialects.looker.fields import Fields
from tertulia.dialects.looker.formats import Wanted, check_format
from tertulia.dialects.looker.ids import serial_of
from tertulia.dialects.looker.json_body import body_of
from tertulia.dialects.looker.openapi import IGNORED_BY_RUNS, answers, body
from tertulia.dialects.looker.query_bodies import WriteCreateQueryTask
from tertulia.dialects.looker.result_answers import RESULT, Flag, Limit, json_result, shown_answer, shown_result
from tertulia.services.query_tasks import QueryTask, TaskStatus
from tertulia.services.task_ids import Shape

router = APIRouter(prefix="/query_tasks", tags=["Query tasks"], default_response_class=Response)

_MOST_AT_ONCE = 50
_RESULT = answers(wire_queries.QueryTask, 422) | RESULT | {204: {"description": "The query is still running"}}
_MANY: dict[int | str, dict[str, Any]] = {
    200: {"description": "Results by task", "content": {"application/json": {"schema": {"type": "object"}}}}
}


async def _shape(*, limit: Limit = None, apply_formatting: Flag = False, apply_vis: Flag = False) -> Shape:
    return Shape(format="", limit=limit, is_formatted=apply_formatting, is_visual=apply_vis)


@router.post(
    "",
    summary="Begin to run a saved query",
    responses=answers(wire_queries.QueryTask, 413, 422),
    openapi_extra=body(WriteCreateQueryTask) | IGNORED_BY_RUNS,
)
async def create_query_task(
    visit: Visited,
    given: Annotated[WriteCreateQueryTask, Depends(body_of(WriteCreateQueryTask))],
    shape: Annotated[Shape, Depends(_shape)],
    fields: Fields,
) -> Response:
    shape = msgspec.structs.replace(shape, format=given.result_format)
    task = await visit.services.query_tasks.create(visit.actor, serial_of(given.query_id), shape)
    return json_answer(encode_queries.query_task(task), fields=fields)


@router.get(
    "/multi_results",
    summary="The results of several tasks",
    responses=answers(wire_queries.QueryTask) | _MANY,
)
async def query_task_multi_results(
    visit: Visited, query_task_ids: Annotated[str, Query(description="By comma.")]
) -> Response:
    """JSON as it is, other formats as text. A task without a result has its status: running, error or missing."""
    # a client that is given a list writes it as JSON
    parts = query_task_ids.strip("[]").replace('"', "").split(",")
    ids = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if not 1 <= len(ids) <= _MOST_AT_ONCE:
        raise InvalidParameter("query_task_ids", f"It names 1 to {_MOST_AT_ONCE} tasks.")
    return json_answer({each: await _one_of_many(visit, each) for each in ids})


@router.get("/{query_task_id}", summary="A task", responses=answers(wire_queries.QueryTask))
async def query_task(visit: Visited, query_task_id: str, fields: Fields) -> Response:
    task = await _found(visit, query_task_id)
    return json_answer(encode_queries.query_task(task), fields=fields)


@router.get("/{query_task_id}/results", summary="The result of a task", responses=_RESULT)
async def query_task_results(visit: Visited, query_task_id: str) -> Response:
    """204 while it runs. Where the database failed, `json_detail` says so in `errors`, and other formats in an error."""
    task = await _found(visit, query_task_id)
    if is_failure(task.problem):
        return json_result(await _failed(visit, task, task.problem))
    answer = await _answer_of(task)
    if answer is None:
        return Response(status_code=204)
    return await shown_answer(visit, answer, _wanted(task), seconds=task.seconds, query_id=str(task.saved.serial))


async def _found(visit: Visit, task_id: str) -> QueryTask:
    tasks = visit.services.query_tasks
    try:
        check_format(tasks.shape(visit.actor, task_id).format)
    except InvalidParameter:
        raise NotFound from None
    return await tasks.get(visit.actor, task_id)


async def _answer_of(task: QueryTask) -> QueryAnswer | None:
    """None while it runs. Raises what the query raised."""
    if task.problem is not None:
        raise task.problem
    return await asyncio.to_thread(task.answer)


async def _failed(visit: Visit, task: QueryTask, error: ToolFailed) -> bytes:
    if task.shape.format != "json_detail":
        raise ToolFailed(error.message)
    saved = task.saved
    failed = Failed(
        query=saved.query, error=error, seconds=task.seconds, limit=task.shape.limit, query_id=str(saved.serial)
    )
    return await failed_result(visit, failed, task.shape.format)


async def _one_of_many(visit: Visit, task_id: str) -> Any:
    try:
        task = await _found(visit, task_id)
    except NotFound:
        return {"status": "missing"}
    if task.problem is not None:
        return {"status": task.status.value, "message": task.problem.message}
    answer = await _answer_of(task)
    if answer is None:
        return {"status": task.status.value}
    result = await shown_result(visit, answer, _wanted(task), seconds=task.seconds, query_id=str(task.saved.serial))
    if result.media_type == "application/json":
        return Raw(result.content)
    try:
        return result.content.decode()
    except UnicodeDecodeError:
        # a workbook is no text
        problem = InvalidQuery("This format has no text: read this task's result by itself.")
        return {"status": TaskStatus.COMPLETE.value, "message": problem.message}


def _wanted(task: QueryTask) -> Wanted:
    shape = task.shape
    return Wanted(format=shape.format, limit=shape.limit, is_formatted=shape.is_formatted, is_visual=shape.is_visual)
