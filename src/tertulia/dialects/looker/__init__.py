"""Looker's API 4.0 around Conversational Analytics, spoken over the services, at the root of the host."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from tertulia.dialects.looker.application import routes
from tertulia.services.catalog import Services


class Looker:
    """The dialect as app.py mounts it."""

    def routes(self, services: Services) -> Sequence[BaseRoute]:
        return routes(services)


DIALECT = Looker()
