"""Plays a golden exchange against a live server and writes down what came, with volatile values replaced.

An exchange is a TOML file: `about`, `before` (requests that set the scene) and `exchange` (those whose answers are
golden). Each has a `request`, "POST playground-conversations/" for one, with paths below a project of its own (from `/`
on: below the API), and may have `as` (a role), `headers`, `body` (an object), `text` (a body as it is), `script` (for the
scripted model, sent as the message), `keep` (names for values of the answer: {name} stands for them from then on),
`leave` (stop reading after the first text), or, in place of a request, `upload` (file names and texts).
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import requests

from contract.client import Client
from contract.frames import PING, blocks, parsed
from contract.scripts import script
from contract.stage import Stage
from live.server import wait_until

Json = dict[str, Any]
_HEADERS = ("X-Effective-User", "X-Query-Id", "Allow", "WWW-Authenticate", "x-should-retry")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?(Z|\+00:00))?")


class Player:
    """One play, in a project of its own."""

    def __init__(self, stage: Stage, path: Path) -> None:
        self._stage = stage
        self._plan: Json = tomllib.loads(path.read_text(encoding="utf-8"))
        made = stage.client("admin").post("/projects/", json={"name": "Golden"}).json()
        self._known = {"project": made["id"], "agent": "", "admin": stage.user_id("admin")}
        self._known["agent"] = stage.scripted_agent(made["id"])
        self._numbers: dict[str, int] = {}

    def play(self) -> str:
        """The golden answers as text."""
        for step in self._plan.get("before", []):
            answer = self._ask(step)
            assert answer is None or answer.ok, f"{step}: {answer.text}"
        written = [self._write(step, self._ask(step)) for step in self._plan["exchange"]]
        return "\n".join(written)

    def _ask(self, step: Json) -> requests.Response | None:
        if "upload" in step:
            self._upload(step["upload"])
            return None
        method, _, path = step["request"].partition(" ")
        answer = self._request(step, method, self._filled(path))
        for name, field in step.get("keep", {}).items():
            self._known[name] = answer.json()[field]
        return answer

    def _request(self, step: Json, method: str, path: str) -> requests.Response:
        client = self._stage.client(step.get("as", "admin"))
        address = path if path.startswith("/") else f"/projects/{self._known['project']}/{path}"
        leaves = step.get("leave", False)
        answer = client.request(method, address, stream=leaves, **self._sent(step))
        if leaves:
            self._leave(client, answer)
        return answer

    def _sent(self, step: Json) -> Json:
        sent: Json = {"headers": {name: self._filled(value) for name, value in step.get("headers", {}).items()}}
        if "script" in step:
            sent["json"] = {"message": script(*step["script"])}
        elif "body" in step:
            sent["json"] = json.loads(self._filled(json.dumps(step["body"])))
        elif "text" in step:
            sent["data"] = step["text"].encode()
        return sent

    def _leave(self, client: Client, answer: requests.Response) -> None:
        next(frame for frame in client.frames(answer) if frame.shown == "token_streaming")
        answer.close()

    def _upload(self, files: dict[str, str]) -> None:
        client, documents = self._stage.client("admin"), f"/projects/{self._known['project']}/documents"
        for name, text in files.items():
            sent = client.post(f"{documents}/bulk-upload/", files={"files": (name, text.encode())})
            self._known[name] = sent.json()[0]["id"]
        states = f"{documents}/indexing-status/"
        wait_until(lambda: {each["status"] for each in client.get(states).json()} == {"active"}, seconds=30)

    def _filled(self, text: str) -> str:
        for name, value in self._known.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def _write(self, step: Json, answer: requests.Response | None) -> str:
        assert answer is not None
        kind = answer.headers.get("Content-Type", "")
        lines = [f"> {step['request'].replace('{', '<').replace('}', '>')}", f"< {answer.status_code} {kind}".rstrip()]
        lines += [f"< {name}: {answer.headers[name]}" for name in _HEADERS if name in answer.headers]
        if kind.startswith("text/event-stream"):
            shown = [block for block in blocks([answer.content]) if block != PING]
            assert all(self._is_frame(block) for block in shown)
            lines.append("\n\n".join(block.decode() for block in shown))
        elif answer.content:
            lines.append(json.dumps(answer.json(), indent=2, ensure_ascii=False))
        return self._settled("\n".join(lines)) + "\n"

    def _is_frame(self, block: bytes) -> bool:
        return bool(parsed(block).payload)

    def _settled(self, text: str) -> str:
        """The text with what differs between two plays replaced by names."""
        text = text.replace(self._stage.server.url, "<server>")
        for name, value in self._known.items():
            text = text.replace(value, f"<{name}>")
        text = _TIME.sub("<time>", text)
        return _UUID.sub(lambda found: self._numbered(found[0]), text)

    def _numbered(self, uuid: str) -> str:
        return f"<uuid:{self._numbers.setdefault(uuid, len(self._numbers) + 1)}>"
