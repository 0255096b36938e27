"""A real server with two projects and everybody who may stand before it."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import requests

from contract.client import Client
from contract.promise import PREFIX, Promise
from live.server import LiveServer, environment, wait_until

Json = dict[str, Any]
SETTINGS: Json = {"embedder": "none", "scripted_model": True, "poll_s": 0.05, "flush_s": 0.05, "heartbeat_s": 0.2}
NEAR, FAR = "Near project", "Far project"
_NEAR_ADMIN = ("--project", NEAR, "--admin")
_COMMANDS = Path(__file__).parent / "commands.py"


class Role(NamedTuple):
    """Somebody: the options of the `user add` commands that make them, and of their token."""

    memberships: tuple[tuple[str, ...], ...]
    token: tuple[str, ...] = ()
    is_revoked: bool = False


ROLES = {
    "admin": Role((_NEAR_ADMIN,)),
    "creator": Role((("--project", NEAR),)),
    "member": Role((("--project", NEAR),)),
    "outsider": Role((("--project", FAR),)),
    "foreign admin": Role((("--project", FAR, "--admin"),)),
    "revoked": Role((_NEAR_ADMIN,), is_revoked=True),
    "bound elsewhere": Role((_NEAR_ADMIN, ("--project", FAR, "--admin")), ("--project", FAR)),
    "service": Role((("--project", NEAR, "--impersonate"),)),
    "admin service": Role(((*_NEAR_ADMIN, "--impersonate"),)),
}


class Stage:
    """`near` is the project the plays are set in, with an agent that plays scripts; `far` is the one next door."""

    def __init__(self, data: Path, *, roles: Iterable[str] = ROLES, **settings: Any) -> None:
        """Only the people with these roles are made; the admin is always among them."""
        self._roles = {name: ROLES[name] for name in roles}
        self.server = LiveServer(data, **{**SETTINGS, **settings})
        self._tokens: dict[str, str] = {}
        self._user_ids: dict[str, str] = {}
        self.near, self.far = self._found()
        self._add_people()
        self.server.start()
        document: Json = requests.get(f"{self.server.url}{PREFIX}/openapi.json", timeout=30).json()
        self.promise = Promise(document)
        self.agent_id = self.scripted_agent(self.near)

    @property
    def project(self) -> str:
        return f"/projects/{self.near}"

    @property
    def conversations(self) -> str:
        return f"{self.project}/playground-conversations"

    def client(self, role: str, *, scheme: str = "Token", server: LiveServer | None = None) -> Client:
        """The client of somebody in ROLES; of anybody else, one without a token."""
        return Client((server or self.server).url, self.promise, self._tokens.get(role), scheme=scheme)

    def user_id(self, role: str) -> str:
        return self._user_ids[role]

    def create(self, client: Client, **fields: object) -> str:
        """The id of a new conversation with the agent that plays scripts."""
        answer = client.post(f"{self.conversations}/", json={"agent_settings": self.agent_id, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def send(self, client: Client, conversation_id: str, message: str) -> requests.Response:
        """The whole stream of one turn, read to its end."""
        return client.post(f"{self.conversations}/{conversation_id}/send_message_stream/", json={"message": message})

    def scripted_agent(self, project_id: str) -> str:
        """The id of a new agent that plays the scripts it is sent."""
        fields = {"name": "Player", "model": "scripted"}
        made = self.client("admin").post(f"/projects/{project_id}/agent-settings/", json=fields)
        assert made.status_code == 201, made.text
        return made.json()["id"]

    def get(self, client: Client, conversation_id: str) -> Json:
        answer = client.get(f"{self.conversations}/{conversation_id}/", params={"include_archived": "true"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait_for_answer(self, client: Client, conversation_id: str, *, turns: int = 1, seconds: float = 15.0) -> Json:
        """The conversation, once that many turns have been answered."""
        wait_until(lambda: self.get(client, conversation_id)["message_count"] >= 2 * turns, seconds=seconds)
        return self.get(client, conversation_id)

    def _found(self) -> tuple[str, str]:
        near, far = self._run(
            ["init", "--name", NEAR, "--admin", "operator@example.org", "--json"],
            ["init", "--name", FAR, "--admin", "operator@example.org", "--json"],
        )
        return near["project_id"], far["project_id"]

    def _add_people(self) -> None:
        commands: list[list[str]] = []
        for name, role in self._roles.items():
            commands += [["user", "add", email(name), *options, "--json"] for options in role.memberships]
            commands.append(["token", "create", email(name), *role.token, "--name", name, "--json"])
        printed = self._run(*commands)
        for command, made in zip(commands, printed, strict=True):
            name = next(each for each in self._roles if email(each) == command[2])
            if command[0] == "user":
                self._user_ids[name] = made["user_id"]
            else:
                self._tokens[name] = made["token"]
                if self._roles[name].is_revoked:
                    self._run(["token", "revoke", made["id"]])

    def _run(self, *commands: list[str]) -> list[Any]:
        finished = subprocess.run(
            [sys.executable, str(_COMMANDS)],
            input=json.dumps(commands).encode(),
            env=environment(self.server.data, embedder="none"),
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr.decode()
        return json.loads(finished.stdout)


def email(role: str) -> str:
    return f"{role.replace(' ', '.')}@example.org"
