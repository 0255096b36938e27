"""Every error a service may raise, without HTTP. The docstring is the default message.

TertuliaError
├── InvalidInput            a field, or the request as a whole, is wrong
├── Unauthenticated         no credential, or one that does not open anything
├── PermissionDenied        known, but not allowed
├── NotFound                it does not exist, or not for this project
├── Conflict                the thing is in a state that forbids it
│   ├── RunInProgress  AlreadyExists  Archived  NotArchived  AlreadyShared  NotShared
├── LimitExceeded           a limit was reached
│   ├── RateLimited  TooLarge  BudgetSpent
├── ToolFailed              a tool could not do what it was asked
│   ├── InvalidQuery        the query is wrong
│   │   ├── UnknownField  InvalidFilter  UnsafeAggregate
│   ├── SourceUnavailable  QueryTimeout
├── ProviderFailed          the language model's service failed
│   ├── ProviderTimeout  ProviderRefused  ContextTooLong
├── Cancelled               somebody asked to stop
└── Unavailable             the server cannot take this now
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime


class TertuliaError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(self.message)

    @classmethod
    def code(cls) -> str:
        """The stable machine-readable name: the class name in snake_case."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class InvalidInput(TertuliaError):
    """The request is not valid."""

    def __init__(
        self,
        message: str | None = None,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.fields = {name: list(problems) for name, problems in (fields or {}).items()}


class Unauthenticated(TertuliaError):
    """Authentication credentials were not provided."""


class PermissionDenied(TertuliaError):
    """You do not have permission to perform this action."""


class NotFound(TertuliaError):
    """Not found."""


class Conflict(TertuliaError):
    """The current state does not allow this."""


class RunInProgress(Conflict):
    """The conversation is still answering. Wait for the answer or cancel it first."""


class AlreadyExists(Conflict):
    """It exists already."""


class Archived(Conflict):
    """The conversation is archived. Unarchive it first."""


class NotArchived(Conflict):
    """The conversation is not archived."""


class AlreadyShared(Conflict):
    """The conversation is already shared."""


class NotShared(Conflict):
    """The conversation is not shared."""


class LimitExceeded(TertuliaError):
    """A limit was reached."""


class RateLimited(LimitExceeded):
    """Too many requests. Try again later."""


class TooLarge(LimitExceeded):
    """The request is too large."""


class BudgetSpent(LimitExceeded):
    """The budget for this period is spent."""

    def __init__(self, message: str | None = None, *, renews_at: datetime | None = None) -> None:
        super().__init__(message)
        self.renews_at = renews_at


class ToolFailed(TertuliaError):
    """The tool could not do this."""


class InvalidQuery(ToolFailed):
    """The tool does not understand this query."""

    def __init__(
        self,
        message: str | None = None,
        *,
        parts: Mapping[str, Sequence[str]] | None = None,
        is_refused: bool = False,
    ) -> None:
        """`parts` has what is wrong by the part of the query that holds it, where that is known.

        With `is_refused` nothing is wrong with it that the model knows of: it is the database that refused its SQL.
        """
        self.is_refused = is_refused
        self.parts = {name: list(problems) for name, problems in (parts or {}).items()}
        told = dict.fromkeys(problem for problems in self.parts.values() for problem in problems)
        super().__init__(message or " ".join(told) or None)


class UnknownField(InvalidQuery):
    """There is no such field in this explore."""


class InvalidFilter(InvalidQuery):
    """This filter expression cannot be read."""


class UnsafeAggregate(InvalidQuery):
    """This measure would count rows more than once, and the model names no key to prevent it."""


class SourceUnavailable(ToolFailed):
    """The source of this tool cannot be reached."""


class QueryTimeout(ToolFailed):
    """The tool took too long."""


class ProviderFailed(TertuliaError):
    """The language model failed. Try again."""


class ProviderTimeout(ProviderFailed):
    """The language model did not answer in time. Try again."""


class ProviderRefused(ProviderFailed):
    """The language model refused to answer."""


class ContextTooLong(ProviderFailed):
    """The conversation is too long for this language model. Start a new one."""


class Cancelled(TertuliaError):
    """The answer was cancelled."""


class Unavailable(TertuliaError):
    """The server cannot take this request now. Try again shortly."""
