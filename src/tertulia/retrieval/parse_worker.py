"""The child process of parse.py: one request on stdin, one reply on stdout."""

import contextlib
import math
import os
import resource
import sys
import traceback
from pathlib import Path

import msgspec

from tertulia.retrieval.parse import Parsed, ParseFailed, ParseLimits, ParseReply, ParseRequest, Refused
from tertulia.retrieval.readers import read


def main() -> None:
    # Native libraries print to stdout; their words must not end up in the reply.
    reply_to = os.dup(1)
    os.dup2(2, 1)
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=ParseRequest)
    _limit(request.limits)
    reply = msgspec.json.encode(_reply(request))
    with os.fdopen(reply_to, "wb") as stdout:
        stdout.write(reply)


def _limit(limits: ParseLimits) -> None:
    cpu = math.ceil(limits.seconds) + 1
    for kind, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        # macOS refuses a limit on address space; the limit on time still holds there.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))


def _reply(request: ParseRequest) -> ParseReply:
    try:
        document = read(Path(request.path), name=request.name, content_type=request.content_type, limits=request.limits)
    except ParseFailed as failure:
        return Refused(failure.message, failure.detail)
    except MemoryError:
        megabytes = request.limits.memory_bytes >> 20
        return Refused(f"The document needs more than the {megabytes} MB of memory allowed.")
    except Exception:  # noqa: BLE001 - whatever a hostile file breaks, the uploader gets a sentence and the log the rest
        return Refused("The document could not be read: it may be damaged.", traceback.format_exc(limit=-8))
    return Parsed(document)


if __name__ == "__main__":
    main()
