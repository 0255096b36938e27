"""Histories as they lie in the store, screened for a reader without decoding the rows in them.

Nearly all of a history with data is rows, and what decides about them stands beside them.
"""

import re
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw, field

from tertulia.core.analysis import (
    Clarification,
    CodeResult,
    Drawing,
    ExploreFields,
    ExploreList,
    FieldValues,
    QueryAnswer,
)
from tertulia.core.message import Message, ToolCall
from tertulia.core.table import Table
from tertulia.core.tool import ChunkHits, DocumentHits, Outline, Passage, ToolFailure
from tertulia.services.screening import Screen
from tertulia.store import codec

# one pattern: a pass for each kind takes four times as long
_DATA = re.compile(rb'"kind":"(?:query_answer|code_result|field_values|drawing)"')
# a name that nothing has in the store: what stands under the field's own is passed over, not read
_UNREAD = "(not read)"
_pieces = msgspec.json.Decoder(list[Raw])


class _BareTable(Table, frozen=True, kw_only=True, omit_defaults=True):
    rows: list[list[Any]] = field(default_factory=list[list[Any]], name=_UNREAD)


class _BareAnswer(QueryAnswer, frozen=True, kw_only=True, omit_defaults=True, tag="query_answer", tag_field="kind"):
    table: _BareTable
    chart: dict[str, Any] | None = field(default=None, name=_UNREAD)


class _BareCode(CodeResult, frozen=True, kw_only=True, omit_defaults=True, tag="code_result", tag_field="kind"):
    answers: list[_BareAnswer] = field(default_factory=list[_BareAnswer])  # pyright: ignore[reportIncompatibleVariableOverride] - nobody adds to it


class _BareDrawing(Drawing, frozen=True, kw_only=True, omit_defaults=True, tag="drawing", tag_field="kind"):
    chart: dict[str, Any] = field(default_factory=dict[str, Any], name=_UNREAD)


_BareResult: TypeAlias = (
    _BareAnswer
    | _BareCode
    | _BareDrawing
    | FieldValues
    | Clarification
    | ExploreList
    | ExploreFields
    | ChunkHits
    | DocumentHits
    | Outline
    | Passage
    | ToolFailure
)


class _BareCall(ToolCall, frozen=True, kw_only=True, omit_defaults=True, tag="tool_call", tag_field="kind"):
    result: _BareResult


_bare = msgspec.json.Decoder(_BareCall)


def has_data(stored: bytes | Raw) -> bool:
    """Whether any message holds values of data, or only looks like it."""
    return _DATA.search(stored) is not None


def screened(stored: bytes, screen: Screen) -> bytes:
    """A history as its reader may see it: itself where nothing is withheld."""
    if not screen.is_closed and not has_data(stored):
        return stored
    shown = [_shown(each, screen) for each in _pieces.decode(stored)]
    return b"[%b]" % b",".join(shown) if screen.is_closed else stored


def passed(stored: bytes, screen: Screen, *, before: int) -> None:
    """Takes the screen past the turns before one."""
    if has_data(stored):
        for piece in _pieces.decode(stored):
            if has_data(piece) and (call := _bare.decode(piece)).turn < before:
                screen.message(call)


def _shown(piece: Raw, screen: Screen) -> Raw | bytes:
    was_closed = screen.is_closed
    if has_data(piece):
        call = _bare.decode(piece)
        shown = screen.message(call)
        if shown is call:
            return piece
        if not _lacks_rows(shown):
            return codec.dump(shown).encode()
        screen.is_closed = was_closed
    elif not was_closed:
        return piece
    message = codec.message.decode(piece)
    shown = screen.message(message)
    return piece if shown is message else codec.dump(shown).encode()


def _lacks_rows(shown: Message) -> bool:
    """Whether rows are shown that were not read."""
    match shown:
        case ToolCall(result=QueryAnswer(table=table)):
            return isinstance(table, _BareTable)
        case ToolCall(result=CodeResult(answers=answers)):
            return any(isinstance(each.table, _BareTable) for each in answers)
        case _:
            return False
