"""Readers of answers that come fast are woken together, and nothing of an answer is lost, late at its ends, or torn."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from providers.test_transport import CHUNKED, Peer, calling
from tertulia.providers.transport import DirectTransport
from tertulia.providers.transport_tide import Tide

WORDS = [b"word%d " % number for number in range(40)]


class Ebb(Tide):
    """One that never comes."""

    def _turn(self) -> None:
        pass


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
    pieces = [] if into is None else into
    async with client.stream("GET", "/", timeout=patience_s) as answer:
        async for piece in answer.aiter_raw():
            pieces.append(piece)
    return pieces


@pytest.mark.parametrize(("size", "most"), [(1, 30), (200, 20)])
async def test_what_comes_fast_is_read_in_larger_pieces_but_for_its_beginning(size: int, most: int) -> None:
    async with calling(writes(*WORDS, every_s=0.005), crowded(size)) as (_, client):
        pieces = await read(client)
        assert b"".join(pieces) == b"".join(WORDS)
        assert pieces[:8] == WORDS[:8]
        assert len(pieces) < most


async def test_what_comes_slowly_waits_for_nobody() -> None:
    transport = crowded(1)
    transport._tide = Ebb(lambda: 1)
    async with calling(writes(*WORDS[:14], every_s=0.06), transport) as (_, client):
        assert await read(client) == WORDS[:14]


async def test_an_end_waits_for_no_tide() -> None:
    transport = DirectTransport()
    transport._tide = Ebb(lambda: 200)
    async with calling(writes(*WORDS, every_s=0), transport) as (_, client):
        async with asyncio.timeout(10):
            assert b"".join(await read(client, patience_s=None)) == b"".join(WORDS)


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
        assert {b"".join(pieces) for pieces in answers} == {b"".join(WORDS)}
        assert peer.connections == 60
        # the connections are as good as before
        answers = await asyncio.gather(*(read(client) for _ in range(60)))
        assert {b"".join(pieces) for pieces in answers} == {b"".join(WORDS)}
        assert peer.connections == 60


async def test_an_answer_that_is_given_up_in_the_tide_is_closed() -> None:
    async with calling(writes(*WORDS, every_s=0.005, ends=False), crowded()) as (peer, client):
        async with client.stream("GET", "/") as answer:
            pieces = answer.aiter_raw()
            for _ in range(9):
                await anext(pieces)
        async with asyncio.timeout(5):
            await peer.left.wait()
