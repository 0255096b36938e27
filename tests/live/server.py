"""A real server in a process of its own, on a loopback port of its own, with a data folder of its own."""

import contextlib
import io
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import requests

from tertulia.cli import app

_READY_S = 30.0
_COMMAND_S = 120.0
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tertulia.cli", "tertulia.house"])


class LiveServer:
    """`tertulia serve` as a user runs it. Starting waits until it is ready."""

    def __init__(self, data: Path, *, port: int | None = None, **settings: object) -> None:
        self.data = data
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment(data, port=self.port, **settings)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "LiveServer":
        self.log = (self.data / f"server-{self.port}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tertulia", "serve"],
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
        )
        try:
            wait_until(self.is_ready, seconds=_READY_S, process=self.process)
        except AssertionError as error:
            self.kill()
            raise AssertionError(f"{error}:\n{self.log_text()[-2_000:]}") from error
        return self

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False

    def log_text(self) -> str:
        """What the server wrote to its log so far."""
        return (self.data / f"server-{self.port}.log").read_text(errors="replace")

    def kill(self) -> None:
        """Ends it at once, as kill -9 does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self) -> int:
        """Asks it to end, and waits; returns its exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(timeout=30)
        self.log.close()
        return code

    def command(self, *arguments: str) -> Any:
        """Runs a `tertulia` command with --json on the same data; returns what it printed."""
        return run_command(self.environment, *arguments)


def environment(data: Path, **settings: object) -> dict[str, str]:
    """The environment of a process whose settings are these and nothing else."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TERTULIA_")}
    given = {f"TERTULIA_{name.upper()}": str(value) for name, value in settings.items()}
    return {**clean, "TERTULIA_DATA": str(data), **given}


def run_command(variables: dict[str, str], *arguments: str) -> Any:
    """A `tertulia` command in a process of its own, forked from one that has all imports behind it."""
    here, there = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_command, args=(there, variables, arguments))
    process.start()
    there.close()
    assert here.poll(_COMMAND_S), f"tertulia {' '.join(arguments)} took longer than {_COMMAND_S} s"
    code, printed, complained = here.recv()
    process.join()
    assert code == 0, complained
    return json.loads(printed)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    condition: Callable[[], object], *, seconds: float = 10.0, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Polls until the condition holds. Fails when time is up, or when the process that should bring it about ended."""
    end = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, f"the server ended with {process.returncode}"
        assert time.monotonic() < end, f"{condition} did not come true within {seconds} s"
        time.sleep(0.02)


def _command(answer: Connection, variables: dict[str, str], arguments: Sequence[str]) -> None:
    os.environ.clear()
    os.environ.update(variables)
    printed, complained, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complained):
        try:
            app([*arguments, "--json"])
        except SystemExit as end:
            code = end.code
        except Exception:  # noqa: BLE001 - what a process prints that ends of it
            traceback.print_exc()
    answer.send((code, printed.getvalue(), complained.getvalue()))
