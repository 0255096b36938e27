"""Plays a golden exchange of the Looker dialect: as player.py says, with these differences.

Paths are below `/api/4.0`, the admin asks with a token of their own API credentials, and `keep` takes a place in a list
too, "0.id" for one. A `script` stands where the `body` has "{script}". With `shop` the project has the demo shop's LookML
and its database. Numbers that differ from play to play, of messages and of queries, are replaced by names.
"""

import json
import re
from pathlib import Path

import requests

from contract.scripts import script
from contract.stage import Stage, email
from dialects.looker.validated import PREFIX, Api, Document
from golden.player import Json, Player
from tertulia import demo
from tertulia.demo.shop import build_shop

_LOOKML = Path(demo.__file__).parent / "lookml"
_SECRET = re.compile(r"ttl_[\w-]+")
_MESSAGE = re.compile(r'(?<="id": ")(\d+)(?=(?:-\d+)?",?$)', re.MULTILINE)
_SERIAL = re.compile(r'"(id|query_id)": (\d+)')
_SERIALS = re.compile(r'("golden_query_ids": \[)[\d\s,]+\]')


class LookerPlayer(Player):
    """One play, in a project of its own."""

    def __init__(self, stage: Stage, path: Path, document: Document) -> None:
        super().__init__(stage, path)
        self._document = document
        # kept numbers are filled in, but not looked for in answers: they stand in many other places
        self._kept: dict[str, str] = {}
        project: str = self._known["project"]
        commands = [["token", "create", email("admin"), "--project", project, "--looker", "--json"]]
        if self._plan.get("shop"):
            commands += _shop(stage.server.data, project)
        made: Json = stage._run(*commands)[0]
        given = {name: made[name] for name in ("client_id", "client_secret")}
        login = requests.post(f"{stage.server.url}{PREFIX}/login", data=given, timeout=30)
        self._api = Api(stage.server.url, login.json()["access_token"], document)

    def _ask(self, step: Json) -> requests.Response | None:
        kept: dict[str, str] = step.get("keep", {})
        answer = super()._ask({name: value for name, value in step.items() if name != "keep"})
        for name, place in kept.items():
            assert answer is not None
            found = answer.json()
            for part in place.split("."):
                found = found[int(part) if part.isdecimal() else part]
            (self._kept if str(found).isdecimal() else self._known)[name] = str(found)
        return answer

    def _filled(self, text: str) -> str:
        for name, value in self._kept.items():
            text = text.replace(f"{{{name}}}", value)
        return super()._filled(text)

    def _write(self, step: Json, answer: requests.Response | None) -> str:
        shown = super()._write({**step, "request": "<request>"}, answer)
        request = step["request"].replace("{", "<").replace("}", ">")
        return shown.replace("> <request>", f"> {request}", 1)

    def _request(self, step: Json, method: str, path: str) -> requests.Response:
        is_admin = step.get("as", "admin") == "admin"
        api = self._api if is_admin else Api(self._stage.server.url, None, self._document)
        return api.call(method, f"/{path}", **self._sent(step))

    def _sent(self, step: Json) -> Json:
        sent = super()._sent({key: value for key, value in step.items() if key != "script"})
        if "json" in sent:
            played = json.dumps(script(*step["script"]))[1:-1] if "script" in step else ""
            sent["data"] = json.dumps(sent.pop("json")).replace("{script}", played).encode()
        return sent

    def _settled(self, text: str) -> str:
        text = _SERIALS.sub(r"\1 <serials> ]", text)
        text = _SERIAL.sub(lambda found: f'"{found[1]}": <{found[1]}:{self._place(found[0])}>', text)
        text = _MESSAGE.sub(lambda found: f"<message:{self._place(f'message {found[1]}')}>", text)
        return _SECRET.sub("<secret>", super()._settled(text))

    def _place(self, thing: str) -> int:
        """The number by which a thing, a word for its kind and its own number, is called in this play."""
        kind = thing.partition(" ")[0]
        known = [each for each in self._numbers if each.startswith(f"{kind} ")]
        return self._numbers.setdefault(thing, len(known) + 1)


def _shop(data: Path, project: str) -> list[list[str]]:
    database = data / "shop.duckdb"
    if not database.exists():
        build_shop(database)
    return [
        ["lookml", "load", str(_LOOKML), "--project", project, "--json"],
        ["connect", "shop", f"duckdb:///{database}", "--project", project],
    ]
