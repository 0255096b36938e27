"""Logging in with API credentials, acting as another user, logging out."""

import base64
import binascii
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tertulia.core.clock import now
from tertulia.core.errors import NotFound, Unauthenticated
from tertulia.core.project import Token
from tertulia.dialects.looker import wire
from tertulia.dialects.looker.answers import empty_answer, json_answer
from tertulia.dialects.looker.bodies import Credentials, TokenRequest
from tertulia.dialects.looker.entry import Visited
from tertulia.dialects.looker.ids import serial_of
from tertulia.dialects.looker.json_body import as_model, json_object
from tertulia.dialects.looker.openapi import answers, body
from tertulia.services.catalog import Services

router = APIRouter(tags=["Login"], default_response_class=Response)

_FORM = "application/x-www-form-urlencoded"
_PRIVATE = {"Cache-Control": "no-store"}
_MOST_FIELDS = 20


@router.post(
    "/login",
    summary="Log in",
    responses=answers(wire.AccessToken, 422),
    openapi_extra={**body(Credentials, media_type=_FORM), "security": []},
)
async def login(request: Request) -> Response:
    """Opens the project that the credentials belong to, for an hour. Wrong credentials are not found."""
    return await _login(request, as_model(Credentials, {**_of_address(request), **await _of_body(request)}))


@router.post(
    "/token",
    summary="Log in as OAuth does",
    responses=answers(wire.AccessToken, 422),
    openapi_extra={**body(TokenRequest), "security": []},
)
async def token(request: Request) -> Response:
    """Only the grant `client_credentials`. Served as `/api/token` too."""
    return await _login(request, as_model(TokenRequest, {**_of_address(request), **await _of_body(request)}))


@router.post("/login/{user_id}", summary="Act as another user", responses=answers(wire.AccessToken, 403))
async def login_user(visit: Visited, user_id: str) -> Response:
    """A token of that user's for this project; for members who may impersonate."""
    issued, secret = await visit.services.credentials.login_as(visit.caller, serial_of(user_id))
    return _issued(issued, secret)


@router.delete("/logout", summary="Log out", status_code=204, responses=answers(None, 403))
async def logout(visit: Visited) -> Response:
    """The token opens nothing any more. One that an operator made is refused. Served as `/api/logout` too."""
    await visit.services.credentials.logout(visit.secret)
    return empty_answer()


async def _login(request: Request, given: Credentials) -> Response:
    services: Services = request.app.state.services
    try:
        issued, secret = await services.credentials.login(given.client_id, given.client_secret)
    except Unauthenticated:
        raise NotFound("Not found: no API credentials have this client_id and client_secret.") from None
    return _issued(issued, secret)


def _issued(issued: Token, secret: str) -> Response:
    seconds = 0 if issued.expires_at is None else round((issued.expires_at - now()).total_seconds())
    return json_answer(wire.AccessToken(access_token=secret, expires_in=seconds), headers=_PRIVATE)


def _of_address(request: Request) -> dict[str, str]:
    """What the query string and a Basic header say."""
    found = dict(request.query_params)
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic" and ":" in (named := _decoded(coded)):
        name, _, secret = named.partition(":")
        found |= {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret)}
    return found


async def _of_body(request: Request) -> dict[str, object]:
    """What a form says, or JSON, whichever the body looks like."""
    content = await request.body()
    if content.lstrip()[:1] == b"{":
        return await json_object(request)
    text = content.decode("utf-8", errors="replace")
    return (
        dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        if text.count("&") < _MOST_FIELDS
        else {}
    )


def _decoded(coded: str) -> str:
    try:
        return base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
