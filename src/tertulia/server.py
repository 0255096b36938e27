"""The HTTP server: uvicorn, with a drain that begins in the signal handler."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Generator
from types import FrameType

import uvicorn

from tertulia.app import Tertulia
from tertulia.core.errors import Unavailable
from tertulia.settings import Settings

_GRACE_S = 5
_TICK_S = 1.0


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Running turns get drain_s to end, then go back to the queue.

    Raises Unavailable where the address cannot be listened on.
    """
    _require_free(settings)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    application = Tertulia(settings)
    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(settings.drain_s) + _GRACE_S,
    )
    await _Server(config, application).serve()


def _require_free(settings: Settings) -> None:
    """Looks before anything is opened; uvicorn would say it later and less plainly."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Unavailable(
                f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). Choose another address with "
                "--host and --port, or TERTULIA_HOST and TERTULIA_PORT."
            ) from error


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The faster loop where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return None
    return uvloop.new_event_loop


class _Server(uvicorn.Server):
    """uvicorn waits for open streams before it ends the lifespan, so what ends the streams must begin earlier."""

    def __init__(self, config: uvicorn.Config, application: Tertulia) -> None:
        super().__init__(config)
        self._application = application
        self._running_loop = asyncio.get_running_loop()
        self._may_exit = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Takes the signals through the event loop; uvicorn's own way raises them again after a clean end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._running_loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def main_loop(self) -> None:
        """Looks once a second, for the Date header, and at once on a signal; uvicorn's own looks ten times as often."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._may_exit.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._application.begin_drain()
        super().handle_exit(sig, frame)
        self._may_exit.set()
