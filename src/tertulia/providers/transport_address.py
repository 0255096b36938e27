"""Where a request goes: the origin of its address, and a socket that leads there."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import httpx2

Address: TypeAlias = tuple[socket.AddressFamily, Any]

_HEAD_START_S = 0.25


class Origin(NamedTuple):
    """Where connections lead; only requests to the same origin share them."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: httpx2.URL) -> "Origin":
        """Raises UnsupportedProtocol for anything but http and https."""
        if url.scheme not in ("http", "https"):
            raise httpx2.UnsupportedProtocol(f"The address {url.scheme}://… is neither http:// nor https://.")
        return cls(url.scheme, url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80))


async def socket_to(origin: Origin) -> socket.socket:
    """A connected socket. An address that is slow to answer does not keep the next one from being tried beside it."""
    found = await asyncio.get_running_loop().getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    waiting: set[asyncio.Task[socket.socket]] = set()
    failed: list[BaseException] = []
    try:
        addresses = _alternating([(family, address) for family, _, _, _, address in found])
        while addresses or waiting:
            if addresses:
                waiting.add(asyncio.create_task(_dial(addresses.pop(0))))
            done, waiting = await asyncio.wait(
                waiting, timeout=_HEAD_START_S if addresses else None, return_when=asyncio.FIRST_COMPLETED
            )
            connected = [task.result() for task in done if task.exception() is None]
            if connected:
                for spare in connected[1:]:
                    spare.close()
                return connected[0]
            failed += [error for task in done if (error := task.exception()) is not None]
    finally:
        for task in waiting:
            task.add_done_callback(_drop)
            task.cancel()
    raise failed[0] if failed else OSError(f"{origin.host} has no address.")


async def _dial(address: Address) -> socket.socket:
    family, where = address
    dialled = socket.socket(family, socket.SOCK_STREAM)
    try:
        dialled.setblocking(False)
        await asyncio.get_running_loop().sock_connect(dialled, where)
    except BaseException:
        dialled.close()
        raise
    return dialled


def _drop(task: "asyncio.Task[socket.socket]") -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _alternating(addresses: Sequence[Address]) -> list[Address]:
    """The system's order, with the two families in turns, so that a dead one costs one try."""
    first = [each for each in addresses if each[0] == addresses[0][0]]
    others = [each for each in addresses if each[0] != addresses[0][0]]
    mixed = [each for pair in zip(first, others, strict=False) for each in pair]
    return [*mixed, *first[len(others) :], *others[len(first) :]]
