"""The event loops these tests run on, the transport's on both the server may have; a certificate for its TLS."""

import asyncio
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    if not item.path.name.startswith("test_transport") or find_spec("uvloop") is None:
        return {"asyncio": asyncio.new_event_loop}
    import uvloop  # noqa: PLC0415 - absent on Windows

    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `key.pem` and `cert.pem`, a certificate for 127.0.0.1 that signed itself."""
    folder = tmp_path_factory.mktemp("tls")
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=loopback"
    names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", *options.split(), *names], cwd=folder, check=True, capture_output=True, timeout=60)
    return folder
