"""Conversations over HTTP: creating, reading one, listing a hundred with all they say."""

import asyncio
from pathlib import Path
from statistics import median

from benchmarks.client import Client, connect, run
from benchmarks.figure import Figure, Promise
from benchmarks.history import write_searched
from benchmarks.server import Server, found

_CLIENTS = 8
_CREATES = 400
_GETS = 1_000
_LISTS = 60
_LISTED = 100
_TURNS = 9


def measure_create(folder: Path) -> list[Figure]:
    with Server(found(folder / "create")) as server:
        return run(_create(server))


def measure_get(folder: Path) -> list[Figure]:
    founded = found(folder / "get")
    write_searched(founded.database, founded.project_id, count=1, turns=_TURNS)
    with Server(founded) as server:
        return run(_get(server))


def measure_list(folder: Path) -> list[Figure]:
    founded = found(folder / "list")
    write_searched(founded.database, founded.project_id, count=_LISTED, turns=_TURNS)
    with Server(founded) as server:
        return run(_list(server))


async def create_conversations(server: Server, client: Client, count: int) -> list[str]:
    """The ids of new conversations with the project's own agent."""
    draft = {"agent_settings": server.founded.agent_id}
    made = [await client.post(server.founded.conversations, draft, expected=201) for _ in range(count)]
    return [answer.json["id"] for answer in made]


async def _create(server: Server) -> list[Figure]:
    clients = await connect(server.port, server.founded.token, _CLIENTS)
    await asyncio.gather(*(create_conversations(server, client, 20) for client in clients))
    with server.metered() as cost:
        await asyncio.gather(*(create_conversations(server, client, _CREATES) for client in clients))
    count = _CLIENTS * _CREATES
    return [
        Figure(
            name=f"create, {_CLIENTS} clients",
            value=count / cost.wall_seconds,
            unit="/s",
            method=f"{count:,} POSTs over kept-alive connections; client busy {cost.load:.0%}",
            promise=Promise(above=1000),
        ),
        Figure(name="create, CPU", value=cost.per(count, 1e6), unit="us", method="server CPU per request"),
    ]


async def _get(server: Server) -> list[Figure]:
    [client] = await connect(server.port, server.founded.token)
    listed = (await client.get(server.founded.conversations)).json
    path = f"{server.founded.conversations}{listed['results'][0]['id']}/"
    answers = [await client.get(path) for _ in range(100)]
    with server.metered() as cost:
        answers = [await client.get(path) for _ in range(_GETS)]
    size = f"{3 * _TURNS} messages, {len(answers[0].body) / 1e3:.0f} kB"
    return [
        Figure(
            name="get",
            value=median(answer.seconds for answer in answers) * 1e3,
            unit="ms",
            method=f"{size}; median of {_GETS:,}, one client",
            promise=Promise(below=5),
        ),
        Figure(name="get, CPU", value=cost.per(_GETS, 1e6), unit="us", method="server CPU per request"),
    ]


async def _list(server: Server) -> list[Figure]:
    [client] = await connect(server.port, server.founded.token)
    path = f"{server.founded.conversations}?limit={_LISTED}"
    answers = [await client.get(path) for _ in range(5)]
    messages = sum(len(each["chat_history"]) for each in answers[0].json["results"])
    with server.metered() as cost:
        answers = [await client.get(path) for _ in range(_LISTS)]
    size = f"{_LISTED} conversations, {messages:,} messages, {len(answers[0].body) / 1e6:.2f} MB"
    return [
        Figure(
            name=f"list {_LISTED}, CPU",
            value=cost.per(_LISTS, 1e3),
            unit="ms",
            method=f"server CPU per request; {size}",
            promise=Promise(below=10),
        ),
        Figure(
            name=f"list {_LISTED}",
            value=median(answer.seconds for answer in answers) * 1e3,
            unit="ms",
            method=f"median of {_LISTS}, one client",
        ),
    ]
