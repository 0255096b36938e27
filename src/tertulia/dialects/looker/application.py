"""The dialect's sub-application: routes, error answers, OpenAPI document, and the addresses outside its version."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tertulia.dialects.base import mounted
from tertulia.dialects.looker import (
    agent_routes,
    chat_routes,
    conversation_routes,
    golden_routes,
    login_routes,
    message_routes,
    model_routes,
    query_routes,
    task_routes,
    user_routes,
)
from tertulia.dialects.looker.answers import json_answer
from tertulia.dialects.looker.edge import Edge
from tertulia.dialects.looker.errors import add_error_answers
from tertulia.dialects.looker.openapi import document
from tertulia.services.catalog import Services

PREFIX = "/api/4.0"
# clients call these without a version; each is served under it too
_UNVERSIONED = {"/api/logout": "/logout", "/api/token": "/token", "/alive": "/alive"}
# the order decides: what is named in a path stands before what takes any name
ROUTERS = (
    login_routes.router,
    user_routes.router,
    conversation_routes.router,
    message_routes.router,
    agent_routes.router,
    golden_routes.router,
    chat_routes.router,
    model_routes.router,
    query_routes.router,
    task_routes.router,
)


def routes(services: Services) -> Sequence[BaseRoute]:
    """What stands at the root of the host; nothing else there is touched."""
    app = create_app(services)
    others = [Route(path, _Elsewhere(app, target)) for path, target in _UNVERSIONED.items()]
    return [*others, Route(PREFIX, _Elsewhere(app, "/")), mounted(PREFIX, app)]


def create_app(services: Services) -> FastAPI:
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.services = services
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    written: list[dict[str, Any]] = []

    async def openapi(_request: Request) -> Response:
        if not written:
            written.append(document(app, PREFIX))
        return json_answer(written[0])

    app.add_route("/openapi.json", openapi, include_in_schema=False)
    add_error_answers(app)
    app.add_middleware(Edge)
    return app


class _Elsewhere:
    """Serves one path of the sub-application under another address."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "") + PREFIX
        await self._app({**scope, "path": root + self._path, "root_path": root}, receive, send)
