"""The chat completions provider against a loopback server."""

from collections.abc import AsyncIterator

import pytest

from providers.contract import ProviderContract
from providers.openai_server import ChatStand


@pytest.fixture
async def stand() -> AsyncIterator[ChatStand]:
    async with ChatStand() as server:
        yield server


class TestOpenAIChat(ProviderContract):
    """The contract."""
