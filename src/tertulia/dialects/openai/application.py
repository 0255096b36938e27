"""The dialect's sub-application: routes, error answers, OpenAPI document."""

from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from tertulia.dialects.openai import chat_routes, model_routes, response_routes
from tertulia.dialects.openai.answers import json_answer
from tertulia.dialects.openai.edge import Edge
from tertulia.dialects.openai.errors import add_error_answers
from tertulia.dialects.openai.openapi import document
from tertulia.services.catalog import Services

PREFIX = "/v1"
_ROUTERS = (chat_routes.router, response_routes.router, model_routes.router)


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
