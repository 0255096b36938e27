"""The marker by which a model cites a hit, `[[3]]` or `[[3|words]]`, and the numbering both sides share."""

from collections.abc import Iterable

from tertulia.core.document import ChunkHit
from tertulia.core.message import Message, ToolCall
from tertulia.core.tool import ChunkHits, Passage


def numbered_hits(messages: Iterable[Message], turn: int) -> dict[int, ChunkHit]:
    """The chunks a turn's tool calls brought, counted from 1 in the order they first came; a chunk counts once."""
    hits: dict[str, ChunkHit] = {}
    for message in messages:
        if isinstance(message, ToolCall) and message.turn == turn:
            for hit in _hits_of(message):
                hits.setdefault(hit.chunk_id, hit)
    return dict(enumerate(hits.values(), start=1))


def marker(number: int, quote: str | None = None) -> str:
    """The marker for hit `number`; a quote that would break the marker is left out."""
    if quote is None or "]]" in quote or "[[" in quote:
        return f"[[{number}]]"
    return f"[[{number}|{quote}]]"


def _hits_of(call: ToolCall) -> list[ChunkHit]:
    match call.result:
        case ChunkHits(hits=hits):
            return hits
        case Passage(hit=hit):
            return [hit]
        case _:
            return []
