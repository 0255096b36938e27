"""What carries requests under the providers' SDKs: HTTP/1.1 over connections that are kept, as short a way as there is.

Content encodings, redirects, cookies and retries are the business of the client above it.
"""

import asyncio
import re
import ssl
import urllib.request
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx2

from tertulia.providers.transport_address import Origin
from tertulia.providers.transport_connection import Connection, connect
from tertulia.providers.transport_tide import Tide

_LARGEST_POOL = 1000
_MOST_IDLE = 100
_IDLE_S = 30.0
_GOODBYE_S = 0.05
_NAME = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_BODY = "tertulia_body"
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def direct_transport() -> "DirectTransport | None":
    """None where the environment names a proxy: httpx2's own transport knows the way through it."""
    proxies = urllib.request.getproxies()
    return None if proxies.keys() & {"http", "https", "all"} else DirectTransport()


def pieces(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The body of an answer that is made while it comes, to be read once; a fast one comes now and then (ADR 0010).

    Straight from the connection where it can be: the client's own five layers of generators cost as much as all that is
    done with a token.
    """
    body: _Body | None = response.extensions.get(_BODY)
    if body is None or "content-encoding" in response.headers:
        return response.aiter_bytes()
    body.linger()
    return body


async def read_out(body: AsyncIterator[bytes]) -> None:
    """Reads what is left of a body that has said all: only so is its connection kept. Nobody waits long for that."""
    if isinstance(body, _Body):
        body.hasten()
    with suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(_GOODBYE_S):
            async for _ in body:
                pass


class DirectTransport(httpx2.AsyncBaseTransport):
    """At most `limit` exchanges at once, further ones wait. TLS is verified as httpx2 does it, unless given a context."""

    def __init__(self, context: ssl.SSLContext | None = None, *, limit: int = _LARGEST_POOL) -> None:
        self._context = context
        self._places = asyncio.Semaphore(limit)
        self._busy: set[Connection] = set()
        self._tide = Tide(lambda: len(self._busy))
        self._idle: defaultdict[Origin, list[tuple[float, Connection]]] = defaultdict(list)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        origin = Origin.of(request.url)
        limits: dict[str, float | None] = request.extensions.get("timeout", {})
        head = _head(request)
        await self._enter(limits.get("pool"))
        try:
            connection = await self._asked(origin, request, head, limits)
        except BaseException:
            self._places.release()
            raise
        body = _Body(self, connection, limits.get("read"))
        named = {"http_version": connection.http_version, "reason_phrase": connection.reason}
        return httpx2.Response(
            connection.status, headers=connection.headers, stream=body, extensions={**named, _BODY: body}
        )

    async def aclose(self) -> None:
        for connection in [*self._busy, *(each for kept in self._idle.values() for _, each in kept)]:
            connection.abort()
        self._idle.clear()

    def release(self, connection: Connection) -> None:
        """Takes a connection back: it is kept for the next request to its origin, or closed."""
        self._places.release()
        self._busy.discard(connection)
        kept = self._weeded(connection.origin)
        if not connection.is_reusable or len(kept) >= _MOST_IDLE:
            connection.abort()
            return
        connection.end()
        kept.append((asyncio.get_running_loop().time() + _IDLE_S, connection))

    async def _enter(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._places.acquire()
        except TimeoutError:
            raise httpx2.PoolTimeout("Too many requests are under way.") from None

    async def _asked(
        self, origin: Origin, request: httpx2.Request, head: bytes, limits: dict[str, float | None]
    ) -> Connection:
        """A connection on which this request was sent and the answer has begun."""
        kept = self._kept(origin)
        if kept is not None:
            try:
                return await self._exchange(kept, request, head, limits)
            except (httpx2.NetworkError, httpx2.RemoteProtocolError):
                # the server had closed it meanwhile; what it never saw is asked again, once
                if kept.received or not isinstance(request.stream, httpx2.ByteStream):
                    raise
        context = await self._tls() if origin.scheme == "https" else None
        fresh = await connect(origin, self._tide, context=context, seconds=limits.get("connect"))
        return await self._exchange(fresh, request, head, limits)

    async def _exchange(
        self, connection: Connection, request: httpx2.Request, head: bytes, limits: dict[str, float | None]
    ) -> Connection:
        self._busy.add(connection)
        connection.begin(has_body=request.method != "HEAD")
        try:
            async for data in _sent(request, head):
                await connection.send(data, limits.get("write"))
            await connection.answered(limits.get("read"))
        except BaseException:
            self._busy.discard(connection)
            connection.abort()
            raise
        return connection

    def _kept(self, origin: Origin) -> Connection | None:
        """The connection used last."""
        kept = self._weeded(origin)
        return kept.pop()[1] if kept else None

    def _weeded(self, origin: Origin) -> list[tuple[float, Connection]]:
        """What is kept for an origin, without connections that were closed; those kept too long are closed now."""
        now = asyncio.get_running_loop().time()
        kept = self._idle[origin]
        for until, connection in kept:
            if until <= now:
                connection.abort()
        kept[:] = [each for each in kept if each[1].is_open]
        return kept

    async def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            # certificates are read from disk: other conversations go on meanwhile
            self._context = await asyncio.to_thread(httpx2.create_ssl_context)
            self._context.set_alpn_protocols(["http/1.1"])
        return self._context


class _Body(httpx2.AsyncByteStream):
    """A body as it comes; whatever came at once is one piece."""

    def __init__(self, transport: DirectTransport, connection: Connection, seconds: float | None) -> None:
        self._transport = transport
        self._connection: Connection | None = connection
        self._seconds = seconds

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._connection is None:
            raise StopAsyncIteration
        try:
            data = await self._connection.read(self._seconds)
        except BaseException:
            await self.aclose()
            raise
        if not data:
            raise StopAsyncIteration
        return data

    def linger(self) -> None:
        if self._connection is not None:
            self._connection.linger()

    def hasten(self) -> None:
        if self._connection is not None:
            self._connection.hasten()

    async def aclose(self) -> None:
        """An answer that has not come to its end takes its connection with it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._transport.release(connection)


def _head(request: httpx2.Request) -> bytes:
    """Raises LocalProtocolError for what would read as something else on the wire."""
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    for name, value in request.headers.raw:
        if not _NAME.fullmatch(name) or _CONTROL.search(value):
            raise httpx2.LocalProtocolError(f"The header {name.decode(errors='replace')!r} holds signs that none may.")
        lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join((*lines, b"", b""))


async def _sent(request: httpx2.Request, head: bytes) -> AsyncIterator[bytes]:
    """Head and body as they go out; a body in one piece goes with the head."""
    stream: Any = request.stream
    is_chunked = "transfer-encoding" in request.headers
    async for data in stream:
        if data:
            yield head + (b"%x\r\n%b\r\n" % (len(data), data) if is_chunked else data)
            head = b""
    if rest := head + (b"0\r\n\r\n" if is_chunked else b""):
        yield rest
