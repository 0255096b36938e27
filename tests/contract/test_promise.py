"""What holds every answer against the OpenAPI document bites: each of these would be found."""

import json
from typing import Any

import pytest
import requests

from contract.frames import blocks, parsed
from contract.promise import PREFIX
from contract.stage import Stage

TAGS = "/projects/p/playground-conversations/all-tags/"


def answer(
    status: int, body: Any, *, method: str = "GET", path: str = TAGS, kind: str = "application/json"
) -> requests.Response:
    made = requests.Response()
    made.request = requests.Request(method, f"http://127.0.0.1{PREFIX}{path}").prepare()
    made.status_code = status
    made.headers.update({"X-Request-Id": "1", "Content-Type": kind})
    made._content = b"" if body is None else json.dumps(body).encode()
    return made


@pytest.mark.parametrize(
    "kept",
    [
        answer(200, {"tags": [], "count": 0}),
        answer(404, {"error": "Not found."}),
        answer(429, {"error": "Later."}),
        answer(404, {"error": "Not found."}, path="/nowhere/"),
        answer(400, {"name": ["Wrong."]}, method="POST", path="/projects/"),
        answer(204, None, method="DELETE", path="/projects/p/tools/t"),
    ],
)
def test_a_documented_answer_passes(stage: Stage, kept: requests.Response) -> None:
    stage.promise.check(kept)


@pytest.mark.parametrize(
    "broken",
    [
        answer(200, {"tags": []}),
        answer(200, {"tags": [], "count": -1}),
        answer(200, {"tags": [], "count": 0, "more": 1}),
        answer(200, {"tags": [1], "count": 1}),
        answer(200, {"tags": [], "count": 0}, kind="text/html"),
        answer(201, {"tags": [], "count": 0}),
        answer(409, {"error": "Not named in the document."}),
        answer(404, {"detail": "Not found."}),
        answer(404, {"error": ["Not found."]}),
        answer(500, {"error": "Internal server error."}),
        answer(200, {}, path="/nowhere/"),
        answer(200, {}, method="PUT"),
        answer(204, {"unexpected": "body"}, method="DELETE", path="/projects/p/tools/t/"),
        answer(400, {"name": "Wrong."}, method="POST", path="/projects/"),
        answer(307, None),
    ],
)
def test_an_answer_that_is_not_documented_is_found(stage: Stage, broken: requests.Response) -> None:
    with pytest.raises((AssertionError, KeyError)):
        stage.promise.check(broken)


@pytest.mark.parametrize(
    "frame",
    [
        {"type_streaming": "streaming_in_progress", "payload": {"type": "token_streaming", "content": "a"}},
        {"type_streaming": "streaming_in_progress", "payload": {"type": "message", "content": "a", "query_id": 0}},
        {"type_streaming": "streaming_error", "payload": {"message": "a"}},
        {"type_streaming": "streaming_completed", "payload": {"conversation_id": "no uuid", "chat_history": []}},
        {"type_streaming": "streaming_begun", "payload": {}},
    ],
)
def test_a_frame_that_is_not_documented_is_found(stage: Stage, frame: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        stage.promise.check_frame(frame)


@pytest.mark.parametrize(
    "content",
    [
        b"data:{}\n\n",
        b'data: {"type_streaming": "a", "payload": {}}',
        b'data: {"type_streaming": "a", "payload": {}}\r\n\r\n',
        b'event: a\ndata: {"type_streaming": "a", "payload": {}}\n\n',
        'data: {"type_streaming": "é", "payload": {}}\n\n'.encode(),
        b'data: {"type_streaming": "a",\ndata: "payload": {}}\n\n',
        b'data: {"type_streaming": "a", "payload": {}, "more": 1}\n\n',
        b"data: [DONE]\n\n",
    ],
)
def test_a_frame_that_clients_cannot_read_is_found(content: bytes) -> None:
    with pytest.raises((AssertionError, ValueError)):
        [parsed(block) for block in blocks([content])]
