"""Clarifeye's conversations API (wire facts as published by its vendor), spoken over the services."""

from fastapi import FastAPI

from tertulia.dialects.clarifeye.application import PREFIX, create_app
from tertulia.services.catalog import Services


class Clarifeye:
    """The dialect as app.py mounts it."""

    prefix = PREFIX

    def create_app(self, services: Services) -> FastAPI:
        return create_app(services)


DIALECT = Clarifeye()
