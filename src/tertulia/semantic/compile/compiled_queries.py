"""Compiled queries kept for the next time, each for its model, its asker and as long as its dates stay true."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import Struct

from tertulia.semantic.compile.asking import Asking, Compiled
from tertulia.semantic.compile.context import ClockUse, Trace
from tertulia.semantic.compile.memory import Memory
from tertulia.semantic.lookml.model import Model

_MOST = 512


class _Entry(Struct, frozen=True):
    """`moment` is None where no clock was read."""

    compiled: Compiled
    moment: datetime | None


_memory: Memory[_Entry] = Memory(_MOST)


def remembered(model: Model, asking: Asking, make: Callable[[Model, Asking], tuple[Compiled, Trace]]) -> Compiled:
    """What was made before for the same query, attributes, zones and limits; errors are made again each time."""
    key = (id(model), _told(asking))
    minute = asking.now.replace(second=0, microsecond=0)
    entry = _memory.get(key)
    if entry is not None and entry.moment in (None, minute):
        return entry.compiled
    compiled, trace = make(model, asking)
    if trace.clock_use is not ClockUse.EXACT:
        moment = minute if trace.clock_use is ClockUse.MINUTE else None
        _memory.keep(key, _Entry(compiled, moment), model)
    return compiled


def _told(asking: Asking) -> bytes:
    return msgspec.msgpack.encode(
        [
            asking.query,
            dict(asking.attributes),
            asking.engine.name,
            asking.default_timezone,
            asking.stored_zone,
            asking.most_rows,
        ]
    )
