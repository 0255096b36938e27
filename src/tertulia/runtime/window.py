"""What of a conversation a model is shown: all of it if it fits, else its newest turns, with long results shortened."""

from collections.abc import Sequence

from msgspec import Struct, structs

from tertulia.core.analysis import (
    Clarification,
    CodeResult,
    Drawing,
    ExploreFields,
    ExploreList,
    FieldValues,
    QueryAnswer,
)
from tertulia.core.document import ChunkHit
from tertulia.core.message import AssistantMessage, Interim, Message, Reasoning, ToolCall, UserMessage
from tertulia.core.table import Table
from tertulia.core.tool import ChunkHits, DocumentHits, Outline, Passage, ToolFailure, ToolResult

# a cautious guess for any tokenizer; CJK text has about one character per token
_CHARACTERS_PER_TOKEN = 3
_RESULT_SHARE = 4
_LEAST_TEXT = 200
# the query, its words and the head of its table
_TABLE_TOKENS = 200
_SAMPLE = 20


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
            size = sum(tokens_in(hit.text) + 30 for hit in hits)
        case Passage(hit=hit):
            size = tokens_in(hit.text) + 30
        case DocumentHits(documents=documents):
            size = 40 * len(documents)
        case Outline(entries=entries):
            size = sum(tokens_in(entry.preview) + 40 for entry in entries)
        case QueryAnswer(table=table):
            size = _TABLE_TOKENS + _row_tokens(table) * len(table.rows)
        case ExploreFields(fields=fields):
            size = sum(tokens_in(field.label + field.description) + 20 for field in fields)
        case ExploreList(explores=explores):
            size = sum(tokens_in(explore.label + explore.description) + 20 for explore in explores)
        case FieldValues(values=values):
            size = sum(tokens_in(value) + 1 for value in values)
        case CodeResult(output=output):
            size = tokens_in(output) + 60
        case Clarification() | Drawing() | ToolFailure():
            size = 60
    return size


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
        case QueryAnswer(table=table, notes=notes):
            count = max(1, (room - _TABLE_TOKENS) // _row_tokens(table))
            shorter = structs.replace(table, rows=table.rows[:count], is_truncated=True)
            told = f"{len(table.rows) - count:,} more rows are left out here for want of room."
            result = structs.replace(message.result, table=shorter, notes=[*notes, told])
        case _:
            return message
    return structs.replace(message, result=result)


def _row_tokens(table: Table) -> int:
    """About how many tokens a row takes, by its first ones."""
    sample = table.rows[:_SAMPLE]
    return max(1, sum(tokens_in(str(row)) for row in sample) // max(1, len(sample)))


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
