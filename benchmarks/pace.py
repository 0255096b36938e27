"""What a crowd's pace costs by itself: `python -m benchmarks.pace STREAMS TOKENS SECONDS` sleeps for every token, no more.

No server can be cheaper than this where each token wakes its process; a process that had gone to sleep pays most.
"""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.client import run


def alone(streams: int, tokens: int, interval_s: float) -> float:
    """Microseconds of CPU a token, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.pace", str(streams), str(tokens), str(interval_s)]
    root = Path(__file__).resolve().parents[1]
    finished = subprocess.run(command, capture_output=True, cwd=root, check=True)  # noqa: S603 - our own program
    return float(finished.stdout)


async def _sleep(streams: int, tokens: int, interval_s: float) -> float:
    async def stream(number: int) -> None:
        # spread over one interval, as streams that began one after another are
        await asyncio.sleep(interval_s * number / streams)
        for _ in range(tokens):
            await asyncio.sleep(interval_s)

    began = time.process_time()
    await asyncio.gather(*map(stream, range(streams)))
    return (time.process_time() - began) / (streams * tokens) * 1e6


if __name__ == "__main__":
    print(run(_sleep(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))
