"""The event loops these tests run on: the transport's on both the server may have."""

import asyncio
from collections.abc import Callable
from importlib.util import find_spec

import pytest


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.path.name != "test_transport.py" or find_spec("uvloop") is None:
        return {"asyncio": asyncio.new_event_loop}
    import uvloop  # noqa: PLC0415 - absent on Windows

    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
