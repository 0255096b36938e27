"""Who runs SQL, and where: one writer thread with group commit and a few readers (SQLite)."""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection as Connection  # noqa: PLC0414 - the one name of SQLAlchemy that services speak
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tertulia.core.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

_READERS = 3
_GROUP_LIMIT = 256
_BUSY_TIMEOUT_S = 10
log = structlog.get_logger(__name__)


class Database:
    """Runs store functions: reads on a small pool of threads, writes one after another on a thread of their own.

    Writes that wait are committed together. One that raises fails alone: its savepoint is rolled back, its caller
    gets the exception, the others commit.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader_engine = sqlite_engine(path, is_reader=True)
        self._writer = _Writer(sqlite_engine(path))
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="reader")
        self._local = threading.local()
        self._open_readers: list[_Session] = []

    async def read(self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs function in one read transaction: everything it sees belongs to one moment."""

        def work(connection: sa.Connection) -> T:
            return function(connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def write(self, function: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs function in a write transaction; when this returns, its changes are committed.

        The change is made even where the waiting task is cancelled meanwhile. Raises Unavailable where another
        process holds the file for too long.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def work(connection: sa.Connection) -> T:
            return function(connection, *args, **kwargs)

        self._writer.submit(_Job(work, future, loop))
        return await future

    def close(self) -> None:
        """Finishes the writes that wait, then closes all connections."""
        self._writer.close()
        self._readers.shutdown()
        for session in self._open_readers:
            session.connection.close()
        self._reader_engine.dispose()

    def _read(self, function: Callable[[sa.Connection], T]) -> T:
        session: _Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = _Session(self._reader_engine, "BEGIN")
            self._open_readers.append(session)
        with session.transaction():
            return function(session.connection)


def sqlite_engine(path: Path, *, is_reader: bool = False) -> sa.Engine:
    """An engine whose connections begin as we say: IMMEDIATE for writers, so that busy_timeout applies to them."""
    engine = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        connect_args={"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False, "isolation_level": None},
    )
    begin = "BEGIN" if is_reader else "BEGIN IMMEDIATE"

    def on_connect(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-16000")
        cursor.execute("PRAGMA mmap_size=134217728")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA secure_delete=FAST")
        if is_reader:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def sqlite_version() -> str:
    return sqlite3.sqlite_version


def full_text_problem() -> str | None:
    """Why this build of SQLite cannot search text, or None where it can."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize='trigram case_sensitive 1')")
    except sqlite3.OperationalError as error:
        return f"has no full-text search ({error})"
    finally:
        connection.close()
    return None


class _Session:
    """A connection whose transactions begin and end on the driver: SQLAlchemy's own cost as much as a statement more.

    To SQLAlchemy it is one transaction from the first to the last.
    """

    def __init__(self, engine: sa.Engine, begin: str) -> None:
        self.connection = engine.connect()
        self.connection.begin()
        self.driver = cast("sqlite3.Connection", self.connection.connection.driver_connection)
        self.driver.rollback()
        self._begin = begin

    @contextlib.contextmanager
    def transaction(self) -> Generator[None]:
        self.driver.execute(self._begin)
        try:
            yield
            self.driver.commit()
        except BaseException:
            self.driver.rollback()
            raise


class _Job(NamedTuple):
    function: Callable[[sa.Connection], object]
    future: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop


class _Writer:
    """The one thread that writes. It never dies of a job: whatever a batch raises goes to the batch's futures."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, job: _Job) -> None:
        if self._is_closed:
            raise Unavailable
        self._jobs.put(job)

    def close(self) -> None:
        self._is_closed = True
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        session: _Session | None = None
        is_open = True
        while is_open:
            batch, is_open = self._next_batch()
            if not batch:
                continue
            try:
                session = session or _Session(self._engine, "BEGIN IMMEDIATE")
                _settle(_commit_together(session, batch))
            except Exception as error:  # noqa: BLE001 - the thread must outlive every failure
                log.warning("write_batch_failed", jobs=len(batch), error=repr(error))
                _settle([(job, None, _as_unavailable(error)) for job in batch])
                session = _discard(session)
        _discard(session)
        self._engine.dispose()

    def _next_batch(self) -> tuple[list[_Job], bool]:
        first = self._jobs.get()
        if first is None:
            return [], False
        batch = [first]
        while len(batch) < _GROUP_LIMIT:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return batch, False
            batch.append(job)
        return batch, True


_Outcome = tuple[_Job, object, BaseException | None]


def _commit_together(session: _Session, batch: list[_Job]) -> list[_Outcome]:
    outcomes: list[_Outcome] = []
    driver = session.driver
    # what a job that is alone did is all there is to roll back
    has_savepoints = len(batch) > 1
    with session.transaction():
        for job in batch:
            if has_savepoints:
                driver.execute("SAVEPOINT job")
            try:
                result = job.function(session.connection)
            except Exception as error:  # noqa: BLE001 - it belongs to the job's caller
                outcomes.append((job, None, error))
                if not has_savepoints:
                    driver.rollback()
                    break
                driver.execute("ROLLBACK TO job")
            else:
                outcomes.append((job, result, None))
            if has_savepoints:
                driver.execute("RELEASE job")
    return outcomes


def _settle(outcomes: list[_Outcome]) -> None:
    """Hands results to their event loops, with one wake-up per loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].loop, []).append(outcome)
    for loop, settled in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, settled)


def _resolve(outcomes: list[_Outcome]) -> None:
    for job, result, error in outcomes:
        if job.future.done():
            continue
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(error)


def _as_unavailable(error: Exception) -> Exception:
    if isinstance(error, OperationalError | sqlite3.OperationalError) and "locked" in str(error):
        return Unavailable()
    return error


def _discard(session: _Session | None) -> None:
    if session is not None:
        session.connection.close()
