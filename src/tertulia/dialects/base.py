"""What app.py needs of a dialect."""

import re
from collections.abc import Sequence
from typing import Protocol

from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from tertulia.services.catalog import Services


class Dialect(Protocol):
    """One wire API with its own error answers and its own OpenAPI document."""

    def routes(self, services: Services) -> Sequence[BaseRoute]:
        """What it serves, from the root of the host on; no path of it belongs to anybody else."""
        ...


def mounted(prefix: str, app: ASGIApp) -> Mount:
    """The app under this prefix, whatever follows: a line break in an address is a sign like any other."""
    mount = Mount(prefix, app)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount
