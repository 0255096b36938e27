"""The OpenAI API's models, chat completions and responses, spoken over the services: agents stand as its models."""

from fastapi import FastAPI

from tertulia.dialects.openai.application import PREFIX, create_app
from tertulia.services.catalog import Services


class OpenAI:
    """The dialect as app.py mounts it."""

    prefix = PREFIX

    def create_app(self, services: Services) -> FastAPI:
        return create_app(services)


DIALECT = OpenAI()
