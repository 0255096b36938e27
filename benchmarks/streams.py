"""Streamed answers: how soon the first word comes, what a token costs, and that none is lost."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from msgspec import Struct

from benchmarks.client import Client, Response, connect, run
from benchmarks.conversations import create_conversations
from benchmarks.figure import Figure, Promise
from benchmarks.pace import alone
from benchmarks.server import Cost, Server, found

_ANSWERS = 200
_LATE_S = 0.1
SCRIPTED = {"scripted_model": True, "default_model": "scripted"}


class Crowd(Struct, frozen=True):
    """So many answers at once, each of so many tokens, one every so many seconds."""

    streams: int
    tokens: int
    interval_s: float
    wall_promise: Promise | None = None

    def __str__(self) -> str:
        return f"{self.streams:,} x {self.tokens:,} tokens at {self.interval_s * 1e3:g} ms"

    @property
    def message(self) -> str:
        """The script as the scripted model reads it from a message."""
        return json.dumps({"steps": [[{"do": "tokens", "count": self.tokens, "interval_s": self.interval_s}]]})

    @property
    def answer(self) -> str:
        return " ".join(f"word{number}" for number in range(1, self.tokens + 1))


_CROWDS = (
    Crowd(1, 2_000, 0.002),
    Crowd(50, 100, 0.01, wall_promise=Promise(below=1.2)),
    Crowd(200, 50, 0.05),
    Crowd(500, 50, 0.05),
)


def measure_first_token(folder: Path) -> list[Figure]:
    with Server(found(folder / "first-token"), **SCRIPTED) as server:
        return run(_first_token(server))


def measure_token(folder: Path) -> list[Figure]:
    founded = found(folder / "token")
    figures: list[Figure] = []
    for crowd in _CROWDS:
        with Server(founded, **SCRIPTED) as server:
            figures += run(_token(server, crowd))
    return figures


async def _first_token(server: Server) -> list[Figure]:
    crowd = Crowd(1, 1, 0.0)
    [client] = await connect(server.port, server.founded.token)
    created = await create_conversations(server, client, _ANSWERS + 10)
    for each in created[:10]:
        await _send(server, client, each, crowd)
    with server.metered() as cost:
        answers = [await _send(server, client, each, crowd) for each in created[10:]]
    seconds = [first_word(answer) for answer in answers]
    late = sum(each > _LATE_S for each in seconds)
    return [
        Figure(
            name="first token",
            value=median(seconds) * 1e3,
            unit="ms",
            method=f"request sent to first word received, model that answers at once; median of {_ANSWERS}",
            promise=Promise(below=10),
        ),
        Figure(
            name="first token, p99",
            value=quantiles(seconds, n=100)[98] * 1e3,
            unit="ms",
            method=f"the same; {late} of {_ANSWERS} came after more than {_LATE_S * 1e3:.0f} ms",
        ),
        Figure(
            name="answer of one token, CPU",
            value=cost.per(_ANSWERS, 1e6),
            unit="us",
            method="server CPU per turn: stored, claimed, executed, folded, streamed",
        ),
    ]


async def _token(server: Server, crowd: Crowd) -> list[Figure]:
    clients = await connect(server.port, server.founded.token, crowd.streams)
    await _stream(server, clients[:1], Crowd(1, 1, 0.0))
    # the same crowd with one token each: what its turns cost whatever they say
    turns, _ = await _stream(server, clients, Crowd(crowd.streams, 1, 0.0))
    whole, answers = await _stream(server, clients, crowd)
    return _figures(crowd, turns, whole, answers)


async def _stream(server: Server, clients: Sequence[Client], crowd: Crowd) -> tuple[Cost, list[Response]]:
    created = await create_conversations(server, clients[0], crowd.streams)
    with server.metered() as cost:
        sending = [_send(server, *pair, crowd) for pair in zip(clients, created, strict=True)]
        answers = await asyncio.gather(*sending)
    for answer in answers:
        check(answer, crowd.answer)
    return cost, answers


def _figures(crowd: Crowd, turns: Cost, whole: Cost, answers: Sequence[Response]) -> list[Figure]:
    pieces = sum(len(answer.pieces) for answer in answers) / crowd.streams
    tokens = crowd.streams * crowd.tokens
    per_token = (whole.cpu_seconds - turns.cpu_seconds) / (tokens - crowd.streams)
    return [
        Figure(
            name=f"token, {crowd}",
            value=max(per_token, 0.0) * 1e6,
            unit="us",
            method=f"server CPU per further token, stored; {pieces:.0f} frames a stream, no gap; "
            f"client busy {whole.load:.0%}",
            promise=Promise(below=50),
        ),
        Figure(
            name=f"pace alone, {crowd}",
            value=alone(crowd.streams, crowd.tokens, crowd.interval_s),
            unit="us",
            method="CPU per token of a process that only sleeps for each; part of the figure above, taken off nowhere",
        ),
        Figure(
            name=f"turn and tokens, {crowd}",
            value=whole.per(tokens, 1e6),
            unit="us",
            method=f"all server CPU per token; the turn alone costs {turns.per(crowd.streams, 1e3):.1f} ms",
        ),
        Figure(
            name=f"wall, {crowd}",
            value=whole.wall_seconds,
            unit="s",
            method=f"first request to last frame; the script alone takes {crowd.tokens * crowd.interval_s:.1f} s",
            promise=crowd.wall_promise,
        ),
        Figure(
            name=f"memory, {crowd}",
            value=whole.peak_megabytes,
            unit="MB",
            method="resident at most, looked at every 50 ms",
        ),
    ]


async def _send(server: Server, client: Client, conversation_id: str, crowd: Crowd) -> Response:
    path = f"{server.founded.conversations}{conversation_id}/send_message_stream/"
    return await client.post(path, {"message": crowd.message})


def first_word(answer: Response) -> float:
    """Seconds from the request to the first frame that shows text of the answer."""
    shown = text_of(answer.pieces)
    assert shown, "no frame shows text"
    return shown[0][0]


def text_of(pieces: Sequence[tuple[float, bytes]]) -> list[tuple[float, str]]:
    """The text as it grew, with the moments at which its frames came."""
    rest = b""
    grown: list[tuple[float, str]] = []
    for moment, piece in pieces:
        whole, _, rest = (rest + piece).rpartition(b"\n\n")
        grown.extend((moment, text) for frame in _frames(whole) if (text := _text(frame)))
    return grown


def check(answer: Response, expected: str) -> None:
    """The text only grows, ends as the script does, and is what the history keeps."""
    shown = ""
    frames = _frames(answer.body)
    for frame in frames:
        text = _text(frame)
        if text is not None:
            assert text.startswith(shown), "a frame took text back"
            shown = text
    assert shown == expected, f"{len(shown)} characters came, {len(expected)} were said"
    last = frames[-1]
    assert last["type_streaming"] == "streaming_completed", last
    assert last["payload"]["chat_history"][-1]["content"] == expected, "the history keeps another text"


def _frames(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in body.split(b"\n") if line.startswith(b"data: ")]


def _text(frame: dict[str, Any]) -> str | None:
    payload = frame["payload"]
    return payload["content"] if payload.get("type") == "token_streaming" else None
