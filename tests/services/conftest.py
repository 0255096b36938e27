"""A town for tests that need people and projects, but no answers; a marina for those that need data."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.marina import Marina
from services.town import Town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    made = await Town(tmp_path).found()
    yield made
    made.house.close()


@pytest.fixture
async def marina(tmp_path: Path) -> AsyncIterator[Marina]:
    """Data, and people who may see more or less of it."""
    made = await Marina(tmp_path).found()
    yield made
    await made.close()
