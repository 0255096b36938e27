"""LookML models: what may be asked, down to the single field and its values."""

from typing import Annotated, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from tertulia.core.query import Source
from tertulia.dialects.looker import encode_models, wire_models
from tertulia.dialects.looker.answers import json_answer
from tertulia.dialects.looker.entry import Visited
from tertulia.dialects.looker.errors import InvalidParameter
from tertulia.dialects.looker.fields import Fields
from tertulia.dialects.looker.openapi import answers, ignored

router = APIRouter(tags=["LookML models"], default_response_class=Response)

Limit = Annotated[int | None, Query(ge=0, le=2**53)]
Flag = Annotated[bool | None, Query()]


class _FieldPlace(NamedTuple):
    model_name: str
    view_name: str
    field_name: str


async def _field_place(model_name: str, view_name: str, field_name: str) -> _FieldPlace:
    return _FieldPlace(model_name, view_name, field_name)


@router.get(
    "/lookml_models",
    summary="List the models",
    responses=answers(wire_models.LookmlModel, is_list=True),
    openapi_extra=ignored("include_internal", "include_self_service"),
)
async def all_lookml_models(
    visit: Visited,
    fields: Fields,
    *,
    limit: Limit = None,
    offset: Limit = None,
    exclude_empty: Flag = None,
    exclude_hidden: Flag = None,
) -> Response:
    """By name, with the explores the caller may ask. A model is empty where there is none to show."""
    found = [
        encode_models.model(each, exclude_hidden=exclude_hidden is True)
        for each in await visit.services.queries.models(visit.actor)
    ]
    shown = [each for each in found if each.explores or not exclude_empty]
    first = offset or 0
    return json_answer(shown[first : None if limit is None else first + limit], fields=fields)


@router.get("/lookml_models/{lookml_model_name}", summary="A model", responses=answers(wire_models.LookmlModel))
async def lookml_model(visit: Visited, lookml_model_name: str, fields: Fields) -> Response:
    found = await visit.services.queries.model(visit.actor, lookml_model_name)
    return json_answer(encode_models.model(found), fields=fields)


@router.get(
    "/lookml_models/{lookml_model_name}/explores/{explore_name}",
    summary="An explore with its fields",
    responses=answers(wire_models.LookmlModelExplore),
    openapi_extra=ignored("add_drills_metadata"),
)
async def lookml_model_explore(visit: Visited, lookml_model_name: str, explore_name: str, fields: Fields) -> Response:
    """Every field the caller may ask. Its SQL is shown to those who administer the project."""
    # clients that go by ids name an explore as model::explore
    name = explore_name.removeprefix(f"{lookml_model_name}::")
    found = await visit.services.queries.explore(visit.actor, Source(lookml_model_name, name))
    return json_answer(encode_models.explore(visit.actor, found), fields=fields)


@router.get(
    "/models/{model_name}/views/{view_name}/fields/{field_name}/suggestions",
    summary="Values of a field",
    responses=answers(wire_models.ModelFieldSuggestions, 422),
)
async def model_fieldname_suggestions(
    visit: Visited,
    request: Request,
    place: Annotated[_FieldPlace, Depends(_field_place)],
    *,
    term: Annotated[str, Query(description="What the values hold, whatever its case.")] = "",
    filters: Annotated[str, Query(description="JSON: filter expressions by field; also `filters[view.field]=`.")] = "",
) -> Response:
    """The view may be an explore of the model. No value is shown that the caller's queries would not show."""
    given = _filters(filters) | _filters_by_name(request)
    found = await visit.services.queries.suggestions(visit.actor, *place, term=term, filters=given)
    shown = wire_models.ModelFieldSuggestions(suggestions=found.values, hit_limit=not found.is_complete)
    return json_answer(shown)


def _filters(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.DecodeError, RecursionError):
        raise InvalidParameter("filters", "It is a JSON object of filter expressions by field.") from None


def _filters_by_name(request: Request) -> dict[str, str]:
    return {
        name.removeprefix("filters[").removesuffix("]"): value
        for name, value in request.query_params.multi_items()
        if name.startswith("filters[") and name.endswith("]")
    }
