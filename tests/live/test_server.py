"""The server as a process: what it says and how it ends."""

import subprocess
import sys
from pathlib import Path

from conftest import Demo
from live.server import LiveServer, environment


def test_an_address_in_use_is_said_plainly_and_ends_with_1(demo: Demo, tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tertulia", "serve"],
        env=environment(tmp_path, port=demo.server.port),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert finished.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{demo.server.port}" in finished.stderr.decode()
    assert "Traceback" not in finished.stderr.decode()


def test_asked_to_end_it_ends_with_0_and_starts_again_on_the_same_data(tmp_path: Path) -> None:
    server = LiveServer(tmp_path, embedder="none").start()
    made = server.command("init", "--name", "Kept")
    assert server.stop() == 0
    again = LiveServer(tmp_path, embedder="none").start()
    tokens = again.command("token", "list")
    assert again.stop() == 0
    assert [token["prefix"] for token in tokens] == [made["admin_token"][:12]]
