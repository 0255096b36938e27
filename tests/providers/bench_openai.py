"""Prints what a token costs in CPU: 20 streams of 1,000 tokens, from a loopback server in a process of its own.

Run as `PYTHONPATH=tests python tests/providers/bench_openai.py`.
"""

import asyncio
import json
import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any

from providers.contract import asking
from tertulia.core.model import ModelCard, Provider
from tertulia.providers.model import Model, TextChunk
from tertulia.providers.openai_chat import OpenAIChat
from tertulia.providers.openai_responses import OpenAIResponses

STREAMS = 20
TOKENS = 1_000
CHUNKS_PER_WRITE = (8, 1)


def chat_frames() -> list[bytes]:
    fixed: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "system_fingerprint": "f",
    }
    deltas = [
        {
            **fixed,
            "choices": [{"index": 0, "delta": {"content": f" word{at}"}, "logprobs": None, "finish_reason": None}],
        }
        for at in range(TOKENS)
    ]
    end: dict[str, Any] = {**fixed, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return [*(b"data: %s\n\n" % json.dumps(each).encode() for each in (*deltas, end)), b"data: [DONE]\n\n"]


def response_frames() -> list[bytes]:
    kind = "response.output_text.delta"
    fixed: dict[str, Any] = {
        "type": kind,
        "item_id": "msg_1",
        "output_index": 0,
        "content_index": 0,
        "logprobs": [],
        "obfuscation": "x",
    }
    deltas: list[dict[str, Any]] = [{**fixed, "sequence_number": at, "delta": f" word{at}"} for at in range(TOKENS)]
    end: dict[str, Any] = {
        "type": "response.completed",
        "response": {"id": "r", "status": "completed", "output": [], "usage": None},
    }
    return [b"event: %s\ndata: %s\n\n" % (each["type"].encode(), json.dumps(each).encode()) for each in (*deltas, end)]


async def serve(ready: Connection, writes: list[bytes]) -> None:

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        while True:
            try:
                asked = (await reader.readuntil(b"\r\n\r\n")).lower()
            except asyncio.IncompleteReadError:
                return writer.close()
            await reader.readexactly(int(asked.partition(b"content-length:")[2].split(b"\r\n")[0]))
            writer.write(head)
            for write in writes:
                writer.write(b"%x\r\n%s\r\n" % (len(write), write))
                await writer.drain()
                # so that they are read apart, as they come from a service
                await asyncio.sleep(0.001)
            writer.write(b"0\r\n\r\n")

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def run_server(ready: Connection, writes: list[bytes]) -> None:
    asyncio.run(serve(ready, writes))


async def cost(model: Model) -> float:
    """Microseconds of CPU per token."""

    async def count() -> int:
        return sum([isinstance(event, TextChunk) async for event in model.stream(asking())])

    await count()
    began = time.process_time()
    counted = await asyncio.gather(*(count() for _ in range(STREAMS)))
    spent = time.process_time() - began
    assert counted == [TOKENS] * STREAMS
    return spent / (STREAMS * TOKENS) * 1e6


def bench(kind: type[OpenAIChat | OpenAIResponses], provider: Provider, frames: list[bytes], size: int) -> None:
    ours, theirs = multiprocessing.Pipe()
    writes = [b"".join(frames[at : at + size]) for at in range(0, len(frames), size)]
    server = multiprocessing.get_context("spawn").Process(target=run_server, args=(theirs, writes), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}/v1"

    async def measure() -> list[float]:
        model = kind(ModelCard(provider=provider, model="m", base_url=url), name="bench", api_key=None)
        figures = [await cost(model) for _ in range(3)]
        await model.close()
        return figures

    figures = asyncio.run(measure())
    told = ", ".join(f"{each:.1f}" for each in figures)
    print(f"{provider}, {size} to a write: {min(figures):.1f} us CPU per token (of {told})")
    server.terminate()
    server.join()


if __name__ == "__main__":
    for chunks in CHUNKS_PER_WRITE:
        bench(OpenAIChat, Provider.OPENAI, chat_frames(), chunks)
        bench(OpenAIResponses, Provider.OPENAI_RESPONSES, response_frames(), chunks)
