"""Identifiers: UUIDv7 text, ordered by creation time within one process."""

import os
import re
import threading
import time

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_lock = threading.Lock()
_last_ticks = [0]


def new_id() -> str:
    """A new UUIDv7: 48 bits of Unix milliseconds, 12 bits that count within one, 62 random bits."""
    tick = _next_tick()
    random = int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF
    value = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0b10 << 62 | random
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def is_id(text: str) -> bool:
    """Whether text has the canonical lower-case form of a UUID of any version."""
    return _UUID.fullmatch(text) is not None


def canonical_id(text: str) -> str | None:
    """The canonical form of a UUID as clients write it (upper case allowed), or None."""
    lowered = text.strip().lower()
    return lowered if is_id(lowered) else None


def _next_tick() -> int:
    # milliseconds and a 12-bit fraction of one, forced to grow so that ids of one process sort by creation
    now = (time.time_ns() << 12) // 1_000_000
    with _lock:
        _last_ticks[0] = max(now, _last_ticks[0] + 1)
        return _last_ticks[0]
