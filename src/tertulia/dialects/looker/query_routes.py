"""Queries: saved, found again, and run."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from tertulia.core.errors import InvalidQuery
from tertulia.dialects.looker import encode_queries, wire_queries
from tertulia.dialects.looker.answers import json_answer
from tertulia.dialects.looker.entry import Visit, Visited
from tertulia.dialects.looker.fields import Fields, Selection
from tertulia.dialects.looker.ids import serial_of
from tertulia.dialects.looker.json_body import body_of
from tertulia.dialects.looker.openapi import IGNORED_BY_RUNS, KEPT, answers, body
from tertulia.dialects.looker.query_bodies import WriteQuery, query_of
from tertulia.dialects.looker.result_answers import RESULT, Result, result_answer
from tertulia.semantic.explore_url import parse_explore_url
from tertulia.store.queries import SavedQuery

router = APIRouter(prefix="/queries", tags=["Queries"], default_response_class=Response)

Given = Annotated[WriteQuery, Depends(body_of(WriteQuery))]
_RESULT = answers(wire_queries.Query, 403, 422) | RESULT


@router.post(
    "",
    summary="Save a query",
    responses=answers(wire_queries.Query, 413, 422),
    openapi_extra=body(WriteQuery),
)
async def create_query(visit: Visited, given: Given, fields: Fields) -> Response:
    """An identical query is the same one, with the same id and slug. Every part is checked: its explore, its fields and
    its filters are there for the caller.
    """
    return await _answer(visit, await visit.services.queries.save(visit.actor, query_of(given)), fields)


@router.get("/slug/{slug}", summary="A query by its slug", responses=answers(wire_queries.Query))
async def query_for_slug(visit: Visited, slug: str, fields: Fields) -> Response:
    """The slug of `/x/SLUG` and the client id of `?qid=` are one."""
    return await _answer(visit, await visit.services.queries.find_by_slug(visit.actor, slug), fields)


@router.post(
    "/run/{result_format}",
    summary="Run a query that is not saved",
    responses=_RESULT | {413: answers(wire_queries.Query, 413)[413]},
    openapi_extra=body(WriteQuery) | IGNORED_BY_RUNS,
)
async def run_inline_query(visit: Visited, result_format: str, given: Given, how: Result) -> Response:
    return await result_answer(visit, query_of(given), how.as_format(result_format))


@router.get(
    "/models/{model_name}/views/{view_name}/run/{result_format}",
    summary="Run the query of an address",
    responses=_RESULT,
    openapi_extra=IGNORED_BY_RUNS,
)
async def run_url_encoded_query(
    visit: Visited, request: Request, model_name: str, view_name: str, result_format: str, how: Result
) -> Response:
    """The parameters are those of an explore's address: `fields`, `f[view.field]`, `sorts`, `limit`, `pivots`."""
    path = f"/explore/{quote(model_name, safe='')}/{quote(view_name, safe='')}"
    found = parse_explore_url(f"{path}?{request.url.query}")
    if found.query is None:
        raise InvalidQuery("Give the fields of the query, or run a saved one by its id.")
    return await result_answer(visit, found.query, how.as_format(result_format))


@router.get("/{query_id}", summary="A query", responses=answers(wire_queries.Query))
async def query(visit: Visited, query_id: str, fields: Fields) -> Response:
    return await _answer(visit, await visit.services.queries.find(visit.actor, serial_of(query_id)), fields)


@router.get("/{query_id}/run/{result_format}", summary="Run a query", responses=_RESULT, openapi_extra=IGNORED_BY_RUNS)
async def run_query(visit: Visited, query_id: str, result_format: str, how: Result) -> Response:
    """As the caller: with their access filters and rights, whoever saved it."""
    saved = await visit.services.queries.find(visit.actor, serial_of(query_id))
    return await result_answer(visit, saved.query, how.as_format(result_format), query_id=str(saved.serial))


async def _answer(visit: Visit, saved: SavedQuery, fields: Selection | None) -> Response:
    can_run = await visit.services.queries.may_run(visit.actor, saved.query)
    return json_answer(encode_queries.query(saved, can_run=can_run), fields=fields, kept=KEPT["Query"])
