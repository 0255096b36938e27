"""Errors as this API shows them: one table from class to status, type and code, and one shape."""

from collections.abc import Mapping
from typing import NamedTuple

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
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
from tertulia.core.message import Problem
from tertulia.dialects.openai.answers import json_answer
from tertulia.dialects.openai.wire import Error, ErrorDetail

log = structlog.get_logger(__name__)

_INVALID = "invalid_request_error"
_SERVER = "server_error"
_RATE = "rate_limit_error"


class Row(NamedTuple):
    """How one class of errors is shown."""

    status: int
    type: str
    code: str | None
    param: str | None = None


class ModelNotFound(NotFound):
    """The model does not exist or you do not have access to it."""


class ParameterMissing(InvalidInput):
    """A required parameter is missing."""


class ParameterUnsupported(InvalidInput):
    """A parameter is not supported."""


class PreviousResponseNotFound(InvalidInput):
    """The previous response was not found."""


TABLE: Mapping[type[TertuliaError], Row] = {
    TertuliaError: Row(500, _SERVER, _SERVER),
    InvalidInput: Row(400, _INVALID, "invalid_value"),
    ParameterMissing: Row(400, _INVALID, "missing_required_parameter"),
    ParameterUnsupported: Row(400, _INVALID, "unsupported_parameter"),
    PreviousResponseNotFound: Row(400, _INVALID, "previous_response_not_found", "previous_response_id"),
    Unauthenticated: Row(401, _INVALID, "invalid_api_key"),
    PermissionDenied: Row(403, "permission_error", "permission_denied"),
    NotFound: Row(404, _INVALID, "not_found"),
    ModelNotFound: Row(404, _INVALID, "model_not_found", "model"),
    Conflict: Row(409, "conflict_error", "conflict"),
    RunInProgress: Row(409, "conflict_error", "response_in_progress"),
    AlreadyExists: Row(409, "conflict_error", "already_exists"),
    Archived: Row(404, _INVALID, "archived"),
    NotArchived: Row(400, _INVALID, "not_archived"),
    AlreadyShared: Row(400, _INVALID, "already_shared"),
    NotShared: Row(400, _INVALID, "not_shared"),
    LimitExceeded: Row(429, _RATE, "limit_exceeded"),
    RateLimited: Row(429, _RATE, "rate_limit_exceeded"),
    BudgetSpent: Row(429, "insufficient_quota", "insufficient_quota"),
    TooLarge: Row(413, _INVALID, "request_too_large"),
    ToolFailed: Row(400, _INVALID, "tool_failed"),
    InvalidQuery: Row(400, _INVALID, "invalid_query"),
    UnknownField: Row(400, _INVALID, "unknown_field"),
    InvalidFilter: Row(400, _INVALID, "invalid_filter"),
    UnsafeAggregate: Row(400, _INVALID, "unsafe_aggregate"),
    SourceUnavailable: Row(500, _SERVER, "source_unavailable"),
    QueryTimeout: Row(500, _SERVER, "query_timeout"),
    ProviderFailed: Row(502, _SERVER, "provider_failed"),
    ProviderRefused: Row(400, _INVALID, "content_filter"),
    ProviderTimeout: Row(504, _SERVER, "provider_timeout"),
    ContextTooLong: Row(400, _INVALID, "context_length_exceeded"),
    Cancelled: Row(409, "conflict_error", "cancelled"),
    Unavailable: Row(503, _SERVER, "service_unavailable"),
}
INTERNAL_ERROR = "The server had an error while processing your request. Try again."
_OF_CODE: Mapping[str, type[TertuliaError]] = {kind.code(): kind for kind in TABLE}
_RETRY_AFTER_S = "1"
# a turn that was stored is not asked again by a client that retries by itself
_FINAL = {"x-should-retry": "false"}


def row_of(error: TertuliaError) -> Row:
    """The row of the nearest class in the table."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def error_body(error: TertuliaError) -> Error:
    """`param` names the first field at fault."""
    row = row_of(error)
    message, param = error.message, row.param
    if isinstance(error, InvalidInput) and error.fields:
        param, problems = next(iter(error.fields.items()))
        message = f"Invalid '{param}': {' '.join(problems)}" if param else " ".join(problems)
    return _body(message, row.type, param=param or None, code=row.code)


def error_answer(error: TertuliaError, *, is_final: bool = False) -> Response:
    """The answer to an error; one that is final says that asking again would begin another turn."""
    row = row_of(error)
    headers = {**_headers(row), **(_FINAL if is_final else {})}
    return json_answer(error_body(error), row.status, headers)


def problem_error(problem: Problem) -> TertuliaError:
    """The error that a turn failed with."""
    kind = _OF_CODE.get(problem.code, TertuliaError)
    return kind(problem.message)


def internal_error_answer() -> Response:
    """What a bug is answered with; the log has the rest under the answer's X-Request-Id."""
    return json_answer(_body(INTERNAL_ERROR, _SERVER, code=_SERVER), 500)


def add_error_answers(app: FastAPI) -> None:
    """Makes every error that leaves a route, and every request that finds none, end in this API's shape."""
    app.add_exception_handler(TertuliaError, _of_service)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(RequestValidationError, _of_parameters)


def _of_service(_request: Request, error: Exception) -> Response:
    if not isinstance(error, TertuliaError):
        raise error
    if row_of(error).status >= 500:
        log.warning("request_failed", code=error.code(), reason=error.message)
    return error_answer(error)


def _of_framework(request: Request, error: Exception) -> Response:
    """Unknown routes, wrong methods, bodies that broke a limit."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    place = f"{request.method} {request.scope['path']}"
    match error.status_code:
        case 404:
            body = _body(f"Invalid URL ({place})", _INVALID, code="unknown_url")
        case 405:
            body = _body(f"Method not allowed ({place})", _INVALID, code="method_not_allowed")
            headers["Allow"] = ", ".join(_methods_here(request))
        case 413:
            body = _body(str(error.detail), _INVALID, code="request_too_large")
        case _:
            body = _body(str(error.detail), _INVALID)
    return json_answer(body, error.status_code, headers)


def _of_parameters(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    body = _body(str(first["msg"]), _INVALID, param=str(first["loc"][-1]), code="invalid_value")
    return json_answer(body, 400)


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


def _headers(row: Row) -> dict[str, str]:
    match row.status:
        case 401:
            return {"WWW-Authenticate": 'Bearer realm="api"'}
        case 429 if row.code == "insufficient_quota":
            return dict(_FINAL)
        case 429 | 503:
            return {"Retry-After": _RETRY_AFTER_S}
        case _:
            return {}


def _body(message: str, kind: str, *, param: str | None = None, code: str | None = None) -> Error:
    return Error(error=ErrorDetail(message=message, type=kind, param=param, code=code))
