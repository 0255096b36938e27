"""The Responses API provider against a loopback server."""

from collections.abc import AsyncIterator

import pytest

from providers.contract import ProviderContract
from providers.openai_server import ResponsesStand


@pytest.fixture
async def stand() -> AsyncIterator[ResponsesStand]:
    async with ResponsesStand() as server:
        yield server


class TestOpenAIResponses(ProviderContract):
    """The contract."""
