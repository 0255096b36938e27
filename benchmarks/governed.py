"""Conversations about data: what it costs to look after each reader's rights on the rows in them."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from msgspec import Struct

from benchmarks.client import Client, connect, run
from benchmarks.figure import Figure, Promise
from benchmarks.history import Words, write
from benchmarks.server import Founded, Server, found
from tertulia.core.analysis import QueryAnswer
from tertulia.core.document import ChunkHit
from tertulia.core.ids import new_id
from tertulia.core.message import AssistantMessage, Message, ToolCall, Usage, UserMessage
from tertulia.core.query import Query
from tertulia.core.table import Column, ColumnKind, ColumnType, Table
from tertulia.core.tool import ChunkHits, ToolResult
from tertulia.store import models
from tertulia.store.database import sqlite_engine

_AT = datetime(2025, 1, 1, tzinfo=UTC)
_LISTED, _TURNS, _ROWS = 100, 10, 50
_LONG_TURNS, _LONG_ROWS = 200, 1_000
_LISTS, _GETS = 40, 20
_FIELDS = ("harbour", "boat", "month", "count", "takings")
_LOOKML = """
connection: "boats"
explore: hires {}
explore: my_hires { view_name: hires access_filter: { field: hires.harbour user_attribute: harbour } }
view: hires {
  sql_table_name: hires ;;
  dimension: harbour { type: string }
  dimension: boat { type: string }
  dimension: month { type: string }
  measure: count { type: count }
  measure: takings { type: sum sql: ${TABLE}.price ;; }
}
"""
_SQL = "SELECT harbour, boat, month, COUNT(*), SUM(price) FROM hires GROUP BY 1, 2, 3 ORDER BY 5 DESC LIMIT 500"
Result = Callable[[int], ToolResult]
"""A result of so many rows, or as large as one."""


class _Cost(Struct, frozen=True, kw_only=True):
    """Of one list and of one long conversation: CPU and a client's wait in milliseconds, and what was read."""

    list_cpu: float
    list_wall: float
    list_size: str
    get_cpu: float
    get_wall: float
    get_size: str


def measure(folder: Path) -> list[Figure]:
    rows = _Rows()
    none = _cost(folder / "passages", rows.passages)
    seen = _cost(folder / "seen", lambda count: rows.answer("hires", count))
    withheld = _cost(folder / "withheld", lambda count: rows.answer("my_hires", count))
    return [
        _figure("list 100, no data", none.list_cpu, none.list_wall, none.list_size),
        _figure("list 100, all rows seen", seen.list_cpu, seen.list_wall, seen.list_size),
        _ratio("list 100, all rows seen", seen.list_cpu / none.list_cpu),
        _figure("list 100, rows withheld", withheld.list_cpu, withheld.list_wall, withheld.list_size),
        _ratio("list 100, rows withheld", withheld.list_cpu / none.list_cpu),
        _figure("get a long one, no data", none.get_cpu, none.get_wall, none.get_size),
        _figure("get a long one, all rows seen", seen.get_cpu, seen.get_wall, seen.get_size),
        _figure("get a long one, rows withheld", withheld.get_cpu, withheld.get_wall, withheld.get_size),
    ]


class _Rows:
    """Results with made-up rows."""

    def __init__(self) -> None:
        self._random = random.Random(5)  # noqa: S311 - no secret
        self._words = Words(5)

    def answer(self, explore: str, count: int) -> QueryAnswer:
        names = [f"hires.{name}" for name in _FIELDS]
        kinds = [ColumnKind.DIMENSION] * 3 + [ColumnKind.MEASURE] * 2
        types = [ColumnType.STRING] * 3 + [ColumnType.NUMBER] * 2
        columns = [
            Column(name=name, label=name, kind=kind, type=type_)
            for name, kind, type_ in zip(names, kinds, types, strict=True)
        ]
        rows = [self._row() for _ in range(count)]
        query = Query(model="boats", explore=explore, fields=names, sorts=["hires.takings desc"])
        # nobody has the attributes of this scope
        scope = "" if explore == "hires" else "of-somebody-else"
        return QueryAnswer(query=query, sql=_SQL, table=Table(columns=columns, rows=rows), label="Hires", scope=scope)

    def _row(self) -> list[Any]:
        draw = self._random
        harbour, boat, month = draw.choice(("North", "South")), draw.randrange(500), draw.randint(1, 12)
        return [harbour, f"Boat {boat}", f"2025-{month:02}", draw.randrange(1_000), round(draw.random() * 10_000, 2)]

    def passages(self, count: int) -> ChunkHits:
        """As many bytes as such an answer, in passages of some hundred characters."""
        size = len(msgspec.json.encode(self.answer("hires", count)))
        hits = [
            ChunkHit(
                chunk_id=new_id(),
                document_id=new_id(),
                document_name="handbook.pdf",
                text=self._words.text(150)[:600],
                score=0.9,
            )
            for _ in range(max(1, size // 800))
        ]
        return ChunkHits(hits=hits)


def _cost(data: Path, result: Result) -> _Cost:
    founded = found(data)
    _put_lookml(founded)
    write(founded.database, founded.project_id, _histories(result))
    with Server(founded) as server:
        return run(_read(server))


def _histories(result: Result) -> Iterator[list[Message]]:
    """The long one is the oldest, and so in no list of the newest."""
    yield list(_history(result, _LONG_TURNS, _LONG_ROWS))
    for _ in range(_LISTED):
        yield list(_history(result, _TURNS, _ROWS))


def _history(result: Result, turns: int, rows: int) -> Iterator[Message]:
    for turn in range(turns):
        at = _AT + timedelta(minutes=turn)
        question = "What did each boat take, by harbour and month?"
        yield UserMessage(turn=turn, at=at, text=question, user_id="")
        yield ToolCall(
            turn=turn,
            at=at,
            call_id=f"call-{turn}",
            function="ask_data",
            label="ask_data",
            arguments={"question": question},
            result=result(rows),
        )
        usage = Usage(input_tokens=900, output_tokens=60)
        yield AssistantMessage(turn=turn, at=at, text="Each boat took this. " * 15, model="builtin", usage=usage)


def _put_lookml(founded: Founded) -> None:
    engine = sqlite_engine(founded.database)
    with engine.begin() as connection:
        models.put_lookml(connection, founded.project_id, "boats", {"boats.model.lkml": _LOOKML}, _AT)
    engine.dispose()


async def _read(server: Server) -> _Cost:
    [client] = await connect(server.port, server.founded.token)
    path = f"{server.founded.conversations}?limit={_LISTED}"
    oldest = (await client.get(f"{server.founded.conversations}?limit=1&offset={_LISTED}")).json["results"][0]
    list_cpu, list_wall, list_size = await _repeated(server, client, path, _LISTS)
    get_cpu, get_wall, get_size = await _repeated(
        server, client, f"{server.founded.conversations}{oldest['id']}/", _GETS
    )
    return _Cost(
        list_cpu=list_cpu,
        list_wall=list_wall,
        list_size=f"{_LISTED} conversations of {_TURNS} turns, {_ROWS} rows each; {list_size}",
        get_cpu=get_cpu,
        get_wall=get_wall,
        get_size=f"{_LONG_TURNS} turns, {_LONG_ROWS:,} rows each; {get_size}",
    )


async def _repeated(server: Server, client: Client, path: str, count: int) -> tuple[float, float, str]:
    answers = [await client.get(path) for _ in range(3)]
    with server.metered() as cost:
        answers = [await client.get(path) for _ in range(count)]
    wall = median(answer.seconds for answer in answers) * 1e3
    return cost.per(count, 1e3), wall, f"answer of {len(answers[0].body) / 1e6:.2f} MB"


def _figure(name: str, cpu: float, wall: float, size: str) -> Figure:
    return Figure(
        name=f"{name}, CPU", value=cpu, unit="ms", method=f"server CPU per request; {size}; wall median {wall:.1f} ms"
    )


def _ratio(name: str, value: float) -> Figure:
    return Figure(
        name=f"{name}, ratio",
        value=value,
        unit="times",
        method="against the same list with passages of as many bytes",
        promise=Promise(below=2),
    )
