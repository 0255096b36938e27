"""A running server and callers of every kind, each validating what it is answered."""

from typing import Any, NamedTuple

import pytest

from dialects.clarifeye.validated import Api, Document


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
def callers(demo: Any) -> Callers:
    document = Document(demo.url)
    admin = Api(demo.url, demo.project_id, demo.admin_token, document)

    def member(email: str, *options: str, project: str = demo.project_id) -> Api:
        demo.server.command("user", "add", email, "--project", project, *options)
        made = demo.server.command("token", "create", email, "--project", project)
        return admin.as_caller(made["token"])

    elsewhere = demo.server.command("init", "--name", "Elsewhere", "--admin", "elsewhere@example.org")
    made = admin.post("/agent-settings/", json={"name": "Player", "model": "scripted"})
    assert made.status_code == 201, made.text
    return Callers(
        admin=admin,
        creator=member("creator@example.org"),
        other=member("other@example.org"),
        impersonator=member("impersonator@example.org", "--impersonate"),
        outsider=member("outsider@example.org", project=elsewhere["project_id"]),
        nobody=admin.as_caller(None),
        agent_id=made.json()["id"],
        default_agent_id=demo.agent_id,
    )
