"""Whether somebody who reads an old conversation may see the data in it now, and what is left of it where not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from tertulia.core.access import Actor
from tertulia.core.analysis import CodeResult, Drawing, FieldValues, QueryAnswer
from tertulia.core.message import Aside, Interim, Message, ToolCall
from tertulia.core.run import Batch, Run, ToolCallFinished
from tertulia.core.tool import ToolResult
from tertulia.services.callers import caller_alone
from tertulia.services.readers import Reader
from tertulia.services.screening import TEXT_WITHHELD, Screen
from tertulia.services.stored_histories import has_data, passed, screened
from tertulia.store import conversations
from tertulia.store.database import Connection, Database
from tertulia.store.messages import Entry

if TYPE_CHECKING:
    from tertulia.semantic.analyst import Analyst, Holding

_MOST_PROJECTS = 64
_MOST_READERS = 200


class Rights:
    """`load` brings in what knows the models: done when first there is data to judge."""

    def __init__(self, database: Database, load: "Callable[[], Analyst]") -> None:
        self._database = database
        self._load = load
        self._analyst: Analyst | None = None
        self._readers: dict[str, tuple[Holding, dict[bytes, Reader]]] = {}

    async def histories(self, actor: Actor, stored: Sequence[bytes]) -> list[bytes]:
        """JSON arrays of messages, as this reader may see them; those without data are given back as they are."""
        if not any(has_data(each) for each in stored):
            return list(stored)
        reader = await self._reader(actor)
        return await asyncio.to_thread(lambda: [screened(each, Screen(reader)) for each in stored])

    async def messages(self, actor: Actor, stored: Sequence[Message]) -> list[Message]:
        """The messages of one conversation from its beginning on, as this reader may see them."""
        if not any(_holds_data(each) for each in stored):
            return list(stored)
        screen = Screen(await self._reader(actor))
        return await asyncio.to_thread(lambda: [screen.message(each) for each in stored])

    async def entries(self, actor: Actor, stored: Mapping[str, Sequence[Entry]]) -> dict[str, list[Entry]]:
        """Like `messages`, of conversations by their ids; of what a client wrote nothing stays that could repeat a value.

        Rows a client wrote of an explore that this project never had are no data of it, and stay as they are.
        """
        shown = {conversation_id: list(entries) for conversation_id, entries in stored.items()}
        judged = [name for name, entries in stored.items() if any(_holds_data(each.message) for each in entries)]
        if judged:
            reader = await self._reader(actor)
            shown |= await asyncio.to_thread(lambda: {name: _entries(reader, stored[name]) for name in judged})
        return shown

    def batches(self, actor: Actor, run: Run, live: AsyncIterator[Batch]) -> AsyncIterator[Batch]:
        """The events of a run as somebody who watches it may see them; who asked may see them all."""
        return live if actor.user_id == run.user_id else self._screened(actor, run, live)

    async def _screened(self, actor: Actor, run: Run, live: AsyncIterator[Batch]) -> AsyncIterator[Batch]:
        screen = await self._screen_before(actor, run)
        async for batch in live:
            results = [each.result for each in batch.events if isinstance(each, ToolCallFinished)]
            if screen is None and any(map(_is_data, results)):
                screen = Screen(await self._reader(actor))
            yield batch if screen is None else Batch(batch.first, [screen.event(each) for each in batch.events])

    async def _screen_before(self, actor: Actor, run: Run) -> Screen | None:
        """The screen a run begins behind: what was withheld before it, it may repeat. None where there was no data."""
        stored = await self._database.read(_history, run.conversation_id)
        if not has_data(stored):
            return None
        reader = await self._reader(actor)
        earlier = Screen(reader)
        await asyncio.to_thread(passed, stored, earlier, before=run.turn)
        return Screen(reader, is_closed=earlier.is_closed)

    async def scoped(self, actor: Actor, written: "Message | Aside") -> "Message | Aside":
        """What a client keeps of rows it was shown, marked with what its user may see now: clients do not know that."""
        if not isinstance(written, ToolCall) or not isinstance(written.result, QueryAnswer) or written.result.scope:
            return written
        scope = (await self._reader(actor)).scope(written.result.query.source)
        return structs.replace(written, result=structs.replace(written.result, scope=scope or ""))

    async def _reader(self, actor: Actor) -> Reader:
        """The same one for all who have the same attributes, as long as the models stand."""
        self._analyst = self._analyst or await asyncio.to_thread(self._load)
        caller = await self._database.read(caller_alone, actor)
        holding = await self._analyst.holding(caller)
        known, readers = self._readers.pop(actor.project_id, (holding, {}))
        if known is not holding or len(readers) >= _MOST_READERS:
            readers = {}
        while len(self._readers) >= _MOST_PROJECTS:
            del self._readers[next(iter(self._readers))]
        self._readers[actor.project_id] = holding, readers
        key = msgspec.json.encode(caller.attributes, order="deterministic")
        if key not in readers:
            readers[key] = Reader(holding.models, caller.attributes)
        return readers[key]


def _history(connection: Connection, conversation_id: str) -> bytes:
    return conversations.histories(connection, [conversation_id])[conversation_id]


def _holds_data(message: Message | None) -> bool:
    return isinstance(message, ToolCall) and _is_data(message.result)


def _is_data(result: ToolResult) -> bool:
    return isinstance(result, QueryAnswer | CodeResult | Drawing | FieldValues)


def _entries(reader: Reader, stored: Sequence[Entry]) -> list[Entry]:
    screen = Screen(reader)
    entries = [
        each if each.message is None or _is_foreign(reader, each) else _in_place(each, screen.message(each.message))
        for each in stored
    ]
    turns = [new.turn for old, new in zip(stored, entries, strict=True) if new is not old]
    if not turns:
        return entries
    return [_without_aside(each) if each.message is None and each.turn >= min(turns) else each for each in entries]


def _is_foreign(reader: Reader, entry: Entry) -> bool:
    if entry.wire is None or not isinstance(entry.message, ToolCall):
        return False
    result = entry.message.result
    return isinstance(result, QueryAnswer) and not reader.knows(result.query.source)


def _in_place(entry: Entry, shown: Message) -> Entry:
    return entry if shown is entry.message else structs.replace(entry, message=shown, wire=None)


def _without_aside(entry: Entry) -> Entry:
    """A client's own object says what it likes, and so nothing of it stays."""
    return structs.replace(entry, message=Interim(turn=entry.turn, at=entry.at, text=TEXT_WITHHELD), wire=None)
