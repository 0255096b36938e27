"""Who the caller is, which API this is, and whether it is there."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from tertulia.dialects.looker import encode, wire
from tertulia.dialects.looker.answers import json_answer
from tertulia.dialects.looker.bodies import SessionPatch
from tertulia.dialects.looker.entry import Visit, Visited
from tertulia.dialects.looker.fields import Fields
from tertulia.dialects.looker.json_body import body_of
from tertulia.dialects.looker.openapi import answers, body
from tertulia.services.catalog import Services

router = APIRouter(default_response_class=Response)

RELEASE = "26.22"
_VERSION = "4.0"


@router.get("/user", tags=["User"], summary="Get the caller", responses=answers(wire.User))
async def me(visit: Visited, fields: Fields) -> Response:
    """With a token from `/login/{user_id}`, the user it was made for."""
    found = encode.user(visit.caller.user, visit.services.settings.base_url)
    return json_answer(found, fields=fields)


@router.get(
    "/versions",
    tags=["Server"],
    summary="Get the version of the API",
    responses=answers(wire.ApiVersion),
    openapi_extra={"security": []},
)
async def versions(request: Request, fields: Fields) -> Response:
    services: Services = request.app.state.services
    address = f"{services.settings.base_url}/api/{_VERSION}"
    current = wire.ApiVersionElement(
        version=_VERSION, full_version=f"{_VERSION}.{RELEASE}", swagger_url=f"{address}/openapi.json"
    )
    found = wire.ApiVersion(
        looker_release_version=RELEASE,
        current_version=current,
        supported_versions=[current],
        api_server_url=services.settings.base_url,
        web_server_url=services.settings.base_url,
    )
    return json_answer(found, fields=fields)


@router.get("/session", tags=["Server"], summary="Get the session", responses=answers(wire.ApiSession))
async def session(visit: Visited) -> Response:
    """Of this token."""
    return json_answer(await _session(visit))


@router.patch(
    "/session",
    tags=["Server"],
    summary="Change the session",
    responses=answers(wire.ApiSession, 422),
    openapi_extra=body(SessionPatch),
)
async def update_session(visit: Visited, _given: Annotated[SessionPatch, Depends(body_of(SessionPatch))]) -> Response:
    """There is one workspace, `production`: there is nothing else to change to."""
    return json_answer(await _session(visit))


@router.get("/alive", include_in_schema=False)
async def alive() -> Response:
    """Served as `/alive` too."""
    return json_answer({"status": "alive"})


async def _session(visit: Visit) -> wire.ApiSession:
    impersonator = visit.caller.token.impersonator_id
    known = await visit.services.credentials.users([impersonator] if impersonator else [])
    return wire.ApiSession(
        can={"show": True, "update": True},
        sudo_user_id=str(known[impersonator].serial) if impersonator in known else None,
    )
