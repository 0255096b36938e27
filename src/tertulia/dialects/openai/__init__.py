"""The OpenAI API's models, chat completions and responses, spoken over the services: agents stand as its models."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from tertulia.dialects.base import mounted
from tertulia.dialects.openai.application import PREFIX, create_app
from tertulia.services.catalog import Services


class OpenAI:
    """The dialect as app.py mounts it."""

    def routes(self, services: Services) -> Sequence[BaseRoute]:
        return [mounted(PREFIX, create_app(services))]


DIALECT = OpenAI()
