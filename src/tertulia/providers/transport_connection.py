"""One HTTP/1.1 connection to a service: a request goes out, its answer comes in, and perhaps another follows."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import httptools
import httpx2

from tertulia.providers.transport_address import Origin, socket_to
from tertulia.providers.transport_tide import Tide

_LARGEST_HEAD = 100 * 1024
_MOST_HELD = 256 * 1024
_KEEPALIVE_S = 60
_PROMPT_READS = 2
_BULK = 16 * 1024
# one that rested is read a little late and still as fast
_NEARLY = 1.25
_UNREADABLE = "The server sent something that is not HTTP/1.1"


class Connection(asyncio.Protocol):
    """One exchange at a time: `begin`, `send`, `answered`, `read` until it gives nothing; then see `is_reusable`.

    Every time limit is in seconds without progress; None waits for ever.
    """

    def __init__(self, origin: Origin, tide: Tide) -> None:
        self.origin = origin
        self._tide = tide
        self.is_lost = False
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        # under TLS, which goes on reading for itself however little is read of it
        self._socket: asyncio.Transport
        self._failure: httpx2.TransportError | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[bool] | None = None
        self._patience_s = 0.0
        self._until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._is_choked = False
        self._is_paused = False
        self._is_resting = False
        self._is_asked = False
        self.begin(has_body=True)
        self._is_asked = False

    async def secure(self, context: ssl.SSLContext) -> None:
        """From now on everything goes through TLS. Raises OSError, and leaves a connection that is closed."""
        secured = await self._loop.start_tls(self._socket, self, context, server_hostname=self.origin.host)
        if secured is None:
            raise ConnectionResetError(f"{self.origin.host} closed the connection before it was secured.")
        self._transport = secured

    def begin(self, *, has_body: bool) -> None:
        """A new exchange; `has_body` is False for an answer that has none whatever its head says."""
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.received = 0
        self._has_body = has_body
        self._is_asked = True
        self._has_head = False
        self._is_complete = False
        self._is_kept_alive = False
        self._ends_with_connection = False
        self._pieces: list[bytes] = []
        self._held = 0
        self._reads = 0
        self._is_trickle = False
        self._came = 0.0

    @property
    def http_version(self) -> bytes:
        return b"HTTP/" + self._parser.get_http_version().encode()

    @property
    def is_reusable(self) -> bool:
        """Whether the exchange is over on both sides, and the server wants another."""
        is_over = self._is_complete and self._is_kept_alive and self._transport.get_write_buffer_size() == 0
        return is_over and self.is_open

    @property
    def is_open(self) -> bool:
        return self._failure is None and not self._transport.is_closing()

    def linger(self) -> None:
        """This answer may come in a fast trickle, and then be read now and then: from its third piece on."""
        self._is_trickle = True

    def hasten(self) -> None:
        """What is left of this answer is read as soon as it comes."""
        self._is_trickle = self._is_resting = False
        self._regulate()

    def end(self) -> None:
        """The exchange is over; what comes from now on was not asked for, and ends the connection."""
        self._is_asked = False
        self._stop_timer()
        self.hasten()

    async def send(self, data: bytes, seconds: float | None) -> None:
        """Returns when more may be sent, or when the server answers or leaves before it heard all: see `answered`."""
        if self.is_lost or self._has_head:
            return
        self._transport.write(data)
        while self._is_choked and not (self.is_lost or self._has_head):
            if not await self._wait(seconds):
                raise httpx2.WriteTimeout("The server took nothing of the request for too long.")

    async def answered(self, seconds: float | None) -> None:
        """Returns when the answer's head is there: `status`, `reason`, `headers`."""
        while not self._has_head:
            if self._failure is not None:
                raise self._failure
            if not await self._wait(seconds):
                raise httpx2.ReadTimeout("The server did not begin to answer.")

    async def read(self, seconds: float | None) -> bytes:
        """All of the body that has come and was not read yet; empty at its end."""
        while not self._pieces:
            if self._is_complete:
                return b""
            if self._failure is not None:
                raise self._failure
            if not await self._wait(seconds) and not self._pieces:
                raise httpx2.ReadTimeout("The server was silent in the middle of its answer.")
        self._reads += 1
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        self._regulate()
        return data

    def abort(self) -> None:
        """Closes at once, whatever is under way."""
        self._fail(httpx2.ReadError("The connection was closed."))
        self._stop_timer()
        self._transport.abort()

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = self._socket = cast("asyncio.Transport", transport)
        _keep_alive(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        if not self._is_asked:
            self.abort()
            return
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(httpx2.RemoteProtocolError(f"{_UNREADABLE}: {error}"))
        if not self._has_head and self.received > _LARGEST_HEAD:
            self._fail(httpx2.RemoteProtocolError("The head of the answer is too large."))
        self._rest(len(data))
        self._wake(has_news=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if exc is not None:
            self._fail(httpx2.ReadError(str(exc) or type(exc).__name__))
        elif self._has_head and self._ends_with_connection:
            self._is_complete = True
        else:
            told = "in the middle of its answer" if self.received else "without an answer"
            self._fail(httpx2.RemoteProtocolError(f"The server closed the connection {told}."))
        self._wake(has_news=True)

    def pause_writing(self) -> None:
        self._is_choked = True

    def resume_writing(self) -> None:
        self._is_choked = False
        self._wake(has_news=True)

    # what the parser calls

    def on_message_begin(self) -> None:
        if self._is_complete:
            self._fail(httpx2.RemoteProtocolError("The server sent more than one answer."))

    def on_status(self, status: bytes) -> None:
        if not self._has_head:
            self.reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        # what stands behind the body is no part of the head
        if not self._has_head:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._has_head or status < 200:
            return
        self.status = status
        self._has_head = True
        self._is_kept_alive = self._has_body and self._parser.should_keep_alive()
        self._is_complete = not self._has_body
        self._ends_with_connection = self.status not in (204, 304) and not _is_measured(self.headers)

    def on_body(self, body: bytes) -> None:
        if not self._is_complete:
            self._pieces.append(body)
            self._held += len(body)

    def on_message_complete(self) -> None:
        if self._has_head:
            self._is_complete = True
            return
        # an answer on the way to the answer
        self.reason = b""
        self.headers = []

    # waiting

    async def _wait(self, seconds: float | None) -> bool:
        """Until something happens; False where nothing did. One timer serves many waits: it looks when it is due."""
        self._waiter = waiter = self._loop.create_future()
        if seconds is not None:
            self._patience_s = seconds
            self._until = self._loop.time() + seconds
            if self._timer is not None and self._timer.when() > self._until:
                self._stop_timer()
            if self._timer is None:
                self._timer = self._loop.call_at(self._until, self._look)
        else:
            self._stop_timer()
        try:
            return await waiter
        finally:
            self._waiter = None

    def _look(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._is_resting or self._loop.time() < self._until:
            self._timer = self._loop.call_at(max(self._until, self._loop.time() + self._tide.period_s), self._look)
        else:
            self._wake(has_news=False)

    def _wake(self, *, has_news: bool) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(has_news)

    def _rest(self, size: int) -> None:
        """Reads no further before the tide turns, where little comes often: neither a beginning, an end, nor bulk."""
        before, self._came = self._came, self._loop.time()
        is_fast = self._came - before < self._tide.period_s * _NEARLY
        may_rest = self._is_trickle and self._reads >= _PROMPT_READS and not self._is_complete
        if may_rest and is_fast and size < _BULK and not self._is_resting:
            self._is_resting = True
            self._tide.join(self._on_tide)
        self._regulate()

    def _on_tide(self) -> None:
        self._is_resting = False
        # a silence begins when somebody listens
        self._until = self._loop.time() + self._patience_s
        self._regulate()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _regulate(self) -> None:
        """Nothing is taken from the system while the answer rests, or while its reader is behind."""
        is_paused = self._is_resting or self._held > _MOST_HELD
        if is_paused == self._is_paused or not self.is_open or self._socket.is_closing():
            return
        self._is_paused = is_paused
        if is_paused:
            self._socket.pause_reading()
        else:
            self._socket.resume_reading()

    def _fail(self, failure: httpx2.TransportError) -> None:
        """The first reason counts."""
        self._failure = self._failure or failure


async def connect(origin: Origin, tide: Tide, *, context: ssl.SSLContext | None, seconds: float | None) -> Connection:
    """Raises ConnectError and ConnectTimeout. `context` is that of TLS, None without."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            plain = await socket_to(origin)
            try:
                _, connection = await loop.create_connection(lambda: Connection(origin, tide), sock=plain)
            except BaseException:
                plain.close()
                raise
            if context is not None:
                await connection.secure(context)
    except TimeoutError as error:
        raise httpx2.ConnectTimeout(f"{origin.host} did not answer.") from error
    except (OSError, UnicodeError) as error:
        raise httpx2.ConnectError(str(error)) from error
    return connection


def _keep_alive(connected: Any) -> None:
    """Lets the system notice a peer that is gone, and a router that forgets quiet connections remember this one."""
    with suppress(OSError, AttributeError):
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_S)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_S)


def _is_measured(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether the body says where it ends; otherwise it ends with the connection."""
    for name, value in headers:
        match name.lower():
            case b"content-length":
                return True
            case b"transfer-encoding":
                return value.lower().rpartition(b",")[2].strip() == b"chunked"
            case _:
                pass
    return False
