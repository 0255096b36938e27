"""GET / and its files, the cookie that opens references, and the pages citations lead to."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from tertulia.core.access import Actor
from tertulia.core.errors import (
    InvalidInput,
    NotFound,
    PermissionDenied,
    TertuliaError,
    Unauthenticated,
    Unavailable,
)
from tertulia.core.ids import canonical_id
from tertulia.playground.reference import (
    message_html,
    reference_html,
    reference_json,
    reference_path,
    same_site_path,
    sign_in_html,
)
from tertulia.services.catalog import Services
from tertulia.services.documents import Reference

COOKIE = "tertulia_token"
_TOKEN_LIMIT = 512
_PAGES = Path(__file__).parent / "page"
_TYPES = {".css": "text/css", ".js": "text/javascript"}
_STATUS: Mapping[type[TertuliaError], int] = {
    InvalidInput: 400,
    Unauthenticated: 401,
    PermissionDenied: 403,
    NotFound: 404,
    Unavailable: 503,
}
_TITLES = {400: "That did not work", 401: "Sign in to read on", 403: "Not yours to read", 404: "Not found"}
_LOCKED = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_READING_POLICY = f"{_LOCKED}; style-src 'self'; img-src data:"
_PAGE_POLICY = (
    f"{_LOCKED}; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_PRIVATE = {**_HEADERS, "Cache-Control": "private, no-cache", "Content-Security-Policy": _READING_POLICY}
_VARY = "Accept, Authorization, Cookie"

Endpoint = Callable[[Request], Awaitable[Response]]


class _SignIn(msgspec.Struct):
    token: str
    next: str = "/"


def playground_routes(services: Services) -> list[BaseRoute]:
    """Paths count from the root of the server."""
    playground = _Playground(services)
    return [
        Route("/", _page_file("index.html", "text/html")),
        *(
            Route(f"/page/{path.name}", _page_file(path.name, _TYPES[path.suffix]))
            for path in sorted(_PAGES.iterdir())
            if path.suffix in _TYPES
        ),
        Route("/session", playground.sign_in, methods=["POST"]),
        Route("/session", playground.sign_out, methods=["DELETE"]),
        Route("/{project_id}/reference/{chunk_id}", playground.reference),
        Route("/{project_id}/reference/{chunk_id}/", playground.reference),
        Route("/{project_id}/reference/{chunk_id}/file", playground.file),
    ]


class _Playground:
    """The endpoints that need services."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def sign_in(self, request: Request) -> Response:
        """Keeps a valid token in the cookie: 200 with who it is for JSON, 303 to `next` for a form."""
        if _is_cross_site(request):
            return _refusal(request, PermissionDenied("Sign in from this server's own pages."))
        wanted = _SignIn(token="")
        try:
            wanted = await _sign_in_of(request)
            caller = await self._services.identity.caller(_clean_token(wanted.token))
        except TertuliaError as error:
            return _refusal(request, error, next_path=same_site_path(wanted.next))
        response: Response = JSONResponse({"email": caller.user.email}, headers=_PRIVATE)
        if not _is_json(request):
            response = RedirectResponse(same_site_path(wanted.next), status_code=303, headers=_PRIVATE)
        response.set_cookie(
            COOKIE,
            wanted.token.strip(),
            httponly=True,
            samesite="lax",
            secure=self._is_secure(request),
        )
        return response

    async def sign_out(self, request: Request) -> Response:
        response = Response(status_code=204, headers=_PRIVATE)
        response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=self._is_secure(request))
        return response

    async def reference(self, request: Request) -> Response:
        words = request.query_params.get("verbatim", "")
        try:
            _, found = await self._find(request)
        except TertuliaError as error:
            return _refusal(request, error, next_path=_own_path(request))
        headers = {**_PRIVATE, "Vary": _VARY}
        if _wants_json(request):
            return Response(reference_json(found, words), media_type="application/json", headers=headers)
        return Response(reference_html(found, words), media_type="text/html", headers=headers)

    async def file(self, request: Request) -> Response:
        """The document a passage stands in, as it was uploaded; never shown inside this origin."""
        try:
            actor, found = await self._find(request)
            original = await self._services.documents.open_original(actor, found.document.id)
        except TertuliaError as error:
            return _refusal(request, error, next_path=_own_path(request))
        return FileResponse(
            original.path,
            filename=original.document.name,
            media_type=original.document.content_type,
            content_disposition_type="attachment",
            headers={**_PRIVATE, "Content-Security-Policy": f"{_LOCKED}; sandbox"},
        )

    async def _find(self, request: Request) -> tuple[Actor, Reference]:
        """The passage and the member who asks. Raises Unauthenticated, PermissionDenied, NotFound."""
        project_id, chunk_id = _ids(request)
        if project_id is None or chunk_id is None:
            raise NotFound("There is no passage at this address.")
        actor = await self._services.identity.actor(_secret(request), project_id)
        return actor, await self._services.documents.reference(project_id, chunk_id)

    def _is_secure(self, request: Request) -> bool:
        return request.url.scheme == "https" or self._services.settings.base_url.startswith("https:")


def _page_file(name: str, media_type: str) -> Endpoint:
    """Serves one file from memory; browsers ask each time and are told by its hash that nothing changed."""
    content = (_PAGES / name).read_bytes()
    headers = {
        **_HEADERS,
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": _PAGE_POLICY,
        "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
    }

    async def serve(request: Request) -> Response:
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media_type, headers=headers)

    return serve


def _secret(request: Request) -> str | None:
    """The token of the header, or of the cookie; a proxy's own kind of Authorization does not count."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("token", "bearer"):
        return secret.strip() or None
    return request.cookies.get(COOKIE)


async def _sign_in_of(request: Request) -> _SignIn:
    """Raises InvalidInput for a body that is neither form nor JSON with a token."""
    if _is_json(request):
        try:
            return msgspec.json.decode(await request.body(), type=_SignIn)
        except msgspec.DecodeError as error:
            raise InvalidInput(f"The body is not what is expected here: {error}") from error
    form = await request.form()
    token, next_path = form.get("token"), form.get("next", "/")
    if not isinstance(token, str) or not isinstance(next_path, str):
        raise InvalidInput("Send the token as a form field or as JSON.")
    return _SignIn(token=token, next=next_path)


def _clean_token(token: str) -> str | None:
    """A token as it may stand in a cookie, or None for what can be none."""
    cleaned = token.strip()
    is_plain = cleaned.isascii() and cleaned.isprintable() and not set(cleaned) & set(' ",;\\')
    return cleaned if is_plain and len(cleaned) <= _TOKEN_LIMIT else None


def _is_cross_site(request: Request) -> bool:
    """Whether another site's page sends this. Without a referrer a form of ours has the origin null."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin", "null")
    return origin != "null" and urlsplit(origin).netloc != request.headers.get("host")


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/json")


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return ("application/json" in accepted and "text/html" not in accepted) or _is_json(request)


def _ids(request: Request) -> tuple[str | None, str | None]:
    return canonical_id(request.path_params["project_id"]), canonical_id(request.path_params["chunk_id"])


def _own_path(request: Request) -> str:
    """The address of this very passage, written anew from its parts."""
    project_id, chunk_id = _ids(request)
    if project_id is None or chunk_id is None:
        return "/"
    return reference_path(project_id, chunk_id, request.query_params.get("verbatim", ""))


def _refusal(request: Request, error: TertuliaError, *, next_path: str = "/") -> Response:
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    headers = {**_PRIVATE, "Vary": _VARY}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if _wants_json(request):
        return JSONResponse({"error": error.message}, status_code=status, headers=headers)
    title = _TITLES.get(status, "Not now")
    if status in (400, 401, 403):
        content = sign_in_html(title=title, message=_explained(request, error), next_path=next_path)
    else:
        content = message_html(title=title, message=_explained(request, error))
    return Response(content, status_code=status, media_type="text/html", headers=headers)


def _explained(request: Request, error: TertuliaError) -> str:
    match error:
        case Unauthenticated() if request.method == "GET" and _secret(request) is None:
            return "Passages are open to the members of their project."
        case PermissionDenied() if request.method == "GET":
            return "The token you are signed in with does not open this project; another one may."
        case _:
            return error.message
