"""Golden queries: questions with the Explore URL that answers them. Agents show those they know."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from tertulia.core.query import GoldenQuery
from tertulia.dialects.looker import encode, wire
from tertulia.dialects.looker.answers import empty_answer, json_answer
from tertulia.dialects.looker.bodies import GoldenQueryPatch, WriteGoldenQuery
from tertulia.dialects.looker.entry import Visit, Visited
from tertulia.dialects.looker.ids import serial_of
from tertulia.dialects.looker.json_body import body_of
from tertulia.dialects.looker.known import known_of
from tertulia.dialects.looker.openapi import answers, body

router = APIRouter(prefix="/golden_queries", tags=["Golden queries"], default_response_class=Response)


@router.post(
    "",
    summary="Create a golden query",
    responses=answers(wire.GoldenQuery, 403, 409, 413, 422),
    openapi_extra=body(WriteGoldenQuery),
)
async def create_golden_query(
    visit: Visited, given: Annotated[WriteGoldenQuery, Depends(body_of(WriteGoldenQuery))]
) -> Response:
    """An agent knows it once its `golden_query_ids` name it."""
    made = await visit.services.golden.create(visit.actor, given.questions, address=given.answer)
    return json_answer(await _shown(visit, made))


@router.patch(
    "/{golden_query_id}",
    summary="Change a golden query",
    responses=answers(wire.GoldenQuery, 403, 413, 422),
    openapi_extra=body(GoldenQueryPatch),
)
async def update_golden_query(
    visit: Visited, golden_query_id: str, given: Annotated[GoldenQueryPatch, Depends(body_of(GoldenQueryPatch))]
) -> Response:
    values = given.given()
    if "answer" in values:
        values["address"] = values.pop("answer")
    changed = await visit.services.golden.change(visit.actor, serial_of(golden_query_id), **values)
    return json_answer(await _shown(visit, changed))


@router.delete("/{golden_query_id}", summary="Delete a golden query", status_code=204, responses=answers(None, 403))
async def delete_golden_query(visit: Visited, golden_query_id: str) -> Response:
    """Agents that knew it go on without."""
    await visit.services.golden.delete(visit.actor, serial_of(golden_query_id))
    return empty_answer()


async def _shown(visit: Visit, found: GoldenQuery) -> wire.GoldenQuery:
    return encode.golden_query(visit.actor, found, await known_of(visit, golden=[found]))
