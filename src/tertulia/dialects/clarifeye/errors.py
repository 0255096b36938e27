"""Errors as this API shows them: one table from class to status, and one shape."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from msgspec import UNSET
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tertulia.core.errors import (
    AlreadyExists,
    AlreadyShared,
    Archived,
    BudgetSpent,
    Cancelled,
    Conflict,
    ContextTooLong,
    InvalidFilter,
    InvalidInput,
    InvalidQuery,
    LimitExceeded,
    NotArchived,
    NotFound,
    NotShared,
    PermissionDenied,
    ProviderFailed,
    ProviderRefused,
    ProviderTimeout,
    QueryTimeout,
    RateLimited,
    RunInProgress,
    SourceUnavailable,
    TertuliaError,
    TooLarge,
    ToolFailed,
    Unauthenticated,
    Unavailable,
    UnknownField,
    UnsafeAggregate,
)
from tertulia.dialects.clarifeye.encode_results import tool_error
from tertulia.dialects.clarifeye.wire import Error

log = structlog.get_logger(__name__)

STATUS: Mapping[type[TertuliaError], int] = {
    TertuliaError: 500,
    InvalidInput: 400,
    Unauthenticated: 401,
    PermissionDenied: 403,
    NotFound: 404,
    Conflict: 409,
    RunInProgress: 409,
    AlreadyExists: 409,
    Archived: 404,
    NotArchived: 400,
    AlreadyShared: 400,
    NotShared: 400,
    LimitExceeded: 429,
    RateLimited: 429,
    BudgetSpent: 429,
    TooLarge: 413,
    ToolFailed: 400,
    InvalidQuery: 400,
    UnknownField: 400,
    InvalidFilter: 400,
    UnsafeAggregate: 400,
    SourceUnavailable: 500,
    QueryTimeout: 500,
    ProviderFailed: 502,
    ProviderRefused: 502,
    ProviderTimeout: 504,
    ContextTooLong: 400,
    Cancelled: 409,
    Unavailable: 503,
}
INTERNAL_ERROR = "Internal server error."
_RETRY_AFTER_S = "1"
_MESSAGES = {404: "Not found.", 413: "The request is too large."}


def status_of(error: TertuliaError) -> int:
    """The status of the nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def error_answer(error: TertuliaError) -> Response:
    """`{field: [messages]}` where fields are at fault, else `{"error": message}`."""
    status = status_of(error)
    if isinstance(error, InvalidInput) and error.fields:
        return _answer(dict(error.fields), status)
    # a budget comes back after hours or weeks: its message says when
    headers = {} if isinstance(error, BudgetSpent) else _headers(status)
    return _answer(Error(error=error.message), status, headers)


def tool_error_answer(error: TertuliaError) -> Response:
    """The shape of a tool run's errors."""
    message = error.message
    if isinstance(error, InvalidInput) and error.fields:
        message = " ".join(f"{name}: {' '.join(problems)}" for name, problems in error.fields.items())
    return _answer(tool_error(error.code(), message), status_of(error))


def internal_error_answer(request_id: str | None) -> Response:
    """What a bug is answered with; the log has the rest under this id."""
    return _answer(Error(error=INTERNAL_ERROR, request_id=request_id or UNSET), 500)


def add_error_answers(app: FastAPI) -> None:
    """Makes every error that leaves a route, and every request that finds none, end in this API's shape."""
    app.add_exception_handler(TertuliaError, _of_service)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(RequestValidationError, _of_parameters)


def _of_service(_request: Request, error: Exception) -> Response:
    if not isinstance(error, TertuliaError):
        raise error
    if status_of(error) >= 500:
        log.warning("request_failed", code=error.code(), reason=error.message)
    return error_answer(error)


def _of_framework(request: Request, error: Exception) -> Response:
    """Unknown routes, wrong methods, bodies that broke a limit."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    message = _MESSAGES.get(error.status_code, str(error.detail))
    if error.status_code == 405:
        message = f'Method "{request.method}" not allowed.'
        headers["Allow"] = ", ".join(_methods_here(request))
    return _answer(Error(error=message), error.status_code, headers)


def _of_parameters(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    problems: Sequence[Mapping[str, Any]] = error.errors()
    return _answer({str(each["loc"][-1]): [str(each["msg"])] for each in problems}, 400)


def _methods_here(request: Request) -> list[str]:
    """The methods that some route takes under the path asked for."""
    path: str = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    found = {
        method
        for route in request.app.routes
        if isinstance(route, Route) and route.methods and route.path_regex.match(path)
        for method in route.methods
    }
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def _headers(status: int) -> dict[str, str]:
    match status:
        case 401:
            return {"WWW-Authenticate": 'Token realm="api", Bearer realm="api"'}
        case 429 | 503:
            return {"Retry-After": _RETRY_AFTER_S}
        case _:
            return {}


def _answer(body: object, status: int, headers: Mapping[str, str] | None = None) -> Response:
    content = msgspec.json.encode(body)
    return Response(content, status_code=status, headers=headers, media_type="application/json")
