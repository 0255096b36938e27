"""Clarifeye's conversations API (wire facts as published by its vendor), spoken over the services."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from tertulia.dialects.base import mounted
from tertulia.dialects.clarifeye.application import PREFIX, create_app
from tertulia.services.catalog import Services


class Clarifeye:
    """The dialect as app.py mounts it."""

    def routes(self, services: Services) -> Sequence[BaseRoute]:
        return [mounted(PREFIX, create_app(services))]


DIALECT = Clarifeye()
