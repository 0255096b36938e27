"""How soon the server is ready, and what it holds when nobody asks."""

import time
from pathlib import Path
from statistics import median

from benchmarks.figure import Figure, Promise
from benchmarks.server import Founded, Server, found

_STARTS = 5
_IDLE_S = 2.0


def measure(folder: Path) -> list[Figure]:
    return [
        *_figures("empty project", found(folder / "empty")),
        *_figures("demo documents", found(folder / "demo", "--demo")),
    ]


def _figures(label: str, founded: Founded) -> list[Figure]:
    seconds: list[float] = []
    for _ in range(_STARTS - 1):
        with Server(founded) as server:
            seconds.append(server.start_seconds)
    with Server(founded) as server:
        seconds.append(server.start_seconds)
        time.sleep(_IDLE_S)
        resident, own = server.megabytes()
    idle = f"{_IDLE_S:.0f} s after it was ready"
    return [
        Figure(
            name=f"start to ready, {label}",
            value=median(seconds),
            unit="s",
            method=f"spawn to the first 200 of /readyz, median of {_STARTS}; longest {max(seconds):.2f} s",
            promise=Promise(below=2),
        ),
        Figure(
            name=f"idle memory, {label}",
            value=resident,
            unit="MB",
            method=f"resident, {idle}; {own:.0f} MB of it shared with nobody",
            promise=Promise(below=120),
        ),
    ]
