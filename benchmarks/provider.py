"""A language model over a real wire, end to end: what a token costs from the service's socket to the client's."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from msgspec import Struct, structs

from benchmarks.client import Client, Response, connect, run
from benchmarks.figure import Figure, Promise
from benchmarks.loopback import CHAT, MESSAGES, Script, service
from benchmarks.sdk import yardstick
from benchmarks.server import Cost, Founded, Server, found
from benchmarks.streams import check, first_word

_CONFIGURED = """\
[models.loop]
provider = "openai"
model = "loopback"
base_url = "http://127.0.0.1:{port}/v1"

[models.loop-messages]
provider = "anthropic"
model = "loopback"
base_url = "http://127.0.0.1:{port}"
"""
_PATHS = {"loop": CHAT, "loop-messages": MESSAGES}
# each would ask the model once more, after the turn, where no client waits for it
_SETTINGS = {"automatic_names": False, "follow_ups": False}
_PER_WRITE = 8
_PROBES = 60
_RUNS = 3
_SETTLE_S = 1.5
_ONE = Script(tokens=1)


class Crowd(Struct, frozen=True):
    """So many answers at once, each of so many tokens, one every so many seconds."""

    streams: int
    tokens: int
    interval_s: float
    model: str = "loop"
    per_write: int = 1
    wall_promise: Promise | None = None

    def __str__(self) -> str:
        shown = f"{self.streams} x {self.tokens:,} at {self.interval_s * 1e3:g} ms"
        wire = "" if self.model == "loop" else ", messages"
        return f"{shown}{wire}" if self.per_write == 1 else f"{shown}{wire}, {self.per_write} a write"

    @property
    def script(self) -> Script:
        return Script(tokens=self.tokens, interval_s=self.interval_s, per_write=self.per_write)


_PROMPT = Promise(below=1.2)
# 50 us where the SDK's own objects take 80
_BESIDE_THE_SDK = Promise(below=0.625)
# as long as answers are, so that what the turns themselves cost, which is taken off, is the smaller part
_CROWDS = (
    Crowd(1, 4_000, 0.002),
    Crowd(1, 4_000, 0.002, per_write=_PER_WRITE),
    Crowd(50, 250, 0.01),
    Crowd(50, 250, 0.01, per_write=_PER_WRITE),
    Crowd(50, 250, 0.01, "loop-messages"),
    Crowd(50, 250, 0.01, "loop-messages", _PER_WRITE),
    Crowd(200, 250, 0.05),
    Crowd(200, 250, 0.05, per_write=_PER_WRITE),
)
# fifty answers of a second each, and how long they take
_SHORT = Crowd(50, 100, 0.01, wall_promise=_PROMPT)
# what flows while single questions are asked beside it
_BESIDE = (None, Crowd(50, 400, 0.01), Crowd(200, 100, 0.05))


class Ideal(Struct, frozen=True):
    """A crowd that asks the service itself: the seconds until all was said, and until each heard its first token."""

    seconds: float
    first_tokens: Sequence[float]


class Bench(Struct, frozen=True):
    """The server, the port of the service its models are at, and an agent for each model."""

    server: Server
    service_port: int
    agents: dict[str, str]


def measure(folder: Path) -> list[Figure]:
    founded = found(folder / "provider")
    with service() as port:
        (founded.data / "tertulia.toml").write_text(_CONFIGURED.format(port=port), encoding="utf-8")
        with Server(founded, **_SETTINGS) as server:
            return run(_measure(server, port))


async def _measure(server: Server, service_port: int) -> list[Figure]:
    [client] = await connect(server.port, server.founded.token)
    agents = {model: await _agent(server.founded, client, model) for model in _PATHS}
    bench = Bench(server, service_port, agents)
    for model in _PATHS:
        await _stream(bench, [client], Crowd(1, 1, 0.0, model))
    figures: list[Figure] = []
    for beside in _BESIDE:
        figures += await _first_token(bench, client, beside)
    for crowd in _CROWDS:
        figures += await _token(bench, crowd)
    for crowd in (_SHORT, structs.replace(_SHORT, model="loop-messages")):
        figures.append((await _streamed(bench, crowd))[1])
    return figures


async def _first_token(bench: Bench, client: Client, beside: Crowd | None) -> list[Figure]:
    """Asks the service and the server in turns, so that both are asked under the same load."""
    token = bench.server.founded.token
    [direct] = await connect(bench.service_port, token)
    created = await _conversations(bench, client, "loop", _PROBES)
    flowing = asyncio.create_task(_flow(bench, beside))
    await asyncio.sleep(_SETTLE_S if beside else 0.0)
    own: list[float] = []
    ours: list[float] = []
    for each in created:
        if beside and flowing.done():
            break
        own.append(_first_piece(await _ask(direct, "loop", _ONE)))
        ours.append(first_word(await _send(bench, client, each, _ONE)))
    await flowing
    label = f"beside {beside}" if beside else "alone"
    return [
        Figure(
            name=f"first token added, {label}",
            value=(median(ours) - median(own)) * 1e3,
            unit="ms",
            method=f"medians of {len(ours)}: {median(ours) * 1e3:.1f} ms through the server, "
            f"{median(own) * 1e3:.2f} ms from the service itself; longest {max(ours) * 1e3:.0f} ms",
            promise=Promise(below=10),
        )
    ]


async def _flow(bench: Bench, crowd: Crowd | None) -> None:
    if crowd is None:
        return
    clients = await connect(bench.server.port, bench.server.founded.token, crowd.streams)
    await _stream(bench, clients, crowd)
    _close(clients)


async def _token(bench: Bench, crowd: Crowd) -> list[Figure]:
    if crowd.per_write > 1:
        return await _streamed(bench, crowd)
    # the machine as it is before and after: it may have become another in between
    before = await asyncio.to_thread(yardstick, bench.service_port)
    token, wall = await _streamed(bench, crowd)
    after = await asyncio.to_thread(yardstick, bench.service_port)
    ratio = Figure(
        name=f"beside the SDK's objects, {crowd}",
        value=token.value / ((before + after) / 2),
        unit="x",
        method=f"to make them of tokens that come unpaced takes the openai SDK {before:.0f} us of CPU a token just before, "
        f"{after:.0f} us just after",
        promise=_BESIDE_THE_SDK,
    )
    return [token, ratio, wall]


async def _streamed(bench: Bench, crowd: Crowd) -> list[Figure]:
    ideal = await _ideal(bench, crowd)
    clients = await connect(bench.server.port, bench.server.founded.token, crowd.streams)
    # the same crowd with one token each: what its turns cost whatever they say
    single = Crowd(crowd.streams, 1, 0.0, crowd.model)
    turns, _ = await _middle(bench, clients, single)
    whole, answers = await _middle(bench, clients, crowd)
    _close(clients)
    return [_token_figure(crowd, turns, whole, answers), _wall_figure(crowd, whole, answers, ideal)]


async def _middle(bench: Bench, clients: Sequence[Client], crowd: Crowd) -> tuple[Cost, list[Response]]:
    """The median of several runs by what they cost."""
    runs = [await _stream(bench, clients, crowd) for _ in range(_RUNS)]
    return sorted(runs, key=lambda run: run[0].cpu_seconds)[_RUNS // 2]


async def _ideal(bench: Bench, crowd: Crowd) -> Ideal:
    callers = await connect(bench.service_port, bench.server.founded.token, crowd.streams)
    began = time.perf_counter()
    answers = await asyncio.gather(*(_ask(caller, crowd.model, crowd.script) for caller in callers))
    seconds = time.perf_counter() - began
    _close(callers)
    return Ideal(seconds, [_first_piece(answer) for answer in answers])


def _token_figure(crowd: Crowd, turns: Cost, whole: Cost, answers: Sequence[Response]) -> Figure:
    frames = sum(len(answer.pieces) for answer in answers) / crowd.streams
    further = crowd.streams * (crowd.tokens - 1)
    return Figure(
        name=f"provider token, {crowd}",
        value=max((whole.cpu_seconds - turns.cpu_seconds) / further, 0.0) * 1e6,
        unit="us",
        method=f"server CPU per further token, stored; {frames:.0f} frames a stream, no gap; a turn of one token costs "
        f"{turns.per(crowd.streams, 1e3):.1f} ms; client busy {whole.load:.0%}",
        promise=Promise(below=50),
    )


def _wall_figure(crowd: Crowd, whole: Cost, answers: Sequence[Response], ideal: Ideal) -> Figure:
    added_s = median(map(first_word, answers)) - median(ideal.first_tokens)
    at_once = f"; all asked at once, first tokens come {added_s * 1e3:.0f} ms later (median)"
    return Figure(
        name=f"provider wall, {crowd}",
        value=whole.wall_seconds,
        unit="s",
        method=f"first request to last frame; the service itself takes {ideal.seconds:.2f} s"
        f"{at_once if crowd.streams > 1 else ''}",
        promise=crowd.wall_promise,
    )


async def _agent(founded: Founded, client: Client, model: str) -> str:
    made = await client.post(f"{founded.path}agent-settings/", {"name": model, "model": model}, expected=201)
    return made.json["id"]


async def _conversations(bench: Bench, client: Client, model: str, count: int) -> list[str]:
    draft = {"agent_settings": bench.agents[model]}
    path = bench.server.founded.conversations
    return [(await client.post(path, draft, expected=201)).json["id"] for _ in range(count)]


async def _stream(bench: Bench, clients: Sequence[Client], crowd: Crowd) -> tuple[Cost, list[Response]]:
    created = await _conversations(bench, clients[0], crowd.model, crowd.streams)
    with bench.server.metered() as cost:
        sending = [_send(bench, *pair, crowd.script) for pair in zip(clients, created, strict=True)]
        answers = await asyncio.gather(*sending)
    for answer in answers:
        check(answer, crowd.script.text)
    return cost, answers


async def _send(bench: Bench, client: Client, conversation_id: str, script: Script) -> Response:
    path = f"{bench.server.founded.conversations}{conversation_id}/send_message_stream/"
    return await client.post(path, {"message": script.message})


async def _ask(caller: Client, model: str, script: Script) -> Response:
    """The service's answer without a server between."""
    asked: dict[str, Any] = {"messages": [{"role": "user", "content": script.message}], "stream": True}
    return await caller.post(_PATHS[model], asked)


def _first_piece(answer: Response) -> float:
    """Seconds from the request to the service's first token."""
    return next(seconds for seconds, piece in answer.pieces if b"word1" in piece)


def _close(clients: Sequence[Client]) -> None:
    for client in clients:
        client.close()
