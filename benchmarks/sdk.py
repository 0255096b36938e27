"""A yardstick for the machine: what the vendor's SDK takes to make its own objects of tokens, `python -m benchmarks.sdk PORT`.

No server, nothing stored, nobody to pass it on to, no pace: 20 answers of 1,000 tokens, eight in a write, as fast as they
come. Where that took 80 us a token, 50 was promised for everything a token costs the server.
"""

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import openai

from benchmarks.client import run
from benchmarks.loopback import Script

_ANSWERS = 20
_SCRIPT = Script(tokens=1_000, per_write=8)


def yardstick(port: int) -> float:
    """Microseconds of CPU a token, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sdk", str(port)]
    root = Path(__file__).resolve().parents[1]
    finished = subprocess.run(command, capture_output=True, cwd=root, check=True)  # noqa: S603 - our own program
    return float(finished.stdout)


async def _read(port: int) -> float:
    # no wire of ours under it: this is what anybody has who installs the SDK
    async with openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0) as client:

        async def once(script: Script) -> None:
            asked: list[Any] = [{"role": "user", "content": script.message}]
            stream = await client.chat.completions.create(model="loopback", messages=asked, stream=True)
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])
            assert text == script.text

        # connects, and imports what comes in late
        await asyncio.gather(*(once(Script(tokens=1)) for _ in range(_ANSWERS)))
        began = time.process_time()
        await asyncio.gather(*(once(_SCRIPT) for _ in range(_ANSWERS)))
        return (time.process_time() - began) / (_ANSWERS * _SCRIPT.tokens) * 1e6


if __name__ == "__main__":
    print(run(_read(int(sys.argv[1]))))
