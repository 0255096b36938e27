"""What every request of this API passes: both forms of a path, who acted, and the answer to a bug."""

from urllib.parse import quote

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tertulia.dialects.clarifeye.errors import internal_error_answer

log = structlog.get_logger(__name__)


class Edge:
    """Routes are declared with a trailing slash; a path without one is served as its twin, never redirected."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = _in_one_form(scope)
        has_started = False

        async def send_named(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                email = scope["state"].get("effective_user")
                if email is not None:
                    header = (b"x-effective-user", quote(email, safe="@+!#$&'*=?^`{|}~/").encode())
                    message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        except ClientDisconnect:
            log.info("client_left", path=scope["path"])
        except Exception:
            log.exception("request_crashed", path=scope["path"], method=scope["method"])
            if has_started:
                raise
            answer = internal_error_answer(scope["state"].get("request_id"))
            await answer(scope, receive, send_named)


def _in_one_form(scope: Scope) -> Scope:
    """The scope with a slash at the end of its path, and GET for HEAD: the server sends no body for it anyway."""
    path: str = scope["path"]
    changed = dict(scope)
    changed["state"] = scope.setdefault("state", {})
    changed["state"]["asked_path"] = path
    if scope["method"] == "HEAD":
        changed["method"] = "GET"
    if not path.endswith("/") and "." not in path.rpartition("/")[2]:
        changed["path"] = f"{path}/"
    return changed
