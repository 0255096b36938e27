"""Who asks, and in which project: from headers and path to a Caller or an Actor."""

from functools import partial
from typing import Annotated, NamedTuple

from fastapi import Depends, Header, Path
from starlette.requests import Request

from tertulia.core.access import Actor
from tertulia.core.errors import NotFound
from tertulia.core.ids import canonical_id
from tertulia.dialects.clarifeye.encode_results import Link
from tertulia.retrieval.citations import reference_url
from tertulia.services.catalog import Services
from tertulia.services.identity import Caller

_SCHEMES = ("token", "bearer")
_IMPERSONATION = (
    "E-mail address of the user to act as. Needs CAN_IMPERSONATE_OTHER_USERS; where the target is unknown or not in the "
    "project, or the permission is missing, the request goes on as the caller. The answer's X-Effective-User says who "
    "acted."
)


class Entry(NamedTuple):
    """A request that was let into a project."""

    request: Request
    services: Services
    actor: Actor

    @property
    def base_url(self) -> str:
        """The address the caller reaches this server under, without a trailing slash."""
        return base_url(self.request, self.services)

    @property
    def link(self) -> Link:
        return partial(reference_url, self.base_url, self.actor.project_id)


class Visit(NamedTuple):
    """A request from a known caller, outside any project."""

    request: Request
    services: Services
    caller: Caller

    @property
    def base_url(self) -> str:
        return base_url(self.request, self.services)


def identifier(name: str) -> object:
    """The declaration of a path parameter that is a UUID; what is none names nothing (see `known`)."""
    return Path(description=f"UUID of the {name}", json_schema_extra={"format": "uuid"})


async def enter(
    request: Request,
    project_id: Annotated[str, identifier("project")],
    x_impersonate_email: Annotated[
        str | None, Header(description=_IMPERSONATION, json_schema_extra={"format": "email"})
    ] = None,
) -> Entry:
    """Raises Unauthenticated, NotFound, PermissionDenied."""
    services: Services = request.app.state.services
    # what is no UUID must still be asked for, so that the credential is checked first
    target = _text(x_impersonate_email or "").strip() or None
    actor = await services.identity.actor(_secret(request), canonical_id(project_id) or "", impersonate=target)
    request.state.effective_user = actor.email
    return Entry(request, services, actor)


async def visit(request: Request) -> Visit:
    """Raises Unauthenticated."""
    services: Services = request.app.state.services
    return Visit(request, services, await services.identity.caller(_secret(request)))


Entered = Annotated[Entry, Depends(enter)]
Visited = Annotated[Visit, Depends(visit)]


def known(text: str) -> str:
    """The canonical form of an id in a path. Raises NotFound for what is no UUID."""
    found = canonical_id(text)
    if found is None:
        raise NotFound
    return found


def base_url(request: Request, services: Services) -> str:
    """The configured public address, or the one this request came by."""
    configured = services.settings.public_url.rstrip("/")
    return configured or f"{request.url.scheme}://{request.url.netloc}"


def _text(header: str) -> str:
    """A header as its sender wrote it: servers hand UTF-8 over as if it were Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _secret(request: Request) -> str | None:
    scheme, _, secret = request.headers.get("authorization", "").strip().partition(" ")
    return secret.strip() if scheme.lower() in _SCHEMES else None
