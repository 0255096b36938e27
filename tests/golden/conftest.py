"""The server that golden exchanges are played against, and the option that writes their answers anew."""

from collections.abc import Iterator

import pytest

from contract.stage import Stage


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write the golden answers anew instead of comparing")


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("golden"), roles=("admin", "member", "outsider"), body_megabytes=1)
    yield stage
    stage.server.stop()
