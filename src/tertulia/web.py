"""What every request passes through whatever its dialect: id, log line, body limit, metrics; and the health routes."""

import time
from collections.abc import Callable

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tertulia.core.ids import new_id
from tertulia.settings import Settings

log = structlog.get_logger(__name__)

_MEGABYTE = 1024 * 1024
_QUIET_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class Metrics:
    """Figures for Prometheus, without anything that names a project or a user."""

    def __init__(self, live_runs: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("tertulia_requests", "Answered requests.", ["method", "status"], registry=self.registry)
        self.seconds = Histogram(
            "tertulia_request_seconds", "Time until the answer was complete.", registry=self.registry
        )
        gauge = Gauge("tertulia_live_runs", "Turns that execute in this process.", registry=self.registry)
        gauge.set_function(live_runs)


class Gate:
    """Wraps the whole application. A body over the limit ends as HTTPException 413 where the dialect reads it."""

    def __init__(self, app: ASGIApp, *, settings: Settings, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, self._limited(scope, receive), send_with_id)
        finally:
            self._note(scope, status, time.perf_counter() - started)
            structlog.contextvars.unbind_contextvars("request_id")

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        headers = dict(scope["headers"])
        is_upload = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        megabytes = self._settings.upload_megabytes if is_upload else self._settings.body_megabytes
        limit = megabytes * _MEGABYTE
        declared = headers.get(b"content-length", b"0")
        too_large = HTTPException(413, f"The request body is larger than {megabytes} MB.")
        received = int(declared) if declared.isdigit() else 0
        is_declared_too_large = received > limit
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            if is_declared_too_large:
                raise too_large
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise too_large
            return message

        return receive_limited

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        self._metrics.requests.labels(scope["method"], str(status)).inc()
        self._metrics.seconds.observe(seconds)
        if scope["path"] not in _QUIET_PATHS:
            log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round(seconds * 1000, 1),
            )


def health_routes(metrics: Metrics, is_ready: Callable[[], bool]) -> list[BaseRoute]:
    """/healthz: the process lives. /readyz: it takes requests. /metrics: figures."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        if is_ready():
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready"}, status_code=503)

    async def figures(_request: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", figures)]


def _request_id(scope: Scope) -> str:
    """The caller's own id where it is short and plain, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and len(value) <= 64 and value.replace(b"-", b"").isalnum():
            return value.decode()
    return new_id()
