"""What a token costs: python bench_anthropic.py prints microseconds of CPU per token for 20 streams of 1,000 tokens."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from providers.contract import asking
from tertulia.core.model import ModelCard, Provider
from tertulia.providers.anthropic import Anthropic
from tertulia.providers.model import TextChunk

STREAMS = 20
TOKENS = 1_000
ROUNDS = 5
CALLS = 200
EVENTS_PER_WRITE = 8


def events(tokens: int) -> Iterator[bytes]:
    usage = {"input_tokens": 25, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": 1}
    block = {"type": "text", "text": ""}
    yield _event({"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": usage}})
    yield _event({"type": "content_block_start", "index": 0, "content_block": block})
    for number in range(tokens):
        delta = {"type": "text_delta", "text": f" word{number}"}
        yield _event({"type": "content_block_delta", "index": 0, "delta": delta})
    yield _event({"type": "content_block_stop", "index": 0})
    yield _event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": tokens}})
    yield _event({"type": "message_stop"})


async def serve() -> None:
    """Answers every request; the number of tokens is the request's limit of output tokens."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
                )
                wanted = json.loads(await reader.readexactly(size))["max_tokens"]
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                whole = list(events(wanted))
                for start in range(0, len(whole), EVENTS_PER_WRITE):
                    part = b"".join(whole[start : start + EVENTS_PER_WRITE])
                    writer.write(b"%x\r\n%s\r\n" % (len(part), part))
                    await writer.drain()
                writer.write(b"0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def measure() -> None:
    serving = await asyncio.create_subprocess_exec(sys.executable, __file__, "serve", stdout=asyncio.subprocess.PIPE)
    assert serving.stdout is not None
    address = f"http://127.0.0.1:{int(await serving.stdout.readline())}"
    try:
        long, short = _model(address, TOKENS), _model(address, 1)
        await asyncio.gather(_read(long), _read(short))
        print(f"{'us CPU per token':<32}{min([await _per_token(long) for _ in range(ROUNDS)]):8.1f}")
        began, wall = time.process_time(), time.perf_counter()
        firsts = [await _read(short) for _ in range(CALLS)]
        print(f"{'ms CPU per call':<32}{(time.process_time() - began) / CALLS * 1e3:8.2f}")
        print(f"{'ms per call, one token':<32}{(time.perf_counter() - wall) / CALLS * 1e3:8.2f}")
        print(f"{'ms to the first token, median':<32}{sorted(firsts)[CALLS // 2] * 1e3:8.2f}")
        print(f"{'MB resident at most':<32}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f}")
        await long.close()
        await short.close()
    finally:
        serving.terminate()
        await serving.wait()


async def _per_token(model: Anthropic) -> float:
    began = time.process_time()
    await asyncio.gather(*(_read(model) for _ in range(STREAMS)))
    return (time.process_time() - began) / (STREAMS * TOKENS) * 1e6


async def _read(model: Anthropic) -> float:
    """Seconds until the first token of an answer that is read to its end."""
    began, first = time.perf_counter(), 0.0
    async for event in model.stream(asking()):
        if not first and isinstance(event, TextChunk):
            first = time.perf_counter() - began
    return first


def _model(address: str, tokens: int) -> Anthropic:
    card = ModelCard(provider=Provider.ANTHROPIC, model="bench", base_url=address, max_output_tokens=tokens)
    return Anthropic(card, name="bench", api_key="sk-bench")


def _event(value: dict[str, object]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (str(value["type"]).encode(), json.dumps(value, separators=(",", ":")).encode())


if __name__ == "__main__":
    asyncio.run(serve() if sys.argv[1:] == ["serve"] else measure())
