"""The ASGI application: dialects, page and health routes behind one gate."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncGenerator

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from tertulia.dialects import clarifeye, looker, openai
from tertulia.dialects.base import Dialect
from tertulia.house import House
from tertulia.playground.routes import playground_routes
from tertulia.settings import Settings
from tertulia.web import Gate, Metrics, health_routes

log = structlog.get_logger(__name__)

DIALECTS: tuple[Dialect, ...] = (clarifeye.DIALECT, openai.DIALECT, looker.DIALECT)


class Tertulia:
    """The ASGI application: dialects, page and health routes behind one gate."""

    def __init__(self, settings: Settings) -> None:
        self.house = House(settings)
        self._is_ready = False
        self._draining: asyncio.Task[None] | None = None
        metrics = Metrics(lambda: len(self.house.hub.live))
        services = self.house.services
        routes = [
            *health_routes(metrics, lambda: self._is_ready),
            *(route for dialect in DIALECTS for route in dialect.routes(services)),
            *playground_routes(services),
        ]
        outer = Starlette(routes=routes, lifespan=self._lifespan, exception_handlers={404: _not_found})
        outer.router.redirect_slashes = False
        self._app = Gate(outer, settings=settings, metrics=metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def begin_drain(self) -> None:
        """Not ready any more; running turns end or are handed back, and their streams are closed."""
        self._is_ready = False
        if self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self.house.worker.drain())

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncGenerator[None]:
        await self.house.start()
        # what was built by now lives as long as the process: no collection looks at it again
        gc.collect()
        gc.freeze()
        # what streams leave behind is counted, not cyclic: rarer collections, or each would look at every open stream
        gc.set_threshold(5_000, 10, 50)
        self._is_ready = True
        log.info("ready", address=self.house.settings.base_url)
        try:
            yield
        finally:
            self._is_ready = False
            await self.house.stop()
            self.house.close()


async def _not_found(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"error": "Not found."}, status_code=404)
