"""The dialect's sub-application: routes, error answers, OpenAPI document."""

from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from tertulia.dialects.clarifeye import (
    agent_routes,
    conversation_routes,
    document_routes,
    metadata_routes,
    project_routes,
    tool_routes,
    turn_routes,
)
from tertulia.dialects.clarifeye.answers import json_answer
from tertulia.dialects.clarifeye.edge import Edge
from tertulia.dialects.clarifeye.errors import add_error_answers
from tertulia.dialects.clarifeye.openapi import document
from tertulia.services.catalog import Services

PREFIX = "/api/v1"
# the busiest first: routes are tried in this order
_ROUTERS = (
    conversation_routes.router,
    turn_routes.router,
    document_routes.router,
    metadata_routes.router,
    agent_routes.router,
    tool_routes.router,
    project_routes.router,
)


def create_app(services: Services) -> FastAPI:
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.services = services
    for router in _ROUTERS:
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
