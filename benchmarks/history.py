"""Conversations as a year of use leaves them, written through the store before the server starts."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from tertulia.core.conversation import Conversation
from tertulia.core.document import ChunkHit
from tertulia.core.ids import new_id
from tertulia.core.message import AssistantMessage, Message, Outcome, ToolCall, Usage, UserMessage
from tertulia.core.run import Folded
from tertulia.core.tool import ChunkHits
from tertulia.store import conversations
from tertulia.store.database import Connection, sqlite_engine

_BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
_TRANSACTION = 500
_VOCABULARY = 20_000
_SYLLABLES = (
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "la",
    "me",
    "ni",
    "or",
    "pu",
    "ra",
    "se",
    "ti",
    "vo",
    "zu",
    "an",
    "el",
    "in",
)


class Words:
    """Text of made-up words, a few of them frequent and most rare, as in any language; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._words = ["".join(self._random.choices(_SYLLABLES, k=1 + at % 4)) for at in range(_VOCABULARY)]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(_VOCABULARY)))

    def text(self, count: int) -> str:
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=count))

    def question(self, count: int) -> str:
        """Long words only: as in most languages, the short ones are those that tell nothing."""
        drawn = self._random.choices(self._words, cum_weights=self._weights, k=20 * count)
        return " ".join([word for word in drawn if len(word) > 4][:count])


def write_searched(database: Path, project_id: str, *, count: int, turns: int) -> None:
    """Conversations whose turns are a question, a search with its result, and an answer: about 550 bytes a message."""
    words = Words(1)

    def history() -> Iterator[Message]:
        for turn in range(turns):
            at = _BEGAN + timedelta(minutes=turn)
            yield UserMessage(turn=turn, at=at, text=words.text(20), user_id="")
            yield _search(turn, at, words)
            yield AssistantMessage(turn=turn, at=at, text=words.text(50), model="builtin", usage=_USAGE)

    write(database, project_id, (list(history()) for _ in range(count)))


def write_spoken(database: Path, project_id: str, *, count: int, turns: int, remarks: dict[str, int]) -> None:
    """Conversations of questions and answers of about 200 characters; every n-th answer also says a remark."""
    words = Words(2)
    number = 0

    def history() -> Iterator[Message]:
        nonlocal number
        for turn in range(turns):
            number += 1
            at = _BEGAN + timedelta(minutes=turn)
            said = [remark for remark, every in remarks.items() if number % every == 0]
            yield UserMessage(turn=turn, at=at, text=words.text(15), user_id="")
            yield AssistantMessage(turn=turn, at=at, text=" ".join([words.text(50), *said]), model="builtin")

    write(database, project_id, (list(history()) for _ in range(count)))


_USAGE = Usage(input_tokens=900, output_tokens=60)


def _search(turn: int, at: datetime, words: Words) -> ToolCall:
    hit = ChunkHit(
        chunk_id=new_id(),
        document_id=new_id(),
        document_name="handbook.pdf",
        text=words.text(55),
        score=0.9,
        first_page=3,
        last_page=3,
        headings=["Handbook"],
    )
    return ToolCall(
        turn=turn,
        at=at,
        call_id=f"call-{turn}",
        function="search_documents",
        label="hybrid_chunks",
        arguments={"query": words.text(6)},
        result=ChunkHits(hits=[hit]),
    )


def write(database: Path, project_id: str, histories: Iterator[list[Message]]) -> None:
    """Each an hour younger than the one before."""
    engine = sqlite_engine(database)
    with engine.connect() as connection:
        is_more, written = True, 0
        while is_more:
            with connection.begin():
                for _ in range(_TRANSACTION):
                    messages = next(histories, None)
                    if messages is None:
                        is_more = False
                        break
                    _insert(connection, project_id, messages, _BEGAN + timedelta(hours=written))
                    written += 1
    engine.dispose()


def _insert(connection: Connection, project_id: str, messages: list[Message], at: datetime) -> None:
    """All messages in one call of the store: their counters come out low, and no figure hangs on them."""
    conversation = Conversation(
        id=new_id(), project_id=project_id, creator_id="", name="A conversation", created_at=at, updated_at=at
    )
    conversations.insert_conversation(connection, conversation)
    for _ in range(messages[-1].turn + 1):
        conversations.next_turn(connection, conversation.id)
    folded = Folded(messages=messages, usage=Usage(), outcome=Outcome.COMPLETED)
    conversations.add_folded(connection, conversation.id, folded, at)
