"""Starting and ending the children that open what others wrote: killable, and without the server's environment."""

import asyncio
import contextlib
import os
import signal
import sys


async def start_child(module: str) -> asyncio.subprocess.Process:
    """A module of ours with pipes on both ends. -P keeps the current folder off its path."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        limit=1 << 20,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"},
    )


async def end_child(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    if child.stdin:
        child.stdin.close()
    await child.wait()
