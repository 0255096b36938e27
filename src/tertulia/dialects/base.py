"""What app.py needs of a dialect."""

from typing import Protocol

from fastapi import FastAPI

from tertulia.services.catalog import Services


class Dialect(Protocol):
    """One wire API, mounted under its own prefix."""

    @property
    def prefix(self) -> str:
        """Where it is mounted, `/api/v1` for one: with a leading slash, without a trailing one."""
        ...

    def create_app(self, services: Services) -> FastAPI:
        """A sub-application with its own routes, error answers and OpenAPI document."""
        ...
