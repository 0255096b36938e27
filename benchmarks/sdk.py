"""What the vendor's SDK takes to read the same crowd by itself: `python -m benchmarks.sdk PORT STREAMS TOKENS SECONDS`.

No server, nothing stored and nobody to pass it on to: a measure of the machine, in the run whose figures stand beside it.
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

_BASELINES = 3


def alone(port: int, streams: int, tokens: int, interval_s: float) -> float:
    """Microseconds of CPU a further token, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sdk", str(port), str(streams), str(tokens), str(interval_s)]
    root = Path(__file__).resolve().parents[1]
    finished = subprocess.run(command, capture_output=True, cwd=root, check=True)  # noqa: S603 - our own program
    return float(finished.stdout)


async def _read(port: int, streams: int, script: Script) -> float:
    # no wire of ours under it: this is what anybody has who installs the SDK
    async with openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0) as client:

        async def once(script: Script) -> None:
            asked: list[Any] = [{"role": "user", "content": script.message}]
            stream = await client.chat.completions.create(model="loopback", messages=asked, stream=True)
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])
            assert text == script.text

        async def crowd(script: Script) -> float:
            began = time.process_time()
            await asyncio.gather(*(once(script) for _ in range(streams)))
            return time.process_time() - began

        single = Script(tokens=1)
        turns = sorted([await crowd(single) for _ in range(_BASELINES + 1)][1:])[_BASELINES // 2]
        return (await crowd(script) - turns) / (streams * (script.tokens - 1)) * 1e6


if __name__ == "__main__":
    _script = Script(tokens=int(sys.argv[3]), interval_s=float(sys.argv[4]))
    print(run(_read(int(sys.argv[1]), int(sys.argv[2]), _script)))
