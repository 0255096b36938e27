"""What goes over OpenAI's two wires: of the streams only what we read."""

from typing import Any, cast

import msgspec
from msgspec import Raw, Struct

from tertulia.core.message import Usage

_LONGEST_FRAME = 16 * 1024 * 1024
_LONGEST_SAMPLE = 2_000


class TokenDetails(Struct, gc=False):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


class TokenCounts(Struct):
    """Usage under the names of both wires: `prompt` and `completion`, or `input` and `output`."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    prompt_tokens_details: TokenDetails | None = None
    completion_tokens_details: TokenDetails | None = None
    input_tokens_details: TokenDetails | None = None
    output_tokens_details: TokenDetails | None = None

    def usage(self) -> Usage:
        read = self.prompt_tokens_details or self.input_tokens_details or TokenDetails()
        written = self.completion_tokens_details or self.output_tokens_details or TokenDetails()
        return Usage(
            input_tokens=self.prompt_tokens or self.input_tokens or 0,
            output_tokens=self.completion_tokens or self.output_tokens or 0,
            cache_read_tokens=read.cached_tokens or 0,
            cache_write_tokens=read.cache_write_tokens or 0,
            reasoning_tokens=written.reasoning_tokens or 0,
        )


class ContentPart(Struct):
    """Mistral's reasoning models write lists of parts where others write text."""

    type: str = ""
    text: str | None = None
    thinking: list["ContentPart"] | None = None


class FunctionPart(Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class CallPart(Struct):
    index: int | None = None
    id: str | None = None
    function: FunctionPart | None = None
    extra_content: Any = None


class Delta(Struct):
    content: str | list[ContentPart] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[CallPart] | None = None


class Choice(Struct):
    delta: Delta | None = None
    finish_reason: str | None = None


class ChatChunk(Struct):
    choices: list[Choice] | None = None
    usage: TokenCounts | None = None
    error: Any = None


class ResponseEvent(Struct):
    """Any event of the Responses API; `item` and `response` are read where the type says that they matter."""

    type: str
    delta: Any = None
    output_index: int = 0
    summary_index: int = 0
    item: Raw = Raw()
    response: Raw = Raw()
    message: str | None = None
    error: Any = None


class EventType(Struct):
    type: str


class IncompleteDetails(Struct):
    reason: str | None = None


class Response(Struct):
    usage: TokenCounts | None = None
    error: Any = None
    incomplete_details: IncompleteDetails | None = None
    output: list[dict[str, Any]] = []


class Frames:
    """Cuts blocks of bytes into the data of server-sent events: every `data:` line is one.

    `sample` is the beginning of what came and was no event.
    """

    def __init__(self) -> None:
        self._rest = b""
        self.has_data = False
        self.sample = b""

    def feed(self, block: bytes) -> list[bytes]:
        lines = (self._rest + block).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _LONGEST_FRAME:
            raise msgspec.DecodeError("a line without end")
        found: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                found.append(line[5:])
            elif len(self.sample) < _LONGEST_SAMPLE and not line.startswith((b":", b"event:", b"id:", b"retry:")):
                self.sample += line[:_LONGEST_SAMPLE].strip()
        self.has_data = self.has_data or bool(found)
        return found


def arguments_of(text: str) -> dict[str, Any] | None:
    """A call's arguments, none as {}; None where they are no JSON object."""
    if not text.strip():
        return {}
    try:
        found = msgspec.json.decode(text)
        # Some services encode the object twice.
        found = msgspec.json.decode(found) if isinstance(found, str) else found
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None
