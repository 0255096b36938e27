"""Answers that come fast are read together, now and then, and nothing of them is lost, torn, or late for long."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest

from providers.test_transport import CHUNKED, OK, Peer, calling, says, server_context, serving
from tertulia.providers.transport import DirectTransport, pieces, read_out
from tertulia.providers.transport_tide import Tide

WORDS = [b"word%d " % number for number in range(40)]


class Ebb(Tide):
    """One that turns when it is told."""

    def __init__(self, size: int = 1) -> None:
        super().__init__(lambda: size)
        self.is_joined = asyncio.Event()

    def join(self, read_on: Callable[[], None]) -> None:
        self._resting.append(read_on)
        self.is_joined.set()

    def turn(self) -> None:
        self.is_joined.clear()
        self._turn()


def crowded(size: int = 200) -> DirectTransport:
    """A transport that takes itself for one with so many answers under way."""
    transport = DirectTransport()
    transport._tide = Tide(lambda: size)
    return transport


def writes(*words: bytes, every_s: float, ends: bool = True) -> Callable[[Peer, asyncio.StreamWriter], Awaitable[None]]:
    async def answer(_peer: Peer, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        for word in words:
            writer.write(b"%x\r\n%b\r\n" % (len(word), word))
            await writer.drain()
            await asyncio.sleep(every_s)
        if ends:
            writer.write(b"0\r\n\r\n")

    return answer


async def read(
    client: httpx2.AsyncClient, *, patience_s: float | None = 5.0, into: list[bytes] | None = None
) -> list[bytes]:
    heard = [] if into is None else into
    async with client.stream("GET", "/", timeout=patience_s) as answer:
        async for piece in pieces(answer):
            heard.append(piece)
    return heard


@pytest.mark.parametrize(("size", "most"), [(1, 30), (200, 20)])
async def test_what_comes_fast_is_read_in_larger_pieces_but_for_its_beginning(size: int, most: int) -> None:
    async with calling(writes(*WORDS, every_s=0.005), crowded(size)) as (_, client):
        heard = await read(client)
        assert b"".join(heard) == b"".join(WORDS)
        assert heard[:2] == WORDS[:2]
        assert len(heard) < most


def ebbing(context: ssl.SSLContext | None = None) -> tuple[DirectTransport, Ebb]:
    transport = DirectTransport(context)
    transport._tide = ebb = Ebb()
    return transport, ebb


async def test_what_comes_slowly_waits_for_nobody() -> None:
    transport, _ = ebbing()
    async with calling(writes(*WORDS[:10], every_s=0.09), transport) as (_, client):
        assert await read(client) == WORDS[:10]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_between_two_turns_nothing_is_taken_from_the_system(certificate: Path, scheme: str) -> None:
    has_written = asyncio.Event()

    async def answer(peer: Peer, writer: asyncio.StreamWriter) -> None:
        await writes(*WORDS, every_s=0.002)(peer, writer)
        has_written.set()

    transport, ebb = ebbing(ssl.create_default_context(cafile=certificate / "cert.pem"))
    async with (
        serving(answer, context=server_context(certificate) if scheme == "https" else None) as peer,
        httpx2.AsyncClient(transport=transport, timeout=5) as client,
        asyncio.timeout(10),
        client.stream("GET", f"{scheme}://127.0.0.1:{peer.port}/") as answered,
    ):
        body = pieces(answered)
        heard: list[bytes] = []
        while not ebb.is_joined.is_set():
            heard.append(await anext(body))
        await has_written.wait()
        [connection] = transport._busy
        taken = connection.received
        assert not connection._socket.is_reading()
        ebb.turn()
        heard.append(await anext(body))
        assert connection.received > taken
        assert b"".join(heard) == b"".join(WORDS)
        assert [piece async for piece in body] == []
    assert not transport._busy


async def test_a_body_that_nobody_reads_as_a_stream_waits_for_nobody() -> None:
    transport, _ = ebbing()
    async with calling(writes(*WORDS, every_s=0.002), transport) as (_, client):
        async with asyncio.timeout(10):
            assert (await client.get("/")).content == b"".join(WORDS)


async def test_what_comes_in_bulk_waits_for_nobody() -> None:
    turns: list[Callable[[], None]] = []

    class Counted(Tide):
        def join(self, read_on: Callable[[], None]) -> None:
            turns.append(read_on)
            super().join(read_on)

    transport = DirectTransport()
    transport._tide = Counted(lambda: 200)
    body = b"0123456789abcdef" * 1_000_000
    async with calling(says(OK + b"Content-Length: %d\r\n\r\n" % len(body), body), transport) as (_, client):
        assert b"".join(await read(client)) == body
    assert len(turns) < 10


async def test_an_answer_that_has_said_all_is_read_out_at_once_and_its_connection_kept() -> None:
    async def answer(peer: Peer, writer: asyncio.StreamWriter) -> None:
        await writes(*WORDS[:12], every_s=0.002, ends=False)(peer, writer)
        await is_read.wait()
        writer.write(b"0\r\n\r\n")

    transport, ebb = ebbing()
    async with calling(answer, transport) as (peer, client):
        for _ in range(2):
            is_read = asyncio.Event()
            async with asyncio.timeout(10), client.stream("GET", "/") as answered:
                body = pieces(answered)
                heard = b""
                while heard != b"".join(WORDS[:12]):
                    heard += await anext(body)
                    if ebb.is_joined.is_set() and heard != b"".join(WORDS[:12]):
                        ebb.turn()
                is_read.set()
                await read_out(body)
        assert peer.connections == 1


async def test_an_answer_given_up_while_it_rests_leaves_nothing_behind_for_the_next() -> None:
    transport, ebb = ebbing()
    async with calling(writes(*WORDS, every_s=0.002, ends=False), transport) as (peer, client):
        async with asyncio.timeout(10), client.stream("GET", "/") as answered:
            body = pieces(answered)
            while not ebb.is_joined.is_set():
                await anext(body)
        await peer.left.wait()
        ebb.turn()
        assert not transport._busy


async def test_silence_is_counted_from_the_last_piece_and_not_while_pieces_wait() -> None:
    async with calling(writes(*WORDS, every_s=0.005), crowded()) as (_, client):
        assert b"".join(await read(client, patience_s=0.05)) == b"".join(WORDS)
    async with calling(writes(*WORDS, every_s=0.001, ends=False), crowded()) as (_, client):
        heard: list[bytes] = []
        with pytest.raises(httpx2.ReadTimeout):
            await read(client, patience_s=0.15, into=heard)
        assert b"".join(heard) == b"".join(WORDS)


async def test_many_answers_at_once_all_come_whole() -> None:
    async with calling(writes(*WORDS, every_s=0.005)) as (peer, client):
        answers = await asyncio.gather(*(read(client) for _ in range(60)))
        assert {b"".join(heard) for heard in answers} == {b"".join(WORDS)}
        assert peer.connections == 60
        # the connections are as good as before
        answers = await asyncio.gather(*(read(client) for _ in range(60)))
        assert {b"".join(heard) for heard in answers} == {b"".join(WORDS)}
        assert peer.connections == 60
