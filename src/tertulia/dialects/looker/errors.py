"""Errors as this API shows them: one table from class to status, and two shapes."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from msgspec import json
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tertulia.core.clock import now
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
from tertulia.dialects.looker.wire import Error, ValidationError, ValidationErrorDetail
from tertulia.services.catalog import Services

log = structlog.get_logger(__name__)


class Row(NamedTuple):
    """How one class of errors is shown; `message` stands in for the class's own where it speaks of another API's words."""

    status: int
    code: str = "invalid"
    message: str = ""


class MissingField(InvalidInput):
    """A required field is missing."""


class InvalidParameter(InvalidInput):
    """A parameter of the address is not valid. It is told in a sentence: only bodies are judged field by field."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"The parameter {name} is not valid. {problem}")


class Unreadable(InvalidInput):
    """The body of this request cannot be read."""


TABLE: Mapping[type[TertuliaError], Row] = {
    TertuliaError: Row(500),
    InvalidInput: Row(422),
    InvalidParameter: Row(400),
    Unreadable: Row(400),
    MissingField: Row(422, "missing_field"),
    Unauthenticated: Row(401),
    PermissionDenied: Row(403),
    NotFound: Row(404, message="Not found"),
    Conflict: Row(409),
    RunInProgress: Row(409),
    AlreadyExists: Row(409, "already_exists"),
    Archived: Row(404, message="The conversation is deleted. Restore it first."),
    NotArchived: Row(409, message="The conversation is not deleted."),
    AlreadyShared: Row(409),
    NotShared: Row(409),
    LimitExceeded: Row(429),
    RateLimited: Row(429),
    BudgetSpent: Row(429),
    TooLarge: Row(413),
    ToolFailed: Row(400),
    InvalidQuery: Row(422),
    UnknownField: Row(422),
    InvalidFilter: Row(422),
    UnsafeAggregate: Row(422),
    SourceUnavailable: Row(503),
    QueryTimeout: Row(504),
    ProviderFailed: Row(502),
    ProviderRefused: Row(422),
    ProviderTimeout: Row(504),
    ContextTooLong: Row(422),
    Cancelled: Row(409),
    Unavailable: Row(503),
}
INTERNAL_ERROR = "An error has occurred."
_INVALID = "Validation Failed"
# fields that the services know by another name
_FIELDS = {"agent_settings": "agent_id", "explore": "view"}
_NO_AGENT = re.compile(r'Invalid pk "(.*)" - object does not exist\.', re.DOTALL)
_SOON = {"Retry-After": "1"}


def row_of(error: TertuliaError) -> Row:
    """The row of the nearest class in the table."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def message_of(error: TertuliaError) -> str:
    """What is told of an error: its own words where it has any, else those of its row."""
    row = row_of(error)
    has_own_words = error.message != type(error)().message if type(error) in TABLE and row.message else True
    return error.message if has_own_words else row.message


def error_answer(error: TertuliaError, documentation_url: str) -> Response:
    row = row_of(error)
    if row.status != 422:
        headers = _pause(error) if isinstance(error, BudgetSpent) else {}
        return _answer(Error(message=message_of(error), documentation_url=documentation_url), row.status, headers)
    problems = _problems(error)
    details = [
        ValidationErrorDetail(
            field=_FIELDS.get(name, name) or None,
            code=row.code,
            # the services say it in the words of another API
            message=_NO_AGENT.sub(r"There is no agent \1.", " ".join(texts)),
            documentation_url=documentation_url,
        )
        for name, texts in (problems or {"": [error.message]}).items()
    ]
    return _answer(ValidationError(message=_INVALID, errors=details, documentation_url=documentation_url), 422)


def _problems(error: TertuliaError) -> Mapping[str, Sequence[str]]:
    """What is wrong by the body's field that holds it."""
    match error:
        case InvalidInput():
            return error.fields
        case InvalidQuery():
            return error.parts
        case _:
            return {}


def _pause(error: BudgetSpent) -> dict[str, str]:
    if error.renews_at is None:
        return {}
    return {"Retry-After": str(max(1, math.ceil((error.renews_at - now()).total_seconds())))}


def documentation_of(app: FastAPI) -> str:
    """Where errors point to: what this server itself says of the API."""
    services: Services = app.state.services
    return f"{services.settings.base_url}/api/4.0/openapi.json"


def internal_error_answer(app: FastAPI) -> Response:
    """What a bug is answered with; the log has the rest under the answer's X-Request-Id."""
    return _answer(Error(message=INTERNAL_ERROR, documentation_url=documentation_of(app)), 500)


def add_error_answers(app: FastAPI) -> None:
    """Makes every error that leaves a route, and every request that finds none, end in this API's shape."""
    app.add_exception_handler(TertuliaError, _of_service)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(RequestValidationError, _of_parameters)


def _of_service(request: Request, error: Exception) -> Response:
    if not isinstance(error, TertuliaError):
        raise error
    if row_of(error).status >= 500:
        log.warning("request_failed", code=error.code(), reason=error.message)
    return error_answer(error, documentation_of(request.app))


def _of_framework(request: Request, error: Exception) -> Response:
    """Unknown routes, wrong methods, bodies that broke a limit."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    place = f"{request.method} {request.scope['path']}"
    match error.status_code:
        case 404:
            message = f"Not found: {place}"
        case 405:
            message = f"Method not allowed: {place}"
            headers["Allow"] = ", ".join(_methods_here(request))
        case _:
            message = str(error.detail)
    body = Error(message=message, documentation_url=documentation_of(request.app))
    return _answer(body, error.status_code, headers)


def _of_parameters(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first: dict[str, Any] = error.errors()[0]
    told = InvalidParameter(str(first["loc"][-1]), f"{first['msg']}.")
    return error_answer(told, documentation_of(request.app))


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


def _answer(body: Error | ValidationError, status: int, headers: Mapping[str, str] | None = None) -> Response:
    own = {401: {"WWW-Authenticate": "Bearer"}, 429: _SOON, 503: _SOON}.get(status, {})
    return Response(
        json.encode(body), status_code=status, headers={**own, **(headers or {})}, media_type="application/json"
    )
