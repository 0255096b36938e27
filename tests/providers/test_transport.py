"""The transport under the SDKs, against real servers on the loopback that write HTTP byte by byte."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from tertulia.providers.transport import DirectTransport, direct_transport

OK = b"HTTP/1.1 200 OK\r\n"
HELLO = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


class Peer:
    """One server; `answer` is called for each request, with its head and body, and may do as it likes."""

    def __init__(self, answer: Callable[["Peer", asyncio.StreamWriter], Awaitable[None]]) -> None:
        self._answer = answer
        self.requests: list[tuple[bytes, bytes]] = []
        self.connections = 0
        self.left = asyncio.Event()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.is_closing():
                self.requests.append(await _request(reader))
                await self._answer(self, writer)
                await writer.drain()
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left.set()
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    if b"transfer-encoding: chunked" in lowered:
        body = b""
        while size := int((await reader.readline()).strip(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
        return head, body
    found = lowered.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return head, await reader.readexactly(int(found or b"0"))


@asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    *,
    host: str = "127.0.0.1",
    context: ssl.SSLContext | None = None,
) -> AsyncGenerator[int]:
    """The port of a server; in the end everybody must have left it."""
    server = await asyncio.start_server(serve, host, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        async with asyncio.timeout(5):
            while getattr(server, "_active_count", 0):
                await asyncio.sleep(0.001)


@asynccontextmanager
async def serving(
    answer: Callable[[Peer, asyncio.StreamWriter], Awaitable[None]],
    *,
    host: str = "127.0.0.1",
    context: ssl.SSLContext | None = None,
) -> AsyncGenerator[Peer]:
    peer = Peer(answer)
    async with listening(peer.serve, host=host, context=context) as peer.port:
        yield peer


def says(*pieces: bytes) -> Callable[[Peer, asyncio.StreamWriter], Awaitable[None]]:
    """The same answer for every request; an empty piece closes the connection."""

    async def answer(_peer: Peer, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            if piece:
                writer.write(piece)
                await writer.drain()
            else:
                writer.close()

    return answer


@asynccontextmanager
async def calling(
    answer: Callable[[Peer, asyncio.StreamWriter], Awaitable[None]], transport: DirectTransport | None = None
) -> AsyncGenerator[tuple[Peer, httpx2.AsyncClient]]:
    async with serving(answer) as peer:
        client = httpx2.AsyncClient(
            transport=transport or DirectTransport(), base_url=f"http://127.0.0.1:{peer.port}", timeout=5
        )
        async with client:
            yield peer, client


@pytest.mark.parametrize(
    "pieces",
    [
        (HELLO,),
        tuple(bytes((each,)) for each in HELLO),
        (CHUNKED, b"2\r\nhe\r\n", b"3;some=thing\r\nllo\r\n", b"0\r\nX-Trailer: yes\r\n\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", HELLO),
    ],
    ids=["whole", "byte by byte", "chunks", "after informational answers"],
)
async def test_a_body_comes_whole_and_its_connection_is_used_again(pieces: tuple[bytes, ...]) -> None:
    async with calling(says(*pieces)) as (peer, client):
        for _ in range(3):
            answer = await client.post("/ask?x=1", json={"question": "why"})
            assert (answer.status_code, answer.reason_phrase, answer.text) == (200, "OK", "hello")
            assert "x-trailer" not in answer.headers
            assert "link" not in answer.headers
        assert peer.connections == 1
        assert peer.requests[0][0].startswith(b"POST /ask?x=1 HTTP/1.1\r\n")
        assert {body for _, body in peer.requests} == {b'{"question":"why"}'}


@pytest.mark.parametrize(
    "pieces",
    [
        (OK + b"\r\n", b"hel", b"lo", b""),
        (b"HTTP/1.0 200 OK\r\n\r\nhello", b""),
        (OK + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello",),
        (HELLO, b""),
    ],
    ids=["ends with the connection", "HTTP/1.0", "asks to close", "closes unasked"],
)
async def test_a_connection_that_cannot_be_used_again_is_not(pieces: tuple[bytes, ...]) -> None:
    async with calling(says(*pieces)) as (peer, client):
        for number in range(1, 4):
            assert (await client.get("/")).text == "hello"
            assert len(peer.requests) == number
        assert peer.connections == 3


async def test_answers_without_a_body_end_at_once() -> None:
    async def answer(peer: Peer, writer: asyncio.StreamWriter) -> None:
        is_head = peer.requests[-1][0].startswith(b"HEAD")
        writer.write(OK + b"Content-Length: 5\r\n\r\n" if is_head else b"HTTP/1.1 204 No Content\r\n\r\n")

    async with calling(answer) as (_, client):
        assert (await client.delete("/")).status_code == 204
        head = await client.head("/")
        assert (head.headers["content-length"], head.content) == ("5", b"")
        assert (await client.delete("/")).status_code == 204


async def test_compressed_answers_are_read() -> None:
    packed = gzip.compress(b"hello " * 1000)
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    async with calling(says(head, packed[:20], packed[20:])) as (_, client):
        assert (await client.get("/")).content == b"hello " * 1000


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_large_request_arrives_whole(*, is_streamed: bool) -> None:
    sent = b"0123456789abcdef" * 200_000

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(sent), 100_000):
            yield sent[start : start + 100_000]

    async with calling(says(HELLO)) as (peer, client):
        assert (await client.post("/", content=pieces() if is_streamed else sent)).text == "hello"
        assert peer.requests[0][1] == sent


async def test_an_answer_before_the_request_was_read_is_an_answer() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with listening(refuse) as port, httpx2.AsyncClient(transport=DirectTransport(), timeout=5) as client:
        answer = await client.post(f"http://127.0.0.1:{port}/", content=b"x" * 30_000_000)
        assert answer.status_code == 413


async def test_a_connection_the_server_closed_meanwhile_costs_nobody_an_answer() -> None:
    async def once(peer: Peer, writer: asyncio.StreamWriter) -> None:
        if len(peer.requests) == 2:
            # the request was read, and the connection goes without a word, as it does when the two cross
            writer.transport.abort()
        else:
            writer.write(HELLO)

    async with calling(once) as (peer, client):
        assert (await client.get("/first")).text == "hello"
        assert (await client.post("/second", json=[1])).text == "hello"
        assert [head.split()[1] for head, _ in peer.requests] == [b"/first", b"/second", b"/second"]
        assert peer.connections == 2


async def test_a_request_is_not_asked_again_once_something_of_its_answer_came() -> None:
    async def twice(peer: Peer, writer: asyncio.StreamWriter) -> None:
        if len(peer.requests) == 1:
            writer.write(HELLO)
        else:
            writer.write(b"HTTP/1.1 200 O")
            await writer.drain()
            writer.close()

    async with calling(twice) as (peer, client):
        await client.get("/")
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.get("/")
        assert len(peer.requests) == 2


async def test_a_new_connection_that_is_closed_without_an_answer_is_an_error() -> None:
    async with calling(says(b"")) as (peer, client):
        with pytest.raises(httpx2.RemoteProtocolError, match="without an answer"):
            await client.get("/")
        assert len(peer.requests) == 1


@pytest.mark.parametrize(
    "pieces",
    [
        (OK + b"Content-Length: 9\r\n\r\nhel", b""),
        (CHUNKED + b"3\r\nhel\r\n", b""),
        (CHUNKED + b"3\r\nhel\r\nnonsense\r\n",),
    ],
)
async def test_a_body_that_breaks_off_gives_what_came_and_then_an_error(pieces: tuple[bytes, ...]) -> None:
    async with calling(says(*pieces)) as (_, client), client.stream("GET", "/") as answer:
        came = b""
        with pytest.raises(httpx2.RemoteProtocolError):  # noqa: PT012 - what came before it counts too
            async for piece in answer.aiter_bytes():
                came += piece
        assert came == b"hel"


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", b"\x15\x03\x01"],
)
async def test_what_is_no_answer_is_an_error(answer: bytes) -> None:
    async with calling(says(answer)) as (_, client):
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.get("/")


async def test_a_head_without_end_is_an_error() -> None:
    async with calling(says(OK, *(b"X-%d: %s\r\n" % (number, b"y" * 1000) for number in range(200)))) as (_, client):
        with pytest.raises(httpx2.RemoteProtocolError, match="too large"):
            await client.get("/")


async def test_a_second_answer_nobody_asked_for_is_not_taken_for_the_next_one() -> None:
    async with calling(says(HELLO + OK + b"Content-Length: 4\r\n\r\nevil")) as (peer, client):
        for _ in range(3):
            assert (await client.get("/")).text == "hello"
        assert peer.connections == 3


@pytest.mark.parametrize("pieces", [(), (CHUNKED + b"3\r\nhel\r\n",)], ids=["no head", "half a body"])
async def test_silence_is_a_read_timeout_and_closes_the_connection(pieces: tuple[bytes, ...]) -> None:
    async with calling(says(*pieces)) as (peer, client):
        began = asyncio.get_running_loop().time()
        with pytest.raises(httpx2.ReadTimeout):
            await client.get("/", timeout=0.2)
        assert 0.15 < asyncio.get_running_loop().time() - began < 2
        await asyncio.wait_for(peer.left.wait(), 5)


async def test_a_slow_stream_is_no_silence() -> None:
    async def answer(_peer: Peer, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        for _ in range(10):
            await asyncio.sleep(0.05)
            writer.write(b"1\r\nx\r\n")
        writer.write(b"0\r\n\r\n")

    async with calling(answer) as (_, client):
        assert (await client.get("/", timeout=0.3)).text == "x" * 10


async def test_a_server_that_does_not_read_is_a_write_timeout() -> None:
    is_over = asyncio.Event()

    async def stare(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await is_over.wait()
        writer.close()

    timeout = httpx2.Timeout(5, write=0.2)
    async with listening(stare) as port, httpx2.AsyncClient(transport=DirectTransport(), timeout=timeout) as client:
        with pytest.raises(httpx2.WriteTimeout):
            await client.post(f"http://127.0.0.1:{port}/", content=b"x" * 50_000_000)
        is_over.set()


async def test_a_host_that_is_not_there_is_a_connect_error() -> None:
    async with serving(says(HELLO)) as peer:
        gone = peer.port
    async with httpx2.AsyncClient(transport=DirectTransport(), timeout=5) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get(f"http://127.0.0.1:{gone}/")
        with pytest.raises(httpx2.ConnectError):
            await client.get("http://nowhere.invalid/")


async def test_a_handshake_that_never_ends_is_a_connect_timeout() -> None:
    async def stare(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    timeout = httpx2.Timeout(5, connect=0.2)
    async with listening(stare) as port, httpx2.AsyncClient(transport=DirectTransport(), timeout=timeout) as client:
        with pytest.raises(httpx2.ConnectTimeout):
            await client.get(f"https://127.0.0.1:{port}/")


async def test_more_requests_than_places_wait_and_then_time_out() -> None:
    async with calling(says(CHUNKED + b"1\r\nx\r\n"), DirectTransport(limit=1)) as (_, client):
        async with client.stream("GET", "/"):
            with pytest.raises(httpx2.PoolTimeout):
                await client.get("/", timeout=httpx2.Timeout(5, pool=0.1))
        async with client.stream("GET", "/") as answer:
            assert answer.status_code == 200


@pytest.mark.parametrize("pieces", [(), (CHUNKED + b"3\r\nhel\r\n",)], ids=["no head", "half a body"])
async def test_cancelling_closes_the_connection_at_once(pieces: tuple[bytes, ...]) -> None:
    async with calling(says(*pieces)) as (peer, client):
        asking = asyncio.create_task(client.get("/"))
        async with asyncio.timeout(5):
            while not peer.requests:
                await asyncio.sleep(0.001)
        cancelled = asyncio.get_running_loop().time()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(peer.left.wait(), 5)
        assert asyncio.get_running_loop().time() - cancelled < 0.1


async def test_leaving_a_stream_early_closes_its_connection() -> None:
    async with calling(says(CHUNKED + b"3\r\nhel\r\n")) as (peer, client):
        async with client.stream("GET", "/") as answer:
            assert await anext(answer.aiter_bytes()) == b"hel"
        await asyncio.wait_for(peer.left.wait(), 5)


async def test_a_slow_reader_holds_the_server_back() -> None:
    written = 0

    async def flood(_peer: Peer, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(OK + b"Content-Length: 100000000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x" * 100_000)
            await writer.drain()
            written += 100_000

    async with calling(flood) as (_, client), client.stream("GET", "/") as answer:
        pieces = answer.aiter_bytes()
        read = len(await anext(pieces))
        before = -1
        while before != written:
            before = written
            await asyncio.sleep(0.1)
        assert written < 50_000_000
        async for piece in pieces:
            read += len(piece)
        assert read == 100_000_000


async def test_a_header_that_would_begin_another_is_refused() -> None:
    async with calling(says(HELLO)) as (peer, client):
        with pytest.raises(httpx2.LocalProtocolError):
            await client.get("/", headers={"Authorization": "Bearer x\r\nX-Evil: yes"})
        assert peer.requests == []


async def test_closing_the_client_closes_what_was_kept() -> None:
    async with serving(says(HELLO)) as peer:
        async with httpx2.AsyncClient(transport=DirectTransport(), timeout=5) as client:
            await client.get(f"http://127.0.0.1:{peer.port}/")
        await asyncio.wait_for(peer.left.wait(), 5)


def loopbacks() -> list[str]:
    """The loopback addresses this machine has: not every one has IPv6."""
    found: list[str] = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with suppress(OSError), socket.socket(family) as probe:
            probe.bind((host, 0))
            found.append(host)
    return found


@pytest.mark.parametrize("host", loopbacks())
async def test_addresses_of_either_kind_are_reached(host: str) -> None:
    shown = f"[{host}]" if ":" in host else host
    async with serving(says(HELLO), host=host) as peer:
        async with httpx2.AsyncClient(transport=DirectTransport(), timeout=5) as client:
            assert (await client.get(f"http://{shown}:{peer.port}/")).text == "hello"
        assert f"Host: {shown}:{peer.port}".encode() in peer.requests[0][0]


async def test_other_protocols_are_refused() -> None:
    async with httpx2.AsyncClient(transport=DirectTransport()) as client:
        with pytest.raises(httpx2.UnsupportedProtocol):
            await client.get("ftp://127.0.0.1/")


def server_context(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


async def test_tls_carries_requests_and_keeps_connections(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=certificate / "cert.pem")
    async with serving(says(HELLO), context=server_context(certificate)) as peer:
        async with httpx2.AsyncClient(transport=DirectTransport(trusting), timeout=5) as client:
            for _ in range(3):
                answer = await client.post(f"https://127.0.0.1:{peer.port}/", content=b"x" * 1_000_000)
                assert answer.text == "hello"
        assert peer.connections == 1


async def test_tls_is_verified_as_httpx_does_unless_told_whom_to_trust(certificate: Path) -> None:
    async with (
        serving(says(HELLO), context=server_context(certificate)) as peer,
        httpx2.AsyncClient(transport=DirectTransport(), timeout=5) as client,
    ):
        with pytest.raises(httpx2.ConnectError, match="certificate verify failed"):
            await client.get(f"https://127.0.0.1:{peer.port}/")
        assert peer.requests == []


async def test_tls_for_another_name_is_refused(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=certificate / "cert.pem")
    async with (
        serving(says(HELLO), host="127.0.0.2", context=server_context(certificate)) as peer,
        httpx2.AsyncClient(transport=DirectTransport(trusting), timeout=5) as client,
    ):
        with pytest.raises(httpx2.ConnectError, match="not valid for"):
            await client.get(f"https://127.0.0.2:{peer.port}/")


@pytest.mark.parametrize(("shakes_hands", "kind"), [("never", httpx2.ConnectTimeout), ("leaves", httpx2.ConnectError)])
async def test_a_server_that_does_not_get_to_tls_is_left(shakes_hands: str, kind: type[Exception]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if shakes_hands == "never":
            with suppress(ConnectionError):
                await reader.read()
        writer.close()

    limits = httpx2.Timeout(5, connect=0.3)
    # everybody must have left in the end
    async with listening(serve) as port, httpx2.AsyncClient(transport=DirectTransport(), timeout=limits) as client:
        with pytest.raises(kind):
            await client.get(f"https://127.0.0.1:{port}/")


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_where_the_environment_names_a_proxy_httpx_finds_the_way(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for each in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(each, raising=False)
        monkeypatch.delenv(each.lower(), raising=False)
    assert isinstance(direct_transport(), DirectTransport)
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert direct_transport() is None
