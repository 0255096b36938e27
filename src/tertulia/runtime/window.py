"""What of a conversation a model is shown: all of it if it fits, else its newest turns, with long results shortened."""

from collections.abc import Sequence

from msgspec import Struct, structs

from tertulia.core.document import ChunkHit
from tertulia.core.message import AssistantMessage, Interim, Message, Reasoning, ToolCall, UserMessage
from tertulia.core.tool import ChunkHits, DocumentHits, Outline, Passage, ToolResult

# a cautious guess for any tokenizer; CJK text has about one character per token
_CHARACTERS_PER_TOKEN = 3
_RESULT_SHARE = 4
_LEAST_TEXT = 200


class Shown(Struct, frozen=True, kw_only=True):
    """The messages for a request, and how many earlier turns were left out."""

    messages: list[Message]
    left_out: int


def tokens_in(text: str) -> int:
    """About how many tokens a text has, rather too many than too few."""
    wide = sum(character > "\u2e80" for character in text)
    return wide + (len(text) - wide) // _CHARACTERS_PER_TOKEN + 1


def fit(messages: Sequence[Message], room: int) -> Shown:
    """The newest turns that fit into `room` tokens, cut at turn borders; the newest turn is always there.

    One tool result takes at most a quarter of the room: its last hits go first. The store keeps all of it.
    """
    shortened = [_shortened(message, room // _RESULT_SHARE) for message in messages]
    newest = shortened[-1].turn if shortened else 0
    sizes: dict[int, int] = {}
    for message in shortened:
        sizes[message.turn] = sizes.get(message.turn, 0) + _size(message, is_newest=message.turn == newest)
    kept: set[int] = set()
    left = room
    for turn in sorted(sizes, reverse=True):
        left -= sizes[turn]
        if left < 0 and turn != newest:
            break
        kept.add(turn)
    return Shown(messages=[each for each in shortened if each.turn in kept], left_out=len(sizes) - len(kept))


def _size(message: Message, *, is_newest: bool) -> int:
    """Earlier turns are shown by their questions and answers alone."""
    match message:
        case UserMessage() | AssistantMessage():
            return tokens_in(message.text)
        case Interim() | Reasoning():
            return tokens_in(message.text) if is_newest else 0
        case ToolCall():
            return _result_size(message.result) if is_newest else 0


def _result_size(result: ToolResult) -> int:
    match result:
        case ChunkHits(hits=hits):
            return sum(tokens_in(hit.text) + 30 for hit in hits)
        case Passage(hit=hit):
            return tokens_in(hit.text) + 30
        case DocumentHits(documents=documents):
            return 40 * len(documents)
        case Outline(entries=entries):
            return sum(tokens_in(entry.preview) + 40 for entry in entries)
        case _:
            return 60


def _shortened(message: Message, room: int) -> Message:
    if not isinstance(message, ToolCall) or _result_size(message.result) <= room:
        return message
    match message.result:
        case ChunkHits(hits=hits):
            kept = hits[: max(1, _count_within([tokens_in(hit.text) + 30 for hit in hits], room))]
            result: ToolResult = structs.replace(message.result, hits=[*kept[:-1], _clipped(kept[-1], room)])
        case Passage(hit=hit):
            result = structs.replace(message.result, hit=_clipped(hit, room))
        case DocumentHits(documents=documents):
            result = DocumentHits(documents=documents[: max(1, room // 40)])
        case Outline(entries=entries):
            count = _count_within([tokens_in(entry.preview) + 40 for entry in entries], room)
            result = structs.replace(message.result, entries=entries[: max(1, count)])
        case _:
            return message
    return structs.replace(message, result=result)


def _count_within(sizes: Sequence[int], room: int) -> int:
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if total > room:
            return count
    return len(sizes)


def _clipped(hit: ChunkHit, room: int) -> ChunkHit:
    most = max(_LEAST_TEXT, room * _CHARACTERS_PER_TOKEN)
    return hit if len(hit.text) <= most else structs.replace(hit, text=hit.text[:most], is_truncated=True)
