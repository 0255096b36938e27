"""A running server and callers of every kind, each validating what it is answered."""

from typing import NamedTuple

import pytest

from conftest import Demo
from dialects.clarifeye.validated import Api, Document
from live.server import wait_until

# what the tools of the tests' own project find
PRICES = b"""# Prices

A cargo bike costs 38 euros per day. The deposit for a cargo bike is 100 euros.

# Helmets

A helmet is lent for free with every bicycle.
"""


class Callers(NamedTuple):
    """Everybody who may ask, and the agents that answer."""

    admin: Api
    creator: Api
    """A member who is no admin."""
    other: Api
    """Another member."""
    impersonator: Api
    """A member who may act as others and is no admin."""
    outsider: Api
    """Has a token, for another project."""
    nobody: Api
    """Has no token."""
    agent_id: str
    """Plays the script in the message."""
    default_agent_id: str


@pytest.fixture(scope="session")
def callers(demo: Demo) -> Callers:
    """A project of its own on the server that all tests share."""
    document = Document(demo.url)
    made = demo.server.command("init", "--name", "Lending", "--admin", "lending@example.org")
    project_id = made["project_id"]
    admin = Api(demo.url, project_id, made["admin_token"], document)

    def member(email: str, *options: str, project: str = project_id) -> Api:
        demo.server.command("user", "add", email, "--project", project, *options)
        token = demo.server.command("token", "create", email, "--project", project)
        return admin.as_caller(token["token"])

    elsewhere = demo.server.command("init", "--name", "Elsewhere", "--admin", "elsewhere@example.org")
    player = admin.post("/agent-settings/", json={"name": "Player", "model": "scripted"})
    assert player.status_code == 201, player.text
    uploaded = admin.post("/documents/bulk-upload/", files=[("files", ("prices.md", PRICES))])
    assert uploaded.status_code == 201, uploaded.text
    wait_until(lambda: admin.get("/documents/indexing-status/").json()[0]["status"] == "active", seconds=60)
    return Callers(
        admin=admin,
        creator=member("creator@example.org"),
        other=member("other@example.org"),
        impersonator=member("impersonator@example.org", "--impersonate"),
        outsider=member("outsider@example.org", project=elsewhere["project_id"]),
        nobody=admin.as_caller(None),
        agent_id=player.json()["id"],
        default_agent_id=made["agent_settings_id"],
    )
