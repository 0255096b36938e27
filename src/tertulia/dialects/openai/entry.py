"""Who asks, and for which agent: from headers and a model's name to a Caller and an Actor."""

from typing import Annotated, NamedTuple

from fastapi import Depends, Header
from starlette.requests import Request

from tertulia.core.access import Actor
from tertulia.core.errors import NotFound, PermissionDenied
from tertulia.dialects.openai.errors import ModelNotFound
from tertulia.dialects.openai.model_names import model_names, named
from tertulia.services.catalog import Services
from tertulia.services.identity import Caller
from tertulia.services.transcripts import OpenAgent

_SCHEMES = ("bearer", "token")
_IMPERSONATION = (
    "Extension: e-mail address of the user to act as. Needs the permission to impersonate; where that or the user is "
    "missing, the request goes on as the caller."
)


class Visit(NamedTuple):
    """A request from a known caller, outside any project."""

    services: Services
    caller: Caller
    secret: str | None
    impersonate: str | None

    async def enter(self, project_id: str) -> Actor:
        """The caller in a project. Raises NotFound also for one that is closed to the caller."""
        try:
            return await self.services.identity.actor(self.secret, project_id, impersonate=self.impersonate)
        except PermissionDenied:
            raise NotFound from None

    async def agent(self, model: str) -> OpenAgent:
        """Raises ModelNotFound for a name that is none, or that more than one agent has."""
        agents = await self.services.transcripts.open_agents(self.caller)
        found = named(agents, model)
        if len(found) > 1:
            names = model_names(agents)
            choices = ", ".join(f"`{names[each.id]}`" for each in found)
            raise ModelNotFound(f"The model `{model}` is not one agent but {len(found)}: {choices}.")
        if not found:
            raise ModelNotFound(f"The model `{model}` does not exist or you do not have access to it.")
        return found[0]


async def visit(
    request: Request,
    x_impersonate_email: Annotated[str | None, Header(description=_IMPERSONATION)] = None,
    x_openwebui_user_email: Annotated[str | None, Header(description=_IMPERSONATION)] = None,
) -> Visit:
    """Raises Unauthenticated."""
    services: Services = request.app.state.services
    scheme, _, secret = request.headers.get("authorization", "").strip().partition(" ")
    given = secret.strip() if scheme.lower() in _SCHEMES else None
    impersonate = _text(x_impersonate_email or x_openwebui_user_email or "").strip() or None
    return Visit(services, await services.identity.caller(given), given, impersonate)


def _text(header: str) -> str:
    """A header as its sender wrote it: servers hand UTF-8 over as if it were Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


Visited = Annotated[Visit, Depends(visit)]
