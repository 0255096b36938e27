"""The demo server that most tests of the outer doors share."""

import os
from collections.abc import Iterator
from typing import NamedTuple

import hypothesis
import pytest

from e2e.chromium import find_chromium
from live.server import LiveServer, environment, run_command
from tertulia.demo import SHOP_NOW

# where there is no browser, only CI insists on it; everybody else is told what was left out
HAS_BROWSER = find_chromium() is not None or "CI" in os.environ
collect_ignore = [] if HAS_BROWSER else ["e2e"]


# how long an example takes says nothing about whether it is right
hypothesis.settings.register_profile("tertulia", deadline=None)
hypothesis.settings.load_profile("tertulia")


def pytest_report_header() -> str | None:
    return None if HAS_BROWSER else "tests/e2e is left out: no Chromium is installed (Debian: apt-get install chromium)"


class Demo(NamedTuple):
    """A running server with the demo project in it."""

    server: LiveServer
    project_id: str
    agent_id: str
    admin_token: str
    member_token: str
    data_agent_id: str
    mixed_agent_id: str

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def api(self) -> str:
        return f"{self.server.url}/api/v1/projects/{self.project_id}"

    def page(self, token: str) -> str:
        """Where a person with this token asks the agent that has both documents and data."""
        return f"{self.url}/#token={token}&project={self.project_id}&agent={self.mixed_agent_id}"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("demo")
    made = run_command(environment(data), "init", "--demo")
    server = LiveServer(data, scripted_model=True, now=SHOP_NOW.isoformat()).start()
    yield Demo(
        server,
        made["project_id"],
        made["agent_settings_id"],
        made["admin_token"],
        made["member_token"],
        made["data_agent_settings_id"],
        made["mixed_agent_settings_id"],
    )
    server.stop()
