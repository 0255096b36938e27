"""Rows of a driver, taken until a limit is reached."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tertulia.core.table import ColumnType
from tertulia.semantic.execute.plain import as_text, plain, type_of_value
from tertulia.semantic.execute.warehouse import Ceiling, Fetched


class Harvest:
    """`types` are what the driver tells of its columns, None where only the values can tell."""

    def __init__(self, names: Sequence[str], types: Sequence[ColumnType | None], ceiling: Ceiling) -> None:
        self._names = list(names)
        self._types = list(types)
        self._ceiling = ceiling
        self._room = ceiling.bytes
        self._rows: list[list[Any]] = []
        self._is_truncated = False
        self._encode = msgspec.msgpack.Encoder().encode
        self._started = time.perf_counter()

    @property
    def is_full(self) -> bool:
        return self._is_truncated

    def take(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            if len(self._rows) == self._ceiling.rows:
                self._is_truncated = True
                return
            self._learn(row)
            values = [as_text(value) if isinstance(value, dict) else plain(value) for value in row]
            self._room -= len(self._encode(values))
            if self._room < 0:
                self._is_truncated = True
                return
            self._rows.append(values)

    def fetched(self) -> Fetched:
        return Fetched(
            names=self._names,
            types=[told or ColumnType.STRING for told in self._types],
            rows=self._rows,
            is_truncated=self._is_truncated,
            seconds=time.perf_counter() - self._started,
        )

    def _learn(self, row: Sequence[Any]) -> None:
        for place, told in enumerate(self._types):
            if told is None:
                self._types[place] = type_of_value(row[place])
