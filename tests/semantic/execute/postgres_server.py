"""A PostgreSQL server for the length of some tests, from the programs that the machine has."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote


def server_programs() -> Path | None:
    """The newest folder with them: Debian keeps them off the path, one folder for each version."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def postgres_server(password: str) -> Generator[str]:
    """The URL of its owner. PostgreSQL refuses to run as root, so root lends it another user."""
    programs = server_programs()
    assert programs is not None
    user = "nobody" if os.getuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="pg"))
    cluster = str(home / "cluster")
    secret = home / "password"
    secret.write_text(password)
    if user:
        shutil.chown(home, user)
        shutil.chown(secret, user)
    port = free_port()
    settings = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB"

    def run(program: str, *arguments: str) -> None:
        command = [programs / program, "-D", cluster, *arguments]
        subprocess.run(command, check=True, user=user, cwd=home, stdout=subprocess.DEVNULL, timeout=60)

    try:
        run("initdb", "-A", "scram-sha-256", "-U", "owner", f"--pwfile={secret}", "--no-sync")
        run("pg_ctl", "-o", settings, "-l", str(home / "log"), "-w", "start")
        try:
            yield f"postgresql://owner:{quote(password, safe='')}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
