"""Code that a language model wrote: what it can do, and what it cannot."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import psutil
import pytest
import pytest_asyncio

from tertulia.core.errors import UnknownField
from tertulia.semantic.code import CodeCeiling, CodeRunner

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHORT = CodeCeiling(seconds=0.3, memory_bytes=50_000_000)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runner() -> AsyncIterator[CodeRunner]:
    opened = CodeRunner(processes=2)
    yield opened
    await opened.close()


async def query(field: str, limit: int = 3) -> list[dict[str, Any]]:
    return [{"field": field, "n": number} for number in range(limit)]


async def refuse() -> None:
    raise UnknownField("There is no field boats.mast. Did you mean boats.masts?")


FUNCTIONS = {"query": query, "refuse": refuse}


async def test_the_last_expression_and_what_was_printed_come_back(runner: CodeRunner) -> None:
    outcome = await runner.run("print('two', 'lines')\nprint(1)\n[1, {'a': (2, None)}]", functions={})
    assert (outcome.value, outcome.printed, outcome.error) == ([1, {"a": [2, None]}], "two lines\n1\n", "")


async def test_host_functions_are_called_by_name_with_or_without_await(runner: CodeRunner) -> None:
    code = "rows = query('a', limit=4)\nmore = await query('b')\nlen(rows) + len(more) + mean(column(rows, 'n'))"
    outcome = await runner.run(code, functions=FUNCTIONS)
    assert (outcome.value, outcome.calls, outcome.error) == (8.5, 2, "")


async def test_our_errors_reach_the_code_in_words_and_can_be_caught(runner: CodeRunner) -> None:
    outcome = await runner.run("x = 1\nrefuse()", functions=FUNCTIONS)
    assert 'File "code", line 2' in outcome.error
    assert outcome.error.endswith("There is no field boats.mast. Did you mean boats.masts?")
    outcome = await runner.run("try:\n    refuse()\nexcept RuntimeError as e:\n    print(e)", functions=FUNCTIONS)
    assert outcome.printed.startswith("There is no field")
    outcome = await runner.run("query(1, 2, 3, 4)", functions=FUNCTIONS)
    assert "TypeError: query(): too many positional arguments" in outcome.error


async def test_an_error_that_is_none_of_ours_is_not_hidden(runner: CodeRunner) -> None:
    async def broken() -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        await runner.run("broken()", functions={"broken": broken})
    assert (await runner.run("1 + 1", functions={})).value == 2


@pytest.mark.parametrize(
    ("code", "line", "told"),
    [
        ("x = 1\ny = x +\n", 2, "SyntaxError"),
        ("\n\nx = 1 / 0", 3, "ZeroDivisionError"),
        ("def f():\n    return nope\nf()", 2, "NameError: name 'nope' is not defined"),
        ("assert 1 == 2", 1, "AssertionError"),
    ],
)
async def test_an_error_names_its_line(runner: CodeRunner, code: str, line: int, told: str) -> None:
    outcome = await runner.run(code, functions={})
    assert f'File "code", line {line}' in outcome.error
    assert told in outcome.error
    assert outcome.value is None


HOSTILE = [
    ("import os\nos.listdir('/')", "PermissionError"),
    ("import os\nos.environ", "not supported"),
    ("import os\nos.system('true')", "AttributeError"),
    ("open('/etc/passwd').read()", "PermissionError"),
    ("from pathlib import Path\nPath('/etc/passwd').read_text()", "PermissionError"),
    ("import subprocess", "ModuleNotFoundError"),
    ("import socket", "ModuleNotFoundError"),
    ("import ctypes", "ModuleNotFoundError"),
    ("import tertulia", "ModuleNotFoundError"),
    ("__import__('os')", "NameError"),
    ("__builtins__", "NameError"),
    ("globals()", "NameError"),
    ("().__class__.__bases__[0].__subclasses__()", "AttributeError"),
    ("getattr('', '__class__')", "AttributeError"),
    ("(lambda: 0).__globals__", "AttributeError"),
    ("query.__globals__", "AttributeError"),
    ("'{0.__class__}'.format(1)", "Error"),
    ("while True: pass", "TimeoutError"),
    ("x = 'a' * 10**10", "MemoryError"),
    ("x = [0] * 10**9", "MemoryError"),
    ("10 ** 10 ** 8", "MemoryError"),
    ("x = 'a'\nwhile True: x += x", "MemoryError"),
    ("def f(n): return f(n + 1)\nf(0)", "RecursionError"),
    ("while True: print('x' * 1000)", "TimeoutError"),
    ("while True:\n    try: query('a')\n    except RuntimeError: pass", "limit"),
    ("for i in range(100): query('a')", "no more than 20 calls"),
    ("raise SystemExit", "SystemExit"),
    ("x" * 60_000, "longer than"),
]


@pytest.mark.parametrize(("code", "told"), HOSTILE, ids=[code[:30] for code, _ in HOSTILE])
async def test_hostile_code_gets_nowhere_and_hurts_nobody(runner: CodeRunner, code: str, told: str) -> None:
    started = time.monotonic()
    outcome = await runner.run(code, functions=FUNCTIONS, ceiling=SHORT)
    assert told in outcome.error
    assert time.monotonic() - started < 30
    assert (await runner.run("2", functions={})).value == 2


async def test_sleeping_takes_no_time(runner: CodeRunner) -> None:
    started = time.monotonic()
    assert (await runner.run("import time\ntime.sleep(3600)\n1", functions={})).value == 1
    assert time.monotonic() - started < 30


async def test_one_run_leaves_nothing_to_the_next(runner: CodeRunner) -> None:
    for _ in range(4):
        outcome = await runner.run("try:\n    seen\nexcept NameError:\n    seen = 1\n    print('first')", functions={})
        assert outcome.printed == "first\n"


async def test_what_is_printed_is_cut_and_flagged(runner: CodeRunner) -> None:
    ceiling = CodeCeiling(printed_characters=10)
    outcome = await runner.run("print('é' * 8)\nprint('abc')", functions={}, ceiling=ceiling)
    assert (outcome.printed, outcome.is_cut) == ("é" * 8 + "\na", True)


@pytest.mark.parametrize(
    "code", ["'x' * 1001", "list(range(1001))", "d = {}\nfor i in range(70): d = {'a': d, 'b': d}\nd"]
)
async def test_a_value_that_is_too_large_is_left_out_and_flagged(runner: CodeRunner, code: str) -> None:
    outcome = await runner.run(code, functions={}, ceiling=CodeCeiling(value_bytes=1000))
    assert (outcome.value, outcome.is_cut, outcome.error) == (None, True, "")


async def test_values_that_json_lacks_become_plain(runner: CodeRunner) -> None:
    code = "import datetime\n[float('nan'), {1: 2}, {3}, b'a', 2**60, datetime.date(2024, 1, 2), lambda: 0]"
    value = (await runner.run(code, functions={})).value
    assert value[:6] == [None, {"1": 2}, [3], "\\x61", str(2**60), "2024-01-02"]
    assert isinstance(value[6], str)


async def test_the_clock_is_the_one_given(runner: CodeRunner) -> None:
    now = datetime(2024, 2, 29, 12, tzinfo=UTC)
    outcome = await runner.run("import datetime\nstr(datetime.datetime.now())", functions={}, now=now)
    assert outcome.value == "2024-02-29 12:00:00"


async def test_waiting_for_host_functions_has_an_end(runner: CodeRunner) -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    ceiling = CodeCeiling(wall_seconds=0.2)
    outcome = await runner.run("print('before')\nnever()", functions={"never": never}, ceiling=ceiling)
    assert (outcome.printed, outcome.error) == (
        "before\n",
        "TimeoutError: the code took longer than 0.2 seconds",
    )


async def test_an_interpreter_that_hangs_is_killed(runner: CodeRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[int] = []

    async def stop() -> None:
        # From here on the interpreter neither works nor keeps its own limits.
        for child in psutil.Process().children():
            if "monty" in " ".join(child.cmdline()):
                stopped.append(child.pid)
                os.kill(child.pid, signal.SIGSTOP)

    outcome = await runner.run("stop()\n1", functions={"stop": stop}, ceiling=CodeCeiling(seconds=0.2, wall_seconds=1))
    assert "TimeoutError" in outcome.error
    assert stopped
    assert (await runner.run("2", functions={})).value == 2
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() == "stopped" for pid in stopped)


async def test_cancelling_ends_the_run(runner: CodeRunner) -> None:
    task = asyncio.create_task(
        runner.run("query('a')\nwhile True: pass", functions=FUNCTIONS, ceiling=CodeCeiling(seconds=60))
    )
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await runner.run("2", functions={})).value == 2


async def test_the_event_loop_goes_on_while_code_computes(runner: CodeRunner) -> None:
    task = asyncio.create_task(runner.run("while True: pass", functions={}, ceiling=SHORT))
    beats = 0
    while not task.done():
        beats += 1
        await asyncio.sleep(0.01)
    assert beats > 10


async def test_more_runs_than_processes_wait_their_turn(runner: CodeRunner) -> None:
    outcomes = await asyncio.gather(*(runner.run(f"{n} * 2", functions={}) for n in range(12)))
    assert [outcome.value for outcome in outcomes] == [n * 2 for n in range(12)]


async def test_a_process_that_ran_code_ends_cleanly() -> None:
    """The interpreter's threads must not bring the process down on its way out."""
    script = (
        "import asyncio\n"
        "from tertulia.semantic.code import CodeCeiling, CodeRunner\n"
        "async def main():\n"
        "    runner = CodeRunner()\n"
        "    for code in ('import time\\ntime.sleep(5)', 'while True: pass', 'print(1)'):\n"
        "        await runner.run(code, functions={}, ceiling=CodeCeiling(seconds=0.1))\n"
        "    await runner.close()\n"
        "asyncio.run(main())\n"
        "print('ended')\n"
    )
    ended = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "ended\n")


async def test_the_interpreter_is_loaded_only_when_code_runs() -> None:
    script = "import sys, tertulia.semantic.code, tertulia.semantic.execute.registry\n"
    script += "print([name for name in ('pydantic_monty', 'duckdb', 'psycopg', 'sqlglot') if name in sys.modules])"
    ended = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout == "[]\n"
