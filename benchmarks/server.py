"""A real server in a process of its own, and what it costs: CPU seconds and memory as the kernel counts them."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import TracebackType

import psutil
from msgspec import Struct
from psutil import LINUX

_START_S = 60.0
_COMMAND_S = 180.0
_WATCH_EVERY_S = 0.05
_MEGABYTE = 1e6


class Founded(Struct, frozen=True, kw_only=True):
    """A project that `tertulia init` made in a data folder."""

    data: Path
    project_id: str
    agent_id: str
    token: str

    @property
    def path(self) -> str:
        """Where the project's resources begin."""
        return f"/api/v1/projects/{self.project_id}/"

    @property
    def conversations(self) -> str:
        return f"{self.path}playground-conversations/"

    @property
    def database(self) -> Path:
        return self.data / "tertulia.db"


class Cost(Struct):
    """What happened on the server between two moments. `load` is the share of its core that the client was busy."""

    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_megabytes: float = 0.0
    load: float = 0.0

    def per(self, count: int, scale: float) -> float:
        return self.cpu_seconds / count * scale


class Server:
    """`tertulia serve` on a loopback port. As a context it is ready when entered and stopped when left."""

    def __init__(self, founded: Founded, **settings: object) -> None:
        self.founded = founded
        self.port = _free_port()
        self.start_seconds = 0.0
        self._environment = _environment(founded.data, port=self.port, log_level="warning", **settings)
        self._log = founded.data / "server.log"

    def __enter__(self) -> "Server":
        started = time.perf_counter()
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(_command("serve"), env=self._environment, stdout=log, stderr=log)  # noqa: S603 - our own program
        self._process = psutil.Process(self._child.pid)
        while not self._is_ready():
            if self._child.poll() is not None or time.perf_counter() - started > _START_S:
                self._child.kill()
                raise RuntimeError(f"The server did not get ready:\n{self._log.read_text()[-2_000:]}")
            time.sleep(0.005)
        self.start_seconds = time.perf_counter() - started
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.terminate()
        try:
            self._child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def kill(self) -> None:
        """As a crash does: nothing in the process hears of it."""
        self._child.kill()

    @contextlib.contextmanager
    def metered(self) -> Generator[Cost]:
        """Gives a Cost that is filled in at the end. Child processes count once they have ended."""
        cost = Cost()
        stop = threading.Event()
        watch = threading.Thread(target=self._watch, args=(cost, stop))
        watch.start()
        client, cpu, started = time.process_time(), self._cpu_seconds(), time.perf_counter()
        try:
            yield cost
        finally:
            cost.wall_seconds = time.perf_counter() - started
            cost.cpu_seconds = self._cpu_seconds() - cpu
            cost.load = (time.process_time() - client) / cost.wall_seconds
            stop.set()
            watch.join()

    def megabytes(self) -> tuple[float, float]:
        """Resident memory, and the part of it that no other process shares."""
        memory = self._process.memory_full_info()
        return memory.rss / _MEGABYTE, memory.uss / _MEGABYTE

    def _cpu_seconds(self) -> float:
        times = self._process.cpu_times()
        ended = times.children_user + times.children_system
        # psutil counts in steps of 10 ms
        own = time.clock_gettime(_clock_of(self._child.pid)) if LINUX else times.user + times.system
        return own + ended

    def _watch(self, cost: Cost, stop: threading.Event) -> None:
        while True:
            cost.peak_megabytes = max(cost.peak_megabytes, self._process.memory_info().rss / _MEGABYTE)
            if stop.wait(_WATCH_EVERY_S):
                return

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def found(data: Path, *options: str) -> Founded:
    """A migrated data folder with one project; `--demo` fills it with the demo documents."""
    data.mkdir(parents=True)
    finished = subprocess.run(  # noqa: S603 - our own program
        [*_command("init"), *options, "--json"],
        env=_environment(data),
        capture_output=True,
        timeout=_COMMAND_S,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(f"tertulia init failed:\n{finished.stderr.decode()[-2_000:]}")
    made = json.loads(finished.stdout)
    return Founded(
        data=data, project_id=made["project_id"], agent_id=made["agent_settings_id"], token=made["admin_token"]
    )


def _clock_of(pid: int) -> int:
    """Linux's number for the clock that counts the CPU of all threads of a process: see clock_getcpuclockid(3)."""
    return ~pid << 3 | 2


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "tertulia", name]


def _environment(data: Path, **settings: object) -> dict[str, str]:
    """The environment of a server whose settings are these and nothing else."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TERTULIA_")}
    given = {f"TERTULIA_{name.upper()}": str(value) for name, value in settings.items()}
    return {**clean, "TERTULIA_DATA": str(data), **given}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
