"""What app.py needs of a dialect."""

from collections.abc import Sequence
from typing import Protocol

from starlette.routing import BaseRoute

from tertulia.services.catalog import Services


class Dialect(Protocol):
    """One wire API with its own error answers and its own OpenAPI document."""

    def routes(self, services: Services) -> Sequence[BaseRoute]:
        """What it serves, from the root of the host on; no path of it belongs to anybody else."""
        ...
