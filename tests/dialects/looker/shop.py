"""The demo shop's data, asked over the wire by its admin and by a member who sees less."""

from typing import NamedTuple

import requests

from conftest import Demo
from dialects.looker.validated import PREFIX, Api, Document

ADMIN, MEMBER = "admin@osierwheel.test", "member@osierwheel.test"


class Shop(NamedTuple):
    admin: Api
    member: Api
    demo: Demo

    def run(self, path: str, caller: Api | None = None, **sent: object) -> requests.Response:
        """An answer that need not be JSON; a GET without a body to send."""
        method = "POST" if "json" in sent else "GET"
        headers = {"Authorization": f"Bearer {(caller or self.admin).token}"}
        return requests.request(method, f"{self.demo.url}{PREFIX}{path}", headers=headers, timeout=30, **sent)  # pyright: ignore[reportArgumentType] - as given

    def newcomer(self, email: str, **attributes: str) -> Api:
        """Another member, who may see what these attributes say."""
        run = self.demo.server.command
        run("user", "add", email, "--project", self.demo.project_id)
        given = [f"{name}={value}" for name, value in attributes.items()]
        run("user", "set", email, *given, "--project", self.demo.project_id)
        return _caller(self.demo, email, self.admin.document)


def open_shop(demo: Demo) -> Shop:
    document = Document(requests.get(f"{demo.url}{PREFIX}/openapi.json", timeout=10).json())
    return Shop(_caller(demo, ADMIN, document), _caller(demo, MEMBER, document), demo)


def _caller(demo: Demo, email: str, document: Document) -> Api:
    made = demo.server.command("token", "create", email, "--project", demo.project_id, "--looker")
    given = {name: made[name] for name in ("client_id", "client_secret")}
    token = requests.post(f"{demo.url}{PREFIX}/login", data=given, timeout=30).json()["access_token"]
    return Api(demo.url, token, document)
