"""The shop, opened once: nothing in it changes."""

import pytest

from semantic.compile.desk import Desk
from semantic.compile.shop import open_shop


@pytest.fixture(scope="session")
def shop() -> Desk:
    return open_shop()
