"""Compiled queries kept for the next time, each for its model, its asker and as long as its dates stay true."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import Struct

from tertulia.semantic.compile.asking import Asking, Compiled
from tertulia.semantic.compile.context import ClockUse, Trace
from tertulia.semantic.lookml.model import Model

_MOST = 512
_Key = tuple[int, bytes]


class _Entry(Struct, frozen=True):
    """`model` is held, so that no other can have its identity. `moment` is None where no clock was read."""

    model: Model
    compiled: Compiled
    moment: datetime | None


_entries: OrderedDict[_Key, _Entry] = OrderedDict()
_lock = threading.Lock()


def remembered(model: Model, asking: Asking, make: Callable[[Model, Asking], tuple[Compiled, Trace]]) -> Compiled:
    """What was made before for the same query, attributes, zones and limits; errors are made again each time."""
    key = _key(model, asking)
    minute = asking.now.replace(second=0, microsecond=0)
    with _lock:
        entry = _entries.get(key)
        if entry is not None and entry.moment in (None, minute):
            _entries.move_to_end(key)
            return entry.compiled
    compiled, trace = make(model, asking)
    if trace.clock_use is ClockUse.EXACT:
        return compiled
    with _lock:
        _entries[key] = _Entry(model, compiled, minute if trace.clock_use is ClockUse.MINUTE else None)
        _entries.move_to_end(key)
        while len(_entries) > _MOST:
            _entries.popitem(last=False)
    return compiled


def _key(model: Model, asking: Asking) -> _Key:
    told = [
        asking.query,
        asking.attributes,
        asking.engine.name,
        asking.default_timezone,
        asking.stored_zone,
        asking.most_rows,
    ]
    return id(model), msgspec.msgpack.encode(told)
