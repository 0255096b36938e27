"""Who asks: from the Authorization header to an Actor in the one project that the token opens."""

from typing import Annotated, NamedTuple

from fastapi import Depends
from starlette.requests import Request

from tertulia.core.access import Actor
from tertulia.core.errors import NotFound, PermissionDenied, Unauthenticated
from tertulia.core.ids import canonical_id
from tertulia.services.catalog import Services
from tertulia.services.identity import Caller

_SCHEMES = ("bearer", "token")
_TYPESCRIPT = "TS-SDK"


class Visit(NamedTuple):
    """A request from a known caller. `application` is what the client's library calls itself, "" where it says nothing."""

    services: Services
    caller: Caller
    actor: Actor
    secret: str
    application: str

    @property
    def takes_objects(self) -> bool:
        """Whether the client wants charts as JSON objects; the others read them from a text."""
        return self.application.startswith(_TYPESCRIPT)


async def visit(request: Request) -> Visit:
    """Raises Unauthenticated."""
    services: Services = request.app.state.services
    secret = secret_of(request)
    caller = await services.identity.caller(secret)
    if secret is None or caller.token.project_id is None:
        raise Unauthenticated("This token opens no single project. Log in with API credentials.")
    try:
        actor = await services.identity.actor(secret, caller.token.project_id)
    except PermissionDenied:
        raise Unauthenticated("This token opens no project any more.") from None
    return Visit(services, caller, actor, secret, request.headers.get("x-looker-appid", ""))


def secret_of(request: Request) -> str | None:
    """The token of the Authorization header."""
    scheme, _, secret = request.headers.get("authorization", "").strip().partition(" ")
    return secret.strip() or None if scheme.lower() in _SCHEMES else None


def stored_id(text: str) -> str:
    """An id as it is stored. Raises NotFound for a text that can be none."""
    found = canonical_id(text)
    if found is None:
        raise NotFound
    return found


Visited = Annotated[Visit, Depends(visit)]
