"""What a crash costs: how much of an answer that was said is not stored when the process is killed in the middle of it."""

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.client import Client, connect, run
from benchmarks.conversations import create_conversations
from benchmarks.figure import Figure, Promise
from benchmarks.server import Founded, Server, found
from benchmarks.streams import SCRIPTED, Crowd, text_of

_CROWD = Crowd(20, 2_000, 0.005)
_KILLS = 5
_SPEAKING_S = 1.5
# each kill falls elsewhere between two stores
_STEP_S = 0.043


def measure(folder: Path) -> list[Figure]:
    lost_s = [each for kill in range(_KILLS) for each in _killed(folder / f"crash-{kill}", kill)]
    return [
        Figure(
            name="crash, text lost",
            value=max(lost_s) * 1e3,
            unit="ms",
            method=f"said and not stored at kill -9, the most of {_KILLS} kills with {_CROWD.streams} answers each, a token "
            f"every {_CROWD.interval_s * 1e3:g} ms; median {median(lost_s) * 1e3:.0f} ms",
            promise=Promise(below=250),
        )
    ]


def _killed(folder: Path, kill: int) -> list[float]:
    """Seconds of each answer that a killed process took with it."""
    founded = found(folder)
    with Server(founded, **SCRIPTED) as server:
        shown, killed_at = run(_speak(server, _SPEAKING_S + kill * _STEP_S))
    return [_lost_s(shown[key], killed_at, stored) for key, stored in _stored(founded).items()]


async def _speak(server: Server, seconds: float) -> tuple[dict[str, Sequence[tuple[float, bytes]]], float]:
    """What each conversation's client was shown, with the time of each piece, and when the server was killed."""
    clients = await connect(server.port, server.founded.token, _CROWD.streams)
    created = await create_conversations(server, clients[0], _CROWD.streams)
    sending = [asyncio.create_task(_send(server, *pair)) for pair in zip(clients, created, strict=True)]
    await asyncio.sleep(seconds)
    server.kill()
    killed_at = time.perf_counter()
    await asyncio.gather(*sending)
    return {key: client.heard for client, key in zip(clients, created, strict=True)}, killed_at


async def _send(server: Server, client: Client, conversation_id: str) -> None:
    path = f"{server.founded.conversations}{conversation_id}/send_message_stream/"
    with contextlib.suppress(ConnectionError):
        await client.post(path, {"message": _CROWD.message})


def _lost_s(heard: Sequence[tuple[float, bytes]], killed_at: float, stored: int) -> float:
    """From the pace of what was shown: how long the model had spoken beyond what is stored."""
    counts = [(at, _tokens(text)) for at, text in text_of(heard)]
    (first_at, first), (last_at, last) = counts[0], counts[-1]
    a_token_s = (last_at - first_at) / (last - first)
    return max(0.0, killed_at - last_at + (last - stored) * a_token_s)


def _stored(founded: Founded) -> dict[str, int]:
    """The tokens in the log of each conversation's run."""
    statement = "SELECT conversation_id, events FROM run_event JOIN run ON run.id = run_id ORDER BY run_id, first_seq"
    texts: dict[str, str] = {}
    with contextlib.closing(sqlite3.connect(founded.database)) as connection:
        for conversation_id, events in connection.execute(statement):
            said = "".join(each["text"] for each in json.loads(events) if each["kind"] == "text_delta")
            texts[conversation_id] = texts.get(conversation_id, "") + said
    return {conversation_id: _tokens(text) for conversation_id, text in texts.items()}


def _tokens(text: str) -> int:
    return len(text.split())
