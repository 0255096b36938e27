"""Plays a golden exchange of the OpenAI dialect: as player.py says, with these differences.

Paths are below `/v1`. A `script` stands where the `body` has "{script}". Unix times, and the conversations within the ids of
responses and completions, are replaced by names too.
"""

import json
import re
from pathlib import Path
from uuid import UUID

import requests

from contract.scripts import script
from contract.stage import Stage
from dialects.openai.validated import Api, Document
from golden.player import Json, Player

_SECONDS = re.compile(r'("(?:created|created_at|completed_at)": ?)\d{10}\b')
_WORD = re.compile(r"(?<=[_-])[0-9a-f]{32}(?=[0-9a-f]{8})")


class OpenAIPlayer(Player):
    """One play, in a project of its own."""

    def __init__(self, stage: Stage, path: Path, document: Document) -> None:
        super().__init__(stage, path)
        self._document = document

    def _request(self, step: Json, method: str, path: str) -> requests.Response:
        given = self._stage.client(step.get("as", "admin")).headers.get("Authorization")
        token = given.partition(" ")[2] if isinstance(given, str) else None
        api = Api(self._stage.server.url, token, self._document)
        sent = self._sent(step)
        answer = api.call(method, f"/{path}", stream=b'"stream": true' in sent.get("data", b""), **sent)
        if answer.headers["Content-Type"].startswith("text/event-stream"):
            for line in answer.content.splitlines():
                if line.startswith(b"data: {"):
                    self._document.check_frame(method, f"/{path}", json.loads(line.removeprefix(b"data: ")))
        return answer

    def _sent(self, step: Json) -> Json:
        sent = super()._sent({key: value for key, value in step.items() if key != "script"})
        if "json" in sent:
            played = json.dumps(script(*step["script"]))[1:-1] if "script" in step else ""
            sent["data"] = json.dumps(sent.pop("json")).replace("{script}", played).encode()
            sent["headers"]["Content-Type"] = "application/json"
        return sent

    def _is_frame(self, block: bytes) -> bool:
        return block.isascii() and b"\r" not in block and block.split(b"\n")[-1].startswith(b"data: ")

    def _settled(self, text: str) -> str:
        shown = super()._settled(_SECONDS.sub(r"\1<time>", text))
        return _WORD.sub(lambda found: self._numbered(str(UUID(found[0]))), shown)
