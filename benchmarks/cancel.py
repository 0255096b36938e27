"""Cancelling: until the language model's service is left, and until the client's stream has come to its end."""

import asyncio
import time
from pathlib import Path
from statistics import median

from benchmarks.client import Client, connect, run
from benchmarks.figure import Figure, Promise
from benchmarks.loopback import Connection, Script
from benchmarks.server import Server, found

_CONFIGURED = """\
default_model = "loop"

[models.loop]
provider = "openai"
model = "loopback"
base_url = "http://127.0.0.1:{port}/v1"
"""
_TURNS = 30
# long enough that no answer ends by itself
_SCRIPT = Script(tokens=5_000, interval_s=0.02)
_FLOWING_S = 0.4


class _Service(Connection):
    """Notes when it is left."""

    def __init__(self, left: "asyncio.Queue[float]") -> None:
        super().__init__()
        self._left = left

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._left.put_nowait(time.perf_counter())


def measure(folder: Path) -> list[Figure]:
    return run(_measure(folder / "cancel"))


async def _measure(folder: Path) -> list[Figure]:
    left: asyncio.Queue[float] = asyncio.Queue()
    service = await asyncio.get_running_loop().create_server(lambda: _Service(left), "127.0.0.1", 0)
    founded = found(folder)
    configured = _CONFIGURED.format(port=service.sockets[0].getsockname()[1])
    (founded.data / "tertulia.toml").write_text(configured, encoding="utf-8")
    waits: list[tuple[float, float]] = []
    with Server(founded, automatic_names=False, follow_ups=False) as server:
        asking, cancelling = await connect(server.port, founded.token, 2)
        agent = await asking.post(f"{founded.path}agent-settings/", {"name": "Loop", "model": "loop"}, expected=201)
        draft = {"agent_settings": agent.json["id"]}
        for _ in range(_TURNS):
            created = (await asking.post(founded.conversations, draft, expected=201)).json["id"]
            stream_s, moment = await _cancelled(f"{founded.conversations}{created}/", asking, cancelling)
            waits.append((await left.get() - moment, stream_s))
    service.close()
    return [
        _figure("cancel, the model's service left", [upstream for upstream, _ in waits]),
        _figure("cancel, the stream at its end", [stream for _, stream in waits]),
    ]


async def _cancelled(path: str, asking: Client, cancelling: Client) -> tuple[float, float]:
    """Seconds until the stream ended, and the moment at which that was asked for."""
    streaming = asyncio.create_task(asking.post(f"{path}send_message_stream/", {"message": _SCRIPT.message}))
    await asyncio.sleep(_FLOWING_S)
    assert any(b"word1" in piece for _, piece in asking.heard), "nothing flows yet"
    began = time.perf_counter()
    await cancelling.post(f"{path}cancel/", {})
    await streaming
    return time.perf_counter() - began, began


def _figure(name: str, seconds: list[float]) -> Figure:
    return Figure(
        name=name,
        value=max(seconds) * 1e3,
        unit="ms",
        method=f"from sending the request to cancel, the longest of {len(seconds)}; median {median(seconds) * 1e3:.1f} ms",
        promise=Promise(below=100),
    )
