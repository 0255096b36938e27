"""The stage that the contract tests share: one server for all of them."""

from collections.abc import Iterator

import pytest

from contract.stage import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("contract"), body_megabytes=1, stream_ping_s=0.2)
    yield stage
    stage.server.stop()
