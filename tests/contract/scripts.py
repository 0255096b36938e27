"""Messages that the scripted model plays."""

import json
from typing import Any

Action = dict[str, Any]


def script(*steps: list[Action]) -> str:
    """A message that is a script: each list is what the model does in one step."""
    return json.dumps({"steps": steps})


def say(text: str) -> Action:
    return {"do": "say", "text": text}


def think(text: str) -> Action:
    return {"do": "think", "text": text}


def call(function: str, **arguments: object) -> Action:
    return {"do": "call", "function": function, "arguments": arguments}


def spend(read: int, written: int) -> Action:
    return {"do": "spend", "input_tokens": read, "output_tokens": written}


def wait(seconds: float) -> Action:
    return {"do": "wait", "seconds": seconds}


def tokens(count: int, interval_s: float = 0.0) -> Action:
    return {"do": "tokens", "count": count, "interval_s": interval_s}


def fail(error: str, message: str | None = None) -> Action:
    return {"do": "fail", "error": error, "message": message}


def hang() -> Action:
    return {"do": "hang"}


def words(count: int) -> str:
    """What `tokens(count)` says."""
    return " ".join(f"word{at}" for at in range(1, count + 1))
