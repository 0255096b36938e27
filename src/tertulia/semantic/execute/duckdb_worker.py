"""The child process that runs DuckDB: one database file, read-only, one query at a time, and no way out of it."""

import contextlib
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from tertulia.core.errors import InvalidQuery, QueryTimeout, SourceUnavailable, ToolFailed
from tertulia.core.table import ColumnType
from tertulia.semantic.execute.duckdb_gate import Gate
from tertulia.semantic.execute.duckdb_protocol import Ask, Opening, Order, Refused, Reply, Rows, framed, read_frame
from tertulia.semantic.execute.file_version import file_version
from tertulia.semantic.execute.plain import as_text, plain, shortest

if TYPE_CHECKING:
    import duckdb

# DuckDB's limit counts its own buffers; rows in Python, stacks and the code itself come on top.
HEADROOM_BYTES = 2 << 30
ROWS_AT_ONCE = 512
AGAIN_SECONDS = 0.05
_NUMBERS = (
    "tinyint smallint integer bigint hugeint utinyint usmallint uinteger ubigint uhugeint bignum decimal float double"
)
_TYPES = {
    **dict.fromkeys(_NUMBERS.split(), ColumnType.NUMBER),
    "boolean": ColumnType.YESNO,
    "date": ColumnType.DATE,
    "list": ColumnType.LIST,
    "array": ColumnType.LIST,
}


class Interrupter(threading.Thread):
    """Interrupts a query at its deadline or when it is told to, again and again until the query gives in."""

    def __init__(self, interrupt: Callable[[], None], seconds: float) -> None:
        super().__init__(daemon=True)
        self._interrupt = interrupt
        self._seconds = seconds
        self._wake = threading.Event()
        self._is_over = threading.Event()

    def run(self) -> None:
        self._wake.wait(self._seconds)
        while not self._is_over.is_set():
            # One that comes before the query began would be lost: hence more than one.
            self._interrupt()
            self._is_over.wait(AGAIN_SECONDS)

    def stop(self) -> None:
        self._wake.set()

    def end(self) -> None:
        self._is_over.set()
        self._wake.set()
        self.join()


class Worker:
    """Answers one order after the other; `take` is called from the thread that listens."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._waiting: queue.SimpleQueue[Ask] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._running: Interrupter | None = None
        self._number = 0
        self._stopped = -1
        self._database: duckdb.DuckDBPyConnection | None = None
        self._gate: Gate | None = None
        self._version = ""

    def take(self, order: Order) -> None:
        if isinstance(order, Ask):
            self._waiting.put(order)
            return
        with self._lock:
            self._stopped = order.number
            if self._running and self._number == order.number:
                self._running.stop()

    def serve(self, reply_to: BinaryIO) -> None:
        with contextlib.suppress(ToolFailed):
            self._open()
        while True:
            ask = self._waiting.get()
            reply_to.write(framed(self._reply(ask)))
            reply_to.flush()

    def _reply(self, ask: Ask) -> Reply:
        try:
            return self._answer(ask)
        except ToolFailed as failure:
            return Refused(number=ask.number, kind=failure.code(), message=failure.message)
        except MemoryError:
            failure = self._too_large()
            return Refused(number=ask.number, kind=failure.code(), message=failure.message)

    def _answer(self, ask: Ask) -> Rows:
        import duckdb  # noqa: PLC0415 - only the child process loads it

        started = time.perf_counter()
        database, gate = self._open()
        cursor = database.cursor()
        interrupter = self._begin(ask, cursor)
        try:
            statement = gate.statement(ask.sql)
            cursor.execute(statement)
            names = [str(each[0]) for each in cursor.description]
            if any(_has_interval(each) for each in cursor.description):
                _execute_with_texts(cursor, statement)
            rows, is_truncated = _fetched(cursor, ask)
            return Rows(
                number=ask.number,
                names=names,
                types=[_type(each[1].id) for each in cursor.description],
                rows=rows,
                is_truncated=is_truncated,
                seconds=time.perf_counter() - started,
            )
        except duckdb.InterruptException:
            raise QueryTimeout(f"The query took longer than {ask.seconds:g} seconds.") from None
        except duckdb.OutOfMemoryException:
            raise self._too_large() from None
        except (duckdb.IOException, duckdb.FatalException, duckdb.InternalException):
            self._close()
            raise SourceUnavailable("The database file could not be read.") from None
        except duckdb.Error as error:
            raise InvalidQuery(_told(error)) from None
        finally:
            with self._lock:
                self._running = None
            interrupter.end()
            cursor.close()

    def _begin(self, ask: Ask, cursor: "duckdb.DuckDBPyConnection") -> Interrupter:
        interrupter = Interrupter(cursor.interrupt, ask.seconds)
        with self._lock:
            self._number, self._running = ask.number, interrupter
            if self._stopped == ask.number:
                interrupter.stop()
        interrupter.start()
        return interrupter

    def _open(self) -> tuple["duckdb.DuckDBPyConnection", Gate]:
        version = file_version(self._opening.path)
        if self._database is None or self._gate is None or version != self._version:
            self._close()
            self._database = _connected(self._opening)
            self._gate = Gate(self._database)
            self._version = version
        return self._database, self._gate

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
        self._database = self._gate = None

    def _too_large(self) -> ToolFailed:
        return InvalidQuery(
            f"The query needs more than the {self._opening.memory_megabytes} MB of memory allowed. Ask for less."
        )


def main() -> None:
    # Native libraries print to stdout; their words must not end up in a reply.
    reply_to = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    first = read_frame(sys.stdin.buffer)
    if first is None:
        return
    opening = msgspec.msgpack.decode(first, type=Opening)
    _limit(opening)
    worker = Worker(opening)
    threading.Thread(target=_listen, args=(worker,), daemon=True).start()
    worker.serve(reply_to)


def _listen(worker: Worker) -> None:
    decoder = msgspec.msgpack.Decoder(Order)
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        worker.take(decoder.decode(frame))
    # The server closed the pipe or is gone: whatever runs here, nobody waits for it.
    os._exit(0)


def _limit(opening: Opening) -> None:
    memory = (opening.memory_megabytes << 20) + HEADROOM_BYTES
    for kind, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)):
        # macOS refuses a limit on address space; DuckDB's own still holds there.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))


def _connected(opening: Opening) -> "duckdb.DuckDBPyConnection":
    import duckdb  # noqa: PLC0415 - only the child process loads it

    try:
        connection = duckdb.connect(
            opening.path,
            read_only=True,
            config={
                "access_mode": "read_only",
                "memory_limit": f"{opening.memory_megabytes}MB",
                "threads": opening.threads,
                "temp_directory": "",
                "max_temp_directory_size": "0KB",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
                "allow_unsigned_extensions": False,
                "python_enable_replacements": False,
            },
        )
        # These in this order: a zone cannot be set once external access is off, nothing once the lock is on.
        for setting in ("TimeZone = 'UTC'", "enable_external_access = false", "lock_configuration = true"):
            connection.execute(f"SET {setting}")
    except duckdb.Error as error:
        raise SourceUnavailable(_why_closed(str(error))) from None
    return connection


def _why_closed(message: str) -> str:
    if "lock" in message:
        return "The database file is being written by another program."
    if "not a valid DuckDB database" in message:
        return "The file of this connection is no DuckDB database."
    return "The database file cannot be opened."


def _execute_with_texts(cursor: "duckdb.DuckDBPyConnection", statement: "duckdb.Statement") -> None:
    """Intervals as DuckDB writes them: in Python a month would have become 30 days."""
    aliases = [f"c{number}" for number in range(len(cursor.description))]
    picked = [
        f"{alias}::VARCHAR" if _has_interval(each) else alias
        for alias, each in zip(aliases, cursor.description, strict=True)
    ]
    query = statement.query.strip().rstrip(";")
    cursor.execute(f"SELECT {', '.join(picked)} FROM (\n{query}\n) AS q({', '.join(aliases)})")  # noqa: S608 - the query passed the gate


def _has_interval(described: Sequence[Any]) -> bool:
    return "INTERVAL" in str(described[1])


def _fetched(cursor: "duckdb.DuckDBPyConnection", ask: Ask) -> tuple[list[msgspec.Raw], bool]:
    """The rows that are within the limits, and whether there are more."""
    ways = [_way(each[1].id) for each in cursor.description]
    encoder = msgspec.msgpack.Encoder()
    rows: list[msgspec.Raw] = []
    room = ask.bytes
    for row in _rows(cursor):
        encoded = encoder.encode([way(value) for way, value in zip(ways, row, strict=True)])
        room -= len(encoded)
        if len(rows) == ask.rows or room < 0:
            return rows, True
        rows.append(msgspec.Raw(encoded))
    return rows, False


def _rows(cursor: "duckdb.DuckDBPyConnection") -> Iterator[Sequence[Any]]:
    while batch := cursor.fetchmany(ROWS_AT_ONCE):
        yield from batch


def _way(kind: str) -> Callable[[Any], Any]:
    if kind == "float":
        return shortest
    return as_text if kind in {"struct", "map", "union", "variant"} else plain


def _type(kind: str) -> ColumnType:
    return _TYPES.get(kind, ColumnType.TIME if kind.startswith("timestamp") else ColumnType.STRING)


def _told(error: Exception) -> str:
    """DuckDB's message without its drawing of the query, which may be long and is known."""
    return str(error).partition("\n\nLINE ")[0].strip()


if __name__ == "__main__":
    main()
