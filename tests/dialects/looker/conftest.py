"""A running server and callers of every kind, each validating what it is answered."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from conftest import Demo
from dialects.looker.validated import PREFIX, Api, Document
from tertulia import demo as demo_package

LOOKML = Path(demo_package.__file__).parent / "lookml"
PROJECT = "Corner Shop"
ADMIN, PUPIL, OTHER, DEPUTY, OUTSIDER = (f"{who}@corner.example" for who in ("head", "till", "shelf", "vice", "away"))


class Stand(NamedTuple):
    """Everybody who may ask, in a project with the demo shop's LookML and no database."""

    admin: Api
    pupil: Api
    """A member who is no admin."""
    other: Api
    """Another member."""
    deputy: Api
    """A member who may act as others."""
    outsider: Api
    """Has credentials, for another project."""
    nobody: Api
    """Has no token."""
    project_id: str
    credentials: dict[str, dict[str, str]]
    """client_id and client_secret by e-mail address."""
    ids: dict[str, str]
    """Numbers of users by e-mail address."""
    demo: Demo

    @property
    def url(self) -> str:
        return self.demo.url

    def elsewhere(self, method: str, path: str, token: str, **sent: Any) -> requests.Response:
        """An answer of the project's other API."""
        address = f"{self.url}/api/v1/projects/{self.project_id}/{path}"
        return requests.request(method, address, headers={"Authorization": f"Token {token}"}, timeout=30, **sent)


def logged_in(url: str, credentials: dict[str, str]) -> str:
    answer = requests.post(f"{url}{PREFIX}/login", data=credentials, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


@pytest.fixture(scope="session")
def stand(demo: Demo) -> Stand:
    """A project of its own on the server that all tests share."""
    document = Document(requests.get(f"{demo.url}{PREFIX}/openapi.json", timeout=10).json())
    run = demo.server.command
    project_id = run("init", "--name", PROJECT, "--admin", ADMIN)["project_id"]
    away_id = run("init", "--name", "Shop across the street", "--admin", OUTSIDER)["project_id"]
    run("lookml", "load", str(LOOKML), "--project", project_id)
    for email, options in ((PUPIL, ()), (OTHER, ()), (DEPUTY, ("--impersonate",))):
        run("user", "add", email, "--project", project_id, *options)
    homes = {ADMIN: project_id, PUPIL: project_id, OTHER: project_id, DEPUTY: project_id, OUTSIDER: away_id}
    credentials = {
        email: {name: made[name] for name in ("client_id", "client_secret")}
        for email, home in homes.items()
        for made in [run("token", "create", email, "--project", home, "--looker")]
    }
    callers = {email: Api(demo.url, logged_in(demo.url, each), document) for email, each in credentials.items()}
    return Stand(
        admin=callers[ADMIN],
        pupil=callers[PUPIL],
        other=callers[OTHER],
        deputy=callers[DEPUTY],
        outsider=callers[OUTSIDER],
        nobody=Api(demo.url, None, document),
        project_id=project_id,
        credentials=credentials,
        ids={email: caller.found("/user")["id"] for email, caller in callers.items()},
        demo=demo,
    )
