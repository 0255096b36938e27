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


def open_shop(demo: Demo) -> Shop:
    document = Document(requests.get(f"{demo.url}{PREFIX}/openapi.json", timeout=10).json())
    callers: list[Api] = []
    for email in (ADMIN, MEMBER):
        made = demo.server.command("token", "create", email, "--project", demo.project_id, "--looker")
        given = {name: made[name] for name in ("client_id", "client_secret")}
        token = requests.post(f"{demo.url}{PREFIX}/login", data=given, timeout=30).json()["access_token"]
        callers.append(Api(demo.url, token, document))
    return Shop(callers[0], callers[1], demo)
