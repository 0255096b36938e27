"""A server after years of use: lists, reads and searches among a hundred thousand conversations."""

import time
from pathlib import Path
from statistics import median
from urllib.parse import quote

from benchmarks.client import Client, Response, connect, run
from benchmarks.figure import Figure, Promise
from benchmarks.history import write_spoken
from benchmarks.server import Server, found

_TURNS = 5
_REPEATS = 15
_GETS = 200
_PAGE = 20
# what is said in every n-th answer, and so how rare it is
_REMARKS = {
    "revenue": 2,
    "Quarterly-Plan": 500,
    "Zyxquark-77": 5_000,
    "выручка": 400,
    "売上高": 800,
    "straße": 400,
}
_TERMS = {
    "in most conversations": "REVENUE",
    "in one of 100": "quarterly-plan",
    "in one of 1,000": "zyxquark-77",
    "in none": "nowhere at all",
    "Cyrillic, in one of 80": "Выручка",
    "Chinese, in one of 160": "売上高",
    "German, in one of 80": "STRASSE",
    "two letters, rare": "yx",
    "two letters, common": "ba",
}


def measure(folder: Path) -> list[Figure]:
    """A twentieth of what is promised: quick to build, and what grows with the number of conversations shows already."""
    return _measure(folder / "archive", 5_000)


def measure_full(folder: Path) -> list[Figure]:
    return _measure(folder / "archive", 100_000)


def _measure(data: Path, count: int) -> list[Figure]:
    founded = found(data)
    began = time.perf_counter()
    write_spoken(founded.database, founded.project_id, count=count, turns=_TURNS, remarks=_REMARKS)
    built = time.perf_counter() - began
    size = f"{count:,} conversations, {2 * count * _TURNS:,} messages"
    with Server(founded) as server:
        figures = run(_ask(server, size))
    megabytes = founded.database.stat().st_size / 1e6
    method = f"{size} in one file; written in {built:.0f} s"
    return [Figure(name="archive, size", value=megabytes, unit="MB", method=method), *figures]


async def _ask(server: Server, size: str) -> list[Figure]:
    [client] = await connect(server.port, server.founded.token)
    path = server.founded.conversations
    ids = [each["id"] for each in (await client.get(path)).json["results"]]
    page, of_20 = await _repeat(client, f"{path}?limit={_PAGE}")
    listed, of_100 = await _repeat(client, path)
    got = [(await client.get(f"{path}{ids[at % len(ids)]}/")).seconds for at in range(_GETS)]
    searches = [
        (label, *await _repeat(client, f"{path}?limit={_PAGE}&text={quote(term)}")) for label, term in _TERMS.items()
    ]
    every = [seconds for _, times, _ in searches for seconds in times]
    return [
        _figure(f"list of {_PAGE}", page, f"{size}; {_described(of_20)}", Promise(below=10)),
        _figure("list of 100", listed, _described(of_100)),
        _figure("get", got, f"median of {_GETS}, one client", Promise(below=5)),
        _figure("search", every, f"median of all searches below, pages of {_PAGE}", Promise(below=20)),
        *(_figure(f"search, {label}", times, _described(answer)) for label, times, answer in searches),
    ]


async def _repeat(client: Client, path: str) -> tuple[list[float], Response]:
    """The seconds of each request but the first, and the last answer."""
    answers = [await client.get(path) for _ in range(_REPEATS + 1)]
    return [answer.seconds for answer in answers[1:]], answers[-1]


def _described(answer: Response) -> str:
    return f"{answer.json['count']:,} found, {len(answer.body) / 1e3:.0f} kB; median of {_REPEATS}"


def _figure(name: str, seconds: list[float], method: str, promise: Promise | None = None) -> Figure:
    return Figure(name=f"archive, {name}", value=median(seconds) * 1e3, unit="ms", method=method, promise=promise)
