"""Python that a language model wrote, run in an interpreter of its own that has no files, no network and no clock to wait on.

Code reaches the outside only through the functions it is given. What it says of governed data is only as good as what
those return.
"""

import asyncio
import inspect
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

import msgspec
from msgspec import Struct

from tertulia.core.errors import TertuliaError, Unavailable
from tertulia.semantic.execute.plain import plain

if TYPE_CHECKING:
    from pydantic_monty import AsyncMonty, AsyncMontySession

HostFunctions = Mapping[str, Callable[..., Awaitable[Any]]]
MOST_CHARACTERS = 50_000
# The interpreter stops by itself at its limits; one that does not is killed this much later.
GRACE_SECONDS = 2.0
_SETTLE_SECONDS = 0.3
_ERROR_CHARACTERS = 2_000
_MOST_DEPTH = 50


class CodeCeiling(Struct, frozen=True, kw_only=True):
    """What one run may use: `seconds` of computing, `wall_seconds` with the waiting for its host functions."""

    seconds: float = 5.0
    wall_seconds: float = 60.0
    memory_bytes: int = 128_000_000
    printed_characters: int = 20_000
    value_bytes: int = 200_000
    calls: int = 20
    recursion: int = 200


class CodeOutcome(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`value` is that of the last expression, as plain JSON; `error` a traceback with the code's own line numbers.

    `is_cut`: some of what was printed, or the whole value, was over the limit and is left out.
    """

    value: Any = None
    printed: str = ""
    error: str = ""
    is_cut: bool = False
    calls: int = 0
    seconds: float = 0.0


class CodeRunner:
    """Up to `processes` runs at once; each gets a process that nothing ran in before."""

    def __init__(self, *, processes: int = 2) -> None:
        self._processes = processes
        self._slots = asyncio.Semaphore(processes)
        self._opening = asyncio.Lock()
        self._pool: AsyncMonty | None = None

    async def run(
        self,
        code: str,
        *,
        functions: HostFunctions,
        ceiling: CodeCeiling | None = None,
        now: datetime | None = None,
    ) -> CodeOutcome:
        """Never raises for what the code does, only Unavailable without an interpreter, and what a function raises
        that is none of our errors. `now` is the clock the code sees.
        """
        ceiling = ceiling or CodeCeiling()
        if len(code) > MOST_CHARACTERS:
            return CodeOutcome(error=f"The code is longer than {MOST_CHARACTERS:,} characters.")
        async with self._slots:
            pool = await self._opened()
            return await _Run(code, functions, ceiling).outcome(pool, now)

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.__aexit__(None, None, None)
            # its threads hear of killed processes a moment later, and must not meet an interpreter that ends
            await asyncio.sleep(_SETTLE_SECONDS)

    async def _opened(self) -> "AsyncMonty":
        async with self._opening:
            if self._pool is None:
                self._pool = await _pool(self._processes)
            return self._pool


class _Run:
    """One run and what came of it so far."""

    def __init__(self, code: str, functions: HostFunctions, ceiling: CodeCeiling) -> None:
        self._code = _without_awaits(code, functions)
        self._functions = functions
        self._ceiling = ceiling
        self._printed: list[str] = []
        self._room = ceiling.printed_characters
        self._is_cut = False
        self._calls = 0

    async def outcome(self, pool: "AsyncMonty", now: datetime | None) -> CodeOutcome:
        from pydantic_monty import MontyCrashedError, MontyError  # noqa: PLC0415 - heavy, and most agents run no code

        started = time.perf_counter()
        value, error = None, ""
        try:
            async with asyncio.timeout(self._ceiling.wall_seconds), self._session(pool, now) as session:
                value = await self._value(session)
        except TimeoutError:
            error = f"TimeoutError: the code took longer than {self._ceiling.wall_seconds:g} seconds"
        except MontyCrashedError as crash:
            error = "TimeoutError: the code had to be killed" if crash.timed_out else "MemoryError: the code was killed"
        except MontyError as failure:
            error = _told(failure)
        return CodeOutcome(
            value=self._fitting(value),
            printed="".join(self._printed),
            error=error,
            is_cut=self._is_cut,
            calls=self._calls,
            seconds=time.perf_counter() - started,
        )

    def _session(self, pool: "AsyncMonty", now: datetime | None) -> "AsyncMontySession":
        return pool.checkout(
            limits={
                "max_feed_duration_secs": self._ceiling.seconds,
                "max_memory": self._ceiling.memory_bytes,
                "max_recursion_depth": self._ceiling.recursion,
                # Reading an unknown name and asking for a file count as well; refused calls do too.
                "max_suspensions": self._ceiling.calls * 2 + 100,
            },
            # A real sleep would hold a process, and the interpreter's timers outlive the event loop.
            os_policy={"sleep": "zero", "datetime": now or "system"},
        )

    async def _value(self, session: "AsyncMontySession") -> Any:
        from pydantic_monty import AsyncFunctionSnapshot, MontyComplete  # noqa: PLC0415 - heavy, as above

        await session.feed_run(_tables())
        step = await session.feed_start(
            self._code, external_lookup=dict(self._functions), print_callback=cast(Any, self._print)
        )
        while not isinstance(step, MontyComplete):
            if not isinstance(step, AsyncFunctionSnapshot):
                step = await step.resume_auto()
            elif step.is_os_function:
                step = await step.resume_not_handled()
            else:
                step = await step.resume(await self._answer(str(step.function_name), step.args, step.kwargs))
        return step.output

    async def _answer(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        self._calls += 1
        if self._calls > self._ceiling.calls:
            return _raising("RuntimeError", f"no more than {self._ceiling.calls} calls of host functions are allowed")
        function = self._functions.get(name)
        if function is None:
            return _raising("NameError", f"name '{name}' is not defined")
        try:
            inspect.signature(function).bind(*args, **named)
        except TypeError as error:
            return _raising("TypeError", f"{name}(): {error}")
        try:
            return {"return_value": await function(*args, **named)}
        except TertuliaError as error:
            return _raising("RuntimeError", error.message)

    def _print(self, _stream: str, text: str) -> None:
        kept = text[: self._room]
        self._is_cut |= len(kept) < len(text)
        self._room -= len(kept)
        if kept:
            self._printed.append(kept)

    def _fitting(self, value: Any) -> Any:
        try:
            simple = _Simple(self._ceiling.value_bytes).of(value)
            if len(msgspec.json.encode(simple)) <= self._ceiling.value_bytes:
                return simple
        except _TooLargeError:
            pass
        self._is_cut = True
        return None


class _TooLargeError(Exception):
    pass


class _Simple:
    """Plain JSON of a value, given up early: a value may name itself a thousand times over."""

    def __init__(self, most: int) -> None:
        self._left = most

    def of(self, value: Any, depth: int = 0) -> Any:
        self._left -= len(value) + 1 if isinstance(value, str) else 1
        if self._left < 0 or depth > _MOST_DEPTH:
            raise _TooLargeError
        if isinstance(value, list | tuple | set | frozenset):
            return [self.of(each, depth + 1) for each in cast(list[Any], value)]
        if isinstance(value, dict):
            pairs = cast(dict[Any, Any], value).items()
            return {str(plain(key)): self.of(each, depth + 1) for key, each in pairs}
        simple = plain(value)
        if isinstance(simple, str) and not isinstance(value, str):
            self._left -= len(simple)
        return simple


async def _pool(processes: int) -> "AsyncMonty":
    try:
        from pydantic_monty import AsyncMonty  # noqa: PLC0415 - heavy, and most agents run no code
    except ImportError:
        raise Unavailable("Running code needs what is not installed: pip install 'tertulia[code]'") from None
    pool = AsyncMonty(
        min_processes=0,
        max_processes=processes,
        checkout_timeout=GRACE_SECONDS + 10,
        max_checkouts_per_worker=1,
        feed_duration_limit_grace=GRACE_SECONDS,
    )
    return await pool.__aenter__()


def _tables() -> str:
    return files("tertulia.semantic").joinpath("code_tables.py").read_text(encoding="utf-8")


def _without_awaits(code: str, functions: HostFunctions) -> str:
    """Host functions answer at once; who writes `await` before one means the same."""
    names = "|".join(re.escape(name) for name in functions)
    return re.sub(rf"\bawait[ ]+(?=(?:{names})\()", "", code) if names else code


def _raising(kind: str, message: str) -> dict[str, str]:
    return {"exc_type": kind, "message": message}


def _told(failure: Any) -> str:
    text = failure.display("traceback") if hasattr(failure, "display") else str(failure)
    text = str(text).replace("<python-input-0>", "tables").replace("<python-input-1>", "code").strip()
    # The beginning names the line, the end what went wrong there.
    half = _ERROR_CHARACTERS // 2
    return text if len(text) <= _ERROR_CHARACTERS else f"{text[:half]}\n...\n{text[-half:]}"
