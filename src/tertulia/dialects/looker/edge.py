"""What every request of this API passes: one form of a path, HEAD as GET, and the answer to a bug."""

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tertulia.dialects.looker.errors import internal_error_answer

log = structlog.get_logger(__name__)


class Edge:
    """Routes are declared without a trailing slash; a path with one is served as its twin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def send_watched(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(_in_one_form(scope), receive, send_watched)
        except ClientDisconnect:
            log.info("client_left", path=scope["path"])
        except Exception:
            log.exception("request_crashed", path=scope["path"], method=scope["method"])
            if has_started:
                raise
            await internal_error_answer(scope["app"])(scope, receive, send)


def _in_one_form(scope: Scope) -> Scope:
    """The scope without a slash at the end of its path, and GET for HEAD: the server sends no body for it anyway."""
    changed = dict(scope)
    path: str = scope["path"]
    if scope["method"] == "HEAD":
        changed["method"] = "GET"
    if path.endswith("/"):
        changed["path"] = path.rstrip("/") or "/"
    return changed
